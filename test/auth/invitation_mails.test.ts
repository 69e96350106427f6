import { createHash, randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { mailedToken, type SignUp, signUp } from "../support/people.ts";
import { type Answer, eventually, readable, startTestServer, type TestServer } from "../support/server.ts";

// Invitations as people meet them: asked for by GraphQL, mailed, accepted over HTTP; where nobody else may register.
let database: TestDatabase;
let open: TestServer;
let closed: TestServer;
let owner: SignUp;
let roleId: string;
beforeAll(async () => {
  database = await createDatabase();
  open = await startTestServer(database);
  const STATE_DIR = open.config.stateDir;
  closed = await startTestServer(database, { STATE_DIR, REGISTRATION: "closed" });
  owner = await signUp(open, { tenant: { name: "Acme", slug: "acme" } });
  const { rows } = await database.admin.query("select id from app.roles where name = 'member'");
  roleId = rows[0].id;
});
afterAll(async () => {
  await Promise.all([open.close(), closed.close()]);
  await database.drop();
});

const password = "four walls, one chimney";
const newAddress = () => `ann.${randomBytes(5).toString("hex")}@example.com`;
const arrived = (email: string) =>
  open.mails().filter((mail) => mail.includes(`To: ${email.toLowerCase()}`)).length;
const acceptAt = (server: TestServer, body: object, headers = {}): Promise<Answer> =>
  server.post("/auth/invitation/accept", body, headers);

async function ask(query: string): Promise<Answer> {
  const answer = await open.post("/graphql", { query }, owner.headers);
  expect(answer.body.errors).toBeUndefined();
  // Whoever asks for a mail wakes who delivers them.
  await open.post("/auth/password/forgot", { email: newAddress() });
  return answer;
}

/** Invites, waits for the mail, and opens it. */
async function invite(email: string): Promise<{ id: string; token: string }> {
  const before = arrived(email);
  const { body } = await ask(
    `mutation { inviteMember(input: {email: "${email}", roleId: "${roleId}"}) { invitation { id } } }`,
  );
  await eventually(() => arrived(email) > before);
  return { id: body.data.inviteMember.invitation.id, token: await mailedToken(open, email) };
}

/** Signs in as somebody whom a provider vouches for. */
async function exchange(server: TestServer, email: string): Promise<Answer> {
  const [code, verifier] = [randomUUID(), randomBytes(32).toString("base64url")];
  await database.auth.query(
    "select auth.keep_code(sha256(convert_to($1, 'UTF8')), $2, 'acme', 'https://id.example', $3, $4, 'Ann')",
    [code, createHash("sha256").update(verifier).digest("base64url"), randomUUID(), email],
  );
  return server.post("/auth/oauth/exchange", { code, code_verifier: verifier });
}

test("the mail says nothing that its sender chose, and its link has a page", async () => {
  const email = newAddress();
  const { token } = await invite(email);
  const mail = readable(open.mails().findLast((one) => one.includes(`To: ${email}`))!);
  expect(mail).toContain(`/auth/invitation/accept#token=${token}`);
  for (const chosen of ["Acme", owner.email, "Some One"]) expect(mail).not.toContain(chosen);
  expect(mail).not.toMatch(/\b\d{3} \d{3}\b/);
  const page = await open.get("/auth/invitation/accept", { Accept: "text/html" });
  expect(page.status).toBe(200);
  expect(page.body).toContain('id="name"');
  expect(page.body).toContain('id="password"');
  // Opening it uses nothing up.
  expect((await acceptAt(open, { token, name: "Ann", password })).status).toBe(200);
});

test("nothing that the database keeps opens an invitation", async () => {
  const { id } = await invite(newAddress());
  const { rows } = await database.admin.query(
    "select encode(link_digest, 'hex') as link, mail.secret from auth.mail_tokens as token join auth.mails as mail on mail.id = token.id where invitation = $1",
    [id],
  );
  expect(rows[0].secret).toBeNull();
  for (const shown of [rows[0].link, id])
    expect((await acceptAt(open, { token: shown })).body.code).toBe("invalid_verification_token");
});

describe("somebody without an account", () => {
  test("gets one where nobody may register, chooses a good password, and signs in to the company", async () => {
    const email = newAddress();
    expect((await acceptAt(closed, { token: "rubbish", name: "Ann", password })).body.code).toBe(
      "invalid_verification_token",
    );
    const { token } = await invite(email);
    const missing = await acceptAt(closed, { token });
    expect(missing.body).toMatchObject({
      code: "invalid_input",
      errors: [{ field: "name" }, { field: "password" }],
    });
    for (const weak of ["short", "a".repeat(20), email]) {
      expect((await acceptAt(closed, { token, name: "Ann", password: weak })).body.code, weak).toBe(
        "weak_password",
      );
    }
    expect((await acceptAt(closed, { token, name: "\u200b", password })).body).toMatchObject({
      code: "invalid_input",
      errors: [{ field: "name" }],
    });
    expect((await acceptAt(closed, { token, name: "Ann", password })).body).toMatchObject({
      tenant: { slug: "acme" },
    });
    const login = await closed.post("/auth/login", { email, password });
    expect(login.body).toMatchObject({ tenant: { slug: "acme" }, user: { name: "Ann", email } });
    expect((await acceptAt(closed, { token, name: "Ann", password })).body.code).toBe(
      "invalid_verification_token",
    );
  });

  test("may come by a provider that proved the address, and accepts with that session", async () => {
    const email = newAddress();
    expect((await exchange(closed, email)).body.code).toBe("registration_closed");
    const { token } = await invite(email);
    expect((await exchange(closed, `x${email}`)).body.code).toBe("registration_closed");
    const { status, body } = await exchange(closed, email);
    expect(status).toBe(200);
    expect(body.tenant).toBeNull();
    const accepted = await acceptAt(closed, { token }, { Authorization: `Bearer ${body.access_token}` });
    expect(accepted.body).toMatchObject({ tenant: { slug: "acme" } });
  });

  test("is let in by no invitation that was revoked or is over", async () => {
    const email = newAddress();
    const { id, token } = await invite(email);
    await ask(`mutation { revokeInvitation(input: {id: "${id}"}) { invitation { status } } }`);
    expect((await exchange(closed, email)).body.code).toBe("registration_closed");
    expect((await acceptAt(closed, { token, name: "Ann", password })).body.code).toBe(
      "invalid_verification_token",
    );
    const late = newAddress();
    const { id: over } = await invite(late);
    await database.admin.query("update auth.mail_tokens set expires_at = now() where invitation = $1", [
      over,
    ]);
    expect((await exchange(closed, late)).body.code).toBe("registration_closed");
  });

  test("follows the newest link only", async () => {
    const email = newAddress();
    const { id, token } = await invite(email);
    const before = arrived(email);
    await ask(`mutation { resendInvitation(input: {id: "${id}"}) { invitation { timesSent } } }`);
    await eventually(() => arrived(email) > before);
    const newest = await mailedToken(open, email);
    expect(newest).not.toBe(token);
    expect((await acceptAt(open, { token, name: "Ann", password })).body.code).toBe(
      "invalid_verification_token",
    );
    expect((await acceptAt(open, { token: newest, name: "Ann", password })).status).toBe(200);
  });
});

describe("somebody with an account", () => {
  test("accepts signed in, in whatever case the address was written, and switches to the company", async () => {
    const guest = await signUp(open, { tenant: { name: "Own", slug: `own-${randomUUID().slice(0, 8)}` } });
    const { token } = await invite(guest.email.toUpperCase());
    expect((await acceptAt(open, { token })).body.code).toBe("invitation_needs_sign_in");
    expect((await acceptAt(open, { token, name: "Eve", password })).body.code).toBe(
      "invitation_needs_sign_in",
    );
    const other = await signUp(open);
    expect((await acceptAt(open, { token }, other.headers)).body.code).toBe("invitation_of_another");
    expect((await acceptAt(open, { token }, guest.headers)).status).toBe(200);
    const there = await open.post("/auth/switch", { tenant: "acme" }, guest.headers);
    expect(there.body.tenant).toMatchObject({ slug: "acme" });
  });

  test("has their invitation still after they set a new password", async () => {
    const guest = await signUp(open);
    const { token } = await invite(guest.email);
    const changed = await open.post(
      "/auth/password/change",
      { current: guest.password, new: "another wall, another door" },
      guest.headers,
    );
    expect(changed.status).toBe(204);
    expect((await acceptAt(open, { token }, guest.headers)).status).toBe(200);
  });
});

test("whoever is removed is out with their next request, whatever they hold", async () => {
  const guest = await signUp(open);
  const { token } = await invite(guest.email);
  await acceptAt(open, { token }, guest.headers);
  const { body } = await open.post("/auth/switch", { tenant: "acme" }, guest.headers);
  const headers = { Authorization: `Bearer ${body.access_token}` };
  expect(
    (await open.post("/graphql", { query: "{ myMembership { id } }" }, headers)).body.errors,
  ).toBeUndefined();
  const { rows } = await database.admin.query(
    "select membership.id from app.memberships as membership join app.users as person on person.id = user_id where email = $1",
    [guest.email],
  );
  await ask(`mutation { removeMember(input: {id: "${rows[0].id}"}) { membership { status } } }`);
  const refused = await open.post("/graphql", { query: "{ myMembership { id } }" }, headers);
  expect(refused.status).toBe(401);
  expect(JSON.stringify(refused.body)).toMatch(/membership_removed/i);
  expect((await open.post("/auth/refresh", { refresh_token: body.refresh_token })).status).toBe(401);
});
