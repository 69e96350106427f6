import type pg from "pg";
import type { HandedRow } from "../../audit/handed.ts";
import type { Caller } from "../../database/caller.ts";
import { askInDoor } from "../../database/door.ts";
import type { StoredAnswer } from "./stored_events.ts";
import type { TurnIds } from "./turns.ts";

/**
 * The answer that is being written in a conversation, as whoever asks may read it; `idle` where there is none, and null where there is
 * no such conversation for them to see. With whose conversation it is.
 */
export async function runningIn(
  app: pg.Pool,
  caller: Caller,
  conversation: string,
): Promise<{ turn: TurnIds; conversation: HandedRow } | "idle" | null> {
  const { rows } = await askInDoor(app, caller, {
    name: "answer_running_in",
    text: `select conversation.id as "conversationId", conversation.tenant_id as "tenantId", answer.*,
        conversation.user_id as "userId", conversation.team_id = any ((select context.teams('chat'))::uuid[]) as "byTeam"
      from app.conversations as conversation
      left join lateral (
        select turn_id as "id", id as "answerId", parent_id as "questionId", generator, coalesce(model, 'extractive') as "answeredBy"
        from app.messages where conversation_id = conversation.id and status = 'streaming' order by id desc limit 1
      ) as answer on true
      where conversation.id = $1`,
    values: [conversation],
  });
  if (!rows[0]) return null;
  const { userId, byTeam, ...turn } = rows[0] as TurnIds & Pick<HandedRow, "userId" | "byTeam">;
  return turn.id === null ? "idle" : { turn, conversation: { id: conversation, userId, byTeam } };
}

/** What is stored of an answer; null where it is not there to be seen. */
export async function storedAnswer(
  app: pg.Pool,
  caller: Caller,
  answer: string,
): Promise<StoredAnswer | null> {
  const { rows } = await askInDoor(app, caller, {
    name: "stored_answer",
    text: "select status, content, parts, finish_reason, error_code from app.messages where id = $1",
    values: [answer],
  });
  return (rows[0] as StoredAnswer | undefined) ?? null;
}

/** Asks for the end of a turn of a conversation, or of one that is kept nowhere and is called by its own id. @returns whether it was under way */
export async function askToStop(
  app: pg.Pool,
  caller: Caller,
  conversation: string,
  turn: string,
): Promise<boolean | null> {
  const { rows } = await askInDoor(app, caller, {
    name: "stop_turn",
    text: `select context.stop_turn($2) as running
      where $1 = $2 or exists (select from app.messages where conversation_id = $1 and turn_id = $2)`,
    values: [conversation, turn],
  });
  return (rows[0]?.running as boolean | undefined) ?? null;
}
