// Auth.js itself, for tests to ask: one JSON request per line on standard input, one JSON answer per line on standard
// output.
//
// {"do": "encode", "name", "secrets", "claims", "maxAge"}  →  {"value"}     the sealed cookie `name`
// {"do": "decode", "name", "secrets", "value"}             →  {"claims"} or {"refused": why}
// {"do": "read",   "name", "secrets", "cookies"}           →  {"claims"}    of a request with this Cookie header, or null
// {"do": "chunk",  "name", "value"}                        →  {"cookies": [[name, value]]}
//
// `secrets`: the newest first. The argument is the folder with `node_modules`.

import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const { encode, decode, getToken } = await load(createRequire(join(folder, "/")).resolve("@auth/core/jwt"));
// Not exported, and the only place that cuts cookies.
const { SessionStore } = await load(join(folder, "node_modules/@auth/core/lib/utils/cookie.js"));

const silent = { debug() {}, warn() {}, error() {} };

const answers = {
  async encode({ name, secrets, claims, maxAge }) {
    return { value: await encode({ token: claims, secret: secrets, salt: name, maxAge }) };
  },
  async decode({ name, secrets, value }) {
    try {
      return { claims: await decode({ token: value, secret: secrets, salt: name }) };
    } catch (error) {
      return { refused: `${error.name}: ${error.message}` };
    }
  },
  async read({ name, secrets, cookies }) {
    const req = { headers: { cookie: cookies } };
    return { claims: await getToken({ req, secret: secrets, cookieName: name, logger: silent }) };
  },
  async chunk({ name, value }) {
    const store = new SessionStore({ name, options: {} }, {}, silent);
    return { cookies: store.chunk(value, {}).map((cookie) => [cookie.name, cookie.value]) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let answer;
  try {
    answer = await answers[request.do](request);
  } catch (error) {
    answer = { failed: String(error.stack) };
  }
  console.log(JSON.stringify(answer));
}

function load(path) {
  return import(pathToFileURL(path));
}
