import { CannotDecrypt, type MasterKeys } from "../auth/encryption.ts";
import type { Egress } from "./egress.ts";
import type { Batch, WebhookQueue } from "./queue.ts";
import { openWebhookSecret } from "./secret.ts";
import { bodyOf, signatureOf } from "./sign.ts";

/** Figures of a run. */
export interface Delivered {
  readonly delivered: number;
  /** Attempts that are made again. */
  readonly retried: number;
  /** Events that were given up. */
  readonly dead: number;
}

/** Endpoints that are called at the same time: one that is slow keeps no other waiting. */
const AT_ONCE = 8;

/**
 * Sends what is due, one endpoint after the other or beside it, and one event after the other to each, until nothing is due
 * or it is told to take no more. What a process that dies had in hand is sent again, with the same ids.
 */
export async function deliverDue(options: {
  readonly queue: WebhookQueue;
  readonly egress: Egress;
  readonly keys: MasterKeys;
  /** Milliseconds after which no further endpoint is taken. */
  readonly most: number;
}): Promise<Delivered> {
  const { queue, egress, keys, most } = options;
  const counts = { delivered: 0, retried: 0, dead: 0 };
  const end = performance.now() + most;

  async function deliver(batch: Batch): Promise<void> {
    const secrets = openSecrets(keys, batch);
    for (const event of batch.events) {
      const body = bodyOf(event);
      const { status, failure } =
        secrets === null
          ? ({ status: null, failure: "secret" } as const)
          : await egress.post(
              batch.url,
              {
                "Content-Type": "application/json",
                "User-Agent": "Rowhouse-Webhooks/1",
                ...signatureOf(event, body, secrets, new Date()),
              },
              body,
            );
      const state = await queue.settle(batch, event, status, failure);
      if (state !== null) counts[state === "pending" ? "retried" : state] += 1;
      // It is gone, and was switched off: what was lent beside is dead with it.
      if (status === 410) break;
    }
    await queue.release(batch);
  }

  /** One of several that take what is due. */
  async function work(): Promise<void> {
    while (performance.now() < end) {
      const batch = await queue.claim();
      if (batch === null) return;
      await deliver(batch);
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  const failed = ends.find((one) => one.status === "rejected");
  if (failed) throw failed.reason;
  return counts;
}

/** What the batch is signed with; null if nothing of it can be opened. */
export function openSecrets(keys: MasterKeys, { secrets }: Pick<Batch, "secrets">): Buffer[] | null {
  const opened = secrets.flatMap((secret) => {
    try {
      return [openWebhookSecret(keys, secret)];
    } catch (error) {
      if (error instanceof CannotDecrypt) return [];
      throw error;
    }
  });
  return opened.length > 0 ? opened : null;
}
