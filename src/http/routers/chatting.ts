import Router from "@koa/router";
import type { RequestState } from "../request_facts.ts";
import { ask } from "../routes/ask.ts";
import { exportConversation } from "../routes/export_conversation.ts";
import { followAnswer } from "../routes/follow_answer.ts";
import { stopAnswer } from "../routes/stop_answer.ts";
import { answers } from "../routing.ts";
import { EXACT, type Parts } from "./parts.ts";

/** Asking, following an answer that is being written, ending it, and taking a conversation with one. */
export function chatting({ turns, app, readings, catalogue, log }: Parts): Router<RequestState> {
  return new Router<RequestState>(EXACT)
    .post("/chat", ask(turns, app, log))
    .get("/chat/:id/stream", answers("text/event-stream"), followAnswer(turns, app, readings, catalogue, log))
    .get("/chat/:id/export", answers("application/json"), exportConversation(app, readings))
    .post("/chat/:id/stop", answers("application/json"), stopAnswer(turns, app));
}
