import { decrypt, type MasterKeys } from "./encryption.ts";
import type { CodeAsked, CodeShown } from "./second_factors.ts";
import { recoveryDigest, stepOf } from "./totp.ts";

/** What the encryption of a seed is bound to. */
export const seedPurpose = (factor: string): string => `totp seed ${factor}`;

/** Checks what somebody typed: six digits against the seed; all else may be a recovery code, which the database knows. */
export function checkCode(keys: MasterKeys, { factor, seed }: CodeAsked, code: string): CodeShown {
  const typed = code.replaceAll(/[\s-]/g, "");
  if (!/^[0-9]{6}$/.test(typed)) return { step: null, recovery: recoveryDigest(typed) };
  if (factor === null || seed === null) return { step: null, recovery: null };
  return { step: stepOf(decrypt(keys, seed, seedPurpose(factor)), typed), recovery: null };
}
