import * as v from "valibot";
import { readForeignHash, UnusableHash } from "../../auth/foreign_hashes.ts";
import { boolean, email, name, slug, text } from "../../http/fields.ts";

/** Somebody to import, as `auth.import_people()` takes them. */
export interface ImportedPerson {
  readonly line: number;
  readonly email: string;
  readonly name: string;
  /** Whether the other system had proof of the address. */
  readonly proven: boolean;
  /** A PHC string; null where there is none, and where the address was not proven. */
  readonly hash: string | null;
  readonly tenant: string | null;
  readonly role: string | null;
  readonly locale: string | null;
  /** RFC 3339. */
  readonly created_at: string | null;
  /** Whether the line had a password that is left behind. */
  readonly leftBehind: boolean;
}

/** Where a line does not say which company or role. */
export interface Presets {
  readonly tenant: string | null;
  readonly role: string | null;
}

/** A line that is nobody's; the message says why, and quotes nothing of it: it may hold a hash. */
export class BadLine extends Error {
  override readonly name = "BadLine";
}

const instant = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/;
const schema = v.strictObject({
  email,
  emailVerified: boolean,
  name: v.nullish(name),
  passwordHash: v.nullish(text(1, 1_000)),
  tenant: v.nullish(slug),
  role: v.nullish(text(1, 60)),
  locale: v.nullish(
    text(2, 35, /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, "must be a language tag such as en or de-AT"),
  ),
  createdAt: v.nullish(
    v.pipe(
      v.string("must be a string"),
      v.check(
        (value) => instant.test(value) && !Number.isNaN(Date.parse(value)),
        "must be a time with its zone, such as 2021-03-04T05:06:07Z",
      ),
    ),
  ),
});

/**
 * Reads a line of an import.
 *
 * @throws {BadLine} with everything that is wrong
 */
export function readPersonLine(line: number, written: string, presets: Presets): ImportedPerson {
  const read = v.safeParse(schema, objectIn(written));
  if (!read.success) throw new BadLine(read.issues.map(sentence).join("; "));
  const given = read.output;
  const tenant = given.tenant ?? presets.tenant;
  if (given.role && tenant === null)
    throw new BadLine('"role" is a role in which company? "tenant" is missing');
  return {
    line,
    email: given.email,
    name: given.name ?? given.email.slice(0, given.email.indexOf("@")),
    proven: given.emailVerified,
    hash: given.passwordHash && given.emailVerified ? hashIn(given.passwordHash) : null,
    tenant,
    role: tenant === null ? null : (given.role ?? presets.role ?? "member"),
    locale: given.locale ?? null,
    created_at: given.createdAt ?? null,
    leftBehind: Boolean(given.passwordHash) && !given.emailVerified,
  };
}

function objectIn(written: string): object {
  let value: unknown;
  try {
    value = JSON.parse(written);
  } catch {
    // What the parser says, quotes the line.
    throw new BadLine("is no JSON");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new BadLine("is no JSON object");
}

function hashIn(written: string): string {
  try {
    return readForeignHash(written);
  } catch (error) {
    if (!(error instanceof UnusableHash)) throw error;
    throw new BadLine(`"passwordHash" ${error.message}`, { cause: error });
  }
}

function sentence(issue: v.BaseIssue<unknown>): string {
  const field = issue.path?.map(({ key }) => String(key)).join(".") ?? "";
  if (issue.expected === "never") return `"${field.slice(0, 100).toWellFormed()}" is not known`;
  return `"${field}" ${issue.input === undefined ? "is missing" : issue.message}`;
}
