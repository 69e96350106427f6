import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openBrowser } from "../support/browser.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { mailedCode, mailedToken, signUp } from "../support/people.ts";
import { eventually, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** The origin as a browser has it: cookies that want TLS are taken at localhost without it. */
let origin: string;
/** What the browser complained of: scripts that failed, and what the policy refused. */
let complaints: string[];

beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database, { NODE_ENV: "development", DEMO: "off", HOST: "localhost" });
  origin = `http://localhost:${new URL(server.url).port}`;
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  await server.close();
  await database.drop();
});
beforeEach(async () => {
  context = await browser.newContext();
  page = await context.newPage();
  complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (line) => line.type() === "error" && complaints.push(line.text()));
});
afterEach(() => context.close());

const password = "six chimneys and one cat";
const logIn = (email: string, tried = password) => server.post("/auth/login", { email, password: tried });
const status = () => page.locator("#status").textContent();

describe("the page of a link", () => {
  test("sets the password of whoever opened it, after telling them that one is weak, and hides the link", async () => {
    const email = "ann.page@example.com";
    await server.post("/auth/register", { email, name: "Ann" });
    await page.goto(`${origin}/auth/email/verify#token=${await mailedToken(server, email)}`);
    expect(new URL(page.url()).hash).toBe("");
    expect(await page.locator("#by-code").isHidden()).toBe(true);
    await page.fill("#password", "short");
    await page.click("#send");
    await page.waitForSelector("#status:not(:empty)");
    expect(await status()).toBe("It must have at least 15 characters.");
    await page.fill("#password", password);
    await page.click("#send");
    await page.waitForSelector("#status.done");
    expect(await status()).toContain("You can sign in now");
    expect((await logIn(email)).status).toBe(200);
    expect(complaints.filter((text) => !text.includes("400"))).toEqual([]);
  });

  test("asks for address and code where it was opened without a link, in the browser's language", async () => {
    const email = "ann.german@example.com";
    await server.post("/auth/register", { email, name: "Ann" });
    await page.setExtraHTTPHeaders({ "Accept-Language": "de" });
    await page.goto(`${origin}/auth/email/verify`);
    expect(await page.locator("html").getAttribute("lang")).toBe("de");
    expect(await status()).toContain("Hier fehlt der Link");
    await page.fill("#email", email);
    const code = await mailedCode(server, email);
    await page.fill("#code", `${code.slice(0, 3)} ${code.slice(3)}`);
    await page.fill("#password", password);
    await page.click("#send");
    await page.waitForSelector("#status.done");
    expect((await logIn(email)).body.user.locale).toBe("de");
  });

  test("signs in the browser that asked: its cookie comes along, and the refresh token stays in one", async () => {
    const { email } = await signUp(server);
    await page.goto(origin);
    const before = await mailedToken(server, email);
    await page.evaluate(
      (address) =>
        fetch("/auth/link/request", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ email: address }),
        }),
      email,
    );
    await eventually(() => server.mails().filter((mail) => mail.includes(`To: ${email}`)).length === 2);
    const token = await mailedToken(server, email);
    expect(token).not.toBe(before);
    const address = `${origin}/auth/link#token=${token}`;

    const elsewhere = await (await browser.newContext()).newPage();
    await elsewhere.goto(address);
    await elsewhere.click("#send");
    await elsewhere.waitForSelector("#code:visible");
    expect(await elsewhere.locator("#status").textContent()).toContain("another browser");
    await elsewhere.context().close();

    await page.goto(address);
    await page.click("#send");
    await page.waitForSelector("#status.done");
    const cookies = await context.cookies();
    expect(cookies.map(({ name }) => name).sort()).toEqual([
      "__Host-rowhouse_browser",
      "__Host-rowhouse_refresh",
    ]);
    expect(complaints).toEqual([]);
  });

  test("resets a password", async () => {
    const { email } = await signUp(server);
    await server.post("/auth/password/forgot", { email });
    await eventually(() => server.mails().filter((mail) => mail.includes(`To: ${email}`)).length === 2);
    await page.goto(`${origin}/auth/password/reset#token=${await mailedToken(server, email)}`);
    await page.fill("#password", password);
    await page.click("#send");
    await page.waitForSelector("#status.done");
    expect((await logIn(email)).status).toBe(200);
  });
});

