import { Problem } from "./problem.ts";

/** Reads one field: returns its value or throws a `Wrong` with a sentence about it. */
export type Field<T> = (value: unknown) => T;

type Read<Fields> = { [Name in keyof Fields]: Fields[Name] extends Field<infer T> ? T : never };

/** What is wrong with a field, as a sentence that begins with "must". */
class Wrong extends Error {
  readonly path: string;
  constructor(message: string, path = "") {
    super(message);
    this.path = path;
  }
}

/**
 * Reads a JSON object field by field. A field that is not listed is refused, not ignored: somebody meant
 * something by it.
 *
 * @throws {Problem} 400 `invalid_input` with `errors`: every field that is wrong, and how
 */
export function readFields<Fields extends Record<string, Field<unknown>>>(
  body: Record<string, unknown>,
  fields: Fields,
): Read<Fields> {
  const { values, errors } = read(body, fields);
  if (errors.length > 0) {
    const detail = errors.map(({ field, detail }) => `"${field}" ${detail}`).join("; ");
    throw new Problem(400, "invalid_input", `${detail}.`, { members: { errors } });
  }
  return values;
}

function read<Fields extends Record<string, Field<unknown>>>(
  body: Record<string, unknown>,
  fields: Fields,
): { values: Read<Fields>; errors: { field: string; detail: string }[] } {
  const errors: { field: string; detail: string }[] = [];
  for (const name of Object.keys(body)) {
    if (!Object.hasOwn(fields, name)) errors.push({ field: name.slice(0, 100), detail: "is not known" });
  }
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    try {
      values[name] = field(Object.hasOwn(body, name) ? body[name] : undefined);
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      errors.push({ field: error.path ? `${name}.${error.path}` : name, detail: error.message });
    }
  }
  return { values: values as Read<Fields>, errors };
}

/** Text without NUL and lone surrogates, which PostgreSQL cannot hold. Lengths are in code points. */
export function text(shortest: number, longest: number, pattern?: RegExp, rule?: string): Field<string> {
  return (value) => {
    if (value === undefined) throw new Wrong("is missing");
    if (typeof value !== "string") throw new Wrong("must be a string");
    if (!value.isWellFormed() || value.includes("\0"))
      throw new Wrong("must be well-formed Unicode without NUL");
    const { length } = [...value];
    if (length < shortest || length > longest) {
      throw new Wrong(`must have from ${shortest} to ${longest} characters`);
    }
    if (pattern && !pattern.test(value)) throw new Wrong(rule ?? "has the wrong form");
    return value;
  };
}

/** A name of a person or a company: one line. */
export const name: Field<string> = (value) =>
  text(1, 200, /^[^\p{Cc}]*\S[^\p{Cc}]*$/u, "must be one line of text")(value);

/** A tenant's name in addresses. */
export const slug: Field<string> = (value) =>
  text(
    1,
    63,
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
    "must be lower-case letters, digits and inner hyphens",
  )(value);

/**
 * One e-mail address: ASCII, `local@domain`, nothing quoted, no comment, no second recipient. What mail
 * software reads in more than one way is nobody's address here; write an international domain in Punycode.
 *
 * Lower case comes back: the mail goes to the very address that the account will have.
 */
export const email: Field<string> = (value) => {
  const address = typeof value === "string" ? value.trim() : value;
  return text(3, 254, addressForm, "must be an e-mail address")(address).toLowerCase();
};

const addressForm =
  /^(?=[^@]{1,64}@)[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/i;

export const boolean: Field<boolean> = (value) => {
  if (typeof value !== "boolean")
    throw new Wrong(value === undefined ? "is missing" : "must be true or false");
  return value;
};

export function oneOf<const T extends string>(choices: readonly T[]): Field<T> {
  return (value) => {
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw new Wrong(`must be one of ${choices.join(", ")}`);
    return found;
  };
}

/** A field that may be absent. `null` is a value, not an absence. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  return (value) => (value === undefined ? undefined : field(value));
}

/** An object within the object, by the same rules. */
export function object<Fields extends Record<string, Field<unknown>>>(fields: Fields): Field<Read<Fields>> {
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new Wrong("must be an object");
    const { values, errors } = read(value as Record<string, unknown>, fields);
    const [first] = errors;
    if (first) throw new Wrong(first.detail, first.field);
    return values;
  };
}
