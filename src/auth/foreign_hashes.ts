// Hashes of passwords that other systems made, as an import finds them. Each becomes one PHC string, and none of them
// costs a login more than about a second or a quarter of a gigabyte: whoever exports a hash chooses what it takes to
// check it, and it is checked whenever somebody tries a password.
//
// They are worth what they were worth there, until the person signs in: then the password has a hash of ours.

/** Bounds on what checking a hash may take; each is above what the other systems' defaults have ever been. */
export const MOST = {
  /** KiB times passes, and KiB at once. */
  argon2: { memory: 262_144, work: 1_048_576, lanes: 16 },
  bcryptCost: 14,
  /** 128·N·r bytes at once, and N·r·p as work. */
  scrypt: { bytes: 268_435_456, work: 2_097_152 },
  pbkdf2Iterations: 2_000_000,
} as const;

/** Bytes. Of a shorter one a wrong password could be right; a longer one only takes longer. */
const HASH = { shortest: 16, longest: 64 } as const;
const SALT = { shortest: 4, longest: 64 } as const;

/** A hash that cannot be taken; the message says why, as a sentence that goes on from the field's name. */
export class UnusableHash extends Error {
  override readonly name = "UnusableHash";
}

/**
 * The hash as it is kept: a PHC string, whatever the other system wrote.
 *
 * Takes argon2id, argon2i and argon2d; bcrypt as `$2a$`, `$2b$` and `$2y$`; scrypt as PHC (`$scrypt$ln=…,r=…,p=…$…`) and
 * Firebase's as `$fbscrypt$v=1,n=…,r=…,p=…,ss=…,sk=…$…`; PBKDF2 as PHC (`$pbkdf2-sha256$i=…$…`), as passlib and as Django
 * write it, which also has an scrypt of its own.
 *
 * @throws {UnusableHash}
 */
export function readForeignHash(written: string): string {
  // Django puts a name of its own before hashes that say what they are.
  const plain = written.replace(/^(argon2|bcrypt\$)(?=\$)/, "");
  for (const [form, read] of readers) {
    const parts = form.exec(plain)?.groups;
    if (parts) return read(parts);
  }
  throw new UnusableHash("is no hash of argon2, bcrypt, scrypt or PBKDF2");
}

type Parts = Readonly<Record<string, string | undefined>>;

const BASE64 = "[A-Za-z0-9+/.]+={0,2}";
const ending = String.raw`\$(?<salt>${BASE64})\$(?<hash>${BASE64})$`;

const readers: readonly (readonly [RegExp, (parts: Parts) => string])[] = [
  [
    new RegExp(
      String.raw`^\$argon2(?<kind>id|i|d)\$(?:v=(?<version>\d+)\$)?m=(?<m>\d+),t=(?<t>\d+),p=(?<p>\d+)${ending}`,
    ),
    argon2,
  ],
  [/^\$2(?<version>[aby])\$(?<cost>\d\d)\$(?<rest>[./A-Za-z0-9]{53})$/, bcrypt],
  [new RegExp(String.raw`^\$scrypt\$ln=(?<ln>\d+),r=(?<r>\d+),p=(?<p>\d+)${ending}`), scrypt],
  [
    new RegExp(
      String.raw`^\$fbscrypt\$v=1,n=(?<ln>\d+),r=(?<r>\d+),p=(?<p>\d+),ss=(?<separator>${BASE64}),sk=(?<signer>${BASE64})${ending}`,
    ),
    firebase,
  ],
  [new RegExp(String.raw`^\$pbkdf2-sha(?<bits>1|256|512)\$(?:i=)?(?<i>\d+)(?:,l=\d+)?${ending}`), pbkdf2],
  // passlib calls SHA-1's simply pbkdf2.
  [new RegExp(String.raw`^\$pbkdf2\$(?<i>\d+)${ending}`), (parts) => pbkdf2({ ...parts, bits: "1" })],
  // Django's salt is text, and its hash is padded.
  [
    /^pbkdf2_sha(?<bits>1|256)\$(?<i>\d+)\$(?<text>[^$]+)\$(?<hash>[A-Za-z0-9+/]+={0,2})$/,
    ({ text, ...parts }) => pbkdf2({ ...parts, salt: Buffer.from(text!).toString("base64") }),
  ],
  [
    /^scrypt\$(?<n>\d+)\$(?<text>[^$]+)\$(?<r>\d+)\$(?<p>\d+)\$(?<hash>[A-Za-z0-9+/]+={0,2})$/,
    ({ n, text, ...parts }) =>
      scrypt({ ...parts, ln: String(Math.log2(number(n))), salt: Buffer.from(text!).toString("base64") }),
  ],
];

