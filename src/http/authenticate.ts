import type { Context, Middleware } from "koa";
import { InvalidToken, type TokenAuthority } from "../auth/access_token.ts";
import { isApiKey, looksLikeApiKey } from "../auth/api_key.ts";
import type { ApiKeyUsage } from "../auth/api_key_usage.ts";
import { type Bearer, rememberTokens } from "../auth/remembered_tokens.ts";
import { digest } from "../auth/session_secrets.ts";
import { looksLikeSupport } from "../auth/support_credential.ts";
import type { Possession } from "./dpop/possession.ts";
import { bindingRefusal, invalid, proofRefusal } from "./dpop/refusals.ts";
import { Problem, unauthorized } from "./problem.ts";
import type { OnRefusal } from "./report_errors.ts";
import type { RequestState } from "./request_facts.ts";

/**
 * Turns a credential into `ctx.state.caller`: `Authorization: Bearer` with an access token, an API key or what the operator's support enters with, `Authorization:
 * DPoP` with an access token and the `DPoP` header that proves its key, or `X-API-Key`. It checks what can be checked
 * without asking the database who that is; roles and permissions are the door's business. Without a credential there is
 * no caller, and the door is shut. An API key that is not whole is known by its checksum; the others' uses are counted,
 * but for those that the door refuses.
 *
 * Refuses with 401 and the challenge of RFC 6750 section 3: token_expired, token_not_yet_valid, token_malformed,
 * token_invalid, api_key_invalid, scheme_unsupported; with 400 credentials_conflict for two at once; with that of
 * RFC 9449 section 7.1: invalid_dpop_proof, use_dpop_nonce (400 without an access token), and token_invalid for one that
 * is shown without its key, which the trail is told.
 */
export function authenticate({
  authority,
  usage,
  possession,
  onRefusal,
}: {
  authority: TokenAuthority;
  usage: ApiKeyUsage;
  possession: Possession;
  onRefusal: OnRefusal;
}): Middleware<RequestState> {
  const read = rememberTokens(authority);
  return async (ctx, next) => {
    const credential = credentialOf(ctx);
    if (credential && isMeantAsApiKey(credential)) {
      if (!isApiKey(credential.text)) {
        throw unauthorized("api_key_invalid", "This is no API key of ours, or not all of one.");
      }
      const origin = ctx.get("Origin").slice(0, 300);
      const caller = {
        credential: digest(credential.text),
        byKey: true,
        facts: { ...ctx.state.facts, ...(origin && { origin }) },
      } as const;
      ctx.state.caller = caller;
      await next();
      if (ctx.status !== 401) usage.note(caller.credential);
      return;
    }
    if (credential?.from === "Bearer" && looksLikeSupport(credential.text)) {
      ctx.state.caller = { credential: digest(credential.text), bySupport: true, facts: ctx.state.facts };
      await next();
      return;
    }
    const bearer = credential && (await refusing(() => read(credential.text)));
    const proven = await possession.prove(ctx, credential?.text);
    if (proven !== undefined) ctx.state.facts = { ...ctx.state.facts, key_thumbprint: proven };
    if (bearer) {
      const { credential: digested, tenantId, counter, expiresAt } = bearer;
      const { facts } = ctx.state;
      const caller = {
        credential: digested,
        facts: { ...facts, ...(tenantId !== null && { tenant_id: tenantId }) },
      };
      const refusal = unbound(bearer, credential.from === "DPoP", proven);
      if (refusal) {
        // The door is not asked any more, and whoever has a token without its key may have stolen it.
        if (bearer.keyThumbprint !== undefined) await onRefusal(caller, "RH401", "key_mismatch");
        throw refusal;
      }
      ctx.state.caller = caller;
      ctx.state.counter = counter;
      ctx.state.expiresAt = expiresAt;
    }
    await next();
  };
}

/** Why a good token does not come as it has to: a bound one as DPoP with proof of its key, any other as Bearer. */
function unbound({ keyThumbprint }: Bearer, asDpop: boolean, proven: string | undefined): Problem | null {
  if (keyThumbprint === undefined) {
    return asDpop ? bindingRefusal("This access token is bound to no key: send it as Bearer.") : null;
  }
  if (!asDpop) return bindingRefusal("This access token is bound to a key: send it as DPoP, with a proof.");
  if (proven === undefined) return proofRefusal(invalid("The DPoP header is missing."), true);
  return proven === keyThumbprint
    ? null
    : bindingRefusal("The DPoP proof is by another key than the token's.");
}

interface Credential {
  readonly from: "Bearer" | "DPoP" | "X-API-Key";
  readonly text: string;
}

function isMeantAsApiKey({ from, text }: Credential): boolean {
  return from === "X-API-Key" || (from === "Bearer" && looksLikeApiKey(text));
}

function credentialOf(ctx: Context): Credential | null {
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
  const [, scheme, text = ""] = /^(\S+) *(.*)$/.exec(authorization) ?? [];
  switch (scheme?.toLowerCase()) {
    case "bearer":
      return { from: "Bearer", text };
    case "dpop":
      return { from: "DPoP", text };
    default:
      throw unauthorized("scheme_unsupported", "Authorization takes the schemes Bearer and DPoP.");
  }
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
