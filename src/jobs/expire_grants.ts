import { callFunction, type Job } from "./job.ts";

/** Removes grants whose time is over; they have not counted since. */
export const expireGrants: Job = async (context) => ({
  removed: await callFunction<number>(context, "select jobs.expire_grants()"),
});
