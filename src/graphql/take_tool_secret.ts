import { randomUUID } from "node:crypto";
import type { MasterKeys } from "../auth/encryption.ts";
import { sealToolSecret } from "../chat/tools/tool_secret.ts";
import { refusal } from "./refusal.ts";

/**
 * Encrypts what a tool server is to know a company by; null where it is to know nothing.
 *
 * @throws {GraphQLError} INVALID_INPUT
 */
export function takeToolSecret(
  secret: string | null | undefined,
  keys: MasterKeys,
): { id: string; sealed: string | null } {
  if (secret == null) return { id: randomUUID(), sealed: null };
  // A line break in it would be another header of the request.
  if (!/^[\x21-\x7e]([\x20-\x7e]{0,1998}[\x21-\x7e])?$/.test(secret)) {
    throw refusal("INVALID_INPUT", "A tool server's secret has 1 to 2,000 characters of ASCII on one line.");
  }
  return sealToolSecret(keys, secret);
}
