import type { SealedEvent } from "./leaf.ts";
import type { Problem } from "./problem.ts";
import type { ClaimedLeaf } from "./tree_source.ts";

/** Leaves of which the events are gone, as an event that stayed says that they may be. */
export interface Expired {
  readonly leaves: number;
  /** The oldest and the newest month of what is over: `2025-01`. */
  readonly from: string | null;
  readonly to: string | null;
}

/** What an event says is over: all leaves below. */
interface Voucher {
  readonly leaf: number;
  readonly before: number;
  readonly from: string | null;
  readonly to: string | null;
}

/** Leaves one after the other, of which the events are gone. */
interface Gap {
  readonly first: number;
  last: number;
  readonly eventId: string | null;
  readonly month: string | undefined;
}

/** Gaps beyond which those that touch are one. */
const MOST = 1_000;

/** What is gone of a tree, and what vouches for it: told leaf by leaf, and judged at the end, because what vouches comes later. */
export interface Losses {
  /** A leaf of which the event is gone. */
  missing(leaf: ClaimedLeaf): void;
  /** An event that is what its leaf says. */
  present(index: number, event: SealedEvent): void;
  /**
   * Which of what is gone may be. An event vouches for leaves before its own, and only if it is signed: whoever can write events can write
   * one that says anything.
   *
   * @param signed how many leaves a trusted checkpoint covers
   */
  judge(signed: number): {
    readonly expired: Expired | null;
    readonly problems: readonly Omit<Problem, "tenant">[];
  };
}

export function noLosses(): Losses {
  const gaps: Gap[] = [];
  const vouchers: Voucher[] = [];
  return {
    missing({ index, eventId, goneMonth: month }) {
      const before = gaps.at(-1);
      const touches = before?.last === index - 1 && before.month === month;
      const nameless = eventId === null && before?.eventId === null;
      if (before && touches && (nameless || month !== undefined || gaps.length >= MOST)) before.last = index;
      else if (gaps.length < MOST) gaps.push({ first: index, last: index, eventId, month });
    },
    present(leaf, { fields }) {
      if (fields.action !== '"audit.expired"') return;
      const before = Number(fields["detail.expired"]);
      if (!Number.isSafeInteger(before) || before < 1 || before > leaf) return;
      vouchers.push({ leaf, before, from: text(fields["detail.since"]), to: text(fields["detail.to"]) });
    },
    judge(signed) {
      const newest = vouchers
        .filter(({ leaf }) => leaf < signed)
        .reduce<Voucher | null>((most, one) => (most && most.before > one.before ? most : one), null);
      const over = newest?.before ?? 0;
      const lost = (from: number, to: number) =>
        gaps.reduce(
          (sum, { first, last }) => sum + Math.max(0, Math.min(last + 1, to) - Math.max(first, from)),
          0,
        );
      const leaves = lost(0, over);
      return {
        expired: newest && leaves > 0 ? { leaves, from: newest.from, to: newest.to } : null,
        problems: gaps.filter(({ last }) => last >= over).map((gap) => inWords(gap, over)),
      };
    },
  };
}

function inWords({ first, last, eventId, month }: Gap, over: number): Omit<Problem, "tenant"> {
  const leaf = Math.max(first, over);
  const where = { leaf, ...(last > leaf && { lastLeaf: last }) };
  return month === undefined
    ? { code: "event_missing", ...where, eventId: leaf === first ? eventId : null }
    : { code: "month_missing", ...where, detail: month };
}

/** A field that is a JSON string; null where it is none. */
function text(json: string | undefined): string | null {
  return json !== undefined && /^"\d{4}-\d{2}"$/.test(json) ? json.slice(1, -1) : null;
}
