import * as v from "valibot";
import { MEDIA_TYPES } from "../documents/extracted.ts";
import { cleanFileName, extensionOf } from "../documents/file_name.ts";
import { dataOf } from "./data_url.ts";

/** A file that came with a question, which nobody has read yet. Neither its name nor its media type is believed. */
export interface SentFile {
  readonly name: string;
  readonly mediaType: string;
  readonly content: Buffer;
}

/** Files of one question, and characters of their addresses together: a body has not much more room. */
export const MOST_FILES = 4;
export const MOST_FILE_CHARACTERS = 1_400_000;

/** What a name ends with that says no type itself. */
const ENDINGS: Readonly<Record<string, string>> = {
  [MEDIA_TYPES.docx]: ".docx",
  [MEDIA_TYPES.html]: ".html",
  [MEDIA_TYPES.markdown]: ".md",
  [MEDIA_TYPES.pdf]: ".pdf",
  [MEDIA_TYPES.text]: ".txt",
};

const file = v.pipe(
  v.object(
    {
      mediaType: v.picklist(Object.keys(ENDINGS)),
      url: v.string("has a url"),
      filename: v.nullish(
        v.pipe(
          v.string("has a filename that is a string"),
          v.maxLength(200, "has a filename of 200 characters at most"),
        ),
      ),
    },
    "has a mediaType and a url",
  ),
  v.check(
    ({ mediaType, url }) => dataOf(mediaType, url) !== null,
    "stands in its url, as data:<mediaType>;base64,<data>",
  ),
  v.transform(({ mediaType, url, filename }): SentFile => {
    const name = cleanFileName(filename ?? "file");
    return {
      name: extensionOf(name) === null ? name + ENDINGS[mediaType] : name,
      mediaType,
      content: Buffer.from(dataOf(mediaType, url)!, "base64"),
    };
  }),
);

const files = v.pipe(
  v.array(v.any()),
  v.maxLength(MOST_FILES, `are ${MOST_FILES} at most`),
  v.check(
    (all) =>
      all.reduce((sum, { url }) => sum + (typeof url === "string" ? url.length : 0), 0) <=
      MOST_FILE_CHARACTERS,
    `have ${MOST_FILE_CHARACTERS} characters together at most`,
  ),
  v.array(file),
);

/** Whether a part is a file of a type that we read; whatever else it is, it is taken for an image. */
export const isSentFile = (part: { readonly type: string; readonly mediaType?: unknown }): boolean =>
  part.type === "file" && typeof part.mediaType === "string" && part.mediaType in ENDINGS;

/** The files among the parts of a question, or what is wrong with them, in the end of a sentence. */
export function readSentFiles(
  parts: readonly { readonly type: string; readonly mediaType?: unknown }[],
): readonly SentFile[] | string {
  const read = v.safeParse(files, parts.filter(isSentFile));
  if (read.success) return read.output;
  const [{ path, message }] = read.issues;
  return path ? `a file ${message}` : `files ${message}`;
}
