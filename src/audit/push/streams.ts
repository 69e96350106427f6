import type pg from "pg";
import type { WebhookFailure } from "../../webhooks/egress.ts";
import { LEAF_COLUMNS, type LeafRow, leafOf } from "../event_columns.ts";
import type { SealedEvent } from "../leaf.ts";

/** A stream that this worker has in hand. */
export interface Stream {
  readonly tenant: string;
  readonly stream: string;
  readonly kind: "webhook" | "syslog";
  readonly url: string;
  readonly format: "ocsf" | "jsonl";
  /** What to sign with, encrypted; the newest first. */
  readonly secrets: readonly { readonly id: string; readonly secret: string }[];
  /** The last leaf that the receiver took. */
  readonly after: number;
  /** Of the newest checkpoint. */
  readonly size: number;
  /** Until when it is lent, to the microsecond. */
  readonly lentUntil: string;
}

/** A leaf to be sent; its event is null where somebody deleted it. */
export interface PushedLeaf {
  readonly index: number;
  readonly eventId: string;
  readonly event: SealedEvent | null;
}

export type PushFailure = WebhookFailure | "secret";
export interface PushOutcome {
  readonly status: number | null;
  readonly failure: PushFailure | null;
}

export interface Streams {
  /** Lends a stream with leaves that wait; null where there is none that nobody has. */
  claim(): Promise<Stream | null>;
  /** Leaves behind one, in order; none where the stream is not ours any more. */
  leaves(stream: Stream, lentUntil: string, after: number): Promise<PushedLeaf[]>;
  /** Notes how an attempt went; until when the stream is lent now, or null where it is not. */
  settle(stream: Stream, lentUntil: string, last: number, outcome: PushOutcome): Promise<string | null>;
  release(stream: Stream, lentUntil: string): Promise<void>;
}

/** Leaves in hand at a time. */
const BATCH = 256;

/** @param worker connected as rowhouse_worker */
export function openStreams(worker: Pick<pg.Pool, "query">): Streams {
  return {
    async claim() {
      const { rows } = await worker.query(
        `select tenant, stream, kind, url, format, coalesce(secrets, '[]') as secrets, after::float8, size::float8,
           lent_until::text as "lentUntil"
         from jobs.claim_audit_stream()`,
      );
      return rows[0] ?? null;
    },
    async leaves({ tenant, stream }, lentUntil, after) {
      const { rows } = await worker.query<LeafRow>(
        `select ${LEAF_COLUMNS}
         from jobs.leaves_to_push($1, $2, $3, $4, $5) as leaf
         cross join lateral (select (leaf.event).*) as event
         order by leaf.index`,
        [tenant, stream, lentUntil, after, BATCH],
      );
      return rows.map(leafOf);
    },
    async settle({ tenant, stream }, lentUntil, last, { status, failure }) {
      const { rows } = await worker.query<{ lent: string | null }>(
        "select jobs.settle_audit_stream($1, $2, $3, $4, $5, $6)::text as lent",
        [tenant, stream, lentUntil, last, status, failure],
      );
      return rows[0]?.lent ?? null;
    },
    async release({ tenant, stream }, lentUntil) {
      await worker.query("select jobs.release_audit_stream($1, $2, $3)", [tenant, stream, lentUntil]);
    },
  };
}
