import { callFunction, type Job } from "./job.ts";

/** What one step of the erasure did. */
interface Step {
  readonly step: "none" | "more" | "waiting" | "erased";
  readonly rows?: number;
}

/**
 * Erases the tenants whose grace is over, step by step: each is a transaction of its own, so what went is gone if the worker
 * goes away, and the next run goes on from there. Where a tenant's objects have still to be deleted, the next run writes its certificate.
 */
export const eraseTenants: Job = async (context) => {
  const done = { erased: 0, rows: 0 };
  for (;;) {
    const { step, rows = 0 } = await callFunction<Step>(context, "select jobs.erase_tenant()");
    if (step === "none" || step === "waiting") return done;
    if (step === "erased") done.erased += 1;
    done.rows += rows;
  }
};
