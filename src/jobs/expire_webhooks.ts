import { callFunction, type Job } from "./job.ts";

/** Forgets webhook deliveries thirty days after they happened, and secrets that were replaced. */
export const expireWebhooks: Job = async (context) => ({
  forgotten: await callFunction<number>(context, "select jobs.expire_webhooks()"),
});
