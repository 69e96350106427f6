import { callFunction, type Job } from "./job.ts";

/** Forgets Idempotency-Keys, and the answers kept for them, a day after they were used. */
export const expireIdempotencyKeys: Job = async (context) => ({
  forgotten: await callFunction<number>(context, "select jobs.expire_idempotency_keys()"),
});
