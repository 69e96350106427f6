import { randomUUID } from "node:crypto";
import { decrypt, encrypt, type MasterKeys } from "../auth/encryption.ts";

/** What is bound to the envelope of the provider with this id (auth.model_providers). */
export const providerKeyPurpose = (id: string): string => `model provider ${id}`;

/** The key of a company's own provider as the database keeps it, with a new id of its row, for context.keep_model_provider(). */
export function sealProviderKey(keys: MasterKeys, key: string): { id: string; sealed: string } {
  const id = randomUUID();
  return { id, sealed: encrypt(keys, Buffer.from(key), providerKeyPurpose(id)) };
}

/**
 * The key that context.begin_turn() lends.
 *
 * @throws {CannotDecrypt}
 */
export function openProviderKey(
  keys: MasterKeys,
  { id, sealedKey }: { id: string; sealedKey: string },
): string {
  return decrypt(keys, sealedKey, providerKeyPurpose(id)).toString();
}
