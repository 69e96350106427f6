import { randomUUID } from "node:crypto";
import { decrypt, encrypt, type MasterKeys } from "../../auth/encryption.ts";
import type { SealedToolSecret } from "./offered_tool.ts";

/** What is bound to the envelope of the secret with this id (auth.tool_secrets). */
export const toolSecretPurpose = (id: string): string => `tool secret ${id}`;

/** A tool server's secret as the database keeps it, with the id of its row, for context.keep_tool_secret(). */
export function sealToolSecret(keys: MasterKeys, secret: string): { id: string; sealed: string } {
  const id = randomUUID();
  return { id, sealed: encrypt(keys, Buffer.from(secret), toolSecretPurpose(id)) };
}

/**
 * The header that a tool server is sent.
 *
 * @throws {CannotDecrypt}
 */
export function openToolSecret(
  keys: MasterKeys,
  { id, header, sealed }: SealedToolSecret,
): { readonly header: string; readonly value: string } {
  return { header, value: decrypt(keys, sealed, toolSecretPurpose(id)).toString() };
}
