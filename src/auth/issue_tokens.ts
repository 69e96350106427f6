import { ACCESS_TOKEN_LIFETIME, issueAccessToken, type TokenAuthority } from "./access_token.ts";
import type { MasterKey } from "./encryption.ts";
import { refreshToken, sessionHandle } from "./session_secrets.ts";

/** A token response in the words of RFC 6749 section 5.1. */
export interface Tokens {
  readonly access_token: string;
  /** DPoP (RFC 9449 section 5) if the session is bound to a key. */
  readonly token_type: "Bearer" | "DPoP";
  /** Seconds that the access token lives. */
  readonly expires_in: number;
  readonly refresh_token: string;
}

/** The tokens of a session at this counter. */
export async function issueTokens(
  authority: TokenAuthority,
  session: {
    masterKey: MasterKey;
    id: string;
    counter: number;
    userId: string;
    tenantId: string | null;
    /** Of the key that the session is bound to, if it is to one. */
    keyThumbprint?: string;
  },
): Promise<Tokens> {
  const { masterKey, id, counter, userId, tenantId, keyThumbprint } = session;
  const handle = sessionHandle(masterKey, id);
  return {
    access_token: await issueAccessToken(authority, { userId, handle, tenantId, counter, keyThumbprint }),
    token_type: keyThumbprint === undefined ? "Bearer" : "DPoP",
    expires_in: ACCESS_TOKEN_LIFETIME,
    refresh_token: refreshToken(masterKey, id, counter),
  };
}
