import * as v from "valibot";
import type { DocumentSaid, KeptFile } from "../../documents/library.ts";
import * as field from "../fields.ts";
import type { Upload } from "./receive.ts";

const TAGS = 20;

/** What may be said of a document, in the fields of a form or in the query. The rules themselves are the database's. */
export const documentFields = {
  title: field.optional(field.text(1, 200)),
  visibility: field.optional(field.oneOf(["private", "team", "tenant"])),
  teamId: field.optional(v.pipe(v.string("must be given once"), v.uuid("must be a UUID"))),
  tags: field.optional(
    v.pipe(v.array(field.text(1, 60), "must be a list"), v.maxLength(TAGS, `must be ${TAGS} at most`)),
  ),
  language: field.optional(field.text(2, 35)),
};

/** Reads them; a document without a title is called as its file is. @throws {Problem} 400 `invalid_input` */
export function readDocument({ file, said }: Upload): DocumentSaid {
  const { title = titleOf(file), ...rest } = field.readFields(asObject(said), documentFields);
  if (title === null) {
    throw field.invalidFields([{ field: "title", detail: "is missing, and the file has no name" }]);
  }
  return { title, ...rest };
}

/** That nothing was said. @throws {Problem} 400 `invalid_input` */
export function readNothing({ said }: Upload): void {
  field.readFields(asObject(said), {});
}

/** Tags come comma by comma, or one by one; anything else once. */
function asObject(said: Upload["said"]): Record<string, unknown> {
  return Object.fromEntries(
    [...said].map(([name, values]) => [name, name === "tags" ? tagsOf(values) : oneOf(values)]),
  );
}

function tagsOf(values: readonly string[]): string[] {
  return values
    .flatMap((value) => value.split(","))
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
}

const oneOf = (values: readonly string[]): unknown => (values.length === 1 ? values[0] : values);

function titleOf({ name }: KeptFile): string | null {
  return name === null ? null : name.replace(/(?<=.)\.[a-z][a-z0-9]{0,9}$/i, "");
}
