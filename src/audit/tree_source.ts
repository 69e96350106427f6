import type { PublicAuditKey } from "./audit_key.ts";
import type { SealedEvent } from "./leaf.ts";

/** A sealed tree as somebody has it, a database or an export: all that is claimed of it, and nothing believed. */
export interface TreeSource {
  readonly tenant: string;
  /** How many leaves there are to be. */
  readonly size: number;
  /** How many of them, from the first on, are said to be over: their events may be gone. */
  readonly expired: number;
  /** Signed notes, the smallest tree first. */
  readonly checkpoints: readonly string[];
  readonly keys: readonly PublicAuditKey[];
  /** The hashes of a tile above the leaves; null where there is none. */
  tile(level: number, index: number): Buffer | null;
  /** Leaf by leaf, in their order. */
  leaves(range?: LeafRange): AsyncIterable<ClaimedLeaf>;
}

/** Leaves behind one (-1: all), of events since one time and before another (RFC 3339). */
export interface LeafRange {
  readonly after: number;
  readonly from: string | null;
  readonly to: string | null;
}

export interface ClaimedLeaf {
  readonly index: number;
  /** Null where nothing says which event it was. */
  readonly eventId: string | null;
  /** Its hash, as the tile has it; null where the tile has none. */
  readonly hash: Buffer | null;
  /** Null where it is gone. */
  readonly event: SealedEvent | null;
  /** Where it is gone with all of its month: which that was, as `2025-03`. */
  readonly goneMonth?: string;
}

/** Whose tree that of events is which belong to no tenant: sign-ins that failed, and what became of accounts. */
export const PLATFORM = "00000000-0000-0000-0000-000000000000";

/** Hashes in a tile. */
export const TILE = 256;

/** One hash of a tile; null where the tile has not so many. */
export function hashIn(tile: Buffer | null, place: number): Buffer | null {
  return tile !== null && tile.length >= (place + 1) * 32
    ? tile.subarray(place * 32, (place + 1) * 32)
    : null;
}
