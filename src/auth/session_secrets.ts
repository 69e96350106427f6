import { createHmac, hash, hkdfSync, randomUUID, timingSafeEqual } from "node:crypto";
import { findMasterKey, type MasterKey, type MasterKeys } from "./encryption.ts";

// A session has one key, derived from the master key and its id. Its secrets come from that key, so
// nothing that the database holds, and nothing that it could be made to say, mints a token.

const PREFIX = "rh_rt_";
const LENGTHS = { masterKey: 4, session: 16, counter: 4, mac: 32 } as const;
const BODY = LENGTHS.masterKey + LENGTHS.session + LENGTHS.counter;

/** What a genuine refresh token says. Whether it is still good, `auth.refresh_session` decides. */
export interface RefreshClaim {
  /** The session's id, a UUID. */
  readonly session: string;
  /** Which of the session's tokens this is; each rotation raises it by one. */
  readonly counter: number;
  /** The master key that the session was made under; its handle comes from the same. */
  readonly masterKey: MasterKey;
}

/** sha256 of a secret: all of it that the database is ever told. */
export function digest(secret: string | Buffer): Buffer {
  return hash("sha256", secret, "buffer");
}

/** The session's secret handle, which its access tokens carry as `sid`: 43 characters of base64url. */
export function sessionHandle(masterKey: MasterKey, session: string): string {
  return createHmac("sha256", sessionKey(masterKey, session)).update("handle").digest("base64url");
}

/** The id of a session that is to be made, and sha256 of its secret handle: what the database is told of it. */
export function newSession(masterKey: MasterKey): { readonly id: string; readonly handle: Buffer } {
  const id = randomUUID();
  return { id, handle: digest(sessionHandle(masterKey, id)) };
}

/**
 * The session's refresh token with this counter. The same counter gives the same token, so two tabs that
 * refresh at once receive one and the same child.
 *
 * @returns `rh_rt_` and base64url of master key id, session id, counter (uint32, big endian), HMAC-SHA256
 */
export function refreshToken(masterKey: MasterKey, session: string, counter: number): string {
  const body = Buffer.alloc(BODY);
  masterKey.id.copy(body);
  sessionBytes(session).copy(body, LENGTHS.masterKey);
  body.writeUInt32BE(counter, LENGTHS.masterKey + LENGTHS.session);
  return PREFIX + Buffer.concat([body, mac(masterKey, session, body)]).toString("base64url");
}

/** Reads a refresh token; null unless this server made exactly this one. */
export function readRefreshToken(keys: MasterKeys, token: string): RefreshClaim | null {
  if (!token.startsWith(PREFIX)) return null;
  const bytes = Buffer.from(token.slice(PREFIX.length), "base64url");
  // Spare bits at the end and stray characters would make many spellings of one token.
  if (bytes.length !== BODY + LENGTHS.mac || PREFIX + bytes.toString("base64url") !== token) return null;
  const body = bytes.subarray(0, BODY);
  const masterKey = findMasterKey(keys, body.subarray(0, LENGTHS.masterKey));
  if (!masterKey) return null;
  const session = uuid(body.subarray(LENGTHS.masterKey, LENGTHS.masterKey + LENGTHS.session));
  if (!timingSafeEqual(bytes.subarray(BODY), mac(masterKey, session, body))) return null;
  return { session, counter: body.readUInt32BE(LENGTHS.masterKey + LENGTHS.session), masterKey };
}

function mac(masterKey: MasterKey, session: string, body: Buffer): Buffer {
  return createHmac("sha256", sessionKey(masterKey, session))
    .update("refresh")
    .update(body.subarray(LENGTHS.masterKey))
    .digest();
}

function sessionKey(masterKey: MasterKey, session: string): Buffer {
  return Buffer.from(hkdfSync("sha256", masterKey.secret, sessionBytes(session), "session", 32));
}

function sessionBytes(session: string): Buffer {
  return Buffer.from(session.replaceAll("-", ""), "hex");
}

function uuid(bytes: Buffer): string {
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
