import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

/** What kind of signature a key makes (C2SP signed-note): of the note itself, or of the note at a time, as witnesses do. */
const KINDS = { note: 1, cosignature: 4 } as const;
export type SignatureKind = keyof typeof KINDS;

/** A public key with the name under which it signs. */
export interface Verifier {
  readonly name: string;
  readonly kind: SignatureKind;
  /** 32 bytes of Ed25519. */
  readonly publicKey: Buffer;
}

export interface Signer extends Verifier {
  readonly privateKey: KeyObject;
}

/** A signature line that stands, with the seconds since 1970 at which a witness made it. */
export interface Opened {
  readonly verifier: Verifier;
  readonly time: number | null;
}

/** A note that says what it should not, or whose signatures do not. */
export class BadNote extends Error {
  override readonly name = "BadNote";
}

/** As keys are written down: `name+id+key` (C2SP signed-note, verifier keys). */
export function writeVerifier({ name, kind, publicKey }: Verifier): string {
  const typed = Buffer.concat([Buffer.of(KINDS[kind]), publicKey]);
  return `${name}+${keyId({ name, kind, publicKey }).toString("hex")}+${typed.toString("base64")}`;
}

/** @throws {BadNote} where the text is no such key, or its id is another key's */
export function readVerifier(text: string): Verifier {
  const [, name, id, typed] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(text.trim()) ?? [];
  const bytes = Buffer.from(typed ?? "", "base64");
  const kind = (Object.keys(KINDS) as SignatureKind[]).find((one) => KINDS[one] === bytes[0]);
  if (!name || !kind || bytes.length !== 33) throw new BadNote(`"${text}" is no key of a note: name+id+key`);
  const verifier = { name, kind, publicKey: bytes.subarray(1) };
  if (keyId(verifier).toString("hex") !== id) throw new BadNote(`"${text}" is a key with another's id`);
  return verifier;
}

/** A note with its signature. The text ends with a line break. */
export function signNote(text: string, signer: Signer): string {
  return `${text}\n${signatureLine(signer, sign(null, Buffer.from(text), signer.privateKey))}`;
}

/** The line with which a witness says that it saw a note at a time (C2SP tlog-cosignature). */
export function cosign(text: string, signer: Signer, time: number): string {
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(BigInt(time));
  const signature = sign(null, Buffer.from(cosigned(text, time)), signer.privateKey);
  return signatureLine(signer, Buffer.concat([stamp, signature]));
}

/** The text of a note, without its signatures; it ends with a line break. */
export function textOf(note: string): string {
  const end = note.lastIndexOf("\n\n");
  if (end < 0) throw new BadNote("there is no blank line between the text of a note and its signatures");
  return note.slice(0, end + 1);
}

/**
 * Who of these signed a note. Lines of other keys are passed over, as the specification wants it.
 *
 * @throws {BadNote} where a signature of one of them is wrong, or there is none
 */
export function openNote(note: string, verifiers: readonly Verifier[]): Opened[] {
  const text = textOf(note);
  const opened: Opened[] = [];
  for (const line of note
    .slice(text.length + 1)
    .split("\n")
    .slice(0, -1)) {
    const [, name, encoded] = /^\u2014 (\S+) ([A-Za-z0-9+/]+=*)$/.exec(line) ?? [];
    if (!name || !encoded) throw new BadNote("a line below a note is no signature");
    const bytes = Buffer.from(encoded, "base64");
    const verifier = verifiers.find(
      (one) => one.name === name && keyId(one).equals(Uint8Array.from(bytes.subarray(0, 4))),
    );
    if (!verifier) continue;
    opened.push({ verifier, time: checkSignature(text, verifier, bytes.subarray(4)) });
  }
  if (opened.length === 0) throw new BadNote("none of the keys signed this note");
  return opened;
}

/** The public key of 32 bytes, as Node.js takes it. */
export function publicKeyOf(bytes: Buffer): KeyObject {
  return createPublicKey({
    format: "jwk",
    key: { kty: "OKP", crv: "Ed25519", x: bytes.toString("base64url") },
  });
}

function keyId({ name, kind, publicKey }: Verifier): Buffer {
  const named = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(KINDS[kind]), publicKey]);
  return createHash("sha256").update(named).digest().subarray(0, 4);
}

function signatureLine(verifier: Verifier, signature: Buffer): string {
  return `\u2014 ${verifier.name} ${Buffer.concat([keyId(verifier), signature]).toString("base64")}\n`;
}

const cosigned = (text: string, time: number): string => `cosignature/v1\ntime ${time}\n${text}`;

function checkSignature(text: string, { name, kind, publicKey }: Verifier, signature: Buffer): number | null {
  const time = kind === "cosignature" && signature.length === 72 ? Number(signature.readBigUInt64BE()) : null;
  const message = kind === "note" ? text : cosigned(text, time ?? 0);
  const bare = kind === "note" ? signature : signature.subarray(8);
  if (bare.length !== 64 || !verify(null, Buffer.from(message), publicKeyOf(publicKey), bare)) {
    throw new BadNote(`the signature of ${name} is wrong`);
  }
  return time;
}
