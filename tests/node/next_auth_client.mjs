// A browser that runs the front end's own client, `next-auth/react`, as npm has it. Around it is only what it needs: a
// `window`, a `document`, and a `fetch` that keeps cookies and says where it comes from.
//
// One JSON request per line on standard input is answered by one line on standard output:
//
// {"do": "call", "name", "arguments", "tab"?}  →  what came of a function of the module, called in the first tab or the other:
//     {"value"} or {"thrown"}; "went": where it sent the window; "asked": [method, path, status]; "logged": its complaints
// {"do": "open", "url"}         →  {}             a page of the front end is shown
// {"do": "visit", "url"}        →  {"status", "url"}    where the window ends up that is sent there
// {"do": "cookies"}             →  {"cookies": {name: {"value", and the attributes in lower case}}}
// {"do": "take", "cookies"}     →  {}             has these instead, in the same form
// {"do": "block"}               →  {}             keeps no cookies from now on
// {"do": "render", "options"?}  →  {}             a component in a SessionProvider calls useSession(options), in the first tab
// {"do": "until", "status"}     →  {"data"}       what it got when it has this status
// {"do": "sent"}                →  {"went"}       when the component has sent the window somewhere
// {"do": "update"}              →  {"value"}      of the component's update()
// {"do": "look"}                →  {}             the person comes back to the tab
//
// The arguments are the folder with `node_modules` and the front end's origin.

import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [, , folder, origin] = process.argv;
const { resolve } = createRequire(join(folder, "/"));
const load = (name, query = "") => import(pathToFileURL(resolve(name)) + query);
process.env.NODE_ENV = "production";

/// What browsers keep of a cookie: the name and the value together.
const COOKIE_BYTES = 4096;
let jar = new Map();
let blocked = false;

function keep(header) {
  const [pair, ...attributes] = header.split(";").map((part) => part.trim());
  const [name, value] = split(pair);
  const cookie = Object.fromEntries(attributes.map(split).map(([key, text]) => [key.toLowerCase(), text]));
  if (blocked || name.length + value.length > COOKIE_BYTES) return;
  if (Number(cookie["max-age"]) <= 0) jar.delete(name);
  else jar.set(name, { value, ...cookie });
}

function split(pair) {
  const at = pair.indexOf("=");
  return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
}

const watchers = new Set();
let happened = { went: [], asked: [], logged: [] };
let here = new URL(origin);
const events = new EventTarget();
const page = new EventTarget();
Object.assign(globalThis, {
  window: globalThis,
  addEventListener: (...listener) => events.addEventListener(...listener),
  removeEventListener: (...listener) => events.removeEventListener(...listener),
  document: Object.assign(page, { visibilityState: "visible", nodeType: 9 }),
  HTMLIFrameElement: class {},
  location: {
    get href() {
      return here.href;
    },
    set href(url) {
      happened.went.push(new URL(url, here).href);
      watchers.forEach((watch) => watch());
    },
    reload() {
      happened.went.push("reload");
    },
  },
});
console.error = (...said) => happened.logged.push(said.map(String).join(" "));

const network = fetch;
globalThis.fetch = (url, init) => send(new URL(url, here), init, { mode: "cors", dest: "empty" });

async function send(url, init = {}, kind) {
  if (url.origin !== origin) throw new Error(`the client asked another origin: ${url}`);
  const headers = new Headers(init.headers);
  const cookies = [...jar].map(([name, { value }]) => `${name}=${value}`);
  if (cookies.length) headers.set("cookie", cookies.join("; "));
  const method = (init.method ?? "GET").toUpperCase();
  if (method !== "GET") headers.set("origin", here.origin);
  headers.set("referer", here.href);
  headers.set("sec-fetch-site", "same-origin");
  headers.set("sec-fetch-mode", kind.mode);
  headers.set("sec-fetch-dest", kind.dest);
  const answer = await network(url, { ...init, headers, redirect: "manual" });
  answer.headers.getSetCookie().forEach(keep);
  happened.asked.push([method, url.pathname, answer.status]);
  return answer;
}

// Each tab loads the module anew.
const tabs = [await load("next-auth/react"), await load("next-auth/react", "?another")];
const { createElement, useEffect } = await load("react");
const { createRoot } = await load("react-dom/client");

let shown = {};

function Component({ options }) {
  const session = tabs[0].useSession(options);
  useEffect(() => {
    shown = session;
    watchers.forEach((watch) => watch());
  });
  return null;
}

function when(is) {
  return new Promise((done) => {
    const watch = () => is() && (watchers.delete(watch), done());
    watchers.add(watch);
    watch();
  });
}

const answers = {
  async call({ name, arguments: given, tab = 0 }) {
    happened = { went: [], asked: [], logged: [] };
    try {
      const value = await tabs[tab][name](...given);
      return { value, ...happened };
    } catch (error) {
      return { thrown: String(error), ...happened };
    }
  },
  async open({ url }) {
    here = new URL(url, origin);
    return {};
  },
  async visit({ url }) {
    for (let next = new URL(url, origin); ; ) {
      const answer = await send(next, {}, { mode: "navigate", dest: "document" });
      const location = answer.headers.get("location");
      if (!location) return { status: answer.status, url: next.href };
      next = new URL(location, next);
    }
  },
  async cookies() {
    return { cookies: Object.fromEntries(jar) };
  },
  async take({ cookies }) {
    jar = new Map(Object.entries(cookies));
    return {};
  },
  async block() {
    blocked = true;
    jar.clear();
    return {};
  },
  async render({ options }) {
    happened = { went: [], asked: [], logged: [] };
    // The component shows nothing, so this is all that React needs of the page.
    const ignore = () => {};
    const element = { nodeType: 1, tagName: "DIV", ownerDocument: document, addEventListener: ignore };
    createRoot(element).render(createElement(tabs[0].SessionProvider, {}, createElement(Component, { options })));
    return {};
  },
  async until({ status }) {
    await when(() => shown.status === status);
    return { data: shown.data };
  },
  async sent() {
    await when(() => happened.went.length);
    return happened;
  },
  async update() {
    return { value: await shown.update() };
  },
  async look() {
    page.dispatchEvent(new Event("visibilitychange"));
    return {};
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  const failed = (error) => ({ failed: String(error.stack) });
  console.log(JSON.stringify(await answers[asked.do](asked).catch(failed)));
}
process.exit();
