// A sign-in provider, for tests to send people to: `oidc-provider`, in the places of Apple and Google, with profiles besides in
// those of Facebook and GitHub. Nobody types anything there: whoever `login_hint` names is signed in, and `nobody` declines.
//
// Its first line on standard output is {"issuer"}. Then one JSON request per line on standard input is answered by one line:
//
// {"do": "account", "id", "claims"?, "github"?, "emails"?, "facebook"?}  →  {}   what the provider knows of a person
// {"do": "tamper", "claims"?, "alg"?, "key"?}                            →  {}   what becomes of every further ID token:
//     "alg": "none" or "HS256"; "key": "other" signs with a key that is nowhere to be found, "new" with one that is from now on
// {"do": "hide", "path"?}                                                →  {}   answers this path with 500; none without it
// {"do": "open", "key", "sealed", "place"}                               →  {"token"} or {"refused"}   AES-256-GCM, by Node
//
// The argument is the folder with `node_modules`.

import { createDecipheriv } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.argv[2], "/"));
const load = (name) => import(pathToFileURL(require.resolve(name)));
// Notes for those who run it in earnest.
console.info = console.warn = () => {};
const { Provider } = await load("oidc-provider");
const { SignJWT, UnsecuredJWT, decodeJwt, exportJWK, generateKeyPair } = await load("jose");

const FRONT_END = "http://localhost:3000";
const SECRET = "a-secret-of-a-client-for-tests-0123456789";
const SCOPE = "openid offline_access email profile name read:user user:email public_profile";

const accounts = new Map();
let tampering;
let hidden;

const server = createServer();
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const key = async (alg, kid) => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = async (half) => ({ ...(await exportJWK(half)), alg, kid, use: "sig" });
  return { kid, privateKey, jwk: await jwk(privateKey), public: await jwk(publicKey) };
};
const keys = { RS256: await key("RS256", "rsa"), ES256: await key("ES256", "ec") };
const unknown = { RS256: await key("RS256", "rsa"), ES256: await key("ES256", "ec") };
const later = { RS256: await key("RS256", "rsa-2"), ES256: await key("ES256", "ec-2") };

const client = (name, alg, more) => ({
  client_id: name,
  client_secret: SECRET,
  redirect_uris: [`${FRONT_END}/api/auth/callback/${name}`, `${FRONT_END}/mobile`],
  response_types: ["code"],
  grant_types: ["authorization_code", "refresh_token"],
  token_endpoint_auth_method: "client_secret_post",
  id_token_signed_response_alg: alg,
  ...more,
});

const provider = new Provider(issuer, {
  clients: [client("google", "RS256"), client("apple", "ES256"), client("github", "RS256"), client("facebook", "RS256")],
  jwks: { keys: Object.values(keys).map((one) => one.jwk) },
  cookies: { keys: ["a-key-for-tests"] },
  claims: { email: ["email", "email_verified"], profile: ["name", "picture"] },
  scopes: SCOPE.split(" "),
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  issueRefreshToken: async () => true,
  findAccount: (_, id) => accounts.has(id) && { accountId: id, claims: () => ({ sub: id, ...accounts.get(id).claims }) },
  loadExistingGrant: async ({ oidc }) => {
    const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope(SCOPE);
    await grant.save();
    return grant;
  },
});

provider.use(async (ctx, next) => {
  if (ctx.path === hidden) return void (ctx.status = 500);
  if (ctx.path.startsWith("/interaction/")) return interact(ctx);
  const profile = { "/github/user": "github", "/github/user/emails": "emails", "/facebook/me": "facebook" }[ctx.path];
  if (profile) return show(ctx, profile);
  await next();
  if (ctx.path === "/token" && ctx.body?.id_token && tampering) ctx.body.id_token = await tampered(ctx.body.id_token);
  if (ctx.path === "/jwks" && tampering?.key === "new") ctx.body.keys.push(...Object.values(later).map((one) => one.public));
});

async function interact(ctx) {
  const { params } = await provider.interactionDetails(ctx.req, ctx.res);
  const id = params.login_hint;
  const declined = { error: "access_denied", error_description: "the person said no" };
  const result = accounts.has(id) ? { login: { accountId: id } } : declined;
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
  ctx.respond = false;
}

async function show(ctx, profile) {
  const token = await provider.AccessToken.find(ctx.get("authorization").replace(/^Bearer /, ""));
  const account = token && accounts.get(token.accountId);
  if (account?.[profile]) ctx.body = account[profile];
  else ctx.status = account ? 404 : 401;
}

async function tampered(token) {
  const claims = { ...decodeJwt(token), ...tampering.claims };
  if (tampering.alg === "none") return new UnsecuredJWT(claims).encode();
  if (tampering.alg === "HS256") {
    return new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(SECRET));
  }
  const { alg } = JSON.parse(Buffer.from(token.split(".")[0], "base64url"));
  const signer = { other: unknown, new: later }[tampering.key] ?? keys;
  return new SignJWT(claims).setProtectedHeader({ alg, kid: signer[alg].kid }).sign(signer[alg].privateKey);
}

const answers = {
  account: ({ id, ...account }) => (accounts.set(id, account), {}),
  tamper: (how) => ((tampering = how), {}),
  hide: ({ path }) => ((hidden = path), {}),
  open({ key, sealed, place }) {
    try {
      const bytes = Buffer.from(sealed.split(".")[2], "base64url");
      const decipher = createDecipheriv("aes-256-gcm", Buffer.from(key, "hex"), bytes.subarray(0, 12));
      decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(-16));
      return { token: decipher.update(bytes.subarray(12, -16), null, "utf8") + decipher.final("utf8") };
    } catch (error) {
      return { refused: error.message };
    }
  },
};

server.on("request", provider.callback());
console.log(JSON.stringify({ issuer }));
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  console.log(JSON.stringify(answers[request.do](request)));
}
process.exit();
