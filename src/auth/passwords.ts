import { hash, verify } from "@node-rs/argon2";
import { isCommonPassword } from "./common_passwords.ts";
import { isForeign, matchesForeign } from "./foreign_passwords.ts";

/** The shortest password, in characters, where it is the only factor (NIST SP 800-63B-4 section 3.1.1.2). */
export const SHORTEST_PASSWORD = 15;
/** The shortest beside a second factor. */
export const SHORTEST_WITH_SECOND_FACTOR = 8;
/** Long enough for any passphrase; bounded, so that a megabyte is not hashed. */
export const LONGEST_PASSWORD = 256;

/** argon2id (the library's default) with OWASP's parameters: 19 MiB, two passes, one lane. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const;

/**
 * Why a password will not do; null if it will.
 *
 * @param about what an attacker knows of the person
 * @param secondFactor whether it is one of two factors: then it may be shorter
 */
export function passwordProblem(
  password: string,
  about: readonly string[],
  secondFactor = false,
): string | null {
  // Its length is that of the spelling that is hashed, whatever the keyboard sent.
  const { length } = [...normalised(password)];
  const shortest = secondFactor ? SHORTEST_WITH_SECOND_FACTOR : SHORTEST_PASSWORD;
  if (length < shortest) return `It must have at least ${shortest} characters.`;
  if (length > LONGEST_PASSWORD) return `It must have at most ${LONGEST_PASSWORD} characters.`;
  if (isCommonPassword(normalised(password))) return "It is among the passwords that attackers try first.";
  if (isDerivedFrom(password, about)) return "It is little more than your name, e-mail address or company.";
  return null;
}

/** The PHC string of a password's argon2id hash. */
export function hashPassword(password: string): Promise<string> {
  return hash(normalised(password), parameters);
}

/**
 * Whether this is the password. With no hash (an unknown user) it works as long as with one of ours, and says no.
 *
 * A hash that was imported takes as long as its system wanted. It was made of what a keyboard sent there, so a password that
 * is spelt otherwise than we spell it is tried both ways.
 */
export async function verifyPassword(known: string | null, password: string): Promise<boolean> {
  if (known !== null && isForeign(known)) {
    for (const spelling of new Set([normalised(password), password])) {
      if (await matchesForeign(known, spelling)) return true;
    }
    return false;
  }
  const matches = await verify(known ?? (await dummy), normalised(password));
  return known !== null && matches;
}

/** Whether a hash is of another system, or was made with less work than one would be today: then the next login renews it. */
export function needsRehash(known: string): boolean {
  if (isForeign(known)) return true;
  const [, memory, passes, lanes] = /\$m=(\d+),t=(\d+),p=(\d+)\$/.exec(known) ?? [];
  return (
    Number(memory) < parameters.memoryCost ||
    Number(passes) < parameters.timeCost ||
    Number(lanes) !== parameters.parallelism
  );
}

const dummy = hashPassword("nobody's password");

/** One spelling for what keyboards type differently: NFC, as RFC 8265 section 4.2 (OpaqueString) has it. */
function normalised(password: string): string {
  return password.normalize("NFC");
}

/** Whether nothing of substance is left once names, addresses and their parts are taken out. */
function isDerivedFrom(password: string, about: readonly string[]): boolean {
  const words = about
    .flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)])
    .concat("rowhouse")
    .map((word) => word.normalize("NFKC").toLowerCase())
    .filter((word) => [...word].length >= 3)
    .sort((one, other) => other.length - one.length);
  const rest = words.reduce(
    (text, word) => text.replaceAll(word, ""),
    password.normalize("NFKC").toLowerCase(),
  );
  return [...rest.replaceAll(/[\p{N}\p{P}\s]/gu, "")].length < 6 && rest.length < password.length;
}
