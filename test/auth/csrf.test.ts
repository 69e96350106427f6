import { readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CODES } from "../../src/http/codes.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type SignUp, signUp } from "../support/people.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
let ann: SignUp;
let cookie: string;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database, { CORS_ORIGINS: "https://app.rowhouse.test" });
  ann = await signUp(server, { tenant: { name: "Ann's shop", slug: "anns-shop" } });
});
beforeEach(async () => {
  const { email, password } = ann;
  const login = await server.post("/auth/login", { email, password, cookie: true });
  cookie = login.headers.getSetCookie()[0]!.split(";")[0]!;
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

/** All that a page of another site could change, if it could. */
async function state(): Promise<unknown[]> {
  const { rows } = await database.admin.query(
    "select id, counter, ended_at, end_reason from auth.sessions order by id",
  );
  return rows;
}

const evil = { Origin: "https://evil.test" };
/** Each route that takes the refresh cookie, with a body that it would take. */
const routes: [path: string, body: object][] = [
  ["/auth/refresh", {}],
  ["/auth/logout", {}],
  ["/auth/logout", { scope: "all" }],
  ["/auth/switch", { tenant: "anns-shop" }],
];

describe.each(routes)("%s %j", (path, body) => {
  test("does nothing for a page of another site that brings the cookie", async () => {
    const before = await state();
    const answer = await server.post(path, body, { Cookie: cookie, ...evil });
    expect(answer).toMatchObject({ status: 403, body: { code: "origin_not_allowed" } });
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBeNull();
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(await state()).toEqual(before);
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])(
    "does nothing for a form, which may be sent without asking: %s",
    async (type) => {
      const before = await state();
      const answer = await server.post(path, JSON.stringify(body), {
        Cookie: cookie,
        "Content-Type": type,
        Origin: "https://app.rowhouse.test",
      });
      expect(answer.status).toBe(415);
      expect(answer.headers.getSetCookie()).toEqual([]);
      expect(await state()).toEqual(before);
    },
  );

  test("asks for no other origin that looks like ours", async () => {
    const before = await state();
    for (const Origin of [
      `${server.config.publicUrl}.evil.test`,
      server.config.publicUrl.replace("https:", "http:"),
      `${server.config.publicUrl}:444`,
      `${server.config.publicUrl}/`,
      "https://app.rowhouse.test@evil.test",
      "HTTPS://APP.ROWHOUSE.TEST",
    ]) {
      const answer = await server.post(path, body, { Cookie: cookie, Origin });
      expect(answer, Origin).toMatchObject({ status: 403, body: { code: "origin_not_allowed" } });
    }
    expect(await state()).toEqual(before);
  });

  test("takes no cookie of another name: one that a sibling site could set", async () => {
    const before = await state();
    for (const name of ["rowhouse_refresh", "__Secure-rowhouse_refresh", "__host-rowhouse_refresh"]) {
      const sent = cookie.replace("__Host-rowhouse_refresh", name);
      const answer = await server.post(path, body, { Cookie: sent, Origin: server.config.publicUrl });
      expect(answer.status, name).toBe(401);
    }
    expect(await state()).toEqual(before);
  });
});

describe("a page of another site", () => {
  test("may not ask: the browser's question before the call gets no leave", async () => {
    for (const path of ["/auth/login", "/auth/refresh", "/auth/logout", "/auth/switch", "/auth/session"]) {
      const answer = await server.request("OPTIONS", path, {
        headers: {
          ...evil,
          "Access-Control-Request-Method": "POST",
          "Access-Control-Request-Headers": "content-type",
        },
      });
      expect(answer.headers.get("Access-Control-Allow-Origin"), path).toBeNull();
      expect(answer.headers.get("Access-Control-Allow-Credentials"), path).toBeNull();
    }
  });

  test("signs nobody in to an account of its own with a form", async () => {
    const { email, password } = ann;
    const answer = await server.post("/auth/login", JSON.stringify({ email, password, cookie: true }), {
      "Content-Type": "text/plain",
      ...evil,
    });
    expect(answer.status).toBe(415);
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  test("is told nothing by the cookie where an access token is asked for", async () => {
    for (const Origin of [evil.Origin, server.config.publicUrl]) {
      const session = await server.get("/auth/session", { Cookie: cookie, Origin });
      expect(session).toMatchObject({ status: 401, body: { code: "credential_missing" } });
      const rows = await server.post("/graphql", { query: "{ me { id } }" }, { Cookie: cookie, Origin });
      expect(rows.status).toBe(401);
    }
  });
});

test("the page about sessions names no code that there is not", () => {
  const page = readFileSync(new URL("../../docs/identity/sessions.md", import.meta.url), "utf8");
  const named = [...page.matchAll(/^\| \d{3} (.*?) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`(\w+)`/g)].map(([, code]) => code!),
  );
  expect(named.length).toBeGreaterThan(30);
  for (const code of named) expect(CODES, code).toHaveProperty(code);
});
