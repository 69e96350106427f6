import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { decrypt, encrypt, type MasterKeys } from "../auth/encryption.ts";
import { BadNote, openNote, type Signer, signNote, textOf, type Verifier } from "./note.ts";

/** A key that signs checkpoints, as audit.signing_keys holds it. */
export interface AuditKey {
  /** sha256 of the public key, in hexadecimal. */
  readonly id: string;
  /** What the names of the trees begin with. */
  readonly origin: string;
  readonly public_key: Buffer;
  /** Encrypted under the master key, bound to the id. */
  readonly private_key: string;
  /** A note in which the key before it says that this one comes next; null of the first. */
  readonly endorsement: string | null;
  readonly number: number;
}

/** What can be known of a key without the master key. */
export type PublicAuditKey = Omit<AuditKey, "private_key">;

/** Makes a key, which the one before it endorses. */
export function makeAuditKey(keys: MasterKeys, origin: string, before: AuditKey | null): AuditKey {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const bare = Buffer.from(publicKey.export({ format: "jwk" }).x!, "base64url");
  const id = createHash("sha256").update(bare).digest("hex");
  const pem = privateKey.export({ format: "pem", type: "pkcs8" });
  const key = {
    id,
    origin,
    public_key: bare,
    private_key: encrypt(keys, pem, auditKeyPurpose(id)),
    number: (before?.number ?? 0) + 1,
  };
  if (before === null) return { ...key, endorsement: null };
  const signer = { ...keyVerifier(before), privateKey: openAuditKey(keys, before) };
  return { ...key, endorsement: signNote(succession(key), signer) };
}

/**
 * The private half.
 *
 * @throws {CannotDecrypt}
 */
export function openAuditKey(
  keys: MasterKeys,
  { id, private_key }: Pick<AuditKey, "id" | "private_key">,
): KeyObject {
  return createPrivateKey(decrypt(keys, private_key, auditKeyPurpose(id)).toString());
}

/** The key as it signs a tenant's checkpoints. */
export function treeSigner(key: AuditKey, privateKey: KeyObject, tenant: string): Signer {
  return { ...treeVerifier(key, tenant), privateKey };
}

/** The key as it verifies a tenant's checkpoints. */
export function treeVerifier({ origin, public_key }: PublicAuditKey, tenant: string): Verifier {
  return { name: treeName(origin, tenant), kind: "note", publicKey: public_key };
}

/** The name of a tenant's tree. */
export const treeName = (origin: string, tenant: string): string => `${origin}/${tenant}`;

/** The key under its own name: how people are told of it, and how it endorses the next. */
export function keyVerifier({ origin, public_key }: PublicAuditKey): Verifier {
  return { name: origin, kind: "note", publicKey: public_key };
}

/**
 * Of the keys in a database those that somebody has reason to trust: whom they name, and whom these endorse, one after the
 * other.
 */
export function trustedKeys(
  known: readonly PublicAuditKey[],
  trusted: readonly Verifier[],
): PublicAuditKey[] {
  const good: PublicAuditKey[] = [];
  for (const key of [...known].sort((one, other) => one.number - other.number)) {
    const named = trusted.some(({ publicKey }) => publicKey.equals(Uint8Array.from(key.public_key)));
    if (named || good.some((before) => endorses(before, key))) good.push(key);
  }
  return good;
}

function endorses(before: PublicAuditKey, next: PublicAuditKey): boolean {
  if (next.endorsement === null || next.number !== before.number + 1) return false;
  try {
    openNote(next.endorsement, [keyVerifier(before)]);
    return textOf(next.endorsement) === succession(next);
  } catch (error) {
    if (error instanceof BadNote) return false;
    throw error;
  }
}

/** What one key signs of the next. */
function succession(next: Pick<AuditKey, "origin" | "public_key" | "number">): string {
  return `rowhouse audit key v1\n${next.number}\n${next.origin}\n${next.public_key.toString("base64")}\n`;
}

/** What is bound to the envelope of a key for checkpoints. */
export const auditKeyPurpose = (id: string): string => `audit key ${id}`;
