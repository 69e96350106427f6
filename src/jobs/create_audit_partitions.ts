import { callFunction, type Job } from "./job.ts";

/** Makes the trail's missing partitions, this month's and the next three's. */
export const createAuditPartitions: Job = async (context) => ({
  created: await callFunction<number>(context, "select jobs.create_audit_partitions()"),
});
