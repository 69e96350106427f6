import { pino } from "pino";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { seedDemo } from "../../src/development/demo.ts";
import { CODES } from "../../src/http/codes.ts";
import { openBrowser } from "../support/browser.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
beforeAll(async () => {
  database = await createDatabase();
  const log = pino({ level: "silent" });
  const people = await seedDemo({ adminUrl: database.adminUrl, config: { environment: "development" }, log });
  server = await startTestServer(database, { NODE_ENV: "development", DEMO: "off" }, undefined, people);
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const asBrowser = { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

describe("the page at /", () => {
  test("says what this is, and every way that it names leads somewhere", async () => {
    const { status, headers, body } = await server.get("/", asBrowser);
    expect([status, headers.get("Content-Type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(body).toContain("<h1>Rowhouse</h1>");
    const links = [...body.matchAll(/href="([^"]+)"/g)].map(([, link]) => link!);
    expect(links).toEqual(expect.arrayContaining(["/graphiql", "/errors", "/readyz", "/style.css"]));
    for (const link of links) expect((await server.get(link, asBrowser)).status, link).not.toBe(404);
  });

  test("is JSON for programs", async () => {
    for (const Accept of ["*/*", "application/json"]) {
      const { status, body } = await server.get("/", { Accept });
      expect([status, body.graphql, body.signIn]).toEqual([200, "/graphql", "/auth/login"]);
    }
  });

  test("names no explorer where there is none", async () => {
    const production = await startTestServer(database, { NODE_ENV: "production" });
    try {
      expect((await production.get("/", asBrowser)).body).not.toContain("graphiql");
    } finally {
      await production.close();
    }
  });
});

describe("the pages of errors", () => {
  test("are one for each code, and the type of a problem leads there", async () => {
    const index = (await server.get("/errors", asBrowser)).body;
    for (const [code, { status }] of Object.entries(CODES)) {
      expect(index).toContain(`href="/errors/${code}"`);
      const page = await server.get(`/errors/${code}`, asBrowser);
      expect([page.status, page.body.includes(`${status} `)], code).toEqual([200, true]);
    }
    const problem = await server.get("/nothing");
    expect(problem.body.type).toBe("/errors/not_found");
    expect((await server.get(problem.body.type)).body).toMatchObject({
      code: "not_found",
      ...CODES.not_found,
    });
  });

  test("are none for what is no code", async () => {
    for (const path of ["/errors/nothing", "/errors/constructor", "/errors/x/y"]) {
      expect(await server.get(path), path).toMatchObject({ status: 404, body: { code: "not_found" } });
    }
  });
});

describe("the explorer's scripts", () => {
  test("are sent once: who shows the tag of one is told that it is the same", async () => {
    const script = `${server.url}/ruru-static/jsonWorker.js`;
    const first = await fetch(script);
    expect([first.status, first.headers.get("Content-Type")]).toEqual([
      200,
      expect.stringMatching(/javascript/),
    ]);
    const again = await fetch(script, { headers: { "If-None-Match": first.headers.get("ETag")! } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });
});

describe("the explorer, in a browser,", { timeout: 120_000 }, () => {
  let browser: Browser;
  let page: Page;
  /** What the browser complained of: scripts that failed, and what the policy refused. */
  let complaints: string[];
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    page = await browser.newPage();
    complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (line) => line.type() === "error" && complaints.push(line.text()));
    await page.goto(`${server.url}/graphiql`);
    await page.getByRole("button", { name: "Execute query" }).waitFor();
    return () => page.close();
  });

  const person = (name: string) => page.locator("#sign-in button", { hasText: name }).first();
  const patient = { timeout: 30_000 };
  const who = () => page.locator("#sign-in [data-part=who]");
  /** The explorer ignores the button until its editors stand, which load after it. */
  const execute = async () => {
    await page.locator(".graphiql-query-editor .view-line", { hasText: "myPermissions" }).waitFor();
    await page.locator(".result-window .view-lines").waitFor({ state: "attached" });
    await page.getByRole("button", { name: "Execute query" }).click();
  };
  const answer = (text: string) => page.locator(".result-window", { hasText: text }).waitFor();

  test("signs in somebody of the demo at a click, and asks as them", async () => {
    await person("mel").click();
    await expect.poll(() => who().textContent(), patient).toBe("Mel Booster · Acme Rockets");
    await execute();
    await answer("Mel Booster");
    await person("mia").click();
    await expect.poll(() => who().textContent(), patient).toContain("Globex");
    await execute();
    await answer("Globex Gardening");
    expect(complaints).toEqual([]);
  });

  test("keeps the session while the page is open, and ends it on request", async () => {
    await person("mel").click();
    await expect.poll(() => who().textContent(), patient).toContain("Mel");
    await page.reload();
    await expect.poll(() => who().textContent(), patient).toContain("Mel");
    const token = await page.evaluate(
      () => JSON.parse(sessionStorage.getItem("rowhouse:session")!).access_token,
    );
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect.poll(() => who().textContent(), patient).toBe("Signed out");
    const ask = () =>
      server.post(
        "/graphql",
        { query: "{ me { id } }" },
        { Authorization: `Bearer ${token}`, "User-Agent": agent },
      );
    const agent = await page.evaluate(() => navigator.userAgent);
    await expect.poll(async () => (await ask()).status, patient).toBe(401);
  });

  test.each([
    ["before", false],
    ["while", true],
  ])("asks again for a schema that was refused %s somebody signed in", async (_, late) => {
    const schemas: number[] = [];
    await page.close();
    page = await browser.newPage();
    await page.route("**/graphql", async (route) => {
      const request = route.request();
      if (!request.postData()?.includes("__schema")) return route.continue();
      const anonymous = !request.headers().authorization;
      if (anonymous && late) await expect.poll(() => who().textContent(), patient).toContain("Mel");
      schemas.push(anonymous ? 401 : 200);
      await (anonymous ? route.fulfill({ status: 401, json: { errors: [] } }) : route.continue());
    });
    await page.goto(`${server.url}/graphiql`);
    // The explorer asks twice, in two versions of the specification.
    if (!late) await expect.poll(() => schemas, patient).toEqual([401, 401]);
    await person("mel").click();
    await expect.poll(() => schemas.at(-1), patient).toBe(200);
  });

  test("renews a token that is about to end", async () => {
    await person("mel").click();
    await expect.poll(() => who().textContent(), patient).toContain("Mel");
    const ended = await page.evaluate(() => {
      const session = JSON.parse(sessionStorage.getItem("rowhouse:session")!);
      sessionStorage.setItem("rowhouse:session", JSON.stringify({ ...session, endsAt: Date.now() }));
      return session.access_token;
    });
    await execute();
    await answer("Mel Booster");
    const renewed = await page.evaluate(() => JSON.parse(sessionStorage.getItem("rowhouse:session")!));
    expect(renewed.access_token).not.toBe(ended);
    expect(renewed.endsAt).toBeGreaterThan(Date.now());
  });

  test("says why somebody is not let in", async () => {
    await page.getByLabel("E-mail").fill("mel@acme.example");
    await page.getByLabel("Password").fill("wrong");
    await page.locator("#sign-in form button").click();
    await expect
      .poll(() => page.locator("#sign-in [data-part=message]").textContent(), patient)
      .toContain("wrong");
    expect(await who().textContent()).toBe("Signed out");
  });

  test("has no tool that is off, and no script that its policy does not name", async () => {
    expect(await page.getByRole("button", { name: "Explain" }).count()).toBe(0);
    expect(await page.getByRole("button", { name: "Documentation" }).count()).toBe(1);
    const policy = (await server.get("/graphiql", asBrowser)).headers.get("Content-Security-Policy")!;
    expect(/script-src ([^;]*)/.exec(policy)![1]).not.toMatch(/unsafe|\*|http/);
    expect(complaints).toEqual([]);
  });
});
