import type pg from "pg";
import { type AnchorSettings, anchor } from "./anchor.ts";
import { askWitness, type Witness } from "./witness.ts";

/** Where checkpoints go. */
export interface Outside extends AnchorSettings {
  readonly witness: Witness | null;
}

/** A tree whose newest checkpoint was not taken outside yet. */
interface UnanchoredTree {
  readonly tenant: string;
  readonly size: string;
  readonly note: string;
  readonly anchored_size: string;
}

/** Trees in hand at a time. */
const BATCH = 100;

/**
 * Has the newest checkpoint of each tree witnessed and kept elsewhere. The first that fails ends the run, because what is away
 * is away for the next one too; the rest is taken when the job runs again.
 *
 * @param worker connected as rowhouse_worker
 * @returns how many were taken
 * @throws {WitnessFailure | AnchorFailure}
 */
export async function takeOutside(worker: Pick<pg.Pool, "query">, outside: Outside): Promise<number> {
  if (outside.file === null && outside.url === null && outside.witness === null && !outside.s3) return 0;
  let taken = 0;
  for (;;) {
    const { rows } = await worker.query<UnanchoredTree>("select * from jobs.trees_to_anchor($1)", [BATCH]);
    for (const { tenant, size, note, anchored_size } of rows) {
      const path = async (older: number): Promise<Buffer[]> => {
        // From nothing every tree goes on.
        if (older === 0 || older > Number(size)) return [];
        const { rows: found } = await worker.query<{ path: Buffer[] }>(
          "select jobs.consistency_path($1, $2, $3) as path",
          [tenant, older, size],
        );
        return found[0]!.path;
      };
      const cosignatures = outside.witness
        ? [await askWitness(outside.witness, note, Number(anchored_size), path)]
        : [];
      await anchor(outside, note + cosignatures.join(""));
      await worker.query("select jobs.note_anchored($1, $2, $3)", [tenant, size, cosignatures]);
      taken += 1;
    }
    if (rows.length < BATCH) return taken;
  }
}
