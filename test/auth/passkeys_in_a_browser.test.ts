import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";
import { openBrowser } from "../support/browser.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type SignUp, signUp } from "../support/people.ts";
import { freePort } from "../support/redis.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

// A real browser with a virtual authenticator (WebAuthn section 11). The page's part is the snippet of the documentation.

const snippet = /```js\n([\s\S]*?)```/.exec(
  readFileSync(join(projectRoot, "docs/identity/passkeys.md"), "utf8"),
)![1]!;

const parts = new AsyncDisposableStack();
let database: TestDatabase;
let server: TestServer;
let page: Page;
let devtools: CDPSession;
let authenticatorId: string;
let person: SignUp;
beforeAll(async () => {
  database = await createDatabase();
  parts.defer(() => database.drop());
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  server = await startTestServer(database, { PORT: String(port), PUBLIC_URL: origin });
  parts.defer(() => server.close());
  const browser = await openBrowser();
  parts.defer(() => browser.close());
  page = await browser.newPage();
  devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  ({ authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  }));
  await page.goto(`${origin}/`);
  await page.evaluate(snippet);
  person = await signUp(server, { tenant: { name: "Acme", slug: "acme" } });
}, 60_000);
afterAll(() => parts.disposeAsync());

/** What came of one of the calls of the page's snippet; what it threw, by its name and code. */
interface Came {
  // The shape is what the test is about to assert.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly answer?: any;
  readonly name?: string;
  readonly code?: string | number;
}
const inPage = (call: string): Promise<Came> =>
  page.evaluate(`${call}.then((answer) => ({ answer }), ({ name, code }) => ({ name, code }))`);

const sameBrowser = async () => ({ "User-Agent": await page.evaluate<string>("navigator.userAgent") });
const passwordLogin = async () =>
  (await server.post("/auth/login", { email: person.email, password: person.password }, await sameBrowser()))
    .body;

describe("a browser with an authenticator", () => {
  let token: string;

  test("adds a passkey, and not the same one twice", async () => {
    const { access_token } = await passwordLogin();
    const { answer } = await inPage(`addPasskey("${access_token}", "This laptop")`);
    expect(answer).toMatchObject({ passkey: { name: "This laptop" } });
    expect(answer.recoveryCodes).toHaveLength(10);
    const { credentials } = await devtools.send("WebAuthn.getCredentials", { authenticatorId });
    expect(credentials).toMatchObject([{ isResidentCredential: true, rpId: "localhost" }]);
    expect(await inPage(`addPasskey("${access_token}")`)).toMatchObject({ name: "InvalidStateError" });
  });

  test("signs in with it and nothing else", async () => {
    const { answer } = await inPage("signIn()");
    expect(answer).toMatchObject({ user: { email: person.email }, tenant: { slug: "acme" } });
    expect((await page.context().cookies()).map(({ name }) => name)).toContain("__Host-rowhouse_refresh");
    token = answer.access_token;
    const headers = { ...(await sameBrowser()), Authorization: `Bearer ${token}` };
    expect((await server.get("/auth/session", headers)).body.amr).toEqual(["hwk", "user", "mfa"]);
  });

  test("shows it after the password", async () => {
    const { code, mfaToken } = await passwordLogin();
    expect(code).toBe("mfa_required");
    const { answer } = await inPage(`showSecondFactor("${mfaToken}")`);
    expect(answer).toMatchObject({ user: { email: person.email }, token_type: "Bearer" });
  });

  test("steps up with it", async () => {
    await database.admin.query(
      "update auth.sessions set authenticated_at = now() - interval '11 minutes' where user_id = $1",
      [person.login.user.id],
    );
    expect(await inPage(`addPasskey("${token}")`)).toMatchObject({ code: "step_up_required" });
    const { answer } = await inPage(`stepUp("${token}")`);
    expect(answer.authTime).toBeGreaterThan(Date.now() / 1000 - 60);
  });

  test("answers nothing for a user whom it could not verify", async () => {
    await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
    expect(await inPage("signIn()")).toMatchObject({ name: "NotAllowedError" });
    await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });
  });

  test("signs in nobody with one that was removed", async () => {
    const headers = { ...(await sameBrowser()), Authorization: `Bearer ${token}` };
    const ask = (query: string) => server.post("/graphql", { query }, headers);
    const [passkey] = (await ask("{ myPasskeys { id } }")).body.data.myPasskeys;
    const removed = await ask(
      `mutation { removePasskey(input: {id: "${passkey.id}"}) { passkey { name } } }`,
    );
    expect(removed.body).toEqual({ data: { removePasskey: { passkey: { name: "This laptop" } } } });
    expect(await inPage("signIn()")).toMatchObject({ code: "passkey_refused" });
    expect(await passwordLogin()).toHaveProperty("access_token");
  });
});
