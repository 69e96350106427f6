/** What can be wrong with a sealed trail, by the word that programs compare. */
export const PROBLEMS = {
  event_altered: "the event is not what was sealed",
  event_moved: "the event was sealed as another leaf",
  event_missing: "the event is gone",
  month_missing: "all events of a month are gone, and what held them",
  event_inserted: "the event was never sealed, though what was written before and after it is",
  line_altered: "the line says other than the leaf that it holds",
  leaf_missing: "the leaf is gone",
  tile_altered: "the hashes of these leaves are not those that the tree goes on with",
  root_mismatch: "these leaves do not lead to the root that was signed",
  tail_cut: "the tree is smaller than a checkpoint says it was",
  checkpoint_forged: "the checkpoint is not signed by a key that is trusted",
  checkpoint_missing: "no checkpoint is signed by a key that is trusted",
} as const;
export type ProblemCode = keyof typeof PROBLEMS;

/** Something that is wrong, and where. */
export interface Problem {
  readonly code: ProblemCode;
  readonly tenant: string;
  /** The first leaf that it is about; null where it is about none. */
  readonly leaf: number | null;
  /** The last one, where they are several. */
  readonly lastLeaf?: number;
  readonly eventId?: string | null;
  /** What more there is to say. */
  readonly detail?: string;
}

/** A problem as a sentence. */
export function inWords({ code, tenant, leaf, lastLeaf, eventId, detail }: Problem): string {
  const where =
    leaf === null
      ? []
      : [lastLeaf === undefined || lastLeaf === leaf ? `leaf ${leaf}` : `leaves ${leaf} to ${lastLeaf}`];
  const which = [`tenant ${tenant}`, ...where, ...(eventId ? [`event ${eventId}`] : [])].join(", ");
  return `${code}: ${which}: ${PROBLEMS[code]}${detail ? ` (${detail})` : ""}`;
}
