import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { issueAccessToken } from "../../../src/auth/access_token.ts";
import { masterKeys } from "../../../src/auth/encryption.ts";
import { openSigningKeys } from "../../../src/auth/signing_keys.ts";
import { PROVIDER_FAILURES } from "../../../src/chat/provider/failure.ts";
import { type Code, statusesOf } from "../../../src/http/codes.ts";
import { openAIRefusal, problem } from "../../../src/http/contract/answers.ts";
import { openApi } from "../../../src/http/contract/openapi.ts";
import { EVERYWHERE, type Operation } from "../../../src/http/contract/operation.ts";
import { OPERATIONS } from "../../../src/http/contract/operations.ts";
import { type CaptchaProvider, startCaptchaProvider } from "../../support/captcha_provider.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../../support/database.ts";
import { handMadeProof, keyHolder } from "../../support/dpop.ts";
import { type Provider, startProvider } from "../../support/provider.ts";
import { routersSource } from "../../support/routers.ts";
import { type Answer, startTestServer, type TestServer } from "../../support/server.ts";
import { REFUSALS } from "./refusals.ts";
import type { Street } from "./street.ts";
import { SUCCESSES } from "./successes.ts";

/** Some address of the route. */
const addressed = (path: string): string =>
  path.replace(":code", "not_found").replace(":id", "none").replace(":provider", "none");

const document = JSON.parse(JSON.stringify(openApi(OPERATIONS)));

describe("openapi.json", () => {
  test("is as npm run generate writes it", () => {
    expect(JSON.parse(readFileSync("openapi.json", "utf8"))).toEqual(document);
  });

  test("is OpenAPI 3.1", async () => {
    expect(await new Validator().validate(structuredClone(document))).toMatchObject({ valid: true });
  });

  test("has every route of the server, and no other", () => {
    const routes = [...routersSource.matchAll(/\.(get|post|put|patch|del|delete)\(\s*"(\/[^"]*)"/g)].map(
      ([, method, path]) => `${method} ${path}`,
    );
    const described = OPERATIONS.map(({ method, path }) => `${method} ${path}`);
    // For people and their browsers alone, and what PostGraphile answers.
    const pages = routes.filter((route) => /^get \/(docs|dev\/.*|.*\.(js|css|svg))?$/.test(route));
    expect([...described].sort()).toEqual(
      [...routes.filter((route) => !pages.includes(route)), "post /graphql"].sort(),
    );
  });
});

