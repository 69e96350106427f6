import { callFunction, type Job } from "./job.ts";

/** Replaces the key that seals contexts once it is 30 days old. It never leaves the database. */
export const rotateSealKey: Job = async (context) => ({
  rotated: await callFunction<boolean>(context, "select jobs.rotate_seal_key()"),
});
