import { type CryptoKey, calculateJwkThumbprint, compactVerify, importJWK, type JWK } from "jose";
import * as v from "valibot";

// A proof of possession (DPoP, RFC 9449): a JWT that a client signs for one request with a key of its own, whose public
// half is in the header. It says nothing of who that is; a session that began with one is good with the same key only.

/** What a proof may be signed with: asymmetric algorithms, one for each kind of key that clients have. */
export const PROOF_ALGORITHMS = ["ES256", "Ed25519", "EdDSA", "RS256", "PS256"] as const;

/** What a proof says. Whether that fits the request is for others to compare. */
export interface Proof {
  /** RFC 7638 thumbprint of the key that signed it. */
  readonly thumbprint: string;
  /** Its name, by which it is known when it comes again (`jti`). */
  readonly id: string;
  /** What it is for: method (`htm`), address (`htu`) and, as base64url of its sha256, access token (`ath`). */
  readonly method: string;
  readonly address: string;
  readonly accessToken: string | undefined;
  /** When it was made by the client's clock, in seconds since 1970 (`iat`). */
  readonly issuedAt: number;
  readonly nonce: string | undefined;
}

export class InvalidProof extends Error {
  override readonly name = "InvalidProof";
}

/** Characters: a proof by an RSA key of 4,096 bits has 1,900. */
const LONGEST = 4_096;

const PRIVATE_PARTS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

const coordinate = v.pipe(v.string(), v.regex(/^[\w-]{43}$/));

/** A public key and nothing else of it. Sizes are bounded, because checking with a giant of a key costs us its square. */
const publicKey = v.pipe(
  v.looseObject({}),
  v.check((jwk) => !PRIVATE_PARTS.some((part) => Object.hasOwn(jwk, part))),
  v.variant("kty", [
    v.object({ kty: v.literal("EC"), crv: v.literal("P-256"), x: coordinate, y: coordinate }),
    v.object({ kty: v.literal("OKP"), crv: v.literal("Ed25519"), x: coordinate }),
    // From 2,048 to 4,096 bits; jose looks again how many there really are.
    v.object({
      kty: v.literal("RSA"),
      n: v.pipe(v.string(), v.regex(/^[\w-]{342,683}$/)),
      e: v.literal("AQAB"),
    }),
  ]),
);

const header = v.object({ typ: v.literal("dpop+jwt"), jwk: publicKey });

const claims = v.object({
  jti: v.pipe(v.string(), v.minLength(1), v.maxLength(512)),
  htm: v.string(),
  htu: v.string(),
  iat: v.number(),
  ath: v.optional(v.string()),
  nonce: v.optional(v.string()),
});

/**
 * Reads a proof and checks its signature by the key that it brings (RFC 9449 section 4.3, points 2 to 7).
 *
 * @throws {InvalidProof}
 */
export async function readProof(text: string): Promise<Proof> {
  if (text.length > LONGEST) throw new InvalidProof("The DPoP proof is too long.");
  let key: JWK | undefined;
  const keyOf = (protectedHeader: unknown, algorithm: string): Promise<CryptoKey | Uint8Array> => {
    key = v.parse(header, protectedHeader).jwk;
    return importJWK(key, algorithm);
  };
  try {
    const { payload } = await compactVerify(text, (given) => keyOf(given, given.alg), {
      algorithms: [...PROOF_ALGORITHMS],
    });
    const { jti, htm, htu, iat, ath, nonce } = v.parse(claims, JSON.parse(new TextDecoder().decode(payload)));
    return {
      thumbprint: await calculateJwkThumbprint(key!),
      id: jti,
      method: htm,
      address: htu,
      accessToken: ath,
      issuedAt: iat,
      nonce,
    };
  } catch (cause) {
    // Nothing but the client's text went in: whatever cannot be read, imported or verified is its fault.
    throw new InvalidProof(
      "The DPoP header is not one proof that a public key of an accepted kind signed (RFC 9449 section 4.2).",
      { cause },
    );
  }
}
