import { createHash, randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { masterKeys } from "../../src/auth/encryption.ts";
import { makeMailSecret } from "../../src/auth/mail_secrets.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../support/database.ts";
import { mailedCode, mailedToken, signUp } from "../support/people.ts";
import { type Answer, eventually, startTestServer, type TestServer } from "../support/server.ts";

// Who gets an account, by REGISTRATION: three servers of one database, which share its mails as one service would.
let database: TestDatabase;
let open: TestServer;
let invited: TestServer;
let closed: TestServer;
beforeAll(async () => {
  database = await createDatabase();
  open = await startTestServer(database);
  invited = await startTestServer(database, { REGISTRATION: "invited" });
  closed = await startTestServer(database, { REGISTRATION: "closed" });
});
afterAll(async () => {
  await Promise.all([open, invited, closed].map((server) => server.close()));
  await database.drop();
});

const password = "four walls, one chimney";
const newAddress = () => `ann.${randomBytes(5).toString("hex")}@example.com`;
const isThere = async (email: string) =>
  (await database.admin.query("select from app.users where email = $1", [email])).rowCount === 1;
const verify = (server: TestServer, body: object) => server.post("/auth/email/verify", { password, ...body });
/** Whichever server was quicker has the mail. */
const mails = {
  mails: () => [open, invited, closed].flatMap((server) => server.mails()),
};

/** What `rowhouse user invite` does; returns what is in the mail. */
async function invite(email: string): Promise<{ token: string; code: string }> {
  const sealed = makeMailSecret(
    masterKeys({ masterKey: testMasterKey, previousMasterKey: null }),
    "register",
    email,
  );
  const { rows } = await database.admin.query<{ outcome: string }>(
    "select auth.invite($1, 'Ann', $2, $3, $4, $5, 'en') as outcome",
    [email, sealed.link, sealed.code, sealed.mail, sealed.secret],
  );
  expect(rows[0]!.outcome).toBe("ok");
  await open.post("/auth/password/forgot", { email: newAddress() });
  await eventually(() => mails.mails().some((mail) => mail.includes(`To: ${email}`)));
  return { token: await mailedToken(mails, email), code: await mailedCode(mails, email) };
}

/** Signs in as somebody whom a provider vouches for, with an address that it proved, or none. */
async function exchange(server: TestServer, email: string | null): Promise<Answer> {
  const [code, verifier] = [randomUUID(), randomBytes(32).toString("base64url")];
  await database.auth.query(
    "select auth.keep_code(sha256(convert_to($1, 'UTF8')), $2, 'acme', 'https://id.example', $3, $4, 'Ann')",
    [code, createHash("sha256").update(verifier).digest("base64url"), randomUUID(), email],
  );
  return server.post("/auth/oauth/exchange", { code, code_verifier: verifier });
}

describe("where registration is for the invited,", () => {
  test("strangers cannot register, invited or not: the answer is the same", async () => {
    const known = newAddress();
    await invite(known);
    const answers = [];
    for (const email of [newAddress(), known, (await signUp(open)).email]) {
      answers.push(await invited.post("/auth/register", { email, name: "Ann" }));
    }
    for (const { status, body } of answers) {
      expect(status).toBe(403);
      expect({ ...body, requestId: "" }).toEqual({ ...answers[0]!.body, requestId: "" });
      expect(body.code).toBe("registration_invited");
    }
  });

  test("the invitation's link makes the account, once", async () => {
    const email = newAddress();
    const { token } = await invite(email);
    expect(await isThere(email)).toBe(false);
    expect((await verify(invited, { token, password: "short" })).body.code).toBe("weak_password");
    expect((await verify(invited, { token })).status).toBe(204);
    expect((await invited.post("/auth/login", { email, password })).status).toBe(200);
    expect((await verify(invited, { token })).body.code).toBe("invalid_verification_token");
  });

  test("so do its six digits", async () => {
    const email = newAddress();
    const { code } = await invite(email);
    expect((await verify(invited, { email, code })).status).toBe(204);
    expect(await isThere(email)).toBe(true);
  });

  test("a link that a stranger was mailed while it was open makes none", async () => {
    const email = newAddress();
    await open.post("/auth/register", { email, name: "Ann", tenant: { name: "Ann's", slug: "anns" } });
    const token = await mailedToken(mails, email);
    expect((await verify(invited, { token })).body.code).toBe("registration_invited");
    expect(await isThere(email)).toBe(false);
    // It was not used up: if they are let in after all, it works.
    expect((await verify(open, { token })).status).toBe(204);
  });

  test("a provider makes an account for an invited address that it proved, and for no other", async () => {
    const email = newAddress();
    expect((await exchange(invited, email)).body.code).toBe("registration_invited");
    await invite(email);
    expect((await exchange(invited, newAddress())).body.code).toBe("registration_invited");
    expect((await exchange(invited, null)).body.code).toBe("email_unproven");
    expect((await exchange(invited, `x${email}`)).body.code).toBe("registration_invited");
    expect(await isThere(email)).toBe(false);
    expect((await exchange(invited, email)).body.user.email).toBe(email);
  });

  test("an invitation that somebody came in by is over", async () => {
    const email = newAddress();
    const { token } = await invite(email);
    expect((await exchange(invited, email)).status).toBe(200);
    expect((await verify(invited, { token })).body.code).toBe("invalid_verification_token");
  });

  test("an invitation is over after a week, for a provider too", async () => {
    const email = newAddress();
    const { token } = await invite(email);
    await database.admin.query("update auth.mail_tokens set expires_at = now() where email = $1", [email]);
    expect((await verify(invited, { token })).body.code).toBe("invalid_verification_token");
    expect((await exchange(invited, email)).body.code).toBe("registration_invited");
  });

  test("nobody invites themselves: what a registration says of itself is no invitation", async () => {
    const email = newAddress();
    const body = { email, name: "Ann", invited: true };
    expect((await open.post("/auth/register", body)).body.code).toBe("invalid_input");
    await open.post("/auth/register", { email, name: "Ann" });
    await mailedToken(mails, email);
    expect((await exchange(invited, email)).body.code).toBe("registration_invited");
  });

  test("whoever has an account signs in as before", async () => {
    const { email, password } = await signUp(open);
    expect((await invited.post("/auth/login", { email, password })).status).toBe(200);
    expect((await exchange(invited, email)).status).toBe(200);
  });
});

describe("where registration is closed,", () => {
  test("not even an invitation makes an account, by its link or by a provider", async () => {
    const email = newAddress();
    const { token } = await invite(email);
    expect((await verify(closed, { token })).body.code).toBe("registration_closed");
    expect((await exchange(closed, email)).body.code).toBe("registration_closed");
    expect((await closed.post("/auth/register", { email, name: "Ann" })).body.code).toBe(
      "registration_closed",
    );
    expect(await isThere(email)).toBe(false);
    // It waits: where the invited are let in again, it works.
    expect((await verify(invited, { token })).status).toBe(204);
  });
});

test("a setting that is none lets nobody in", async () => {
  const { rows } = await database.admin.query(
    "select auth.fault_of_newcomer('ann@example.com', 'rubbish') as none, auth.fault_of_newcomer('ann@example.com', null) as missing",
  );
  expect(rows).toEqual([{ none: "registration_closed", missing: "registration_closed" }]);
});