function argon2({ kind, version = "16", m, t, p, salt, hash }: Parts): string {
  const [memory, passes, lanes] = [number(m), number(t), number(p)];
  if (version !== "16" && version !== "19") throw new UnusableHash(`is of version ${version} of argon2`);
  if (passes < 1 || lanes < 1 || memory < 8 * lanes)
    throw new UnusableHash("has parameters that argon2 refuses");
  const most = MOST.argon2;
  if (memory > most.memory || memory * passes > most.work || lanes > most.lanes) throw tooDear();
  return `$argon2${kind}$v=${version}$m=${memory},t=${passes},p=${lanes}${tail(salt, hash, 8)}`;
}

function bcrypt({ version, cost, rest }: Parts): string {
  if (number(cost) < 4 || number(cost) > 31) throw new UnusableHash("has a cost that bcrypt refuses");
  if (number(cost) > MOST.bcryptCost) throw tooDear();
  return `$2${version}$${cost}$${rest}`;
}

function scrypt({ ln, r, p, salt, hash }: Parts): string {
  return `$scrypt$${scryptParameters(ln, r, p)}${tail(salt, hash)}`;
}

/**
 * Firebase encrypts its project's signer key with what scrypt makes of the password (AES-256-CTR). In that mode the
 * ciphertext is the key stream xor the signer key, so the key stream alone says whether a password is right: it is kept,
 * and the signer key is not.
 */
function firebase({ ln, r, p, separator, signer, salt, hash }: Parts): string {
  const [encrypted, key] = [bytes(hash), bytes(signer)];
  if (encrypted.length !== key.length) throw new UnusableHash("has a signer key of another project");
  const stream = encrypted.map((byte, place) => byte ^ key[place]!);
  const salted = Buffer.concat([bytes(salt), bytes(separator)]);
  return `$firebase-scrypt$${scryptParameters(ln, r, p)}${tail(salted.toString("base64"), Buffer.from(stream).toString("base64"))}`;
}

function scryptParameters(ln: string | undefined, r: string | undefined, p: string | undefined): string {
  const [log, block, lanes] = [number(ln), number(r), number(p)];
  if (!Number.isInteger(log) || log < 1 || block < 1 || lanes < 1)
    throw new UnusableHash("has parameters that scrypt refuses");
  const work = 2 ** log * block;
  if (128 * work > MOST.scrypt.bytes || work * lanes > MOST.scrypt.work) throw tooDear();
  return `ln=${log},r=${block},p=${lanes}`;
}

function pbkdf2({ bits, i, salt, hash }: Parts): string {
  const iterations = number(i);
  if (iterations < 1) throw new UnusableHash("has no iterations");
  if (iterations > MOST.pbkdf2Iterations) throw tooDear();
  return `$pbkdf2-sha${bits}$i=${iterations}${tail(salt, hash)}`;
}

/** Salt and hash as PHC strings have them: base64 without padding. */
function tail(
  salt: string | undefined,
  hash: string | undefined,
  shortestSalt: number = SALT.shortest,
): string {
  const [salted, hashed] = [bytes(salt), bytes(hash)];
  if (salted.length < shortestSalt || salted.length > SALT.longest) {
    throw new UnusableHash(`has a salt that is not of ${shortestSalt} to ${SALT.longest} bytes`);
  }
  if (hashed.length < HASH.shortest || hashed.length > HASH.longest) {
    throw new UnusableHash(`is not of ${HASH.shortest} to ${HASH.longest} bytes`);
  }
  return `$${unpadded(salted)}$${unpadded(hashed)}`;
}

/** Base64, also as passlib writes it: with a dot for the plus. */
function bytes(text: string | undefined): Buffer {
  const plain = text!.replaceAll(".", "+").replace(/=+$/, "");
  const read = Buffer.from(plain, "base64");
  if (unpadded(read) !== plain) throw new UnusableHash("is not proper base64");
  return read;
}

const unpadded = (data: Buffer): string => data.toString("base64").replace(/=+$/, "");

/** Far more digits than any bound has are no number that is worth reading. */
function number(digits: string | undefined): number {
  return digits!.length > 10 ? Number.POSITIVE_INFINITY : Number(digits);
}

const tooDear = (): UnusableHash => new UnusableHash("takes more than a login may cost to check");
