import * as v from "valibot";
import { readFields, text } from "../../fields.ts";
import { type Asked, type Said, takeApart } from "./asked.ts";
import { COMMON, notDone, orNull, tokens, unused, V1_BODY_LIMIT } from "./parameters.ts";

const words = text(0, V1_BODY_LIMIT);

const part = v.variant(
  "type",
  [
    v.strictObject({ type: v.literal("input_text"), text: words }),
    // As an answer of ours has it, so that it can be sent back as it came.
    v.strictObject({ type: v.literal("output_text"), text: words, annotations: unused, logprobs: unused }),
  ],
  "must be input_text or output_text",
);

const message = v.strictObject({
  type: v.optional(v.literal("message", "must be message or reasoning")),
  id: unused,
  status: unused,
  phase: notDone(),
  role: v.picklist(
    ["system", "developer", "user", "assistant"],
    "must be system, developer, user or assistant",
  ),
  content: v.union(
    [words, v.pipe(v.array(part), v.maxLength(1_000, "must have 1000 parts at most"))],
    "must be text, or a list of parts of the types input_text and output_text",
  ),
});

/** What a model thought before; it is not told again. */
const thought = v.looseObject({ type: v.literal("reasoning") });

const items = v.pipe(
  v.array(v.union([message, thought], "must be a message of text")),
  v.minLength(1, "must have one item at least"),
  v.maxLength(1_000, "must have 1000 items at most"),
);

/** The body of `POST /v1/responses`. */
export const responseFields = {
  ...COMMON,
  input: v.union([words, items], "must be text, or a list of messages of text"),
  instructions: orNull(words),
  max_output_tokens: orNull(tokens),
  access_programs: notDone([]),
  background: notDone(false),
  context_management: notDone([]),
  conversation: notDone(),
  image: notDone(),
  include: notDone([]),
  max_tool_calls: notDone(),
  previous_response_id: notDone(),
  prompt: notDone(),
  reasoning: notDone(),
  stream_options: notDone({ include_obfuscation: false }),
  text: notDone({ format: { type: "text" } }),
  truncation: notDone("auto"),
};

/**
 * Reads what `POST /v1/responses` is asked.
 *
 * @throws {Problem} 400 `invalid_input`, naming the parameter
 */
export function readResponse(body: Record<string, unknown>): Asked {
  const read = readFields(body, responseFields);
  const input =
    typeof read.input === "string" ? [{ role: "user" as const, content: read.input }] : read.input;
  const said = input.flatMap((item): Said[] =>
    "role" in item
      ? [{ role: (item as Said).role, content: plain((item as v.InferOutput<typeof message>).content) }]
      : [],
  );
  const { instructions, ...rest } = takeApart(said, "input");
  return {
    ...rest,
    instructions: [read.instructions, instructions].filter(Boolean).join("\n\n") || null,
    model: read.model ?? null,
    temperature: read.temperature ?? null,
    topP: read.top_p ?? null,
    maxOutputTokens: read.max_output_tokens ?? null,
    stream: read.stream ?? false,
  };
}

const plain = (content: string | readonly { readonly text: string }[]): string =>
  typeof content === "string" ? content : content.map(({ text }) => text).join("");
