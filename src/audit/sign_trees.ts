import type pg from "pg";
import { treeName, treeSigner, treeVerifier } from "./audit_key.ts";
import { openCheckpoint, signCheckpoint } from "./checkpoint.ts";
import { provesConsistency } from "./merkle.ts";
import { BadNote } from "./note.ts";
import type { OwnKey } from "./own_keys.ts";

/** A tree that has grown since its last checkpoint. */
interface GrownTree {
  readonly tenant: string;
  readonly size: string;
  readonly root: Buffer;
  readonly signed_size: string;
  readonly signed_note: string | null;
  readonly path: Buffer[];
}

/** Trees in hand at a time. */
const BATCH = 100;

/**
 * Signs a checkpoint of every tree that has grown. A tree that does not go on from what was signed of it is not signed: somebody
 * rewrote it, and a signature would say that nobody did (C2SP tlog-checkpoint).
 *
 * @param worker connected as rowhouse_worker
 * @returns how many were signed, and the tenants whose trees were not
 */
export async function signTrees(
  worker: Pick<pg.Pool, "query">,
  keys: readonly [OwnKey, ...OwnKey[]],
): Promise<{ readonly signed: number; readonly refused: readonly string[] }> {
  let signed = 0;
  const refused: string[] = [];
  for (;;) {
    const { rows } = await worker.query<GrownTree>("select * from jobs.trees_to_sign($1, $2)", [
      BATCH,
      refused,
    ]);
    for (const tree of rows) {
      if (!goesOn(tree, keys)) {
        refused.push(tree.tenant);
        continue;
      }
      const [key] = keys;
      const note = signCheckpoint(
        { origin: treeName(key.origin, tree.tenant), size: Number(tree.size), root: tree.root },
        treeSigner(key, key.privateKey, tree.tenant),
      );
      await worker.query("select jobs.keep_checkpoint($1, $2, $3, $4)", [
        tree.tenant,
        tree.size,
        key.id,
        note,
      ]);
      signed += 1;
    }
    if (rows.length < BATCH) return { signed, refused };
  }
}

/** Whether a tree begins with the one that was signed last. */
function goesOn(tree: GrownTree, keys: readonly OwnKey[]): boolean {
  if (Number(tree.signed_size) === 0) return true;
  try {
    const older = openCheckpoint(
      tree.signed_note ?? "",
      keys.map((key) => treeVerifier(key, tree.tenant)),
    );
    const newer = { size: Number(tree.size), root: tree.root };
    return older.size === Number(tree.signed_size) && provesConsistency({ older, newer, path: tree.path });
  } catch (error) {
    if (error instanceof BadNote) return false;
    throw error;
  }
}
