import type { Middleware } from "koa";
import type { SigningKeys } from "../../auth/signing_keys.ts";

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
