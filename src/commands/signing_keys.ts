import type pg from "pg";
import type { MasterKeys } from "../auth/encryption.ts";
import type { SigningAlgorithm } from "../auth/signing_algorithms.ts";
import { makeSigningKey } from "../auth/signing_keys.ts";

/** An hour: whoever caches the key set knows the next key by then. */
const LEAD = "1 hour";

interface Row {
  id: string;
  algorithm: string;
  signs_since: Date;
  verifies_until: Date | null;
  signing: boolean;
}

/** `rowhouse keys list`: the keys of access tokens, newest first, and which of them signs. */
export async function listSigningKeys(admin: pg.ClientBase, algorithm: SigningAlgorithm): Promise<void> {
  const { rows } = await admin.query<Row>(
    `select id, algorithm, active_from as signs_since, expires_at as verifies_until,
       id = (select newest.id from auth.list_signing_keys() as newest
             where newest.active_from <= now() and newest.algorithm = $1 limit 1) as signing
     from auth.list_signing_keys()`,
    [algorithm],
  );
  if (rows.length === 0) console.log("There is no signing key yet: the first start of the server makes one.");
  for (const { id, algorithm, signs_since, verifies_until, signing } of rows) {
    const now = signing ? "signs" : signs_since > new Date() ? "waits" : "verifies";
    const until = verifies_until ? `verifies until ${verifies_until.toISOString()}` : "no end yet";
    console.log(
      `${id}  ${algorithm.padEnd(5)}  ${now.padEnd(8)}  from ${signs_since.toISOString()}  ${until}`,
    );
  }
}

/** `rowhouse keys rotate`: publishes the next key now; it signs in an hour, and the one before verifies for an hour longer. */
export async function rotateSigningKey(
  admin: pg.ClientBase,
  keys: MasterKeys,
  algorithm: SigningAlgorithm,
): Promise<void> {
  const key = await makeSigningKey(keys, algorithm);
  await admin.query("select jobs.install_signing_key($1, $2, $3, $4, '0 seconds', $5)", [
    key.id,
    key.algorithm,
    key.publicJwk,
    key.privateJwk,
    LEAD,
  ]);
  console.log(`${key.id} is published, and signs in an hour.`);
}
