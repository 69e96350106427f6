import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { createFile, readIfThere } from "./whole_file.ts";

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
 * A file that does not hold them (cut off by a power cut, say) is put aside and made anew where nothing depends on
 * what it held yet.
 *
 * @throws {DamagedSecrets} if the embedded database depends on it: then it is never replaced
 */
export function developmentSecrets(stateDir: string): GeneratedSecrets {
  const path = join(stateDir, "secrets.json");
  mkdirSync(stateDir, { recursive: true, mode: 0o711 });
  for (;;) {
    const text = readIfThere(path);
    const secrets = text === null ? null : parse(text);
    if (secrets !== null) return secrets;
    if (text !== null) {
      if (existsSync(join(stateDir, "postgres"))) throw new DamagedSecrets(path, text.trim() === "");
      renameSync(path, `${path}.damaged`);
    }
    // Where another process is quicker, its secrets are the ones.
    createFile(path, `${JSON.stringify(makeSecrets(), null, 2)}\n`, 0o600);
  }
}

/** The secrets' file is there but does not hold them. */
export class DamagedSecrets extends Error {
  override readonly name = "DamagedSecrets";
  constructor(path: string, empty: boolean) {
    super(
      `${path} is ${empty ? "empty" : "damaged"}, and the embedded database cannot be opened without what it held. ` +
        'Copy it from a backup ("rowhouse backup" keeps it), or remove the folder it is in and begin anew, without the data',
    );
  }
}

function makeSecrets() {
  return {
    masterKey: randomBytes(32).toString("base64"),
    databasePassword: randomBytes(24).toString("base64url"),
  };
}

function parse(text: string): GeneratedSecrets | null {
  let held: Record<string, unknown>;
  try {
    held = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
  const { masterKey, databasePassword } = held ?? {};
  const key = Buffer.from(typeof masterKey === "string" ? masterKey : "", "base64");
  if (key.length !== 32 || typeof databasePassword !== "string" || databasePassword.length < 16) return null;
  return { masterKey: key, databasePassword };
}
