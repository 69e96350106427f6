import * as v from "valibot";
import { boolean, readFields, text } from "../../fields.ts";
import { invalidInput } from "../../problem.ts";
import { type Asked, type Said, takeApart } from "./asked.ts";
import { COMMON, model, notDone, orNull, tokens, unused, V1_BODY_LIMIT } from "./parameters.ts";

const words = text(0, V1_BODY_LIMIT);

const content = v.union(
  [
    words,
    v.pipe(
      v.array(v.strictObject({ type: v.literal("text"), text: words })),
      v.maxLength(1_000, "must have 1000 parts at most"),
    ),
  ],
  "must be text, or a list of parts of the type text",
);

const message = v.variant(
  "role",
  [
    v.strictObject({ role: v.picklist(["system", "developer", "user"]), content, name: notDone() }),
    // As an answer of ours has it, so that it can be sent back as it came.
    v.strictObject({
      role: v.literal("assistant"),
      content: v.nullish(content),
      annotations: unused,
      reasoning_content: unused,
      audio: notDone(),
      function_call: notDone(),
      name: notDone(),
      refusal: notDone(),
      tool_calls: notDone([]),
    }),
  ],
  "must be system, developer, user or assistant",
);

/** The body of `POST /v1/chat/completions`. */
export const completionFields = {
  ...COMMON,
  model,
  messages: v.pipe(
    v.array(message, "must be a list"),
    v.minLength(1, "must have one message at least"),
    v.maxLength(1_000, "must have 1000 messages at most"),
  ),
  max_tokens: orNull(tokens),
  max_completion_tokens: orNull(tokens),
  stream_options: orNull(
    v.strictObject(
      { include_usage: orNull(boolean), include_obfuscation: notDone(false) },
      "must be an object",
    ),
  ),
  audio: notDone(),
  frequency_penalty: notDone(0),
  function_call: notDone("none", "auto"),
  functions: notDone([]),
  logit_bias: notDone({}),
  logprobs: notDone(false),
  modalities: notDone(["text"]),
  n: notDone(1),
  prediction: notDone(),
  presence_penalty: notDone(0),
  reasoning_effort: notDone(),
  response_format: notDone({ type: "text" }),
  seed: notDone(),
  stop: notDone([]),
  verbosity: notDone(),
  web_search_options: notDone(),
};

/**
 * Reads what `POST /v1/chat/completions` is asked.
 *
 * @throws {Problem} 400 `invalid_input`, naming the parameter
 */
export function readCompletion(body: Record<string, unknown>): Asked & { readonly includeUsage: boolean } {
  const read = readFields(body, completionFields);
  if (read.stream_options && !read.stream) {
    throw invalidInput(`"stream_options" is for an answer that is streamed.`, "stream_options");
  }
  const said = read.messages.map(
    (one): Said => ({ role: one.role, content: one.content == null ? "" : plain(one.content) }),
  );
  return {
    ...takeApart(said, "messages"),
    model: read.model,
    temperature: read.temperature ?? null,
    topP: read.top_p ?? null,
    maxOutputTokens: read.max_completion_tokens ?? read.max_tokens ?? null,
    stream: read.stream ?? false,
    includeUsage: read.stream_options?.include_usage ?? false,
  };
}

const plain = (content: string | readonly { readonly text: string }[]): string =>
  typeof content === "string" ? content : content.map((part) => part.text).join("");
