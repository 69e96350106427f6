import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openCaptcha } from "../../src/auth/captcha/siteverify.ts";
import { type CaptchaProvider, startCaptchaProvider } from "../support/captcha_provider.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createGuestKey, openGuest, PAGE } from "../support/guests.ts";
import { signUp } from "../support/people.ts";
import { type Answer, startTestServer, type TestServer } from "../support/server.ts";

const SECRET = "0x4AAAAAAA-the-secret-of-this-site";
const refused = ({ status, body }: Answer) => [status, body.code];
const newAddress = () => `${crypto.randomUUID()}@example.com`;

describe.each(["turnstile", "hcaptcha"] as const)("with %s", (kind) => {
  let database: TestDatabase;
  let provider: CaptchaProvider;
  let server: TestServer;
  let key: Awaited<ReturnType<typeof createGuestKey>>;

  beforeAll(async () => {
    database = await createDatabase();
    const plain = await startTestServer(database);
    const owner = await signUp(plain, { tenant: { name: "Acme", slug: "acme" } });
    await plain.close();
    key = await createGuestKey(database, owner.login.tenant!.id);
    provider = await startCaptchaProvider(kind, SECRET, "shop.example");
    server = await startTestServer(database, {
      CAPTCHA: kind,
      CAPTCHA_SECRET: SECRET,
      CAPTCHA_VERIFY_URL: provider.url,
      CORS_ORIGINS: PAGE,
    });
  });
  beforeEach(() => provider.behave("well"));
  afterAll(async () => {
    await server.close();
    await provider.close();
    await database.drop();
  });

  /** Each call that asks for one, by its action. */
  const CALLS = {
    register: (captcha?: string) =>
      server.post("/auth/register", { email: newAddress(), name: "Ann", ...(captcha && { captcha }) }),
    forgot_password: (captcha?: string) =>
      server.post("/auth/password/forgot", { email: newAddress(), ...(captcha && { captcha }) }),
    sign_in_link: (captcha?: string) =>
      server.post("/auth/link/request", { email: newAddress(), ...(captcha && { captcha }) }),
    guest: (captcha?: string) => openGuest(server, key, captcha === undefined ? {} : { captcha }),
  };
  const mails = async () =>
    (await database.admin.query("select count(*)::integer as count from auth.mails")).rows[0].count;
  const cases = Object.entries(CALLS);

  test.each(cases)("%s goes on for who solved it", async (action, call) => {
    const token = provider.token(kind === "turnstile" ? { action } : {});
    expect((await call(token)).status).toBeLessThan(300);
    expect(provider.asked.at(-1)).toEqual({
      method: "POST",
      contentType: expect.stringMatching(/^application\/x-www-form-urlencoded/),
      form: { secret: SECRET, response: token, remoteip: "127.0.0.1" },
    });
  });

  test.each(cases)("%s does nothing for who did not, or showed what was shown before", async (_, call) => {
    const before = await mails();
    const people = (await database.admin.query("select from app.users")).rowCount;
    const asked = provider.asked.length;
    expect(refused(await call())).toEqual([400, "captcha_required"]);
    expect(provider.asked.length).toBe(asked);
    expect(refused(await call("rubbish"))).toEqual([403, "captcha_failed"]);
    const token = provider.token();
    expect((await CALLS.register(token)).status).toBe(202);
    expect(refused(await call(token))).toEqual([403, "captcha_failed"]);
    expect(await mails()).toBe(before + 1);
    expect((await database.admin.query("select from app.users")).rowCount).toBe(people);
  });

  test("a token of another site's page is worth nothing here, and the log says so", async () => {
    for (const hostname of ["evil.example", "shop.example.evil.example", "localhost", "not-provided"]) {
      const answer = await CALLS.register(provider.token({ hostname }));
      expect(refused(answer)).toEqual([403, "captcha_failed"]);
    }
    expect(server.log.filter(({ msg }) => msg.includes("solved elsewhere"))).toHaveLength(4);
    expect((await CALLS.register(provider.token({ hostname: "chat.rowhouse.test" }))).status).toBe(202);
  });

  test("the page that has no action may be used for each call, one with another action for none", async () => {
    expect((await CALLS.register(provider.token({ action: "" }))).status).toBe(202);
    const other = provider.token({ action: "guest" });
    expect(refused(await CALLS.register(other))).toEqual([403, "captcha_failed"]);
  });

  test("where it does not answer, or not in its words, nobody gets through, and the log says so", async () => {
    const before = await mails();
    const lines = server.log.length;
    for (const how of [
      { status: 500, body: "{}" },
      { status: 200, body: "<html>" },
      { status: 200, body: '{"success": "true"}' },
      { status: 200, body: "[]" },
      { status: 302, body: '{"success": true}' },
    ]) {
      provider.behave(how);
      const answer = await CALLS.register(provider.token());
      expect([how, ...refused(answer)]).toEqual([how, 503, "captcha_unavailable"]);
      expect(answer.headers.get("Retry-After")).toBe("5");
    }
    provider.behave("never");
    expect(refused(await CALLS.guest(provider.token()))).toEqual([503, "captcha_unavailable"]);
    expect(await mails()).toBe(before);
    const logged = server.log
      .slice(lines)
      .filter(({ level, msg }) => level === 50 && msg.includes("CAPTCHA"));
    expect(logged).toHaveLength(6);
    expect(JSON.stringify(server.log)).not.toContain(SECRET);
  });

  test("where it refuses our secret, that is told the operator and not the person", async () => {
    const log: string[] = [];
    const note = (_: unknown, message: string) => log.push(message);
    const captcha = openCaptcha(
      {
        captcha: { provider: kind, secret: "of another site", verifyUrl: provider.url },
        publicUrl: PAGE,
        corsOrigins: [],
      },
      { warn: note, error: note } as never,
    );
    expect(await captcha.verify(provider.token(), "register", null)).toBe("unavailable");
    expect(log).toEqual([expect.stringContaining("CAPTCHA_SECRET")]);
  });

  test("signing in, refreshing and following a mail ask for none", async () => {
    const asked = provider.asked.length;
    await server.post("/auth/login", { email: newAddress(), password: "x" });
    await server.post("/auth/refresh", { refresh_token: "x" });
    await server.post("/auth/email/verify", { token: "x", password: "x" });
    expect(provider.asked.length).toBe(asked);
    const login = await server.post("/auth/login", { email: newAddress(), password: "x", captcha: "x" });
    expect(refused(login)).toEqual([400, "invalid_input"]);
  });

  test("a guest who signs up is asked again, as whoever registers", async () => {
    const { bearer } = await CALLS.guest(provider.token());
    const upgrade = (captcha?: string) =>
      server.post("/auth/guest/upgrade", { email: newAddress(), name: "Ann", captcha }, bearer);
    expect(refused(await upgrade())).toEqual([400, "captcha_required"]);
    expect(refused(await upgrade(provider.token({ action: "guest" })))).toEqual([403, "captcha_failed"]);
    expect((await upgrade(provider.token({ action: "register" }))).status).toBe(202);
  });

  test("what is wrong with the rest of the body is said first, and the token is not used up", async () => {
    const token = provider.token();
    expect(refused(await server.post("/auth/register", { name: "Ann", captcha: token }))).toEqual([
      400,
      "invalid_input",
    ]);
    expect((await CALLS.register(token)).status).toBe(202);
    const long = await CALLS.register("x".repeat(8_001));
    expect(refused(long)).toEqual([400, "invalid_input"]);
  });
});

test("without a provider nobody is asked, and what a page sends is ignored", async () => {
  const captcha = openCaptcha({ captcha: null, publicUrl: PAGE, corsOrigins: [] }, {
    warn: () => expect.unreachable(),
    error: () => expect.unreachable(),
  } as never);
  expect(await captcha.verify(undefined, "register", null)).toBe("ok");
  expect(await captcha.verify("anything", "guest", "192.0.2.1")).toBe("ok");
});
