import Router from "@koa/router";
import type { Middleware } from "koa";
import type { Admission } from "../admission.ts";
import type { RequestState } from "../request_facts.ts";
import { completeChat } from "../routes/openai/chat_completions.ts";
import { embedTexts } from "../routes/openai/embeddings.ts";
import { listModels } from "../routes/openai/models.ts";
import { respond } from "../routes/openai/responses.ts";
import { answers } from "../routing.ts";
import { EXACT, type Parts } from "./parts.ts";

/** OpenAI's API, with a credential of ours: clients that speak it need another address and key, and nothing else. */
export function openAI({ turns, models, admission, log }: Parts): Router<RequestState> {
  const json = answers("application/json");
  return new Router<RequestState>(EXACT)
    .use(learnLimits(admission))
    .get("/v1/models", json, listModels(models))
    .post("/v1/chat/completions", json, completeChat(turns, log))
    .post("/v1/responses", json, respond(turns, log))
    .post("/v1/embeddings", json, embedTexts(models));
}

/** A key may be good for fewer requests than others, and only the door knows: it is asked once a minute. */
function learnLimits(admission: Admission): Middleware<RequestState> {
  return async (ctx, next) => {
    if (ctx.state.caller?.byKey) await admission.check(ctx.state.caller);
    await next();
  };
}
