import { callFunction, type Job } from "./job.ts";

/** Forgets people who registered and did not follow their verification link in time. */
export const expireRegistrations: Job = async (context) => ({
  forgotten: await callFunction<number>(context, "select jobs.expire_registrations()"),
});
