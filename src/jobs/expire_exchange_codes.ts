import { callFunction, type Job } from "./job.ts";

/** Forgets one-time codes of sign-ins with a provider that nobody brought back in time. */
export const expireExchangeCodes: Job = async (context) => ({
  forgotten: await callFunction<number>(context, "select jobs.expire_exchange_codes()"),
});
