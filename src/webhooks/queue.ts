import type pg from "pg";
import type { WebhookFailure } from "./egress.ts";
import type { WebhookEvent } from "./sign.ts";

/** One endpoint with what is due for it. */
export interface Batch {
  readonly tenant: string;
  readonly endpoint: string;
  /** Until when it is lent, to the microsecond. */
  readonly lentUntil: string;
  readonly url: string;
  /** What to sign with, encrypted; the newest first. */
  readonly secrets: readonly { readonly id: string; readonly secret: string }[];
  /** In the order in which they are sent, with how often each was by now. */
  readonly events: readonly (WebhookEvent & { readonly attempt: number })[];
}

export interface WebhookQueue {
  /** Lends one endpoint with events that are due; null where there is none that nobody has. */
  claim(): Promise<Batch | null>;
  /** Notes how an attempt went. Returns what became of the event, or null if somebody else's attempt took its place. */
  settle(
    batch: Batch,
    event: Batch["events"][number],
    status: number | null,
    failure: WebhookFailure | "secret" | null,
  ): Promise<"delivered" | "pending" | "dead" | null>;
  /** Gives the endpoint back. */
  release(batch: Batch): Promise<void>;
}

interface Row extends WebhookEvent {
  readonly tenant: string;
  readonly endpoint: string;
  readonly lentUntil: string;
  readonly url: string;
  readonly secrets: Batch["secrets"] | null;
  readonly attempt: number;
}

/** @param worker connected as rowhouse_worker */
export function openWebhookQueue(worker: Pick<pg.Pool, "query">): WebhookQueue {
  return {
    async claim() {
      const { rows } = await worker.query<Row>(
        `select tenant, endpoint, lent_until::text as "lentUntil", url, secrets, id, type, data, sequence, created_at as "createdAt", attempt
         from jobs.claim_webhooks()`,
      );
      const [first] = rows;
      if (!first) return null;
      const { tenant, endpoint, lentUntil, url, secrets } = first;
      return { tenant, endpoint, lentUntil, url, secrets: secrets ?? [], events: rows };
    },
    async settle({ tenant }, { id, attempt }, status, failure) {
      const { rows } = await worker.query<{ state: "delivered" | "pending" | "dead" | null }>(
        "select jobs.settle_webhook($1, $2, $3, $4, $5) as state",
        [tenant, id, attempt, status, failure],
      );
      return rows[0]?.state ?? null;
    },
    async release({ tenant, endpoint, lentUntil }) {
      await worker.query("select jobs.release_webhooks($1, $2, $3)", [tenant, endpoint, lentUntil]);
    },
  };
}
