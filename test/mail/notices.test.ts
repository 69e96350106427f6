import { hash, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeAt } from "../../src/auth/totp.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type SignUp, signUp } from "../support/people.ts";
import { eventually, readable, startTestServer, type TestServer } from "../support/server.ts";

// What somebody is told by mail about their own account, whoever did it: a thief who holds an open session cannot keep it
// from the owner.

let database: TestDatabase;
let server: TestServer;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database);
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

let slugs = 0;
const someone = () => signUp(server, { tenant: { name: "Acme", slug: `acme-${slugs++}` } });
const ask = (person: SignUp, query: string) => server.post("/graphql", { query }, person.headers);
const logIn = ({ email, password }: SignUp, userAgent = "node") =>
  server.post("/auth/login", { email, password }, { "User-Agent": userAgent });

/** The notices to somebody, oldest first: those mails without a link. */
async function notices({ email }: SignUp): Promise<string[]> {
  const { rows } = await database.admin.query(
    "select template from auth.mails where recipient = $1 and secret is null and template not in ('verify_email', 'sign_in') order by created_at, id",
    [email],
  );
  return rows.map(({ template }) => template);
}

/** A notice as it arrives. The queue is looked at every ten seconds, or when somebody asks for a mail. */
async function delivered({ email }: SignUp, subject: string): Promise<string> {
  await server.post("/auth/password/forgot", { email: "nobody@example.com" });
  return eventually(() =>
    server
      .mails()
      .map(readable)
      .find((text) => text.includes(`To: ${email}`) && text.includes(subject)),
  );
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** RFC 4648 section 6. */
function base32(text: string): Buffer {
  const bits = [...text].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
}

async function enrol(person: SignUp): Promise<string[]> {
  const { body } = await server.post("/auth/mfa/totp/enroll", {}, person.headers);
  const code = codeAt(base32(body.secret));
  const confirmed = await server.post("/auth/mfa/totp/confirm", { code }, person.headers);
  return confirmed.body.recoveryCodes;
}

const VERIFIER = "v".repeat(43);
/** An account elsewhere that comes back with a code. */
async function linked(person: SignUp): Promise<string> {
  const code = randomUUID();
  await database.auth.query(
    "select auth.keep_code($1, $2, 'github', 'https://github.com', $3, null, 'Ann')",
    [hash("sha256", code, "buffer"), hash("sha256", VERIFIER, "base64url"), randomUUID()],
  );
  const { status, body } = await server.post(
    "/auth/oauth/link",
    { code, code_verifier: VERIFIER },
    person.headers,
  );
  if (status !== 204) throw new Error(JSON.stringify(body));
  const identities = await ask(person, "{ myIdentities { id } }");
  return identities.body.data.myIdentities[0].id;
}

describe("the owner of an account is told", () => {
  test("of a second factor, and when it is removed", async () => {
    const person = await someone();
    await server.post("/auth/mfa/totp/enroll", {}, person.headers);
    expect(await notices(person)).toEqual([]);
    await enrol(person);
    expect(await notices(person)).toEqual(["second_factor_added"]);
    await server.post("/auth/mfa/totp/remove", {}, person.headers);
    await server.post("/auth/mfa/totp/remove", {}, person.headers);
    expect(await notices(person)).toEqual(["second_factor_added", "second_factor_removed"]);
  });

  test("of a recovery code, at the sign-in and at a step-up, and of none that was wrong", async () => {
    const person = await someone();
    const [first, second] = await enrol(person);
    const { mfaToken } = (await logIn(person)).body;
    expect((await server.post("/auth/mfa/verify", { mfaToken, code: "abcd-efgh-jkmn" })).status).toBe(401);
    expect(await notices(person)).toEqual(["second_factor_added"]);
    expect((await server.post("/auth/mfa/verify", { mfaToken, code: first })).status).toBe(200);
    expect((await server.post("/auth/step-up", { code: second }, person.headers)).status).toBe(200);
    expect(await notices(person)).toEqual([
      "second_factor_added",
      "recovery_code_used",
      "recovery_code_used",
    ]);
  });

  test("of a sign-in from a device of another kind, once for each, and not of the first", async () => {
    const person = await someone();
    const firefox = (version: number) =>
      `Mozilla/5.0 (X11; Linux x86_64; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`;
    await logIn(person);
    expect(await notices(person)).toEqual([]);
    expect((await logIn(person, firefox(140))).status).toBe(200);
    expect(await notices(person)).toEqual(["new_device"]);
    await logIn(person, firefox(141));
    await logIn(person);
    expect(await notices(person)).toEqual(["new_device"]);
    const wrong = { email: person.email, password: "not the right one" };
    await server.post("/auth/login", wrong, { "User-Agent": "curl/8.1" });
    expect(await notices(person)).toEqual(["new_device"]);
  });

  test("of an API key that is made or rotated, and of none that was refused", async () => {
    const person = await someone();
    const made = await ask(
      person,
      'mutation { createApiKey(input: {name: "Click https://evil.example", scopes: ["chat"]}) { apiKey { id } } }',
    );
    expect(await notices(person)).toEqual(["api_key_created"]);
    await ask(
      person,
      `mutation { rotateApiKey(input: {id: "${made.body.data.createApiKey.apiKey.id}"}) { secret } }`,
    );
    expect(await notices(person)).toEqual(["api_key_created", "api_key_created"]);
    const refused = await ask(
      person,
      'mutation { createApiKey(input: {name: "x", scopes: ["fly"]}) { apiKey { id } } }',
    );
    expect(refused.body.errors).toHaveLength(1);
    expect(await notices(person)).toHaveLength(2);
    const mail = await delivered(person, "An API key was made");
    // Whoever made it chose its name, and reaches nobody by it.
    expect(mail).not.toContain("evil.example");
    expect(mail).not.toContain("#token=");
  });

  test("of an account elsewhere that is linked, and unlinked", async () => {
    const person = await someone();
    const id = await linked(person);
    expect(await notices(person)).toEqual(["identity_linked"]);
    await ask(person, `mutation { unlinkIdentity(input: {id: "${id}"}) { identity { id } } }`);
    expect(await notices(person)).toEqual(["identity_linked", "identity_unlinked"]);
    await ask(person, `mutation { unlinkIdentity(input: {id: "${id}"}) { identity { id } } }`);
    expect(await notices(person)).toHaveLength(2);
  });

  test("in their language", async () => {
    const person = await someone();
    await database.admin.query("update app.users set locale = 'de' where id = $1", [person.login.user.id]);
    await enrol(person);
    await delivered(person, "Ihr Konto hat einen zweiten Faktor");
  });
});

test("nobody but identity's own functions sends one", async () => {
  const { id } = (await someone()).login.user;
  for (const pool of [database.app, database.auth, database.worker])
    await expect(pool.query("select auth.notify($1, 'new_device')", [id])).rejects.toMatchObject({
      code: "42501",
    });
});
