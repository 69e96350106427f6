import type { Middleware } from "koa";
import * as v from "valibot";
import type { Models } from "../../../chat/models/models.ts";
import { operation } from "../../contract/operation.ts";
import { oneOf, readFields, text } from "../../fields.ts";
import { readJson } from "../../read_json.ts";
import type { RequestState } from "../../request_facts.ts";
import { model, orNull, unused, V1_BODY_LIMIT } from "./parameters.ts";
import { OF_ASKING } from "./refusals.ts";

/** Texts of one request, as OpenAI has it. */
const MOST_TEXTS = 2_048;

const words = text(1, V1_BODY_LIMIT);

export const embeddingsOperation = operation({
  method: "post",
  path: "/v1/embeddings",
  area: "OpenAI's API",
  summary: "Embed texts",
  description: "Asked of the company's provider, or the installation's; within the budgets of the caller.",
  credential: "any",
  body: {
    model,
    input: v.union(
      [words, v.pipe(v.array(words), v.minLength(1), v.maxLength(MOST_TEXTS))],
      `must be a text, or a list of 1 to ${MOST_TEXTS} of them, none empty`,
    ),
    dimensions: orNull(
      v.pipe(
        v.number("must be a number"),
        v.integer("must be a whole number"),
        v.minValue(1, "must be 1 at least"),
        v.maxValue(16_000, "must be 16000 at most"),
      ),
    ),
    encoding_format: orNull(oneOf(["float", "base64"])),
    user: unused,
  },
  answers: {
    200: {
      says: "One vector of length 1 for each text, in their order.",
      body: v.strictObject({
        object: v.literal("list"),
        data: v.array(
          v.strictObject({
            object: v.literal("embedding"),
            index: v.number(),
            embedding: v.union([v.array(v.number()), v.string()]),
          }),
        ),
        model: v.string(),
        usage: v.strictObject({ prompt_tokens: v.number(), total_tokens: v.number() }),
      }),
    },
  },
  refusals: OF_ASKING,
});

/**
 * `POST /v1/embeddings` → vectors of texts.
 *
 * Refuses as `openai_error.ts` writes; with 403 model_not_allowed also where nobody makes embeddings.
 */
export function embedTexts(models: Models): Middleware<RequestState> {
  return async (ctx) => {
    const asked = readFields(await readJson(ctx, V1_BODY_LIMIT), embeddingsOperation.body!);
    const gone = new AbortController();
    ctx.res.once("close", () => gone.abort());
    const { model, vectors, usage } = await models.embed(ctx.state.caller, {
      model: asked.model,
      texts: typeof asked.input === "string" ? [asked.input] : asked.input,
      ...(asked.dimensions != null && { dimensions: asked.dimensions }),
      signal: gone.signal,
    });
    const write = asked.encoding_format === "base64" ? inBase64 : (vector: readonly number[]) => vector;
    ctx.set("Cache-Control", "no-store");
    ctx.body = {
      object: "list",
      data: vectors.map((vector, index) => ({ object: "embedding", index, embedding: write(vector) })),
      model,
      usage: { prompt_tokens: usage.input, total_tokens: usage.input },
    };
  };
}

/** As OpenAI's clients ask for it: floats of four bytes, the lowest first. */
function inBase64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [at, figure] of vector.entries()) bytes.writeFloatLE(figure, at * 4);
  return bytes.toString("base64");
}
