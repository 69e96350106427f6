import { randomUUID } from "node:crypto";
import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from "jose";
import type { SigningKeys } from "./signing_keys.ts";

/** How long an access token lives, in seconds. */
export const ACCESS_TOKEN_LIFETIME = 15 * 60;

/** Who issues and accepts access tokens: both are the server's public origin. */
export interface TokenAuthority {
  readonly keys: SigningKeys;
  readonly issuer: string;
}

/** What an access token says of its bearer. */
export interface AccessClaims {
  readonly userId: string;
  /** The session's secret handle (`sid`). */
  readonly handle: string;
  /** The tenant the session works in (`tid`); null before somebody joins one. */
  readonly tenantId: string | null;
}

/** Why a token is no good. */
export type TokenFault = "token_malformed" | "token_invalid" | "token_expired" | "token_not_yet_valid";

export class InvalidToken extends Error {
  override readonly name = "InvalidToken";
  readonly code: TokenFault;
  constructor(code: TokenFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Signs an access token (RFC 9068, `typ` at+jwt) that is good for 15 minutes. */
export async function issueAccessToken(authority: TokenAuthority, claims: AccessClaims): Promise<string> {
  const { id, algorithm, privateKey } = await authority.keys.signer();
  return new SignJWT({
    sid: claims.handle,
    client_id: "rowhouse",
    ...(claims.tenantId === null ? {} : { tid: claims.tenantId }),
  })
    .setProtectedHeader({ alg: algorithm, kid: id, typ: "at+jwt" })
    .setIssuer(authority.issuer)
    .setAudience(authority.issuer)
    .setSubject(claims.userId)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${ACCESS_TOKEN_LIFETIME}s`)
    .sign(privateKey);
}

/**
 * Checks an access token (RFC 9068 section 4, RFC 8725). The key is ours, found by `kid`, and its algorithm
 * is the only one allowed; whatever else the header names (`jku`, `jwk`, `x5u`) is not looked at.
 *
 * @throws {InvalidToken}
 */
export async function readAccessToken(authority: TokenAuthority, token: string): Promise<AccessClaims> {
  const kid = keyNamedBy(token);
  const key = kid === null ? null : await authority.keys.find(kid);
  if (!key) throw new InvalidToken("token_invalid", "no key of ours signed this token");
  try {
    const { payload } = await jwtVerify(token, key.publicKey, {
      algorithms: [key.algorithm],
      issuer: authority.issuer,
      audience: authority.issuer,
      typ: "at+jwt",
      requiredClaims: ["sub", "sid", "iat", "exp", "jti"],
    });
    const { sub, sid, tid = null } = payload;
    if (typeof sub !== "string" || typeof sid !== "string" || (tid !== null && typeof tid !== "string")) {
      throw new InvalidToken("token_invalid", "a claim of this token has the wrong type");
    }
    return { userId: sub, handle: sid, tenantId: tid };
  } catch (cause) {
    throw fault(cause);
  }
}

function keyNamedBy(token: string): string | null {
  try {
    const { kid } = decodeProtectedHeader(token);
    return typeof kid === "string" ? kid : null;
  } catch (cause) {
    throw new InvalidToken("token_malformed", "this is no access token", { cause });
  }
}

/** Says what is wrong; anything but a refusal of jose's is passed on as it is. */
function fault(cause: unknown): unknown {
  if (cause instanceof errors.JWTExpired) {
    return new InvalidToken("token_expired", "the access token has expired", { cause });
  }
  if (cause instanceof errors.JWTClaimValidationFailed) {
    return cause.claim === "nbf" && cause.reason === "check_failed"
      ? new InvalidToken("token_not_yet_valid", "the access token is not valid yet", { cause })
      : new InvalidToken("token_invalid", `the access token's "${cause.claim}" is wrong`, { cause });
  }
  if (cause instanceof errors.JWSInvalid || cause instanceof errors.JWTInvalid) {
    return new InvalidToken("token_malformed", "this is no access token", { cause });
  }
  if (cause instanceof errors.JOSEError) {
    return new InvalidToken("token_invalid", "the access token was not signed by us", { cause });
  }
  return cause;
}
