import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The secrets that Rowhouse makes for itself where nobody gives it any. */
export interface GeneratedSecrets {
  /** 32 bytes; stands in for MASTER_KEY outside production. */
  readonly masterKey: Buffer;
  /** Password of the embedded server's superuser. */
  readonly databasePassword: string;
}

/**
 * Reads `secrets.json` in the state folder, or makes it: mode 0600, written whole or not at all, so
 * that two processes that start together agree on one set.
 *
 * @throws if the file exists but does not hold the secrets: it is never replaced, since the embedded
 *   database and everything encrypted in it depend on what it held
 */
export function developmentSecrets(stateDir: string): GeneratedSecrets {
  const path = join(stateDir, "secrets.json");
  try {
    return parse(path, readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  mkdirSync(stateDir, { recursive: true, mode: 0o711 });
  const draft = join(stateDir, `secrets.${process.pid}.${randomBytes(4).toString("hex")}`);
  const secrets = {
    masterKey: randomBytes(32).toString("base64"),
    databasePassword: randomBytes(24).toString("base64url"),
  };
  writeFileSync(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flag: "wx" });
  try {
    chmodSync(draft, 0o600);
    linkSync(draft, path);
  } catch (error) {
    // Another process was quicker: its secrets are the ones.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    unlinkSync(draft);
  }
  return parse(path, readFileSync(path, "utf8"));
}

function parse(path: string, text: string): GeneratedSecrets {
  const { masterKey, databasePassword } = JSON.parse(text) as Record<string, unknown>;
  const key = Buffer.from(typeof masterKey === "string" ? masterKey : "", "base64");
  if (key.length !== 32 || typeof databasePassword !== "string" || databasePassword.length < 16) {
    throw new Error(
      `${path} is damaged. Restore it from a backup; the embedded database cannot be opened without it.`,
    );
  }
  return { masterKey: key, databasePassword };
}
