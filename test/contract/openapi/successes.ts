import { codeAt } from "../../../src/auth/totp.ts";
import { mailedToken, type SignUp, signUp } from "../../support/people.ts";
import { eventually, readable } from "../../support/server.ts";
import { AUDIT_SUCCESSES } from "./audit.ts";
import { CHAT_SUCCESSES } from "./chat.ts";
import { DOCUMENT_SUCCESSES } from "./documents.ts";
import { PASSKEY_SUCCESSES } from "./passkeys.ts";
import {
  bearer,
  type Examples,
  enrolled,
  exchange,
  keptCode,
  mailed,
  mfaToken,
  type Street,
  seedOf,
  someone,
  verifier,
  visitor,
  way,
  welcoming,
} from "./street.ts";
import { V1_SUCCESSES } from "./v1.ts";

const choice = { password: "four walls and a door" };
const newAddress = () => `${crypto.randomUUID()}@example.com`;

/** An invitation into somebody's company, by mail; the company's owner sent it. */
export async function invitation(
  street: Street,
  email = newAddress(),
): Promise<{ token: string; email: string; owner: SignUp }> {
  const owner = await someone(street);
  const { rows } = await street.database.admin.query(
    "select id from app.roles where tenant_id = $1 and name = 'member'",
    [owner.login.tenant!.id],
  );
  const arrived = () => street.server.mails().filter((mail) => mail.includes(`To: ${email}`)).length;
  const before = arrived();
  const asked = await street.server.post(
    "/graphql",
    {
      query: `mutation { inviteMember(input: {email: "${email}", roleId: "${rows[0].id}"}) { invitation { id } } }`,
    },
    owner.headers,
  );
  if (asked.body.errors) throw new Error(JSON.stringify(asked.body));
  // Whoever asks for a mail wakes who delivers them.
  await street.server.post("/auth/link/request", { email: newAddress() });
  await eventually(() => arrived() > before);
  return { token: await mailedToken(street.server, email), email, owner };
}

/** Somebody with an address in a domain that a company lets in, and the company. */
export async function neighbour(street: Street): Promise<{ person: SignUp; tenant: string; owner: SignUp }> {
  const owner = await someone(street);
  const domain = `${crypto.randomUUID()}.example`;
  await street.database.admin.query(
    `insert into app.domains (tenant_id, domain, role_id, admits, verified_at)
     select tenant_id, $2, id, true, now() from app.roles where tenant_id = $1 and name = 'member'`,
    [owner.login.tenant!.id, domain],
  );
  const person = await signUp(street.server, { email: `ann@${domain}` });
  return { person, tenant: owner.login.tenant!.slug, owner };
}

