import { randomBytes } from "node:crypto";
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from "jose";
import type pg from "pg";
import type { Log } from "../log.ts";
import { CannotDecrypt, decrypt, encrypt, type MasterKeys } from "./encryption.ts";
import type { SigningAlgorithm } from "./signing_algorithms.ts";

/** A new key, ready for `auth.install_signing_key` or `jobs.install_signing_key`. */
export interface NewSigningKey {
  /** RFC 7638 thumbprint, or of a secret something random; the `kid` of the tokens it signs. */
  readonly id: string;
  readonly algorithm: SigningAlgorithm;
  /** Of a secret (HS256) its name and kind only. */
  readonly publicJwk: JWK;
  /** Encrypted under the master key, bound to the id. */
  readonly privateJwk: string;
}

/** A key that tokens are checked with. */
export interface VerificationKey {
  readonly id: string;
  readonly algorithm: SigningAlgorithm;
  readonly publicJwk: JWK;
  /** What checks a signature: the public half, or of HS256 the secret itself. */
  readonly publicKey: CryptoKey | Uint8Array;
}

/** The keys that live in the database, at most a minute old here. */
export interface SigningKeys {
  /** The key that signs now. */
  signer(): Promise<{ id: string; algorithm: SigningAlgorithm; privateKey: CryptoKey | Uint8Array }>;
  /** The key with this `kid`, or null; an unknown one makes us look again, at most every five seconds. */
  find(kid: string): Promise<VerificationKey | null>;
  /** The JWK Set (RFC 7517 section 5): all keys that others can verify with, also the one that will sign next. */
  jwks(): Promise<{ keys: JWK[] }>;
}

const FRESH = 60_000;
const RETRY = 5_000;

/** Makes a key pair with jose, or for HS256 a secret of 32 bytes. */
export async function makeSigningKey(keys: MasterKeys, algorithm: SigningAlgorithm): Promise<NewSigningKey> {
  if (algorithm === "HS256") {
    const id = randomBytes(32).toString("base64url");
    const secret = { kty: "oct", k: randomBytes(32).toString("base64url") };
    const publicJwk = { kty: "oct", kid: id, alg: algorithm, use: "sig" };
    return {
      id,
      algorithm,
      publicJwk,
      privateJwk: encrypt(keys, JSON.stringify(secret), signingKeyPurpose(id)),
    };
  }
  const pair = await generateKeyPair(algorithm, { extractable: true });
  const bare = await exportJWK(pair.publicKey);
  const id = await calculateJwkThumbprint(bare);
  const publicJwk = { ...bare, kid: id, alg: algorithm, use: "sig" };
  const privateJwk = encrypt(keys, JSON.stringify(await exportJWK(pair.privateKey)), signingKeyPurpose(id));
  return { id, algorithm, publicJwk, privateJwk };
}

/**
 * Opens the keys in the database and makes the first one. If the master key opens none of them, a new one
 * signs from now on; tokens that the old ones signed stay good, because that needs their public half only.
 *
 * @param auth connected as rowhouse_auth
 * @param algorithm what signs
 * @param accepted what a token may be signed with: a key of another algorithm is none of ours
 */
export async function openSigningKeys(
  auth: Pick<pg.Pool, "query">,
  keys: MasterKeys,
  algorithm: SigningAlgorithm,
  log: Log,
  accepted: readonly SigningAlgorithm[] = [algorithm],
): Promise<SigningKeys> {
  await install(auth, keys, algorithm, "10 years");
  const load = () => loadKeys(auth, keys, accepted);
  const canSign = (key: KnownKey): boolean =>
    key.algorithm === algorithm && key.privateKey !== null && key.activeFrom <= performance.now();
  let known = await load();
  if (!known.some(canSign)) {
    log.warn("MASTER_KEY opens none of the signing keys: making a new one");
    await install(auth, keys, algorithm, "0 seconds");
    known = await load();
  }
  let loadedAt = performance.now();
  let loading: Promise<void> | null = null;

  const reload = (): Promise<void> => {
    loading ??= load()
      .then((rows) => {
        known = rows;
        loadedAt = performance.now();
      })
      .finally(() => {
        loading = null;
      });
    return loading;
  };
  const upToDate = async (age = FRESH): Promise<void> => {
    if (performance.now() - loadedAt > age) await reload();
  };

  return {
    async signer() {
      await upToDate();
      const key = known.find(canSign);
      if (!key) throw new CannotDecrypt("MASTER_KEY opens none of the signing keys");
      return { id: key.id, algorithm: key.algorithm, privateKey: key.privateKey! };
    },
    async find(kid) {
      await upToDate();
      if (!known.some(({ id }) => id === kid)) await upToDate(RETRY);
      return known.find(({ id }) => id === kid) ?? null;
    },
    async jwks() {
      await upToDate();
      return { keys: known.map(({ publicJwk }) => publicJwk).filter(({ kty }) => kty !== "oct") };
    },
  };
}

interface KnownKey extends VerificationKey {
  /** null: made under a master key that we do not have. */
  readonly privateKey: CryptoKey | Uint8Array | null;
  /** When it signs, on the clock of `performance.now()`. */
  readonly activeFrom: number;
}

async function install(
  auth: Pick<pg.Pool, "query">,
  keys: MasterKeys,
  algorithm: SigningAlgorithm,
  maxAge: string,
): Promise<void> {
  const key = await makeSigningKey(keys, algorithm);
  await auth.query("select auth.install_signing_key($1, $2, $3, $4, $5, '0 seconds')", [
    key.id,
    key.algorithm,
    key.publicJwk,
    key.privateJwk,
    maxAge,
  ]);
}

interface Row {
  id: string;
  algorithm: SigningAlgorithm;
  public_jwk: JWK;
  private_jwk: string;
  /** Milliseconds until it signs, by the database's clock, which wrote the time; ours may be another. */
  starts_in: number;
}

async function loadKeys(
  auth: Pick<pg.Pool, "query">,
  keys: MasterKeys,
  accepted: readonly SigningAlgorithm[],
): Promise<KnownKey[]> {
  const { rows } = await auth.query<Row>(
    `select id, algorithm, public_jwk, private_jwk,
       (extract(epoch from active_from - clock_timestamp()) * 1000)::float8 as starts_in
     from auth.list_signing_keys()`,
  );
  const now = performance.now();
  const loaded = await Promise.all(
    rows
      .filter(({ algorithm }) => accepted.includes(algorithm))
      .map(async ({ id, algorithm, public_jwk: publicJwk, ...row }): Promise<KnownKey | null> => {
        const privateKey = await decrypted({ id, algorithm, ...row }, keys);
        const publicKey = algorithm === "HS256" ? privateKey : await importJWK(publicJwk, algorithm);
        // A secret of another master key checks nothing.
        if (publicKey === null) return null;
        return { id, algorithm, publicJwk, publicKey, privateKey, activeFrom: now + row.starts_in };
      }),
  );
  return loaded.filter((key) => key !== null);
}

async function decrypted(
  row: Pick<Row, "id" | "algorithm" | "private_jwk">,
  keys: MasterKeys,
): Promise<CryptoKey | Uint8Array | null> {
  try {
    const jwk = JSON.parse(decrypt(keys, row.private_jwk, signingKeyPurpose(row.id)).toString()) as JWK;
    return await importJWK(jwk, row.algorithm);
  } catch (error) {
    if (error instanceof CannotDecrypt) return null;
    throw error;
  }
}

/** What is bound to the envelope of a signing key. */
export function signingKeyPurpose(id: string): string {
  return `signing key ${id}`;
}
