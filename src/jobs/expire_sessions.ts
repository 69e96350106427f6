import { callFunction, type Job } from "./job.ts";

/**
 * Ends sessions that are past their idle or absolute time. The door refuses them anyway; this makes their
 * end visible to their owner and to the trail.
 */
export const expireSessions: Job = async (context) => ({
  ended: await callFunction<number>(context, "select jobs.expire_sessions()"),
});
