import { createApiKeys } from "../../../src/auth/api_key.ts";
import { signUp } from "../../support/people.ts";
import type { Answer } from "../../support/server.ts";
import {
  alter,
  type Examples,
  elsewhere,
  type Headers,
  keyOfSomeone,
  type Street,
  someone,
  someoneAfter,
  visitor,
  welcoming,
  withBadSessions,
} from "./street.ts";

// What OpenAI's API answers and refuses, by routes: each is called in the same ways.

type Call = (street: Street, headers: Headers, more?: object) => Promise<Answer>;

const messages = [{ role: "user", content: "When is tea?" }];
const post =
  (path: string, body: object): Call =>
  ({ server }, headers, more = {}) =>
    server.post(path, { ...body, ...more }, headers);

const CALLS: Readonly<Record<string, Call>> = {
  "post /v1/chat/completions": post("/v1/chat/completions", { model: "ok", messages }),
  "post /v1/responses": post("/v1/responses", { input: "When is tea?" }),
  "post /v1/embeddings": post("/v1/embeddings", { model: "words", input: "tea" }),
  "get /v1/models": ({ server }, headers) => server.get("/v1/models", headers),
};

/** Asks until the day of a company is used up, of which a process hears within a second or so. */
async function untilTheDayIsOver(street: Street, call: Call): Promise<Answer> {
  const tenant = { name: "Small", slug: `small-${crypto.randomUUID().slice(0, 8)}` };
  const { headers, login } = await signUp(street.server, { tenant });
  await street.database.admin.query("update app.tenants set requests_per_day = 1 where id = $1", [
    login.tenant!.id,
  ]);
  for (;;) {
    const answer = await call(street, headers);
    if (answer.status === 429) return answer;
  }
}

/** With a publishable key of which SQL changed something: $key stands for it. */
async function withKeyAfter(street: Street, call: Call, change: string): Promise<Answer> {
  const { person, key } = await welcoming(street);
  await alter(street, person, change.replaceAll("$key", `'${key.id}'`));
  return call(street, key.headers);
}

const refusals = ([route, call]: [string, Call]): Examples => ({
  ...withBadSessions(route, (street, headers) => call(street, headers)),
  [`${route} api_key_address_refused`]: (_, street) =>
    withKeyAfter(street, call, "update auth.api_keys set addresses = '{192.0.2.1}' where id = $key"),
  [`${route} api_key_origin_refused`]: async (_, street) =>
    call(street, { ...(await welcoming(street)).key.headers, ...elsewhere }),
  [`${route} api_key_revoked`]: (_, street) =>
    withKeyAfter(street, call, "update auth.api_keys set revoked_at = now() where id = $key"),
  [`${route} credential_unknown`]: (_, street) => call(street, { "X-API-Key": createApiKeys().secret }),
  [`${route} daily_limit_reached`]: (_, street) => untilTheDayIsOver(street, call),
  [`${route} permission_denied`]: async (_, street) => {
    const { headers } = await someoneAfter(
      street,
      "update app.roles set permissions = array_remove(permissions, 'chat') where tenant_id = $tenant",
    );
    return call(street, headers);
  },
  [`${route} body_too_large`]: async (_, street) => call(street, {}, { user: "x".repeat(1_000_001) }),
});

/** A call that may be sent again with a key. */
const withKeys = (route: string): Examples => ({
  [`${route} idempotency_key_invalid`]: async (_, street) =>
    CALLS[route]!(street, { ...(await someone(street)).headers, "Idempotency-Key": '"' }),
  [`${route} idempotency_key_reused`]: async (_, street) => {
    const headers = { ...(await someone(street)).headers, "Idempotency-Key": "once" };
    await CALLS[route]!(street, headers);
    return CALLS[route]!(street, headers, { temperature: 1 });
  },
});

export const V1_REFUSALS: Examples = Object.assign(
  {},
  ...Object.entries(CALLS).map(refusals),
  withKeys("post /v1/chat/completions"),
  withKeys("post /v1/responses"),
);

export const V1_SUCCESSES: Examples = {
  "post /v1/chat/completions 200": async (_, street) =>
    CALLS["post /v1/chat/completions"]!(street, (await someone(street)).headers),
  "post /v1/responses 200": async (_, street) =>
    CALLS["post /v1/responses"]!(street, { "X-API-Key": await keyOfSomeone(street) }),
  "post /v1/embeddings 200": async (_, street) =>
    CALLS["post /v1/embeddings"]!(street, (await someone(street)).headers),
  "get /v1/models 200": async (_, street) => CALLS["get /v1/models"]!(street, (await visitor(street)).bearer),
};
