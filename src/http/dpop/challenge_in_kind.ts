import type { Context, Middleware } from "koa";
import { dpopChallenge } from "./refusals.ts";

const BEARER = 'Bearer realm="rowhouse", ';

/** Who came with the scheme DPoP is challenged in it, whoever refuses (RFC 9449 section 7.1). */
export function challengeInKind(): Middleware {
  return async (ctx, next) => {
    await next();
    if (ctx.status === 401 && /^DPoP /i.test(ctx.get("Authorization"))) inKind(ctx);
  };
}

function inKind(ctx: Context): void {
  const challenge = String(ctx.response.get("WWW-Authenticate"));
  if (challenge.startsWith(BEARER)) {
    ctx.set("WWW-Authenticate", dpopChallenge(challenge.slice(BEARER.length)));
  }
}
