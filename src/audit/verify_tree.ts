import { treeVerifier, trustedKeys } from "./audit_key.ts";
import { type Checkpoint, openCheckpoint, readCheckpoint } from "./checkpoint.ts";
import { type Expired, type Losses, noLosses } from "./expiry.ts";
import type { Part } from "./export_format.ts";
import { leafHash, leafText } from "./leaf.ts";
import { growingTree, rootOf } from "./merkle.ts";
import { BadNote, type Verifier } from "./note.ts";
import type { Problem } from "./problem.ts";
import { type ClaimedLeaf, hashIn, TILE, type TreeSource } from "./tree_source.ts";

/** What the verifier goes by beside what it verifies. */
export interface Trust {
  /** Keys that somebody has from elsewhere; null: those that the source itself names are believed. */
  readonly keys: readonly Verifier[] | null;
  /** Checkpoints that were kept elsewhere: a tree that was cut or begun anew does not go on from them. */
  readonly checkpoints?: readonly string[];
}

export interface Verdict {
  readonly tenant: string;
  readonly size: number;
  /** Leaves that a signed checkpoint covers. */
  readonly signed: number;
  /** Those of which the events are gone as they should be: a signed leaf says so. Null where there are none. */
  readonly expired: Expired | null;
  /** The first leaf's first; at most a thousand. */
  readonly problems: readonly Problem[];
  /** Where it is a part: which, and how many events of it there are. */
  readonly part?: Part;
}

/** Problems beyond which there is no more to learn. */
const MOST = 1_000;

/** Writes a problem of this tree down. */
export type Note = (problem: Omit<Problem, "tenant">) => void;

/** What is found wrong with a tenant's tree, and what writes it down there. */
export function ownProblems(tenant: string): { readonly problems: Problem[]; readonly note: Note } {
  const problems: Problem[] = [];
  return {
    problems,
    note: (problem) => {
      if (problems.length < MOST) problems.push({ tenant, ...problem });
    },
  };
}

/** A leaf of which the event is another one now: the hash that it has, and the one that it had. */
interface Altered {
  readonly leaf: number;
  readonly eventId: string | null;
  readonly is: string;
  readonly was: string;
}

/**
 * Verifies a tree: that each event is what was sealed, that the leaves lead to the roots which were signed, and that each
 * checkpoint, of its own or kept elsewhere, is one of this tree. Reads it once, and holds a tile of it.
 *
 * The hashes that are claimed make the tree, and each event is compared with its own: so what was altered is found
 * where it is, and whoever altered the hashes too is found by the signature, between one checkpoint and the next. What is gone is
 * fine where a later leaf, signed, says that it is over.
 */
export async function verifyTree(
  source: TreeSource,
  trust: Trust,
  onLeaf: (done: number) => void = () => {},
): Promise<Verdict> {
  const { tenant } = source;
  const { problems, note } = ownProblems(tenant);
  const checkpoints = trustedCheckpoints(source, trust, note);
  const altered: Altered[] = [];
  const losses = noLosses();
  const tree = growingTree();
  let [tile, verified, waiting]: [Buffer[], number, number] = [[], 0, 0];
  let whole = true;

  for await (const claimed of source.leaves()) {
    if (claimed.index !== tree.size || claimed.hash === null) {
      note({ code: "leaf_missing", leaf: tree.size });
      whole = false;
      break;
    }
    compare(claimed, losses, altered);
    tree.append(claimed.hash);
    tile.push(claimed.hash);
    if (tile.length === TILE) {
      const index = tree.size / TILE - 1;
      const above = hashIn(source.tile(1, Math.floor(index / TILE)), index % TILE);
      if (!above?.equals(rootOf(tile)))
        note({ code: "tile_altered", leaf: index * TILE, lastLeaf: tree.size - 1 });
      tile = [];
    }
    for (; checkpoints[waiting]?.size === tree.size; waiting += 1) {
      const { root } = checkpoints[waiting]!;
      if (root.equals(tree.root())) verified = tree.size;
      else note({ code: "root_mismatch", leaf: verified, lastLeaf: tree.size - 1 });
    }
    onLeaf(tree.size);
  }
  if (whole && tree.size < source.size) note({ code: "leaf_missing", leaf: tree.size });
  const largest = checkpoints.at(-1)?.size ?? 0;
  if (largest > tree.size) {
    note({ code: "tail_cut", leaf: tree.size, lastLeaf: largest - 1, detail: `signed at ${largest}` });
  }
  for (const { leaf, eventId, is } of altered) {
    const other = altered.find((one) => one.was === is && one.leaf !== leaf);
    if (other) note({ code: "event_moved", leaf, eventId, detail: `sealed as leaf ${other.leaf}` });
    else note({ code: "event_altered", leaf, eventId });
  }
  const { expired, problems: missing } = losses.judge(verified);
  missing.forEach(note);
  return { tenant, size: tree.size, signed: verified, expired, problems: inOrder(problems) };
}

