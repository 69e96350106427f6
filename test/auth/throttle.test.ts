import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type SignUp, signUp } from "../support/people.ts";
import { type Answer, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
let owner: SignUp;
const stranger = { email: "nobody.knows@example.com" };
/** Where the owner signed in from: without a proxy's word it is the connection's address. */
const home = "127.0.0.1";
const elsewhere = "198.51.100.7";

beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database, { TRUSTED_PROXIES: "1" });
});
beforeEach(async () => {
  await database.admin.query("delete from auth.login_throttles");
  owner = await signUp(server);
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const logIn = (email: string, from: string, password = "not the password"): Promise<Answer> =>
  server.post("/auth/login", { email, password }, { "X-Forwarded-For": from });

/** As if so many wrong tries for the address had come from many networks. */
const tried = (email: string, attempts: number, wait = "0 seconds") =>
  database.admin.query(
    `insert into auth.login_throttles (key, attempts, blocked_until)
     values (sha256(convert_to($1, 'UTF8')), $2, now() + $3::interval)
     on conflict (key) do update set (attempts, blocked_until) = (excluded.attempts, excluded.blocked_until)`,
    [email, attempts, wait],
  );

const counted = async (email: string): Promise<unknown> =>
  (
    await database.admin.query(
      `select attempts, blocked_until > now() as blocked from auth.login_throttles
       where key = sha256(convert_to($1, 'UTF8'))`,
      [email],
    )
  ).rows;

describe("after a hundred wrong tries in a day", () => {
  test("a known and an unknown address are answered alike, from the owner's network and from any other", async () => {
    for (const { email } of [owner, stranger]) await tried(email, 110, "10 minutes");
    const answers = [];
    for (const { email } of [owner, stranger]) {
      for (const from of [home, elsewhere]) {
        const { status, body, headers } = await logIn(email, from);
        const wait = Math.ceil(Number(headers.get("Retry-After")) / 10);
        answers.push({ status, code: body.code, detail: body.detail, wait });
      }
    }
    expect(answers[0]).toMatchObject({ status: 429, code: "too_many_attempts", wait: 60 });
    expect(answers).toEqual(Array(4).fill(answers[0]));
  });

  test("the owner gets in from a network that they used, and nobody sees it", async () => {
    for (const { email } of [owner, stranger]) await tried(email, 110, "10 minutes");
    expect((await logIn(owner.email, home, owner.password)).status).toBe(200);
    expect(await counted(owner.email)).toEqual(await counted(stranger.email));
    for (const { email } of [owner, stranger]) {
      for (const from of [home, elsewhere]) expect((await logIn(email, from)).status).toBe(429);
    }
  });

  test("the right password waits like a wrong one where the owner has not been for a month", async () => {
    await tried(owner.email, 110, "10 minutes");
    expect((await logIn(owner.email, elsewhere, owner.password)).status).toBe(429);
    await database.admin.query(
      "update auth.sessions set created_at = now() - interval '31 days' where user_id = $1",
      [owner.login.user.id],
    );
    expect((await logIn(owner.email, home, owner.password)).status).toBe(429);
  });

  test("each further try counts, from the owner's network too", async () => {
    for (const { email } of [owner, stranger]) {
      await tried(email, 110);
      expect((await logIn(email, home)).status).toBe(401);
      expect(await counted(email)).toEqual([{ attempts: 111, blocked: true }]);
    }
  });
});

describe("a right password", () => {
  test("takes back its own try and no other: who guesses from the same network sees nothing of it", async () => {
    const key = (email: string) => `${email} 127.0.0.0/24`;
    for (const { email } of [owner, stranger]) {
      for (let n = 0; n < 3; n++) expect((await logIn(email, home)).status).toBe(401);
    }
    expect((await logIn(owner.email, home, owner.password)).status).toBe(200);
    expect(await counted(key(owner.email))).toEqual([{ attempts: 3, blocked: false }]);
    expect(await counted(key(owner.email))).toEqual(await counted(key(stranger.email)));
    expect(await counted(owner.email)).toEqual(await counted(stranger.email));
  });

  test("costs nothing, however often it is given", async () => {
    for (let n = 0; n < 7; n++) expect((await logIn(owner.email, home, owner.password)).status).toBe(200);
    expect(await counted(owner.email)).toEqual([]);
  });

  test("waits while wrong ones from its network are made to wait", async () => {
    for (let n = 0; n < 5; n++) expect((await logIn(owner.email, home)).status).toBe(401);
    expect(await logIn(owner.email, home, owner.password)).toMatchObject({ status: 429 });
    expect((await logIn(owner.email, elsewhere, owner.password)).status).toBe(200);
  });
});

test("a day after its first try a count begins anew", async () => {
  await tried(owner.email, 110);
  await database.admin.query("update auth.login_throttles set began_at = now() - interval '25 hours'");
  expect((await logIn(owner.email, elsewhere)).status).toBe(401);
  expect(await counted(owner.email)).toEqual([{ attempts: 1, blocked: false }]);
});
