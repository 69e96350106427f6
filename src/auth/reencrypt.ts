import type pg from "pg";
import { auditKeyPurpose } from "../audit/audit_key.ts";
import { providerKeyPurpose } from "../chat/provider_key.ts";
import { toolSecretPurpose } from "../chat/tools/tool_secret.ts";
import { webhookSecretPurpose } from "../webhooks/secret.ts";
import { seedPurpose } from "./check_code.ts";
import { decrypt, encrypt, type MasterKeys, namesMasterKey } from "./encryption.ts";
import { mailPurpose } from "./mail_secrets.ts";
import { signingKeyPurpose } from "./signing_keys.ts";

/** Something that the database holds encrypted. */
interface Encrypted {
  /** For people: so many of these. */
  readonly what: string;
  readonly table: string;
  readonly column: string;
  /** What is bound to the envelope of the row with this id. */
  readonly purpose: (id: string) => string;
}

const EVERYTHING: readonly Encrypted[] = [
  { what: "signing key", table: "auth.signing_keys", column: "private_jwk", purpose: signingKeyPurpose },
  { what: "audit key", table: "audit.signing_keys", column: "private_key", purpose: auditKeyPurpose },
  { what: "second factor", table: "auth.totp_factors", column: "seed", purpose: seedPurpose },
  { what: "mail", table: "auth.mails", column: "secret", purpose: mailPurpose },
  { what: "webhook secret", table: "auth.webhook_secrets", column: "secret", purpose: webhookSecretPurpose },
  { what: "provider key", table: "auth.model_providers", column: "sealed_key", purpose: providerKeyPurpose },
  { what: "tool secret", table: "auth.tool_secrets", column: "sealed", purpose: toolSecretPurpose },
];

/** Rows read at a time. */
const PAGE = 500;

/**
 * Takes what is encrypted to the current master key, row by row: what was done stays done if it is interrupted, and a run
 * again goes on with the rest. A row that changed meanwhile is left as it is. What neither key opens (a key before the
 * previous one made it) stays too: it is out of use already.
 *
 * @param admin writes past row security
 * @returns how many of each were taken, by what they are called
 */
export async function reencrypt(
  admin: pg.ClientBase,
  keys: MasterKeys,
  progress: (done: number, total: number, what: string) => void = () => {},
): Promise<Record<string, number>> {
  const taken: Record<string, number> = {};
  for (const kind of EVERYTHING) taken[kind.what] = await reencryptKind(admin, keys, kind, progress);
  return taken;
}

async function reencryptKind(
  admin: pg.ClientBase,
  keys: MasterKeys,
  { what, table, column, purpose }: Encrypted,
  progress: (done: number, total: number, what: string) => void,
): Promise<number> {
  const { previous } = keys;
  if (previous === null) return 0;
  const { rows: counted } = await admin.query<{ total: number }>(
    `select count(${column})::integer as total from ${table}`,
  );
  let [seen, taken] = [0, 0];
  for (let after = ""; ; ) {
    const { rows } = await admin.query<{ id: string; envelope: string }>(
      `select id::text as id, ${column} as envelope from ${table}
       where id::text > $1 and ${column} is not null order by id::text limit ${PAGE}`,
      [after],
    );
    for (const { id, envelope } of rows) {
      seen += 1;
      if (!namesMasterKey(envelope, previous)) continue;
      const anew = encrypt(keys, decrypt(keys, envelope, purpose(id)), purpose(id));
      const { rowCount } = await admin.query(
        `update ${table} set ${column} = $1 where id::text = $2 and ${column} = $3`,
        [anew, id, envelope],
      );
      taken += rowCount ?? 0;
      progress(seen, counted[0]?.total ?? 0, `${what}s`);
    }
    if (rows.length < PAGE) return taken;
    after = rows.at(-1)!.id;
  }
}