describe("what openapi.json says of", () => {
  let street: Street;
  let database: TestDatabase;
  let server: TestServer;
  let narrow: TestServer;
  let closed: TestServer;
  let invited: TestServer;
  let guarded: TestServer;
  let puzzles: CaptchaProvider;
  let models: Provider;
  beforeAll(async () => {
    database = await createDatabase();
    models = await startProvider();
    server = await startTestServer(database, {
      MODEL_PROVIDER_URL: models.url,
      MODEL_PROVIDER_INTERNAL: "on",
      MODEL: "ok",
      MODEL_PROVIDER_MODELS: "stall",
      EMBEDDING_MODEL: "words",
      METRICS_TOKEN: "m".repeat(32),
      GITHUB_CLIENT_ID: "rowhouse",
      GITHUB_CLIENT_SECRET: "a secret between the two of us",
      OIDC_PROVIDERS: `[{"id": "away", "name": "Away", "issuer": "http://127.0.0.1:9", "clientId": "rowhouse"}]`,
    });
    // They look into the queue of mails too, so what they find there has to come into the same folder.
    const STATE_DIR = server.config.stateDir;
    narrow = await startTestServer(database, {
      STATE_DIR,
      RATE_LIMIT_SIGN_IN: "1",
      RATE_LIMIT: "1",
      RATE_LIMIT_GUESTS: "1",
    });
    closed = await startTestServer(database, { STATE_DIR, REGISTRATION: "closed" });
    invited = await startTestServer(database, { STATE_DIR, REGISTRATION: "invited" });
    puzzles = await startCaptchaProvider("turnstile", "a secret", "chat.rowhouse.test");
    guarded = await startTestServer(database, {
      STATE_DIR,
      CAPTCHA: "turnstile",
      CAPTCHA_SECRET: "a secret",
      CAPTCHA_VERIFY_URL: puzzles.url,
      GUEST_LIMIT: "1",
    });
    const keys = await openSigningKeys(
      database.auth,
      masterKeys({ masterKey: testMasterKey, previousMasterKey: null }),
      "EdDSA",
      { warn() {}, info() {}, error() {} } as never,
    );
    const authority = { keys, issuer: server.config.publicUrl };
    street = {
      database,
      server,
      closed,
      invited,
      guarded,
      puzzles,
      authority,
      token: (claims = {}) =>
        issueAccessToken(authority, {
          userId: crypto.randomUUID(),
          handle: "h".repeat(43),
          tenantId: null,
          counter: 0,
          ...claims,
        }),
    };
  });
  afterAll(async () => {
    await server.close();
    await narrow.close();
    await closed.close();
    await invited.close();
    await guarded.close();
    await puzzles.close();
    await models.close();
    await database.drop();
  });

  /** Sends one request to a route with whatever breaks it. */
  const send = (
    { method, path }: Operation,
    {
      to = server,
      body,
      headers = {},
    }: { to?: TestServer; body?: unknown; headers?: Record<string, string> },
  ): Promise<Answer> => to.request(method.toUpperCase(), addressed(path), { body, headers });

  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

  /** What breaks any route that can be refused like this. */
  const GENERAL: Partial<Record<Code, (operation: Operation, status: number) => Promise<Answer>>> = {
    malformed_json: (operation) => send(operation, { body: "{" }),
    unsupported_media_type: (operation) =>
      send(operation, { body: "x", headers: { "Content-Type": "text/plain" } }),
    body_too_large: (operation) => send(operation, { body: JSON.stringify({ x: "x".repeat(100_001) }) }),
    body_too_deep: (operation) => send(operation, { body: `{"x": ${"[".repeat(40)}${"]".repeat(40)}}` }),
    invalid_input: (operation) => send(operation, { body: { nobody_knows: 1 } }),
    not_acceptable: (operation) => send(operation, { headers: { Accept: "image/png" } }),
    api_key_invalid: (operation) => send(operation, { headers: { "X-API-Key": "rh_sk_short" } }),
    credentials_conflict: (operation) =>
      send(operation, { headers: { "X-API-Key": "rh_sk_short", ...bearer("x") } }),
    // With an access token the same is refused as a resource refuses it.
    invalid_dpop_proof: async (operation, status) =>
      send(operation, {
        headers: { DPoP: "rubbish", ...(status === 401 && bearer(await street.token())) },
      }),
    use_dpop_nonce: async (operation, status) => {
      const token = status === 401 ? await street.token() : undefined;
      return send(operation, {
        headers: { DPoP: await oldProof(street, operation, token), ...(token && bearer(token)) },
      });
    },
    scheme_unsupported: (operation) => send(operation, { headers: { Authorization: "Basic eDp5" } }),
    token_malformed: (operation) => send(operation, { headers: bearer("rubbish") }),
    token_invalid: (operation) => send(operation, { headers: bearer("eyJhbGciOiJub25lIn0.e30.") }),
    token_expired: async (operation) =>
      send(operation, { headers: bearer(await signed(street, { exp: -60 })) }),
    token_not_yet_valid: async (operation) =>
      send(operation, { headers: bearer(await signed(street, { nbf: 600 })) }),
    too_many_requests: async (operation) => {
      await send(operation, { to: narrow });
      for (let n = 0; n < 20; n++) {
        const answer = await send(operation, { to: narrow });
        if (answer.status === 429) return answer;
      }
      throw new Error("the quota was never used up");
    },
  };

  /** Why nothing here drives a code: another test does, where what it takes is there. */
  const ELSEWHERE: Partial<Record<Code, string>> = {
    bad_request: "only a part below us that reads HTTP raises it",
    malformed_target: "test/http/bad_input.test.ts: a request line that is none",
    internal_error: "it takes a fault of ours",
    database_unavailable: "test/http/unavailable.test.ts: a database that is away",
    storage_unavailable: "test/http/stored_documents.test.ts: an object storage that is away",
    content_corrupt: "test/http/stored_documents.test.ts: an object storage that has other bytes",
    timeout: "test/http/unavailable.test.ts: a statement that waits",
    idempotency_in_progress: "it takes two processes without Redis, or two requests at one moment",
    idempotency_replayed: "test/chat/v1/once.test.ts: an answer that was not kept, and is forgotten",
    too_many_at_once: "test/auth/account_export.test.ts: readers who do not read",
    retry: "two who change the same rows at the same moment",
    support_ended: "test/access/support.test.ts: the operator in a company",
    support_read_only: "test/access/support.test.ts: the operator in a company",
    approval_expired: "test/chat/tools/approving.test.ts: a company with a tool that asks first",
    approval_given: "test/chat/tools/approving.test.ts: a company with a tool that asks first",
    tool_changed: "test/chat/tools/approving.test.ts: a company with a tool that asks first",
    budget_exceeded: "test/chat/v1/refusals.test.ts: a model with a price",
    price_unknown: "test/chat/v1/refusals.test.ts: a model without a price",
    model_not_allowed: "test/chat/v1/refusals.test.ts: a company's own provider",
    prompt_too_long: "test/chat/v1/refusals.test.ts: a model that reads little",
  };

  /** What a provider may do wrong: test/chat/v1/refusals.test.ts and test/chat/provider have one that does. */
  const ofProviders = (code: Code): boolean => Object.hasOwn(PROVIDER_FAILURES, code);

  const name = ({ method, path }: Operation) => `${method} ${path}`;
  const cases = OPERATIONS.flatMap((operation) =>
    [...EVERYWHERE, ...operation.refusals]
      .filter((code) => ELSEWHERE[code] === undefined && !ofProviders(code))
      .flatMap((code) =>
        statusesOf(code).map((status) => [name(operation), status, code, operation] as const),
      ),
  );

  test.each(cases)("%s: it is refused with %i %s", async (route, status, code, operation) => {
    const answer = await drive(route, status, code, operation);
    if (operation.path === "/graphql") {
      expect(answer.body.errors[0].extensions.code.toLowerCase()).toBe(code);
    } else if (operation.path.startsWith("/v1/")) {
      expect(answer.headers.get("Content-Type"), JSON.stringify(answer.body)).toMatch(/^application\/json/);
      expect(v.parse(openAIRefusal, answer.body).error).toMatchObject({ code });
    } else {
      expect(answer.headers.get("Content-Type"), JSON.stringify(answer.body)).toMatch(
        /^application\/problem\+json/,
      );
      expect(v.parse(problem, answer.body)).toMatchObject({ code, status: answer.status });
    }
    expect(answer.status).toBe(status);
    expect(
      document.paths[operation.path.replaceAll(/:(\w+)/g, "{$1}")][operation.method].responses,
    ).toHaveProperty(String(answer.status));
  });

  function drive(route: string, status: number, code: Code, operation: Operation): Promise<Answer> {
    const own = REFUSALS[`${route} ${code}`];
    if (own) return own(operation, street);
    const general = GENERAL[code];
    if (!general) throw new Error(`nothing drives ${code} of ${route}`);
    return general(operation, status);
  }

  const successes = OPERATIONS.flatMap((operation) =>
    Object.entries(operation.answers).map(
      ([status, success]) => [name(operation), Number(status), operation, success] as const,
    ),
  );

  test.each(successes)("%s: it answers %i", async (route, status, operation, { body, type, headers }) => {
    const drive = SUCCESSES[`${route} ${status}`] ?? ((given: Operation) => send(given, {}));
    const answer = await drive(operation, street);
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    if (body) v.parse(body, answer.body);
    else if (type === undefined) expect(answer.body).toBe("");
    if (body || type) expect(answer.headers.get("Content-Type")).toContain(type ?? "application/json");
    for (const header of Object.keys(headers ?? {}))
      expect(answer.headers.get(header), header).not.toBeNull();
  });
});

