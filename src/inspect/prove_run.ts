import pg from "pg";
import { attack, type OnProgress, type Scope } from "./prove.ts";
import { disturbed, footprint, leftBehind } from "./prove_footprint.ts";
import { type GroundOptions, onGround } from "./prove_ground.ts";
import type { House } from "./prove_house.ts";
import { tryAtRandom } from "./prove_random.ts";
import type { Proof } from "./prove_report.ts";
import type { Targets } from "./prove_targets.ts";

export interface ProveOptions extends GroundOptions {
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
    const before = await footprint(watcher, schemas);
    let targets: Targets | undefined;
    let houses: House[] = [];
    const found = await onGround(options, async (ground) => {
      targets = ground.targets;
      houses = [ground.home, ground.abroad];
      const cells = await attack(ground, scope, onProgress);
      const random = await tryAtRandom(ground, {
        seed,
        runs,
        onRun: (run) => onProgress(Math.min(run, runs), runs, "random sequences"),
      });
      return { cells, random };
    });
    const left = await leftBehind(watcher, targets!, houses);
    return {
      database: name,
      seed,
      ...found,
      shared: Object.fromEntries([...targets!.shared].map(([relation, why]) => [relation.name, why])),
      leftBehind: left,
      disturbed: disturbed(before, await footprint(watcher, schemas)),
      milliseconds: Math.round(performance.now() - begun),
    };
  } finally {
    await watcher.end();
  }
}
