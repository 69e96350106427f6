import type { Middleware } from "koa";
import * as v from "valibot";
import type { Models } from "../../../chat/models/models.ts";
import { operation } from "../../contract/operation.ts";
import type { RequestState } from "../../request_facts.ts";
import { OF_V1 } from "./refusals.ts";

export const modelsOperation = operation({
  method: "get",
  path: "/v1/models",
  area: "OpenAI's API",
  summary: "Which models may be asked for",
  description: "Those of the company's provider or the installation's, the default first, and `extractive`.",
  credential: "any",
  answers: {
    200: {
      says: "Their names.",
      body: v.strictObject({
        object: v.literal("list"),
        data: v.array(
          v.strictObject({
            id: v.string(),
            object: v.literal("model"),
            created: v.pipe(v.number(), v.description("Always 0: nobody here knows.")),
            owned_by: v.literal("rowhouse"),
          }),
        ),
      }),
    },
  },
  refusals: OF_V1,
});

/** `GET /v1/models` → what `model` may be. */
export function listModels(models: Models): Middleware<RequestState> {
  return async (ctx) => {
    const offered = await models.offered(ctx.state.caller);
    ctx.set("Cache-Control", "no-store");
    const data = offered.map((id) => ({ id, object: "model", created: 0, owned_by: "rowhouse" }));
    ctx.body = { object: "list", data };
  };
}
