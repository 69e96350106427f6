import { randomBytes, randomUUID } from "node:crypto";
import { decrypt, encrypt, type MasterKeys } from "../auth/encryption.ts";

/** A secret that webhooks are signed with, new. */
export interface WebhookSecret {
  /** The key of its row (auth.webhook_secrets), to which the envelope is bound. */
  readonly id: string;
  /** `whsec_` and 32 bytes in base64, as Standard Webhooks has it: shown once. */
  readonly secret: string;
  /** What the database keeps. */
  readonly sealed: string;
}

const PREFIX = "whsec_";

/** What is bound to the envelope of the secret with this id. */
export const webhookSecretPurpose = (id: string): string => `webhook secret ${id}`;

export function makeWebhookSecret(keys: MasterKeys): WebhookSecret {
  const id = randomUUID();
  const key = randomBytes(32);
  return {
    id,
    secret: PREFIX + key.toString("base64"),
    sealed: encrypt(keys, key, webhookSecretPurpose(id)),
  };
}

/**
 * The bytes of a secret that the database keeps.
 *
 * @throws {CannotDecrypt}
 */
export function openWebhookSecret(keys: MasterKeys, { id, secret }: { id: string; secret: string }): Buffer {
  return decrypt(keys, secret, webhookSecretPurpose(id));
}
