// The front end's own server: pages, and `/api/*` passed on to the backend, so that browsers see one origin.
//
// One JSON request per line on standard input is answered by one line on standard output:
//
// {"do": "listen"}               →  {"origin"}    where browsers find it
// {"do": "forward", "to"}        →  {}            the backend's address
// {"do": "session", "cookie"}    →  {"session"}   what `next-auth` on the server finds for a browser's Cookie header
//
// The argument is the folder with `node_modules`.

import { once } from "node:events";
import { createServer, request } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { resolve } = createRequire(join(process.argv[2], "/"));
let backend;
let requests = 0;

const server = createServer((asked, answered) => {
  if (!asked.url.startsWith("/api/")) return answered.end("a page");
  // Each from another address: limits per address are for the tests that are about them.
  const from = `10.200.${(requests >> 8) & 255}.${requests++ & 255}`;
  const forwarded = { "x-forwarded-for": from, "x-forwarded-host": asked.headers.host };
  const headers = { ...asked.headers, ...forwarded, host: backend.host };
  const passed = request(new URL(asked.url, backend), { method: asked.method, headers }, (answer) => {
    answered.writeHead(answer.statusCode, answer.headers);
    answer.pipe(answered);
  });
  passed.on("error", () => answered.destroy());
  asked.pipe(passed);
});

const answers = {
  async listen() {
    await once(server.listen(0, "localhost"), "listening");
    return { origin: (process.env.NEXTAUTH_URL = `http://localhost:${server.address().port}`) };
  },
  async forward({ to }) {
    backend = new URL(to);
    return {};
  },
  async session({ cookie }) {
    const { getSession } = await import(pathToFileURL(resolve("next-auth/react")));
    return { session: await getSession({ headers: { cookie } }) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  const failed = (error) => ({ failed: String(error.stack) });
  console.log(JSON.stringify(await answers[asked.do](asked).catch(failed)));
}
process.exit();
