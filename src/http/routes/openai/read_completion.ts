import * as v from "valibot";
import { boolean, readFields, text } from "../../fields.ts";
import { invalidInput } from "../../problem.ts";
import { type Asked, type Said, type Shown, shownAt, takeApart } from "./asked.ts";
import { COMMON, model, notDone, orNull, tokens, unused, V1_BODY_LIMIT } from "./parameters.ts";

const words = text(0, V1_BODY_LIMIT);

/** What an image is called in detail is for the model to say; how it is sent is not. */
const picture = v.strictObject({
  type: v.literal("image_url"),
  image_url: v.strictObject({ url: v.string("must be a string"), detail: unused }),
});
const attached = v.strictObject({
  type: v.literal("file"),
  file: v.strictObject({
    file_data: v.string("must be a string"),
    filename: orNull(v.string("must be a string")),
    file_id: notDone(),
  }),
});

const content = v.union(
  [
    words,
    v.pipe(
      v.array(
        v.variant("type", [v.strictObject({ type: v.literal("text"), text: words }), picture, attached]),
      ),
      v.maxLength(1_000, "must have 1000 parts at most"),
    ),
  ],
  "must be text, or a list of parts of the types text, image_url and file",
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
    (one): Said => ({
      role: one.role,
      content: one.content == null ? "" : plain(one.content),
      shown: one.content == null ? [] : shownIn(one.content),
    }),
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

type Content = v.InferOutput<typeof content>;

const plain = (content: Content): string =>
  typeof content === "string"
    ? content
    : content.map((part) => (part.type === "text" ? part.text : "")).join("");

const shownIn = (content: Content): readonly Shown[] =>
  typeof content === "string"
    ? []
    : content.flatMap((part) => {
        if (part.type === "image_url") return shownAt(part.image_url.url);
        return part.type === "file" ? shownAt(part.file.file_data, part.file.filename) : [];
      });
