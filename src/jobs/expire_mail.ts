import { callFunction, type Job } from "./job.ts";

/**
 * Forgets links and codes that are past their time, with the registrations that nobody confirmed, and mails that are
 * done: sent ones after a day, dead ones after thirty.
 */
export const expireMail: Job = (context) =>
  callFunction<{ tokens: number; mails: number }>(
    context,
    "select to_jsonb(forgotten) from jobs.expire_mail() as forgotten",
  );
