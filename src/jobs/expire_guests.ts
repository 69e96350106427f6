import { callFunction, type Job } from "./job.ts";

/** Guests that one transaction forgets: what each of them said goes too, and the trail has a line for every row. */
const BATCH = 200;

/**
 * Forgets guests whom nobody saw for GUEST_IDLE_DAYS, with their conversations, batch by batch. Whoever has a session that
 * is good stays.
 */
export const expireGuests: Job = async (context) => {
  let forgotten = 0;
  for (;;) {
    const gone = await callFunction<number>(context, "select jobs.expire_guests($1, $2)", [
      context.config.guests.idleDays,
      BATCH,
    ]);
    forgotten += gone;
    if (gone < BATCH) return { forgotten };
  }
};