/** What brings about each success, by `method path status`; without one, a bare request does. */
export const SUCCESSES: Examples = {
  "post /auth/invitation/accept 200": async (_, street) => {
    const { token } = await invitation(street);
    return street.server.post("/auth/invitation/accept", { token, name: "Ann", ...choice });
  },
  "post /auth/tenants/join 200": async (_, street) => {
    const { person, tenant } = await neighbour(street);
    return street.server.post("/auth/tenants/join", { tenant }, person.headers);
  },
  "post /auth/register 202": (_, { server }) =>
    server.post("/auth/register", { email: newAddress(), name: "Ann" }),
  "post /auth/email/verify 204": async (_, { server }) => {
    const email = newAddress();
    await server.post("/auth/register", { email, name: "Ann" });
    return server.post("/auth/email/verify", { token: await mailedToken(server, email), ...choice });
  },
  "post /auth/guest 200": async (_, street) =>
    street.server.post("/auth/guest", {}, (await welcoming(street)).key.headers),
  "post /auth/guest/upgrade 202": async (_, street) => {
    const { bearer } = await visitor(street);
    return street.server.post("/auth/guest/upgrade", { email: newAddress(), name: "Ann" }, bearer);
  },
  "post /auth/login 200": async (_, street) => {
    const { email, password } = await someone(street);
    return street.server.post("/auth/login", { email, password });
  },
  "post /auth/link/request 202": (_, { server }) =>
    server.post("/auth/link/request", { email: newAddress() }),
  "post /auth/link/consume 200": async (_, street) => {
    const { email } = await someone(street);
    const { code } = await mailed(street, email, "/auth/link/request");
    return street.server.post("/auth/link/consume", { email, code });
  },
  "post /auth/mfa/totp/enroll 200": async (_, street) =>
    street.server.post("/auth/mfa/totp/enroll", {}, (await someone(street)).headers),
  "post /auth/mfa/totp/confirm 200": async (_, street) => {
    const { headers } = await someone(street);
    const seed = seedOf(await street.server.post("/auth/mfa/totp/enroll", {}, headers));
    return street.server.post("/auth/mfa/totp/confirm", { code: codeAt(seed) }, headers);
  },
  "post /auth/mfa/verify 200": async (_, street) => {
    const person = await enrolled(street);
    const token = await mfaToken(street, person);
    return street.server.post("/auth/mfa/verify", { mfaToken: token, code: codeAt(person.seed) });
  },
  "post /auth/mfa/totp/remove 204": async (_, street) =>
    street.server.post("/auth/mfa/totp/remove", {}, (await enrolled(street)).headers),
  ...PASSKEY_SUCCESSES,
  ...AUDIT_SUCCESSES,
  ...CHAT_SUCCESSES,
  ...V1_SUCCESSES,
  ...DOCUMENT_SUCCESSES,
  "post /auth/step-up 200": async (_, street) => {
    const { password, headers } = await someone(street);
    return street.server.post("/auth/step-up", { password }, headers);
  },
  "post /auth/refresh 200": async (_, street) => {
    const { login } = await someone(street);
    return street.server.post("/auth/refresh", { refresh_token: login.refresh_token });
  },
  "get /auth/session 200": async (_, street) =>
    street.server.get("/auth/session", (await someone(street)).headers),
  "post /auth/switch 200": async (_, street) => {
    const { login, headers } = await someone(street);
    return street.server.post("/auth/switch", { tenant: login.tenant!.slug }, headers);
  },
  "post /auth/logout 204": async (_, street) =>
    street.server.post("/auth/logout", {}, (await someone(street)).headers),
  "post /auth/password/change 204": async (_, street) => {
    const { password, headers } = await someone(street);
    return street.server.post("/auth/password/change", { current: password, new: choice.password }, headers);
  },
  "post /auth/password/forgot 202": (_, { server }) =>
    server.post("/auth/password/forgot", { email: newAddress() }),
  "post /auth/password/reset 204": async (_, street) => {
    const { email } = await someone(street);
    const { token } = await mailed(street, email, "/auth/password/forgot");
    return street.server.post("/auth/password/reset", { token, ...choice });
  },
  "post /auth/email/change 202": async (_, street) =>
    street.server.post("/auth/email/change", { email: newAddress() }, (await someone(street)).headers),
  "post /auth/email/change/confirm 204": async (_, street) => {
    const email = newAddress();
    const { headers } = await someone(street);
    await street.server.post("/auth/email/change", { email }, headers);
    const token = await mailedToken(street.server, email);
    return street.server.post("/auth/email/change/confirm", { token }, headers);
  },
  "get /auth/account/export 200": async (_, street) =>
    street.server.get("/auth/account/export", (await someone(street)).headers),
  "post /auth/tenants 201": async (_, street) =>
    street.server.post("/auth/tenants", { slug: "own", name: "Own" }, (await someone(street)).headers),
  "post /auth/account/delete 202": async (_, { server }) =>
    server.post("/auth/account/delete", {}, (await signUp(server)).headers),
  "post /auth/account/restore 204": async (_, { server }) => {
    const { email, headers } = await signUp(server);
    await server.post("/auth/account/delete", {}, headers);
    await eventually(() =>
      server
        .mails()
        .map(readable)
        .some((mail) => mail.includes(`To: ${email}`) && mail.includes("/auth/account/restore")),
    );
    return server.post("/auth/account/restore", { token: await mailedToken(server, email) });
  },
  "post /auth/tenants/restore 204": async (_, { server }) => {
    const { email, headers } = await signUp(server, { tenant: { name: "Closed", slug: "closed" } });
    const query = 'mutation { deleteTenant(input: {slug: "closed"}) { deletion { erasedFrom } } }';
    await server.post("/graphql", { query }, headers);
    // What the database queued by itself goes out with the next mail.
    await server.post("/auth/password/forgot", { email: "nobody@example.com" });
    await eventually(() =>
      server
        .mails()
        .map(readable)
        .some((mail) => mail.includes(`To: ${email}`) && mail.includes("/auth/tenants/restore")),
    );
    return server.post("/auth/tenants/restore", { token: await mailedToken(server, email) });
  },
  "get /auth/oauth/:provider 302": (_, { server }) => server.get(`/auth/oauth/github?${way(server)}`),
  "get /auth/oauth/:provider/callback 302": async (_, { server }) => {
    const there = await server.get(`/auth/oauth/github?${way(server)}`);
    const state = new URL(there.headers.get("Location")!).searchParams.get("state");
    const cookies = there.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
    return server.get(`/auth/oauth/github/callback?error=access_denied&state=${state}`, {
      Cookie: cookies.join("; "),
    });
  },
  "post /auth/oauth/exchange 200": (_, street) => exchange(street, {}),
  "post /auth/oauth/link 204": async (_, street) => {
    const code = await keptCode(street);
    const { headers } = await someone(street);
    return street.server.post("/auth/oauth/link", { code, code_verifier: verifier }, headers);
  },
  "post /graphql 200": async (_, street) =>
    street.server.post("/graphql", { query: "{ me { name } }" }, (await someone(street)).headers),
  "get /metrics 200": (_, { server }) => server.get("/metrics", bearer("m".repeat(32))),
  "get /readyz 200": async (_, { server, database }) => {
    await database.worker.query("select jobs.beat('test')");
    return server.get("/readyz");
  },
  "get /readyz 503": async (_, { server, database }) => {
    await database.admin.query("delete from jobs.heartbeats");
    return server.get("/readyz");
  },
};
