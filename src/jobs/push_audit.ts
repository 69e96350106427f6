import { pushDue } from "../audit/push/push_due.ts";
import { openStreams } from "../audit/push/streams.ts";
import { masterKeys } from "../auth/encryption.ts";
import { openEgress } from "../webhooks/egress.ts";
import type { Job } from "./job.ts";

/** Milliseconds for which a run takes further streams: then another job may have its turn. */
const MOST = 30_000;

/** Sends the sealed trail to where tenants want it. */
export const pushAudit: Job = async ({ database, config }) => ({
  ...(await pushDue({
    streams: openStreams(database),
    egress: openEgress(config.webhooks),
    syslog: { ...config.webhooks, plain: config.audit.plainSyslog },
    keys: masterKeys(config),
    most: MOST,
  })),
});
