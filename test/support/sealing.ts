import { verifyDatabase } from "../../src/audit/verify_database.ts";
import type { Trust } from "../../src/audit/verify_tree.ts";
import { sealAudit } from "../../src/jobs/seal_audit.ts";
import type { TestDatabase } from "./database.ts";
import { jobContext } from "./jobs.ts";

/** Runs the job that seals and signs, once. */
export const sealOnce = (database: TestDatabase) => sealAudit(jobContext(database));

/**
 * Seals all that was written by now, and signs it. Transactions are numbered by the server, and one that is open in another test's
 * database would hold sealing up; so this asks only for those of this one, which a superuser can see.
 *
 * @returns how many events were sealed, and checkpoints signed
 */
export async function seal(database: TestDatabase): Promise<{ sealed: number; signed: number }> {
  let sealed = 0;
  for (let more = true; more; ) {
    const { rows } = await database.admin.query<{ step: { sealed: number; more: boolean } }>(
      `select audit.seal(2000, coalesce((
         select min(backend_xid::text::bigint) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()
       ), pg_snapshot_xmax(pg_current_snapshot())::text::bigint)::text::xid8) as step`,
    );
    sealed += rows[0]!.step.sealed;
    more = rows[0]!.step.more;
  }
  const done = await sealOnce(database);
  return { sealed: sealed + Number(done.sealed), signed: Number(done.signed) };
}

/** What the verifier says of a tenant's tree in a database. */
export async function verdictOn(
  database: TestDatabase,
  tenant: string,
  trust: Trust = { keys: null },
): ReturnType<typeof verifyDatabase> {
  const client = await database.admin.connect();
  try {
    return await verifyDatabase(client, tenant, trust);
  } finally {
    client.release();
  }
}

/** Codes of what is wrong, each with the leaf that it names. */
export async function problemsOf(
  database: TestDatabase,
  tenant: string,
  trust?: Trust,
): Promise<[code: string, leaf: number | null][]> {
  const { problems } = await verdictOn(database, tenant, trust);
  return problems.map(({ code, leaf }) => [code, leaf]);
}

/** Does something as a superuser who has first put every guard of the trail out of the way. */
export async function unguarded(database: TestDatabase, ...statements: string[]): Promise<void> {
  const client = await database.admin.connect();
  try {
    await client.query("begin; set local session_replication_role = replica");
    for (const statement of statements) await client.query(statement);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}
