import type pg from "pg";
import { compileSchema, MigrationError } from "./migrations.ts";
import { accessDrift, type Drift, describeDrift } from "./schema_state.ts";

/**
 * After the migrations: mends what somebody changed of who may do what since the last time, by replaying `db/schema`,
 * and remembers how it is now.
 *
 * @param owner connected to the database, acting as rowhouse_owner
 * @param before what differed before the migrations
 * @throws {MigrationError} if a replay does not bring back what the migrations made; then nothing was changed
 */
export async function settleAccess(
  owner: pg.Client,
  databaseUrl: string,
  before: readonly Drift[],
  onStep: (step: string) => void,
): Promise<void> {
  if (before.length > 0) {
    // Remembered after other migrations than the database has by now, there is nothing to compare a replay with.
    const comparable = !(await accessDrift(owner)).some(({ object }) => object === "migrations");
    await replaySchema(owner, databaseUrl, async () => {
      const left = comparable ? await accessDrift(owner) : [];
      if (left.length === 0) return;
      throw new MigrationError(
        `somebody changed who may do what, and replaying db/schema does not mend it:\n${describeDrift(left)
          .map((line) => `  - ${line}`)
          .join(
            "\n",
          )}\n"rowhouse policies diff db/policies.json" shows the difference; undo it, then migrate again`,
      );
    });
    const mended = before.filter(({ object }) => object !== "migrations");
    for (const { object, change } of mended) onStep(`mended: ${object} was ${change}`);
  }
  // Where no migration was committed yet, there is nothing to remember and nothing to remember it with.
  const { rows } = await owner.query<{ known: boolean }>(
    "select to_regprocedure('context.record_access()') is not null as known",
  );
  if (rows[0]?.known) await owner.query("select context.record_access()");
}

/** Runs `db/schema/all.sql` in one transaction, which `verify` may still refuse by throwing. */
export async function replaySchema(
  owner: pg.Client,
  databaseUrl: string,
  verify: () => Promise<void> = async () => {},
): Promise<void> {
  const sources = await compileSchema(databaseUrl);
  await owner.query("begin");
  try {
    await owner.query("set local search_path to public");
    await owner.query(sources);
    await verify();
    await owner.query("commit");
  } catch (error) {
    await owner.query("rollback");
    throw error;
  }
}