/** A proof for this call that is as old as the clock. */
async function oldProof(
  { server }: Street,
  { method, path }: Operation,
  token: string | undefined,
): Promise<string> {
  return handMadeProof(await keyHolder(server), {
    htm: method.toUpperCase(),
    htu: server.config.publicUrl + addressed(path),
    ath: token && createHash("sha256").update(token).digest("base64url"),
    iat: 1,
  });
}

/** A token that our key signed, with other times in it: seconds from now. */
async function signed({ authority }: Street, { exp = 600, nbf }: { exp?: number; nbf?: number }) {
  const { SignJWT } = await import("jose");
  const { id, algorithm, privateKey } = await authority.keys.signer();
  const now = Math.floor(Date.now() / 1000);
  const token = new SignJWT({ sid: "h".repeat(43), client_id: "rowhouse", rtn: 0 })
    .setProtectedHeader({ alg: algorithm, kid: id, typ: "at+jwt" })
    .setIssuer(authority.issuer)
    .setAudience(authority.issuer)
    .setSubject(crypto.randomUUID())
    .setJti(crypto.randomUUID())
    .setIssuedAt(now - 900)
    .setExpirationTime(now + exp);
  return (nbf === undefined ? token : token.setNotBefore(now + nbf)).sign(privateKey);
}
