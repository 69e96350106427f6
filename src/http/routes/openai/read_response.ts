import * as v from "valibot";
import { readFields, text } from "../../fields.ts";
import { type Asked, type Said, shownAt, takeApart } from "./asked.ts";
import { COMMON, notDone, orNull, tokens, unused, V1_BODY_LIMIT } from "./parameters.ts";

const words = text(0, V1_BODY_LIMIT);

const part = v.variant(
  "type",
  [
    v.strictObject({ type: v.literal("input_text"), text: words }),
    // As an answer of ours has it, so that it can be sent back as it came.
    v.strictObject({ type: v.literal("output_text"), text: words, annotations: unused, logprobs: unused }),
    v.strictObject({
      type: v.literal("input_image"),
      image_url: v.string("must be a string"),
      detail: unused,
      file_id: notDone(),
    }),
    v.strictObject({
      type: v.literal("input_file"),
      file_data: v.string("must be a string"),
      filename: orNull(v.string("must be a string")),
      file_id: notDone(),
      file_url: notDone(),
    }),
  ],
  "must be input_text, output_text, input_image or input_file",
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
    "must be text, or a list of parts of the types input_text, output_text, input_image and input_file",
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
    "role" in item ? [saidIn(item as Pick<v.InferOutput<typeof message>, "role" | "content">)] : [],
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

function saidIn({ role, content }: Pick<v.InferOutput<typeof message>, "role" | "content">): Said {
  if (typeof content === "string") return { role, content, shown: [] };
  return {
    role,
    content: content.map((one) => ("text" in one ? one.text : "")).join(""),
    shown: content.flatMap((one) => {
      if (one.type === "input_image") return shownAt(one.image_url);
      return one.type === "input_file" ? shownAt(one.file_data, one.filename) : [];
    }),
  };
}
