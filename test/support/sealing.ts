import { setTimeout as delay } from "node:timers/promises";
import { verifyDatabase } from "../../src/audit/verify_database.ts";
import type { Trust } from "../../src/audit/verify_tree.ts";
import { sealAudit } from "../../src/jobs/seal_audit.ts";
import type { TestDatabase } from "./database.ts";
import { jobContext } from "./jobs.ts";

/** Runs the job that seals and signs, once. */
export const sealOnce = (database: TestDatabase) => sealAudit(jobContext(database));

/**
 * Runs it until all that was written by now is sealed. A transaction that is open in another test's database keeps what ended
 * after it began from being sealed, because transactions are numbered by the server.
 *
 * @returns how many events were sealed, and checkpoints signed
 */
export async function seal(database: TestDatabase): Promise<{ sealed: number; signed: number }> {
  const { rows } = await database.admin.query<{ now: string }>("select pg_current_xact_id() as now");
  const done = { sealed: 0, signed: 0 };
  for (;;) {
    const { sealed, signed } = await sealOnce(database);
    done.sealed += Number(sealed);
    done.signed += Number(signed);
    const { rows: waiting } = await database.admin.query(
      `select from audit.events as event where event.transaction_id < $1 and not exists (
         select from audit.leaves as leaf where leaf.tenant_id = event.tenant_id and leaf.event_id = event.id
       ) limit 1`,
      [rows[0]!.now],
    );
    if (waiting.length === 0) return done;
    await delay(50);
  }
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
