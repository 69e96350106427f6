import { callFunction, type Job } from "./job.ts";

/** Conversations that one transaction deletes: each may be long. */
const BATCH = 20;

/** Deletes conversations, with their messages, that have been in the bin for thirty days, batch by batch. */
export const expireConversations: Job = async (context) => {
  let deleted = 0;
  for (;;) {
    const gone = await callFunction<number>(context, "select jobs.expire_conversations($1)", [BATCH]);
    deleted += gone;
    if (gone < BATCH) return { deleted };
  }
};
