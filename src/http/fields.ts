import * as v from "valibot";
import { Problem } from "./problem.ts";

// What a JSON body may hold, said once: it is read by these schemas, and described by them in openapi.json.

/** How one field is read: a schema of valibot whose messages are sentences that go on from the field's name. */
export type Field<T> = v.GenericSchema<unknown, T>;

/** The fields of an object, by their names. */
export type Fields = v.ObjectEntries;

type Read<Entries extends Fields> = v.InferOutput<v.ObjectSchema<Entries, undefined>>;

/** Most unknown fields that are named one by one, so that a body of many is not answered by a longer one. */
const NAMED = 10;

/**
 * Reads a JSON object field by field. A field that is not listed is refused, not ignored: somebody meant
 * something by it.
 *
 * @throws {Problem} 400 `invalid_input` with `errors`: every field that is wrong, and how; of unknown ones the first ten
 */
export function readFields<const Entries extends Fields>(
  body: Record<string, unknown>,
  fields: Entries,
): Read<Entries> {
  const read = v.safeParse(v.object(fields), body, { abortPipeEarly: true });
  const errors = [...unknownFields(body, fields), ...(read.issues ?? []).map(fieldError)];
  if (errors.length > 0) throw invalidFields(errors);
  return read.output as Read<Entries>;
}

/** What is wrong with a field, as a sentence that goes on from its name. */
export interface FieldError {
  readonly field: string;
  readonly detail: string;
}

/** 400 `invalid_input`, naming the fields in `errors`. */
export function invalidFields(errors: readonly FieldError[], cause?: unknown): Problem {
  const detail = errors.map(({ field, detail }) => `"${field}" ${detail}`).join("; ");
  return new Problem(400, "invalid_input", `${detail}.`, { members: { errors }, cause });
}

function unknownFields(body: Record<string, unknown>, fields: Fields): FieldError[] {
  const unknown = Object.keys(body).filter((name) => !Object.hasOwn(fields, name));
  return unknown.slice(0, NAMED).map((name, index) => ({
    field: shown(name),
    detail:
      index === NAMED - 1 && unknown.length > NAMED
        ? `and ${unknown.length - NAMED} more are not known`
        : "is not known",
  }));
}

function fieldError(issue: v.BaseIssue<unknown>): FieldError {
  const field = issue.path?.map(({ key }) => shown(String(key))).join(".") ?? "";
  if (issue.expected === "never") return { field, detail: "is not known" };
  return { field, detail: issue.input === undefined ? "is missing" : issue.message };
}

/** What a client calls a field, where it is said again. */
const shown = (name: string): string => name.slice(0, 100).toWellFormed();

/** What PostgreSQL cannot hold: NUL, and half a surrogate pair. */
const storable = v.check(
  (value: string) => value.isWellFormed() && !value.includes("\0"),
  "must be well-formed Unicode without NUL",
);

/** From `shortest` to `longest` code points, which is also how JSON Schema counts. */
const characters = (shortest: number, longest: number) =>
  v.check((value: string) => {
    const { length } = [...value];
    return length >= shortest && length <= longest;
  }, `must have from ${shortest} to ${longest} characters`);

/** Text that PostgreSQL can hold. @param rule what `pattern` wants, as a sentence that goes on from the field's name */
export function text(shortest: number, longest: number, pattern?: RegExp, rule?: string): Field<string> {
  return v.pipe(
    v.string("must be a string"),
    storable,
    characters(shortest, longest),
    v.check((value) => pattern?.test(value) ?? true, rule),
    v.metadata({ minLength: shortest, maxLength: longest, ...(pattern && { pattern: pattern.source }) }),
  );
}

/** A name of a person or a company. What is a name, the database says (`app.is_name`). */
export const name: Field<string> = text(1, 200);

/** A tenant's name in addresses. */
export const slug: Field<string> = text(
  1,
  63,
  /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
  "must be lower-case letters, digits and inner hyphens",
);

const addressForm =
  /^(?=[^@]{1,64}@)[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/i;

/**
 * One e-mail address: ASCII, `local@domain`, nothing quoted, no comment, no second recipient. What mail
 * software reads in more than one way is nobody's address here; write an international domain in Punycode.
 *
 * Lower case comes back: the mail goes to the very address that the account will have.
 */
export const email: Field<string> = v.pipe(
  v.string("must be a string"),
  // Of ASCII only, as in auth.normalise_email(): a byte order mark around an address is no space.
  v.transform((value) => value.replace(/^[ \t\n\r]+|[ \t\n\r]+$/g, "")),
  storable,
  characters(3, 254),
  v.check((value) => addressForm.test(value), "must be an e-mail address"),
  v.toLowerCase(),
  v.metadata({ format: "email", minLength: 3, maxLength: 254 }),
);

export const boolean: Field<boolean> = v.boolean("must be true or false");

export function oneOf<const T extends string>(choices: readonly T[]): Field<T> {
  return v.picklist(choices, `must be one of ${choices.join(", ")}`);
}

/** A field that may be absent. `null` is a value, not an absence. */
export function optional<T>(field: Field<T>): v.OptionalSchema<Field<T>, undefined> {
  return v.optional(field);
}

/** An object within the object, by the same rules. */
export function object<const Entries extends Fields>(fields: Entries): Field<Read<Entries>> {
  return v.strictObject(fields, "must be an object") as unknown as Field<Read<Entries>>;
}
