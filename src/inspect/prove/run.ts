import pg from "pg";
import { tryAtRandom } from "./attempts/random.ts";
import { disturbed, leftBehind, readTableStates } from "./changes.ts";
import { type FixtureOptions, withFixture } from "./fixture/fixture.ts";
import type { Targets } from "./fixture/targets.ts";
import type { Tenant } from "./fixture/tenant.ts";
import { attack, type OnProgress, type Scope } from "./prove.ts";
import type { Proof } from "./report.ts";

export interface ProveOptions extends FixtureOptions {
  /** How many random sequences. */
  readonly runs: number;
  readonly scope?: Scope;
  readonly onProgress?: OnProgress;
}

/**
 * The whole proof: the matrix, the random sequences, and that nothing stayed behind.
 *
 * @throws {ProveError} if it cannot be begun
 */
export async function prove(options: ProveOptions): Promise<Proof> {
  const { url, seed, runs, scope, onProgress = () => {} } = options;
  const begun = performance.now();
  const watcher = new pg.Client({ connectionString: url, application_name: "rowhouse-prove" });
  await watcher.connect();
  try {
    await watcher.query("set search_path = ''");
    const { rows } = await watcher.query<{ name: string; schemas: string[] }>(
      `select current_database() as name,
         array(select nspname::text from pg_catalog.pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema') as schemas`,
    );
    const { name, schemas } = rows[0]!;
    const before = await readTableStates(watcher, schemas);
    let targets: Targets | undefined;
    let tenants: Tenant[] = [];
    const found = await withFixture(options, async (fixture) => {
      targets = fixture.targets;
      tenants = [fixture.home, fixture.abroad];
      const cells = await attack(fixture, scope, onProgress);
      const random = await tryAtRandom(fixture, {
        seed,
        runs,
        onRun: (run) => onProgress(Math.min(run, runs), runs, "random sequences"),
      });
      return { cells, random };
    });
    const left = await leftBehind(watcher, targets!, tenants);
    return {
      database: name,
      seed,
      ...found,
      shared: Object.fromEntries([...targets!.shared].map(([relation, why]) => [relation.name, why])),
      leftBehind: left,
      disturbed: disturbed(before, await readTableStates(watcher, schemas)),
      milliseconds: Math.round(performance.now() - begun),
    };
  } finally {
    await watcher.end();
  }
}
