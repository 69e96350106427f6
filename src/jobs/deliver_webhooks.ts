import { masterKeys } from "../auth/encryption.ts";
import { deliverDue } from "../webhooks/deliver.ts";
import { openEgress } from "../webhooks/egress.ts";
import { openWebhookQueue } from "../webhooks/queue.ts";
import type { Job } from "./job.ts";

/** Milliseconds for which a run takes further endpoints: then another job may have its turn. */
const MOST = 30_000;

/** Sends the events that are due to the endpoints that subscribed to them. */
export const deliverWebhooks: Job = async ({ database, config }) => ({
  ...(await deliverDue({
    queue: openWebhookQueue(database),
    egress: openEgress(config.webhooks),
    keys: masterKeys(config),
    most: MOST,
  })),
});
