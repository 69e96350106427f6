import { hash } from "node:crypto";
import { RecentlyUsed } from "../recently_used.ts";
import { type AccessClaims, readAccessToken, type TokenAuthority } from "./access_token.ts";
import { digest } from "./session_secrets.ts";

/** What a request needs of a token: no secret of it. */
export interface Bearer {
  /** sha256 of the session's handle, which the door asks for. */
  readonly credential: Buffer;
  readonly tenantId: AccessClaims["tenantId"];
  /** Which of the session's refresh tokens it came with. */
  readonly counter: AccessClaims["counter"];
  /** When the token expires, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** Of the key that whoever shows the token has to prove to hold, each time. */
  readonly keyThumbprint?: AccessClaims["keyThumbprint"];
}

/** Tokens to remember: about 400 bytes each. */
const REMEMBERED = 10_000;
/** Milliseconds for which a verification is believed. */
const BELIEVED = 60_000;

interface Remembered {
  readonly bearer: Bearer;
  readonly keyId: string;
  /** On the clock of `performance.now()`. */
  readonly until: number;
}

/**
 * Reads access tokens like {@link readAccessToken}, which takes a fifth of a millisecond to check a signature, and
 * believes for a minute what it said of a token, because a client shows the same one with each request. Never
 * longer than the token itself is good, nor for a moment after its key is withdrawn. A token is known by the digest of its
 * exact text; one that is no good is looked at anew each time. Whether the session lives is the door's to say, with
 * each request.
 *
 * @throws {InvalidToken}
 */
export function rememberTokens(
  authority: TokenAuthority,
  limit: number = REMEMBERED,
): (token: string) => Promise<Bearer> {
  const remembered = new RecentlyUsed<string, Remembered>(limit);

  async function isGood({ bearer: { expiresAt }, keyId, until }: Remembered): Promise<boolean> {
    if (Date.now() >= expiresAt || performance.now() >= until) return false;
    return (await authority.keys.find(keyId)) !== null;
  }

  return async (token) => {
    const name = hash("sha256", token, "base64");
    const known = remembered.get(name);
    if (known && (await isGood(known))) return known.bearer;

    remembered.delete(name);
    const { handle, tenantId, counter, keyThumbprint, keyId, expiresAt } = await readAccessToken(
      authority,
      token,
    );
    const bearer = { credential: digest(handle), tenantId, counter, expiresAt, keyThumbprint };
    remembered.set(name, { bearer, keyId, until: performance.now() + BELIEVED });
    return bearer;
  };
}
