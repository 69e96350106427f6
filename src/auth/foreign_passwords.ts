import { createCipheriv, pbkdf2, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { verify as verifyArgon2 } from "@node-rs/argon2";
import { verify as verifyBcrypt } from "@node-rs/bcrypt";

// Whether a password is the one of a hash that another system made, as foreign_hashes.ts keeps them. All of it runs in
// libuv's threads: no request waits for another's hash.

const pbkdf2Of = promisify(pbkdf2);
const scryptOf = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** Whether a hash has a form of another system's, so that `matchesForeign` is to be asked. */
export function isForeign(hash: string): boolean {
  return !hash.startsWith("$argon2id$");
}

/** Whether this is the password of a foreign hash, spelt as it is here. */
export async function matchesForeign(hash: string, password: string): Promise<boolean> {
  const [, kind = "", ...parts] = hash.split("$");
  if (kind.startsWith("argon2")) return verifyArgon2(hash, password);
  // Of what PHP and Python write as 2y and 2b, nothing but the name differs.
  if (/^2[aby]$/.test(kind)) return verifyBcrypt(password, hash);
  const [parameters = "", salt = "", known = ""] = parts;
  const salted = Buffer.from(salt, "base64");
  const expected = Buffer.from(known, "base64");
  const made = await derive(kind, parameters, password, salted, expected.length);
  return made.length === expected.length && timingSafeEqual(made, expected);
}

async function derive(kind: string, parameters: string, password: string, salt: Buffer, length: number) {
  const { ln = 0, r = 0, p = 0, i = 0 } = numbersIn(parameters);
  switch (kind) {
    case "pbkdf2-sha1":
    case "pbkdf2-sha256":
    case "pbkdf2-sha512":
      return pbkdf2Of(password, salt, i, length, kind.slice("pbkdf2-".length));
    case "scrypt":
      return scryptOf(password, salt, length, scryptOptions(ln, r, p));
    case "firebase-scrypt": {
      const key = await scryptOf(password, salt, 32, scryptOptions(ln, r, p));
      return createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(length));
    }
    default:
      throw new Error(`a password's hash is of the unknown kind ${kind}`);
  }
}

/** `ln=14,r=8,p=1` as numbers. */
function numbersIn(parameters: string): Readonly<Record<string, number>> {
  return Object.fromEntries(
    parameters
      .split(",")
      .map((one) => one.split("="))
      .map(([name, value]) => [name, Number(value)]),
  );
}

/** What scrypt takes is bounded where hashes come in; Node.js wants to hear it again. */
function scryptOptions(ln: number, r: number, p: number): ScryptOptions {
  const N = 2 ** ln;
  return { N, r, p, maxmem: 128 * r * (N + p) + 2 ** 20 };
}
