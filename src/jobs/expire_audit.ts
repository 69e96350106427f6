import { callFunction, type Job } from "./job.ts";

/** What one step did. */
interface Step {
  readonly step: "removed" | "declared" | "dropped" | "none";
  /** How many were removed, or declared to be over. */
  readonly events?: number;
}

/** Milliseconds for which a run goes on: then another job may have its turn. What is left waits an hour. */
const MOST = 5 * 60_000;
/** Events that one transaction removes: nothing is sealed meanwhile. */
const BATCH = 1_000;

/**
 * Lets go what is over in the trail, step by step: each is a transaction of its own, so what went is gone if the worker goes away, and
 * the next run goes on from there. What it declares to be over is removed by a later run, once that is sealed and signed.
 */
export const expireAudit: Job = async (context) => {
  const until = performance.now() + MOST;
  const done = { removed: 0, declared: 0, dropped: 0 };
  while (performance.now() < until) {
    const step = await callFunction<Step>(context, "select jobs.expire_audit($1)", [BATCH]);
    if (step.step === "none") break;
    done[step.step] += step.events ?? 1;
  }
  return done;
};