function compare(claimed: ClaimedLeaf, losses: Losses, altered: Altered[]): void {
  const { index, eventId, hash, event } = claimed;
  if (event === null) {
    losses.missing(claimed);
    return;
  }
  const computed = leafHash(leafText(event));
  if (computed.equals(hash!)) losses.present(index, event);
  else if (altered.length < MOST)
    altered.push({ leaf: index, eventId, is: computed.toString("hex"), was: hash!.toString("hex") });
}

/** The checkpoints that trusted keys signed for this tree, the smallest first; what is none is noted. */
export function trustedCheckpoints(
  { tenant, checkpoints, keys: known }: Pick<TreeSource, "tenant" | "checkpoints" | "keys">,
  trust: Trust,
  note: Note,
): Checkpoint[] {
  const keys = trust.keys === null ? known : trustedKeys(known, trust.keys);
  const trusted = [...keys.map((key) => treeVerifier(key, tenant)), ...named(trust.keys ?? [], tenant)];
  // What a key before the first trusted one signed tells nothing, and what was signed since covers it.
  const first = Math.min(...keys.map(({ number }) => number));
  const older = known
    .filter(({ number }) => number < first && keys.length > 0)
    .map((key) => treeVerifier(key, tenant));
  const kept = (trust.checkpoints ?? []).filter((one) => readCheckpoint(one).origin.endsWith(`/${tenant}`));
  const good: Checkpoint[] = [];
  const doubtful: { readonly size: number; readonly why: BadNote }[] = [];
  for (const checkpoint of [...checkpoints, ...kept]) {
    const opened = opens(checkpoint, trusted);
    if (!(opened instanceof BadNote)) good.push(opened);
    else {
      const before = opens(checkpoint, older);
      const size = before instanceof BadNote ? Number.POSITIVE_INFINITY : before.size;
      doubtful.push({ size, why: opened });
    }
  }
  const largest = Math.max(0, ...good.map(({ size }) => size));
  for (const { size, why } of doubtful) {
    if (size > largest) note({ code: "checkpoint_forged", leaf: null, detail: why.message });
  }
  if (good.length === 0) note({ code: "checkpoint_missing", leaf: null });
  return good.sort((one, other) => one.size - other.size);
}

/** Keys that somebody has from elsewhere, under the name of a tenant's tree: they may have been told it, or the one before it. */
function named(keys: readonly Verifier[], tenant: string): Verifier[] {
  return keys.map((key) =>
    key.name.endsWith(`/${tenant}`) ? key : { ...key, name: `${key.name}/${tenant}` },
  );
}

function opens(checkpoint: string, verifiers: readonly Verifier[]): Checkpoint | BadNote {
  try {
    return openCheckpoint(checkpoint, verifiers);
  } catch (error) {
    if (error instanceof BadNote) return error;
    throw error;
  }
}

/** By the first leaf that they name, the one that says it most closely first; then those about all of it. */
export function inOrder(problems: readonly Problem[]): Problem[] {
  const place = ({ leaf }: Problem): number => leaf ?? Number.MAX_SAFE_INTEGER;
  const width = ({ leaf, lastLeaf }: Problem): number => (lastLeaf ?? leaf ?? 0) - (leaf ?? 0);
  return [...problems].sort((one, other) => place(one) - place(other) || width(one) - width(other));
}
