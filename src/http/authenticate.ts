import type { Context, Middleware } from "koa";
import { InvalidToken, type TokenAuthority } from "../auth/access_token.ts";
import { isApiKey, looksLikeApiKey } from "../auth/api_key.ts";
import type { ApiKeyUsage } from "../auth/api_key_usage.ts";
import { type Bearer, rememberTokens } from "../auth/remembered_tokens.ts";
import { digest } from "../auth/session_secrets.ts";
import { Problem, unauthorized } from "./problem.ts";
import type { RequestState } from "./request_facts.ts";

/**
 * Turns a credential into `ctx.state.caller`: `Authorization: Bearer` with an access token or an API key, or
 * `X-API-Key`. It checks what can be checked without asking the database who that is; roles and
 * permissions are the door's business. Without a credential there is no caller, and the door is shut. An API key that is
 * not whole is known by its checksum; the others' uses are counted, but for those that the door refuses.
 *
 * Refuses with 401 and the challenge of RFC 6750 section 3: token_expired, token_not_yet_valid, token_malformed,
 * token_invalid, api_key_invalid, scheme_unsupported; with 400 credentials_conflict for two at once.
 */
export function authenticate(authority: TokenAuthority, usage: ApiKeyUsage): Middleware<RequestState> {
  const read = rememberTokens(authority);
  return async (ctx, next) => {
    const credential = credentialOf(ctx);
    if (credential !== null) {
      const { facts } = ctx.state;
      if (looksLikeApiKey(credential.text) || credential.from === "X-API-Key") {
        if (!isApiKey(credential.text)) {
          throw unauthorized("api_key_invalid", "This is no API key of ours, or not all of one.");
        }
        const origin = ctx.get("Origin").slice(0, 300);
        const caller = {
          credential: digest(credential.text),
          byKey: true,
          facts: { ...facts, ...(origin && { origin }) },
        } as const;
        ctx.state.caller = caller;
        await next();
        if (ctx.status !== 401) usage.note(caller.credential);
        return;
      } else {
        const { credential: digested, tenantId, counter } = await refusing(() => read(credential.text));
        ctx.state.caller = {
          credential: digested,
          facts: { ...facts, ...(tenantId !== null && { tenant_id: tenantId }) },
        };
        ctx.state.counter = counter;
      }
    }
    await next();
  };
}

function credentialOf(ctx: Context): { from: string; text: string } | null {
  // Repeated Authorization headers are dropped by Node; a repeated X-API-Key arrives joined and is refused.
  const authorization = ctx.get("Authorization");
  const apiKey = ctx.get("X-API-Key");
  if (authorization && apiKey) {
    throw new Problem(400, "credentials_conflict", "Send one credential: Authorization or X-API-Key.", {
      headers: { "WWW-Authenticate": `Bearer realm="rowhouse", error="invalid_request"` },
    });
  }
  if (apiKey) return { from: "X-API-Key", text: apiKey };
  if (!authorization) return null;
  const [, scheme, text] = /^(\S+) *(.*)$/.exec(authorization) ?? [];
  if (scheme?.toLowerCase() !== "bearer") {
    throw unauthorized("scheme_unsupported", "Authorization takes the scheme Bearer.");
  }
  return { from: "Authorization", text: text ?? "" };
}

/** As the refusal that a client is told. */
async function refusing(reading: () => Promise<Bearer>): Promise<Bearer> {
  try {
    return await reading();
  } catch (error) {
    if (error instanceof InvalidToken) throw unauthorized(error.code, error.message, error.cause);
    throw error;
  }
}
