import type { PublicAuditKey } from "./audit_key.ts";
import type { Part } from "./export_format.ts";
import type { ClaimedLeaf } from "./tree_source.ts";

/** What is exported of a tree: as far as a checkpoint, or a part of that. */
export interface ExportSource {
  readonly tenant: string;
  /** How many leaves the checkpoint is of. */
  readonly size: number;
  /** How many leaves, from the first on, are over: of them only the hashes are left. */
  readonly over: number;
  /** The signed note. */
  readonly checkpoint: string;
  readonly keys: readonly PublicAuditKey[];
  /** Those above the leaves, as wide as the checkpoint says. */
  readonly tiles: readonly { readonly level: number; readonly index: number; readonly hashes: Buffer }[];
  /** The tile of leaves that is not full; empty where all are. */
  readonly lastTile: Buffer;
  /** Which leaves an export is of. */
  readonly part: Part;
  /** Those of them that are written now: all, or what is left of one that was cut off. */
  readonly rest: Part;
  /**
   * Tile by tile, from the first leaf to the last; of all of a tree with the tiles of what is over.
   *
   * @param events whether the events are wanted, or hashes alone
   */
  pieces(events: boolean): AsyncIterable<Piece>;
}

/** A tile of leaves, as wide as the checkpoint says, and those of its leaves that are exported. */
export interface Piece {
  readonly number: number;
  readonly hashes: Buffer;
  readonly leaves: readonly ClaimedLeaf[];
}
