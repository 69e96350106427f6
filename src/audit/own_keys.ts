import { createPublicKey, type KeyObject } from "node:crypto";
import type pg from "pg";
import { CannotDecrypt, type MasterKeys } from "../auth/encryption.ts";
import { type AuditKey, makeAuditKey, openAuditKey } from "./audit_key.ts";

/** A key of ours: that MASTER_KEY opens it says that nobody else put it there, whatever they can do in the database. */
export interface OwnKey extends AuditKey {
  readonly privateKey: KeyObject;
}

/**
 * The keys that sign our checkpoints, the newest first, which signs. The first is made where there is none.
 *
 * @param worker connected as rowhouse_worker
 * @throws {CannotDecrypt} where MASTER_KEY does not open the newest
 */
export async function ownKeys(
  worker: Pick<pg.Pool, "query">,
  keys: MasterKeys,
  origin: string,
): Promise<readonly [OwnKey, ...OwnKey[]]> {
  let known = await knownKeys(worker);
  if (known.length === 0) {
    await installKey(worker, makeAuditKey(keys, origin, null));
    known = await knownKeys(worker);
  }
  const [newest, ...older] = known.map((key) => opened(keys, key));
  if (!newest) throw new CannotDecrypt("MASTER_KEY does not open the key that signs the trail's checkpoints");
  return [newest, ...older.filter((key) => key !== null)];
}

/** Has the next key sign, which the newest endorses; null if another was installed meanwhile. */
export async function rotateKey(
  worker: Pick<pg.Pool, "query">,
  keys: MasterKeys,
  origin: string,
): Promise<AuditKey | null> {
  const [newest] = await ownKeys(worker, keys, origin);
  const next = makeAuditKey(keys, origin, newest);
  return (await installKey(worker, next)) ? next : null;
}

async function knownKeys(worker: Pick<pg.Pool, "query">): Promise<AuditKey[]> {
  return (await worker.query<AuditKey>("select * from jobs.audit_keys()")).rows;
}

/** Has this key sign from now on; false if another was installed after the one that it comes after. */
export async function installKey(worker: Pick<pg.Pool, "query">, key: AuditKey): Promise<boolean> {
  const { rows } = await worker.query<{ installed: boolean }>(
    "select jobs.install_audit_key($1, $2, $3, $4, $5, $6) as installed",
    [key.id, key.origin, key.public_key, key.private_key, key.endorsement, key.number - 1],
  );
  return rows[0]!.installed;
}

/** The key with its private half, from which its public one is drawn anew; null where no master key of ours opens it. */
function opened(keys: MasterKeys, key: AuditKey): OwnKey | null {
  try {
    const privateKey = openAuditKey(keys, key);
    const bare = createPublicKey(privateKey).export({ format: "jwk" }).x!;
    return { ...key, privateKey, public_key: Buffer.from(bare, "base64url") };
  } catch (error) {
    if (error instanceof CannotDecrypt) return null;
    throw error;
  }
}
