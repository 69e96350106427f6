import type { Middleware } from "koa";
import type { SigningKeys } from "../../auth/signing_keys.ts";
import { keySet } from "../contract/answers.ts";
import { operation } from "../contract/operation.ts";

export const jwksOperation = operation({
  method: "get",
  path: "/.well-known/jwks.json",
  area: "Reference",
  summary: "The public keys of access tokens",
  answers: { 200: { says: "A set of keys (RFC 7517).", body: keySet, type: "application/jwk-set+json" } },
  refusals: ["database_unavailable", "not_acceptable"],
});

/**
 * `GET /.well-known/jwks.json`: the keys that access tokens are checked with (RFC 7517). A key is here an hour
 * before it signs, so caching for five minutes is safe.
 */
export function jwks(keys: SigningKeys): Middleware {
  return async (ctx) => {
    ctx.set("Cache-Control", "public, max-age=300");
    ctx.body = JSON.stringify(await keys.jwks());
    ctx.type = "application/jwk-set+json";
  };
}
