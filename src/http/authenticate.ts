import type { Context, Middleware } from "koa";
import { InvalidToken, readAccessToken, type TokenAuthority } from "../auth/access_token.ts";
import { digest } from "../auth/session_secrets.ts";
import { Problem, unauthorized } from "./problem.ts";
import type { RequestState } from "./request_facts.ts";

/**
 * Turns a credential into `ctx.state.caller`: `Authorization: Bearer` with an access token or an API key, or
 * `X-API-Key`. It checks what can be checked without asking the database who that is; roles and
 * permissions are the door's business. Without a credential there is no caller, and the door is shut.
 *
 * Refuses with 401 and the challenge of RFC 6750 section 3: token_expired, token_not_yet_valid, token_malformed,
 * token_invalid, api_key_invalid, scheme_unsupported; with 400 credentials_conflict for two at once.
 */
export function authenticate(authority: TokenAuthority): Middleware<RequestState> {
  return async (ctx, next) => {
    const credential = credentialOf(ctx);
    if (credential !== null) {
      const { facts } = ctx.state;
      if (looksLikeApiKey(credential.text) || credential.from === "X-API-Key") {
        if (!wellFormedApiKey.test(credential.text)) {
          throw unauthorized("api_key_invalid", "This is no API key of ours.");
        }
        ctx.state.caller = { credential: digest(credential.text), facts };
      } else {
        const { handle, tenantId } = await claims(authority, credential.text);
        ctx.state.caller = {
          credential: digest(handle),
          facts: { ...facts, ...(tenantId !== null && { tenant_id: tenantId }) },
        };
      }
    }
    await next();
  };
}

const wellFormedApiKey = /^rh_(sk|pk)_[A-Za-z0-9_-]{20,200}$/;

function looksLikeApiKey(text: string): boolean {
  return /^rh_(sk|pk)_/.test(text);
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

async function claims(authority: TokenAuthority, token: string) {
  try {
    return await readAccessToken(authority, token);
  } catch (error) {
    if (error instanceof InvalidToken) throw unauthorized(error.code, error.message, error.cause);
    throw error;
  }
}
