import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { github } from "../../src/auth/oauth/github.ts";
import { ProviderRefused, ProviderUnavailable } from "../../src/auth/oauth/provider.ts";

// GitHub itself cannot be reached from a test; this answers as its documentation says it does.
let server: Server;
let at: string;
let answers: Record<string, { status?: number; body: unknown }>;
let asked: string[];
beforeAll(async () => {
  server = createServer(async (req, res) => {
    asked.push(`${req.method} ${req.url} ${(await req.toArray()).join("")}`);
    const { status = 200, body } = answers[req.url!]!;
    res.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());
beforeEach(() => {
  asked = [];
  answers = {
    "/login/oauth/access_token": {
      body: { access_token: "gho_x", token_type: "bearer", scope: "user:email" },
    },
    "/user": { body: { id: 42, login: "ann", name: null, email: "public@example.com" } },
    "/user/emails": {
      body: [
        { email: "old@example.com", primary: false, verified: true },
        { email: "ann@example.com", primary: true, verified: true },
      ],
    },
  };
});

const attempt = { state: "s".repeat(43), nonce: "n".repeat(43), verifier: "v".repeat(43) };
const comeBack = (query: Record<string, string> = { code: "c", state: attempt.state }) =>
  github({ clientId: "id", clientSecret: "secret" }, { web: at, api: at }).identify(
    attempt,
    new URL(`http://localhost/auth/oauth/github/callback?${new URLSearchParams(query)}`),
  );

describe("GitHub", () => {
  test("says who somebody is: by number, with the primary address that it proved", async () => {
    expect(await comeBack()).toEqual({ issuer: at, subject: "42", email: "ann@example.com", name: "ann" });
    expect(asked[0]).toContain(`code_verifier=${attempt.verifier}`);
  });

  test.each([
    ["not proven", [{ email: "ann@example.com", primary: true, verified: false }]],
    ["not the primary one", [{ email: "ann@example.com", primary: false, verified: true }]],
    ["not told", { message: "rubbish" }],
  ])("gives no address where it is %s", async (_, body) => {
    answers["/user/emails"] = { body };
    expect((await comeBack()).email).toBeNull();
  });

  test.each([
    [
      "the code is bad, which it says with 200",
      "/login/oauth/access_token",
      { body: { error: "bad_verification_code" } },
    ],
    ["its API refuses the token", "/user", { status: 401, body: {} }],
    ["there is no number", "/user", { body: { login: "ann" } }],
  ])("signs nobody in where %s", async (_, path, answer) => {
    answers[path] = answer;
    await expect(comeBack()).rejects.toBeInstanceOf(ProviderRefused);
  });

  test("signs nobody in with another state, and says when somebody declined", async () => {
    await expect(comeBack({ code: "c", state: "other" })).rejects.toBeInstanceOf(ProviderRefused);
    await expect(comeBack({ error: "access_denied", state: attempt.state })).rejects.toMatchObject({
      reason: "access_denied",
    });
  });

  test("is away where nothing answers", async () => {
    const away = github({ clientId: "id", clientSecret: "secret" }, { web: "http://127.0.0.1:9", api: at });
    const callback = new URL(`http://localhost/?code=c&state=${attempt.state}`);
    await expect(away.identify(attempt, callback)).rejects.toBeInstanceOf(ProviderUnavailable);
  });
});
