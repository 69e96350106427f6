import { createHash, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { openBrowser } from "../support/browser.ts";
import { createDatabase } from "../support/database.ts";
import { CLIENT, startOpenIdProvider } from "../support/openid_provider.ts";
import { freePort } from "../support/redis.ts";
import { startTestServer } from "../support/server.ts";

test("a browser signs in with a provider and comes back with a code, which its page turns into a session", {
  timeout: 120_000,
}, async () => {
  await using parts = new AsyncDisposableStack();
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const database = await createDatabase();
  parts.defer(() => database.drop());
  const provider = await startOpenIdProvider([`${origin}/auth/oauth/acme/callback`]);
  parts.defer(() => provider.close());
  provider.account = { sub: "ann", email: "ann@example.com", email_verified: true, name: "Ann Example" };
  const server = await startTestServer(database, {
    PORT: String(port),
    PUBLIC_URL: origin,
    OIDC_PROVIDERS: JSON.stringify([
      { id: "acme", name: "Acme", issuer: provider.issuer, ...CLIENT, trustEmail: true },
    ]),
  });
  parts.defer(() => server.close());
  const browser = await openBrowser();
  parts.defer(() => browser.close());

  const page = await browser.newPage();
  const verifier = randomBytes(32).toString("base64url");
  const query = new URLSearchParams({
    return_to: `${origin}/?signed=in`,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
  });
  await page.goto(`${origin}/auth/oauth/acme?${query}`);
  const back = new URL(page.url());
  expect([back.origin, back.searchParams.get("signed")]).toEqual([origin, "in"]);

  const post = (path: string, body: object) =>
    page.evaluate(
      async ([path, body]) => {
        const headers = { "Content-Type": "application/json" };
        const answer = await fetch(path, { method: "POST", headers, body });
        return { status: answer.status, body: await answer.json() };
      },
      [path, JSON.stringify(body)] as const,
    );
  const code = back.searchParams.get("code");
  const exchanged = await post("/auth/oauth/exchange", { code, code_verifier: verifier, cookie: true });
  expect(exchanged).toMatchObject({ status: 200, body: { user: { email: "ann@example.com" } } });
  expect(exchanged.body).not.toHaveProperty("refresh_token");
  expect(await post("/auth/refresh", {})).toMatchObject({ status: 200 });
  // The way there and back is over, and its session with it.
  const names = (await page.context().cookies()).map(({ name }) => name);
  expect(names).toContain("__Host-rowhouse_refresh");
  expect(names).not.toContain("__Host-rowhouse_oauth");
});
