import type pg from "pg";
import type { HandedRow } from "../../audit/handed.ts";
import type { Caller } from "../../database/caller.ts";
import { askInDoor } from "../../database/door.ts";

/** Messages in hand at a time: one has 32,000 characters at most, an answer 100,000 and its parts. */
const BATCH = 50;

export interface ConversationHead {
  readonly id: string;
  readonly title: string;
  readonly status: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface ExportedMessage {
  readonly id: string;
  readonly parentId: string | null;
  readonly role: "user" | "assistant";
  readonly status: string;
  readonly content: string;
  readonly parts: readonly object[];
  readonly generator: string | null;
  readonly model: string | null;
  readonly createdAt: Date;
}

/** A conversation as its reader may see it, and whose it is; null where there is none for them. */
export async function conversationHead(
  app: pg.Pool,
  caller: Caller,
  id: string,
): Promise<{ head: ConversationHead; row: HandedRow } | null> {
  const { rows } = await askInDoor(app, caller, {
    name: "conversation_head",
    text: `select id, title, status, created_at as "createdAt", updated_at as "updatedAt", user_id as "userId",
        team_id = any ((select context.teams('chat'))::uuid[]) as "byTeam"
      from app.conversations where id = $1`,
    values: [id],
  });
  if (!rows[0]) return null;
  const { userId, byTeam, ...head } = rows[0];
  return { head, row: { id, userId, byTeam } };
}

/**
 * The messages of a conversation, the oldest first: each batch in a transaction of its own, so that whoever may no longer read it
 * gets no more of it.
 *
 * @param branch only those that lead to the newest one
 */
export async function* messagesOf(
  app: pg.Pool,
  caller: Caller,
  id: string,
  branch: boolean,
): AsyncGenerator<readonly ExportedMessage[], void> {
  const wanted = branch ? await newestBranch(app, caller, id) : null;
  for (let after: string | null = null; ; ) {
    const { rows } = await askInDoor(app, caller, {
      name: "exported_messages",
      text: `select id, parent_id as "parentId", role, status, content, parts, generator, model, created_at as "createdAt"
        from app.messages
        where conversation_id = $1 and ($2::uuid is null or id > $2) and ($3::uuid[] is null or id = any ($3))
        order by id limit ${BATCH}`,
      values: [id, after, wanted],
    });
    const batch: readonly ExportedMessage[] = rows;
    if (batch.length > 0) yield batch;
    if (batch.length < BATCH) return;
    after = batch.at(-1)!.id;
  }
}

async function newestBranch(app: pg.Pool, caller: Caller, id: string): Promise<string[]> {
  const { rows } = await askInDoor(app, caller, {
    name: "newest_branch",
    text: `with recursive said as (
          (select id, parent_id from app.messages where conversation_id = $1 order by id desc limit 1)
          union all
          select before.id, before.parent_id
          from said join app.messages as before on before.conversation_id = $1 and before.id = said.parent_id
        )
        select id from said`,
    values: [id],
  });
  return rows.map((row) => row.id);
}
