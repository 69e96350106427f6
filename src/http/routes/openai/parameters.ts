import { isDeepStrictEqual } from "node:util";
import * as v from "valibot";
import type { Field } from "../../fields.ts";

/** Bytes of a body: these clients send all that was said before, each time. */
export const V1_BODY_LIMIT = 1_000_000;

/**
 * A parameter of OpenAI's that is not done here. It may come with what happens anyway; anything else is refused: somebody meant
 * something by it.
 *
 * @param anyway values that change nothing, beside null
 */
export function notDone(...anyway: readonly unknown[]) {
  return v.optional(
    v.pipe(
      v.unknown(),
      v.check(
        (value) => value === null || anyway.some((one) => isDeepStrictEqual(one, value)),
        "is not supported here",
      ),
      v.metadata({ description: "Not supported: taken only where it asks for what happens anyway." }),
    ),
  );
}

/** Taken and not used: how much is held and shown of somebody is decided by their credential. */
export const unused = v.optional(v.unknown());

/** Absent or null, which OpenAI's clients take for the same. */
export const orNull = <T>(field: Field<T>) => v.nullish(field);

export const between = (least: number, most: number): Field<number> =>
  v.pipe(
    v.number("must be a number"),
    v.minValue(least, `must be ${least} at least`),
    v.maxValue(most, `must be ${most} at most`),
  );

export const tokens: Field<number> = v.pipe(
  v.number("must be a number"),
  v.integer("must be a whole number"),
  v.minValue(1, "must be 1 at least"),
  v.maxValue(1_000_000, "must be 1000000 at most"),
);

/** The name of a model. Which there are, `GET /v1/models` says; whether one is allowed, the database. */
export const model: Field<string> = v.pipe(
  v.string("must be a string"),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$/, "must be the name of a model"),
);

/** What both ways of asking for an answer have, and what neither does here. */
export const COMMON = {
  model: orNull(model),
  temperature: orNull(between(0, 2)),
  top_p: orNull(between(0, 1)),
  stream: orNull(v.boolean("must be true or false")),
  user: unused,
  safety_identifier: unused,
  prompt_cache_key: unused,
  metadata: notDone({}),
  moderation: notDone(),
  parallel_tool_calls: notDone(true, false),
  prompt_cache_options: notDone(),
  prompt_cache_retention: notDone(),
  service_tier: notDone("auto", "default"),
  // What goes over /v1 is kept by whoever asks, and not here.
  store: notDone(false),
  tool_choice: notDone("none", "auto"),
  tools: notDone([]),
  top_logprobs: notDone(0),
} as const;
