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

export type SigningAlgorithm = "EdDSA" | "ES256" | "RS256";

/** A new key, ready for `auth.install_signing_key` or `jobs.install_signing_key`. */
export interface NewSigningKey {
  /** RFC 7638 thumbprint; the `kid` of the tokens it signs. */
  readonly id: string;
  readonly algorithm: SigningAlgorithm;
  readonly publicJwk: JWK;
  /** Encrypted under the master key, bound to the id. */
  readonly privateJwk: string;
}

/** A key that tokens are checked with. */
export interface VerificationKey {
  readonly id: string;
  readonly algorithm: SigningAlgorithm;
  readonly publicJwk: JWK;
  readonly publicKey: CryptoKey;
}

/** The keys that live in the database, at most a minute old here. */
export interface SigningKeys {
  /** The key that signs now. */
  signer(): Promise<{ id: string; algorithm: SigningAlgorithm; privateKey: CryptoKey }>;
  /** The key with this `kid`, or null; an unknown one makes us look again, at most every five seconds. */
  find(kid: string): Promise<VerificationKey | null>;
  /** The JWK Set (RFC 7517 section 5): all keys that verify, also the one that will sign next. */
  jwks(): Promise<{ keys: JWK[] }>;
}

const FRESH = 60_000;
const RETRY = 5_000;

/** Makes a key pair with jose. */
export async function makeSigningKey(keys: MasterKeys, algorithm: SigningAlgorithm): Promise<NewSigningKey> {
  const pair = await generateKeyPair(algorithm, { extractable: true });
  const bare = await exportJWK(pair.publicKey);
  const id = await calculateJwkThumbprint(bare);
  const publicJwk = { ...bare, kid: id, alg: algorithm, use: "sig" };
  const privateJwk = encrypt(keys, JSON.stringify(await exportJWK(pair.privateKey)), purpose(id));
  return { id, algorithm, publicJwk, privateJwk };
}

/**
 * Opens the keys in the database and makes the first one. If the master key opens none of them, a new one
 * signs from now on; tokens that the old ones signed stay good, because that needs their public half only.
 *
 * @param auth connected as rowhouse_auth
 */
export async function openSigningKeys(
  auth: Pick<pg.Pool, "query">,
  keys: MasterKeys,
  algorithm: SigningAlgorithm,
  log: Log,
): Promise<SigningKeys> {
  await install(auth, keys, algorithm, "10 years");
  let known = await load(auth, keys);
  if (!known.some(canSign)) {
    log.warn("MASTER_KEY opens none of the signing keys: making a new one");
    await install(auth, keys, algorithm, "0 seconds");
    known = await load(auth, keys);
  }
  let loadedAt = Date.now();
  let loading: Promise<void> | null = null;

  const reload = (): Promise<void> => {
    loading ??= load(auth, keys)
      .then((rows) => {
        known = rows;
        loadedAt = Date.now();
      })
      .finally(() => {
        loading = null;
      });
    return loading;
  };
  const upToDate = async (age = FRESH): Promise<void> => {
    if (Date.now() - loadedAt > age) await reload();
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
      return { keys: known.map(({ publicJwk }) => publicJwk) };
    },
  };
}

interface KnownKey extends VerificationKey {
  /** null: made under a master key that we do not have. */
  readonly privateKey: CryptoKey | null;
  readonly activeFrom: number;
}

function canSign(key: KnownKey): boolean {
  return key.privateKey !== null && key.activeFrom <= Date.now();
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
  active_from: Date;
}

async function load(auth: Pick<pg.Pool, "query">, keys: MasterKeys): Promise<KnownKey[]> {
  const { rows } = await auth.query<Row>("select * from auth.list_signing_keys()");
  return Promise.all(
    rows.map(async (row) => ({
      id: row.id,
      algorithm: row.algorithm,
      publicJwk: row.public_jwk,
      publicKey: await imported(row.public_jwk, row.algorithm),
      privateKey: await privateKey(row, keys),
      activeFrom: row.active_from.getTime(),
    })),
  );
}

async function privateKey(row: Row, keys: MasterKeys): Promise<CryptoKey | null> {
  try {
    const jwk = JSON.parse(decrypt(keys, row.private_jwk, purpose(row.id)).toString()) as JWK;
    return await imported(jwk, row.algorithm);
  } catch (error) {
    if (error instanceof CannotDecrypt) return null;
    throw error;
  }
}

async function imported(jwk: JWK, algorithm: SigningAlgorithm): Promise<CryptoKey> {
  const key = await importJWK(jwk, algorithm);
  if (key instanceof Uint8Array) throw new TypeError("a signing key is never symmetric");
  return key;
}

function purpose(id: string): string {
  return `signing key ${id}`;
}
