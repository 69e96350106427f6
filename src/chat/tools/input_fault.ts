import { type Schema, Validator } from "@cfworker/json-schema";

/** Characters of what a tool may be called with. */
export const MOST_INPUT = 8_000;

/**
 * Keywords that are checked here. Each says no to less where a part of it is left out, so that what is not checked refuses nothing.
 * What a company writes into the others could keep the process for ever: regular expressions, references in a circle, every item
 * against every other. The tool looks at its input itself.
 */
const SIMPLE = new Set([
  "type",
  "enum",
  "const",
  "required",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "minProperties",
  "maxProperties",
]);
/** Levels of a schema that are looked at. */
const DEEPEST = 12;

/** What does not fit about an input, in a sentence for the model; null where it fits. @param input undefined: it was no JSON */
export function inputFault(schema: Readonly<Record<string, unknown>>, input: unknown): string | null {
  if (input === undefined) return "The input is no JSON.";
  if (JSON.stringify(input).length > MOST_INPUT) return `The input has more than ${MOST_INPUT} characters.`;
  const { valid, errors } = new Validator(checkable(schema) as Schema, "2020-12", true).validate(input);
  if (valid) return null;
  const { instanceLocation, error } = errors.at(-1) ?? { instanceLocation: "#", error: "It does not fit." };
  return `The input does not fit the schema at ${instanceLocation}: ${error}`.slice(0, 500);
}

/** Of a schema, what is checked here. */
export function checkable(schema: unknown, depth = 0): object | boolean {
  if (typeof schema === "boolean") return schema;
  if (typeof schema !== "object" || schema === null || depth > DEEPEST) return true;
  const given = schema as Readonly<Record<string, unknown>>;
  const inner = (one: unknown): object | boolean => checkable(one, depth + 1);
  const kept: Record<string, unknown> = Object.fromEntries(
    Object.entries(given).filter(([keyword]) => SIMPLE.has(keyword)),
  );
  const { properties, additionalProperties, items } = given;
  if (isObject(properties))
    kept.properties = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, inner(one)]));
  // Beside patterns that are not looked at, nothing is one property too many.
  if (additionalProperties !== undefined && given.patternProperties === undefined)
    kept.additionalProperties = inner(additionalProperties);
  // Older drafts have a list here, of the first items.
  if ((isObject(items) || typeof items === "boolean") && given.prefixItems === undefined)
    kept.items = inner(items);
  for (const keyword of ["anyOf", "allOf"]) {
    if (Array.isArray(given[keyword]) && given[keyword].length > 0) kept[keyword] = given[keyword].map(inner);
  }
  // One of them and no other: which others fit cannot be said of what is looked at in part only.
  if (Array.isArray(given.oneOf) && given.oneOf.length > 0 && kept.anyOf === undefined)
    kept.anyOf = given.oneOf.map(inner);
  return kept;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
