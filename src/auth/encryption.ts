import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";

/** A master key and the four bytes by which envelopes and tokens name it. */
export interface MasterKey {
  readonly id: Buffer;
  readonly secret: Buffer;
}

/** The key that encrypts and derives, and the one before it, which only reads what it made. */
export interface MasterKeys {
  readonly current: MasterKey;
  readonly previous: MasterKey | null;
}

/** An envelope that none of the master keys opens: another key made it, or it was altered or moved. */
export class CannotDecrypt extends Error {
  override readonly name = "CannotDecrypt";
}

export function masterKeys(config: { masterKey: Buffer; previousMasterKey: Buffer | null }): MasterKeys {
  return {
    current: named(config.masterKey),
    previous: config.previousMasterKey && named(config.previousMasterKey),
  };
}

/** The master key with this id, or null. */
export function findMasterKey({ current, previous }: MasterKeys, id: Buffer): MasterKey | null {
  if (current.id.equals(id)) return current;
  return previous?.id.equals(id) ? previous : null;
}

/**
 * Encrypts with AES-256-GCM under a key derived from the current master key.
 *
 * @param purpose what it is and whose, e.g. `signing key <id>`: bound as additional data, so that an
 *   envelope that was moved to another row does not open there
 * @returns `v1.<master key id>.<nonce>.<ciphertext and tag>`, each part in base64url
 */
export function encrypt(keys: MasterKeys, plaintext: string | Buffer, purpose: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", encryptionKey(keys.current), nonce);
  cipher.setAAD(Buffer.from(purpose));
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  return ["v1", ...[keys.current.id, nonce, sealed].map((part) => part.toString("base64url"))].join(".");
}

/**
 * Opens what `encrypt` made for the same purpose.
 *
 * @throws {CannotDecrypt}
 */
export function decrypt(keys: MasterKeys, envelope: string, purpose: string): Buffer {
  const [version, id, nonce, sealed] = envelope.split(".");
  const key = version === "v1" && id ? findMasterKey(keys, Buffer.from(id, "base64url")) : null;
  if (!key || !nonce || !sealed) throw new CannotDecrypt(`no master key opens this ${purpose}`);
  const bytes = Buffer.from(sealed, "base64url");
  try {
    const decipher = createDecipheriv("aes-256-gcm", encryptionKey(key), Buffer.from(nonce, "base64url"), {
      authTagLength: 16,
    });
    decipher.setAAD(Buffer.from(purpose));
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]);
  } catch (cause) {
    throw new CannotDecrypt(`this ${purpose} was altered or belongs elsewhere`, { cause });
  }
}

/** Whether an envelope was made under this master key, by the id that it carries. */
export function namesMasterKey(envelope: string, { id }: MasterKey): boolean {
  const [version, name] = envelope.split(".");
  return version === "v1" && Buffer.from(name ?? "", "base64url").equals(id);
}

function named(secret: Buffer): MasterKey {
  const id = createHash("sha256").update("rowhouse master key id").update(secret).digest().subarray(0, 4);
  return { id, secret };
}

function encryptionKey({ secret }: MasterKey): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", "encryption", 32));
}
