import { createHash, createHmac, hkdfSync, pbkdf2Sync, randomBytes } from "node:crypto";
import type { Config } from "../config.ts";

/** The three roles that log in (db/roles.sql). */
export type LoginRole = "rowhouse_app" | "rowhouse_auth" | "rowhouse_worker";

/** Connection strings of the login roles, one for each. */
export interface Connections {
  readonly app: string;
  readonly auth: string;
  readonly worker: string;
}

/** Passwords of the login roles. */
export type Passwords = Readonly<Record<LoginRole, string>>;

/**
 * Passwords derived from the master key (HKDF-SHA256, RFC 5869, info `database role <name>`): one
 * secret rules, and none of them has to be stored or handed round. 256 bits, base64url.
 */
export function derivePasswords(masterKey: Buffer): Passwords {
  const derive = (role: LoginRole): string =>
    Buffer.from(hkdfSync("sha256", masterKey, "", `database role ${role}`, 32)).toString("base64url");
  return {
    rowhouse_app: derive("rowhouse_app"),
    rowhouse_auth: derive("rowhouse_auth"),
    rowhouse_worker: derive("rowhouse_worker"),
  };
}

/**
 * The passwords that `migrate` gives to the login roles: those in the DATABASE_*_URL settings where
 * they name the role and a password, else the derived ones.
 */
export function rolePasswords(config: Config): Passwords {
  const derived = derivePasswords(config.masterKey);
  const given = (url: string | null, role: LoginRole): string => {
    if (url === null) return derived[role];
    const { username, password } = new URL(url);
    return username === role && password !== "" ? decodeURIComponent(password) : derived[role];
  };
  return {
    rowhouse_app: given(config.database.appUrl, "rowhouse_app"),
    rowhouse_auth: given(config.database.authUrl, "rowhouse_auth"),
    rowhouse_worker: given(config.database.workerUrl, "rowhouse_worker"),
  };
}

/** Connection strings of the login roles for the database that `databaseUrl` names. */
export function connectionsTo(databaseUrl: string, passwords: Passwords): Connections {
  return {
    app: asRole(databaseUrl, "rowhouse_app", passwords.rowhouse_app),
    auth: asRole(databaseUrl, "rowhouse_auth", passwords.rowhouse_auth),
    worker: asRole(databaseUrl, "rowhouse_worker", passwords.rowhouse_worker),
  };
}

/** The same, with the DATABASE_*_URL settings taking precedence. */
export function connections(config: Config, databaseUrl: string): Connections {
  const derived = connectionsTo(databaseUrl, derivePasswords(config.masterKey));
  return {
    app: config.database.appUrl ?? derived.app,
    auth: config.database.authUrl ?? derived.auth,
    worker: config.database.workerUrl ?? derived.worker,
  };
}

/** The URL with another role and password; host, port, database and TLS settings stay. */
export function asRole(databaseUrl: string, role: string, password: string): string {
  const url = new URL(databaseUrl);
  url.username = role;
  url.password = password;
  return url.href;
}

/** The URL of another database on the same server. */
export function asDatabase(databaseUrl: string, name: string): string {
  const url = new URL(databaseUrl);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}

/** The URL with `set role` applied from the first statement of every connection. */
export function actingAs(databaseUrl: string, role: string): string {
  const url = new URL(databaseUrl);
  const options = url.searchParams.get("options");
  url.searchParams.set("options", `${options ? `${options} ` : ""}-c role=${role}`);
  // PostgreSQL splits startup options at spaces; `+` would reach it literally.
  url.search = url.search.replaceAll("+", "%20");
  return url.href;
}

/**
 * The form in which PostgreSQL stores a SCRAM-SHA-256 password (RFC 5803), made here so that the
 * plaintext is in no statement that a server could log.
 */
export function scramVerifier(password: string, salt = randomBytes(16), iterations = 4096): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const hmac = (key: Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
  const storedKey = createHash("sha256").update(hmac(salted, "Client Key")).digest("base64");
  const serverKey = hmac(salted, "Server Key").toString("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}
