import { callFunction, type Job } from "./job.ts";

/** Turns that one transaction gives up. */
const BATCH = 200;

/** Gives up turns of the chat whose process is dead, and lets go of what they held of budgets. */
export const sweepHolds: Job = async (context) => {
  let givenUp = 0;
  for (;;) {
    const gone = await callFunction<number>(context, "select jobs.sweep_holds($1)", [BATCH]);
    givenUp += gone;
    if (gone < BATCH) return { givenUp };
  }
};
