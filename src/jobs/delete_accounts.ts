import { callFunction, type Job } from "./job.ts";

type Step = "none" | "more" | "postponed" | "deleted";

/**
 * Erases the accounts whose grace is over, step by step: each is a transaction of its own, so what was done stays done if
 * the worker goes away, and the next run goes on from there.
 */
export const deleteAccounts: Job = async (context) => {
  const done = { deleted: 0, postponed: 0 };
  for (;;) {
    const step = await callFunction<Step>(context, "select jobs.delete_account()");
    if (step === "none") return done;
    if (step !== "more") done[step] += 1;
  }
};
