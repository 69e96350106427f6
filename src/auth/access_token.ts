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
  /** Which of the session's refresh tokens it came with (`rtn`): its use tells that the answer with both arrived. */
  readonly counter: number;
  /** The thumbprint of the key that the session is bound to, if it is to one (`cnf.jkt`, RFC 9449 section 6). */
  readonly keyThumbprint?: string;
}

/** An access token of ours that is good. */
export interface VerifiedToken extends AccessClaims {
  /** The `kid` of the key that signed it. */
  readonly keyId: string;
  /** When it expires (`exp`), in milliseconds since 1970. */
  readonly expiresAt: number;
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
    rtn: claims.counter,
    ...(claims.keyThumbprint !== undefined && { cnf: { jkt: claims.keyThumbprint } }),
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
export async function readAccessToken(authority: TokenAuthority, token: string): Promise<VerifiedToken> {
  requireOneSpelling(token);
  const kid = keyNamedBy(token);
  const key = kid === null ? null : await authority.keys.find(kid);
  if (!key) throw new InvalidToken("token_invalid", "no key of ours signed this token");
  try {
    const { payload } = await jwtVerify(token, key.publicKey, {
      algorithms: [key.algorithm],
      issuer: authority.issuer,
      audience: authority.issuer,
      typ: "at+jwt",
      requiredClaims: ["sub", "sid", "iat", "exp", "jti", "rtn"],
    });
    const { sub, sid, tid = null, exp, rtn, cnf } = payload;
    if (
      !isUuid(sub) ||
      typeof sid !== "string" ||
      (tid !== null && !isUuid(tid)) ||
      exp === undefined ||
      !isCounter(rtn) ||
      (cnf !== undefined && !isConfirmation(cnf))
    ) {
      throw new InvalidToken("token_invalid", "a claim of this token has the wrong type");
    }
    return {
      userId: sub,
      handle: sid,
      tenantId: tid,
      counter: rtn,
      keyThumbprint: cnf?.jkt,
      keyId: key.id,
      expiresAt: exp * 1000,
    };
  } catch (cause) {
    throw fault(cause);
  }
}

/**
 * Decoders of base64url are lenient: they pass over spaces, padding and spare bits at the end, so that one token could
 * be written in many ways. Only the way that we write it is taken.
 */
function requireOneSpelling(token: string): void {
  const parts = token.split(".");
  if (parts.length !== 3) throw new InvalidToken("token_malformed", "this is no access token");
  if (parts.some((part) => Buffer.from(part, "base64url").toString("base64url") !== part)) {
    throw new InvalidToken("token_invalid", "the access token is not spelled as we spell it");
  }
}

function isUuid(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
}

function isCounter(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0x7fffffff;
}

/** A key that the bearer has to prove to hold; there is no other way that we confirm by. */
function isConfirmation(value: unknown): value is { jkt: string } {
  const { jkt } = Object(value);
  return typeof jkt === "string" && /^[\w-]{43}$/.test(jkt);
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
