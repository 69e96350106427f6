import type { Middleware } from "koa";
import type pg from "pg";
import * as v from "valibot";
import { askToStop } from "../../chat/turns/known_answers.ts";
import type { Turns } from "../../chat/turns/turns.ts";
import { isUuid } from "../../uuid.ts";
import { uuid } from "../chat_question.ts";
import { OF_A_BODY, OF_A_READER, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { callerOf } from "../own_session.ts";
import { refusalOf } from "../problem.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";

export const stopOperation = operation({
  method: "post",
  path: "/chat/:id/stop",
  area: "Chat",
  summary: "End an answer",
  description:
    "It names the turn, so that one which comes late stops no newer answer. What was said until then is kept, and what it cost is charged.",
  credential: "any",
  parameters: [
    { in: "path", name: "id", says: "A conversation; the turn itself where it is a temporary chat." },
  ],
  body: { turnId: uuid },
  answers: {
    200: {
      says: "Whether it was under way: it ends within two seconds, wherever it is written.",
      body: v.strictObject({ stopped: v.boolean() }),
    },
  },
  refusals: [...OF_A_BODY, ...OF_A_READER, "permission_denied"],
});

/**
 * `POST /chat/:id/stop {turnId}` → `{stopped}`.
 *
 * Refuses with 404 not_found for a turn that is not the caller's, or of another conversation; 403 permission_denied.
 */
export function stopAnswer(turns: Turns, app: pg.Pool): Middleware<RequestState> {
  return async (ctx) => {
    const { turnId } = field.readFields(await readJson(ctx), stopOperation.body!);
    const caller = callerOf(ctx.state, "Stopping needs an access token or an API key.");
    const { id } = ctx.params as { id: string };
    const wasRunning = isUuid(id) ? await askToStop(app, caller, id, turnId) : null;
    if (wasRunning === null) throw refusalOf("not_found");
    if (wasRunning) turns.stop(turnId);
    ctx.body = { stopped: wasRunning };
  };
}
