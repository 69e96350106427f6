import type pg from "pg";
import type { Caller } from "../../database/caller.ts";
import { askInDoor } from "../../database/door.ts";
import type { Meaning } from "./retrieve.ts";

/**
 * Draws a question into the profile of whoever asked it, if they are a person who has one (context.note_question()). Asked when the
 * answer is over: nobody waits for it.
 *
 * @throws {pg.DatabaseError} the door's refusals, RH403
 */
export async function noteQuestion(
  app: pg.Pool,
  caller: Caller | undefined,
  { vector, model }: Meaning,
): Promise<void> {
  await askInDoor(app, caller, {
    name: "note_question",
    text: "select context.note_question($1, $2)",
    values: [vector, model],
  });
}