describe("/dev/mail", () => {
  test("lists what was sent, and shows each as a mailbox would; the link in it leads to its page", async () => {
    const email = "bob.dev@example.com";
    await server.post("/auth/register", { email, name: "Bob" }, { "Accept-Language": "de" });
    await mailedToken(server, email);
    await page.goto(`${origin}/dev/mail`);
    expect(await page.locator("tr", { hasText: email }).textContent()).toContain(
      "Bestätigen Sie Ihre E-Mail-Adresse",
    );
    await page.locator("tr", { hasText: email }).locator("a").click();
    const mail = page.frameLocator("iframe");
    await mail.locator("h1").waitFor();
    expect(await mail.locator("h1").textContent()).toBe("Bestätigen Sie Ihre E-Mail-Adresse");
    expect(await page.locator("pre").textContent()).toContain("Jemand, vermutlich Sie");
    expect(await mail.locator("body").textContent()).toContain(
      (await mailedCode(server, email)).replace(/^(...)/, "$1 "),
    );
    // Tests have another public address than the server's own.
    expect(await mail.locator("a").first().getAttribute("href")).toMatch(
      /^https:\/\/chat\.rowhouse\.test\/auth\/email\/verify#token=[\w-]{43}$/,
    );
    expect(complaints).toEqual([]);
  });

  test("runs nothing that is in a mail, and lets it be framed by nobody else", async () => {
    const file = "2026-11-26T00-00-00-000Z-1-1.eml";
    const html = `<head></head><body onload="parent.document.title='owned'"><script>document.title='owned'</script><img src="https://evil.test/x"><p>Hello</p></body>`;
    writeFileSync(
      join(server.config.stateDir, "mail", file),
      `To: a@example.com\nSubject: <b>Evil</b>\nContent-Type: multipart/alternative; boundary="b"\n\n--b\nContent-Type: text/plain\n\n<script>\n--b\nContent-Type: text/html\n\n${html}\n--b--\n`,
    );
    const refused: (string | undefined)[] = [];
    page.on("requestfailed", (request) => refused.push(request.failure()?.errorText));
    await page.goto(`${origin}/dev/mail/${file}`);
    await page.frameLocator("iframe").locator("p").waitFor();
    expect(await page.title()).toBe("<b>Evil</b> · Rowhouse");
    // The picture: it was the policy that did not let it be asked for.
    expect(refused).toEqual(["csp"]);
    const { headers } = await server.get(`/dev/mail/${file}/html`);
    expect(headers.get("Content-Security-Policy")).toMatch(/frame-ancestors 'self'; sandbox/);
    expect(headers.get("Content-Security-Policy")).not.toContain("script");
  });

  test.each(["..%2Fsecrets.json", "secrets.json", "..", "%2e%2e%2fsecrets.json", "none.eml", "1.eml%00"])(
    "shows no other file: %s",
    async (file) => {
      for (const rest of ["", "/html"]) {
        const { status } = await server.get(`/dev/mail/${file}${rest}`);
        expect([400, 404]).toContain(status);
      }
    },
  );

  test.each([
    ["in production", { NODE_ENV: "production" }],
    ["where mail is really sent", { SMTP_URL: "smtp://127.0.0.1:9" }],
  ])("is not there %s", async (_where, env) => {
    const other = await startTestServer(database, env as unknown as Record<string, string>);
    try {
      expect((await other.get("/dev/mail")).status).toBe(404);
      expect((await other.get("/", { Accept: "text/html" })).body).not.toContain("/dev/mail");
    } finally {
      await other.close();
    }
  });
});
