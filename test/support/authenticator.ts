import {
  createHash,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";

// An authenticator and its browser in software (WebAuthn level 3), which also lies where it is told to. What a real browser
// does, test/auth/passkeys_in_a_browser.test.ts shows.

/** Their numbers in COSE. */
const ALGORITHMS = { EdDSA: -8, ES256: -7, RS256: -257, ES384: -35 } as const;
type Algorithm = keyof typeof ALGORITHMS;

/** What an answer says otherwise than an honest one would. */
export interface Lies {
  readonly origin?: string;
  readonly rpId?: string;
  readonly challenge?: string;
  readonly type?: string;
  readonly crossOrigin?: boolean;
  readonly userVerified?: boolean;
  readonly userPresent?: boolean;
  readonly counter?: number;
  readonly synced?: boolean;
  /** Null: none at all. */
  readonly userHandle?: string | null;
  readonly credentialId?: string;
  /** "self": the new key vouches for itself. */
  readonly attestation?: "self" | { readonly fmt: string; readonly attStmt: Map<string, unknown> };
  /** Signs with another key than the one that it made. */
  readonly key?: KeyObject;
}

// What the server answers is what the test hands on.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Options = any;

export interface Authenticator {
  /** Its credential's id, in base64url, once it made one. */
  readonly id: string;
  /** `navigator.credentials.create()` and `toJSON()`. */
  create(options: Options, lies?: Lies): object;
  /** `navigator.credentials.get()` and `toJSON()`. */
  get(options: Options, lies?: Lies): object;
}

/** @param origin of the page. @param counts whether it has a signature counter. @param synced whether a service copies its keys */
export function createAuthenticator(
  origin: string,
  {
    algorithm = "ES256",
    counts = true,
    synced = false,
  }: { algorithm?: Algorithm; counts?: boolean; synced?: boolean } = {},
): Authenticator {
  const { privateKey, publicKey } = keyPair(algorithm);
  const cose = coseKey(algorithm, publicKey.export({ format: "jwk" }));
  const id = randomBytes(32);
  let counter = 0;
  let owner = "";

  const clientData = (type: string, challenge: string, lies: Lies): Buffer =>
    Buffer.from(
      JSON.stringify({
        type: lies.type ?? type,
        challenge: lies.challenge ?? challenge,
        origin: lies.origin ?? origin,
        crossOrigin: lies.crossOrigin ?? false,
      }),
    );

  function authenticatorData(rpId: string, lies: Lies, attested?: Buffer): Buffer {
    const backup = (lies.synced ?? synced) ? 0x18 : 0;
    const flags =
      (lies.userPresent === false ? 0 : 0x01) |
      (lies.userVerified === false ? 0 : 0x04) |
      backup |
      (attested ? 0x40 : 0);
    const head = Buffer.alloc(5);
    head[0] = flags;
    head.writeUInt32BE(lies.counter ?? (counts ? ++counter : 0), 1);
    return Buffer.concat([sha256(lies.rpId ?? rpId), head, attested ?? Buffer.alloc(0)]);
  }

  const signed = (authData: Buffer, said: Buffer, key = privateKey): Buffer =>
    sign(
      algorithm === "EdDSA" ? null : algorithm === "ES384" ? "sha384" : "sha256",
      Buffer.concat([authData, createHash("sha256").update(said).digest()]),
      key,
    );

  function statement(attestation: Lies["attestation"], authData: Buffer, said: Buffer): [string, unknown] {
    if (attestation === undefined) return ["none", new Map()];
    if (attestation !== "self") return [attestation.fmt, attestation.attStmt];
    const own = new Map<string, unknown>([
      ["alg", ALGORITHMS[algorithm]],
      ["sig", signed(authData, said)],
    ]);
    return ["packed", own];
  }

  return {
    id: id.toString("base64url"),
    create(options, lies = {}) {
      owner = options.user.id;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(id.length);
      const attested = Buffer.concat([Buffer.alloc(16), length, id, cose]);
      const authData = authenticatorData(options.rp.id, lies, attested);
      const said = clientData("webauthn.create", options.challenge, lies);
      const [fmt, attStmt] = statement(lies.attestation, authData, said);
      return {
        id: id.toString("base64url"),
        rawId: id.toString("base64url"),
        type: "public-key",
        authenticatorAttachment: "platform",
        clientExtensionResults: {},
        response: {
          clientDataJSON: said.toString("base64url"),
          attestationObject: cbor(
            new Map<string, unknown>([
              ["fmt", fmt],
              ["attStmt", attStmt],
              ["authData", authData],
            ]),
          ).toString("base64url"),
          transports: ["internal"],
        },
      };
    },
    get(options, lies = {}) {
      const said = clientData("webauthn.get", options.challenge, lies);
      const authData = authenticatorData(options.rpId, lies);
      const userHandle = lies.userHandle === undefined ? owner : lies.userHandle;
      const credential = lies.credentialId ?? id.toString("base64url");
      return {
        id: credential,
        rawId: credential,
        type: "public-key",
        clientExtensionResults: {},
        response: {
          clientDataJSON: said.toString("base64url"),
          authenticatorData: authData.toString("base64url"),
          signature: signed(authData, said, lies.key).toString("base64url"),
          ...(userHandle !== null && { userHandle }),
        },
      };
    },
  };
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

/** A key of its own, for who signs with another one's credential. */
export function keyPair(algorithm: Algorithm): { privateKey: KeyObject; publicKey: KeyObject } {
  switch (algorithm) {
    case "EdDSA":
      return generateKeyPairSync("ed25519");
    case "ES256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" });
    case "ES384":
      return generateKeyPairSync("ec", { namedCurve: "P-384" });
    case "RS256":
      return generateKeyPairSync("rsa", { modulusLength: 2048 });
  }
}

/** COSE_Key (RFC 9052 section 7, RFC 9053, RFC 8230). */
function coseKey(algorithm: Algorithm, jwk: JsonWebKey): Buffer {
  const bytes = (text: string | undefined) => Buffer.from(text!, "base64url");
  const entries: Record<Algorithm, () => [number, unknown][]> = {
    EdDSA: () => [
      [1, 1],
      [3, ALGORITHMS.EdDSA],
      [-1, 6],
      [-2, bytes(jwk.x)],
    ],
    ES256: () => [
      [1, 2],
      [3, ALGORITHMS.ES256],
      [-1, 1],
      [-2, bytes(jwk.x)],
      [-3, bytes(jwk.y)],
    ],
    ES384: () => [
      [1, 2],
      [3, ALGORITHMS.ES384],
      [-1, 2],
      [-2, bytes(jwk.x)],
      [-3, bytes(jwk.y)],
    ],
    RS256: () => [
      [1, 3],
      [3, ALGORITHMS.RS256],
      [-1, bytes(jwk.n)],
      [-2, bytes(jwk.e)],
    ],
  };
  return cbor(new Map(entries[algorithm]()));
}

/** As much of CBOR (RFC 8949) as an authenticator speaks: integers, bytes, text, lists, maps. */
function cbor(value: unknown): Buffer {
  const head = (major: number, size: number): Buffer => {
    if (size < 24) return Buffer.from([(major << 5) | size]);
    if (size < 256) return Buffer.from([(major << 5) | 24, size]);
    return Buffer.from([(major << 5) | 25, size >> 8, size & 255]);
  };
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "string")
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
  if (value instanceof Map) {
    return Buffer.concat([
      head(5, value.size),
      ...[...value].flatMap(([name, held]) => [cbor(name), cbor(held)]),
    ]);
  }
  throw new Error(`no CBOR for ${value}`);
}
