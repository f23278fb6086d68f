// Stripe's own library, for tests to ask: one JSON request per line on standard input, one JSON answer per line on
// standard output.
//
// {"do": "sign",   "payload", "secret", "timestamp"}  →  {"header"}                      as Stripe signs
// {"do": "verify", "payload", "secret", "header"}     →  {"event": id} or {"refused": why}  as Stripe's users verify
//
// The argument is the folder with `node_modules`.

import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const loaded = createRequire(join(process.argv[2], "/"))("stripe");
const Stripe = loaded.default ?? loaded;
const { webhooks } = new Stripe("sk_test_of_nobody");

const answers = {
  sign: ({ payload, secret, timestamp }) => ({
    header: webhooks.generateTestHeaderString({ payload, secret, timestamp }),
  }),
  verify({ payload, secret, header }) {
    try {
      return { event: webhooks.constructEvent(payload, header, secret).id };
    } catch (error) {
      return { refused: error.message };
    }
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  try {
    console.log(JSON.stringify(answers[request.do](request)));
  } catch (error) {
    console.log(JSON.stringify({ failed: String(error) }));
  }
}
