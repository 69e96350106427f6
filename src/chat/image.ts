import * as v from "valibot";
import { dataOf } from "./data_url.ts";
import { isSentFile } from "./sent_file.ts";

/** An image that a question shows, as a `file` part of the AI SDK's messages has it, and as it is kept in the question's parts. */
export interface Image {
  readonly type: "file";
  readonly mediaType: string;
  /** All of it: `data:image/png;base64,…`. No address is ever followed. */
  readonly url: string;
  readonly filename?: string;
}

/** Images of one question, and characters of their addresses together: what a message's parts hold (app.are_parts). */
export const MOST_IMAGES = 4;
export const MOST_CHARACTERS = 240_000;
/** Tokens that an image is taken for before the provider has counted. */
export const IMAGE_TOKENS = 1_000;

/** How the bytes of each kind begin, in hexadecimal. What could hold scripts (SVG) is none of them. */
const KINDS: Readonly<Record<string, RegExp>> = {
  "image/png": /^89504e470d0a1a0a/,
  "image/jpeg": /^ffd8ff/,
  "image/gif": /^47494638(37|39)61/,
  "image/webp": /^52494646.{8}57454250/,
};

const image = v.pipe(
  v.object(
    {
      type: v.literal("file"),
      mediaType: v.picklist(
        Object.keys(KINDS),
        "is PNG, JPEG, GIF or WebP; a file is text, Markdown, HTML, PDF or DOCX",
      ),
      url: v.pipe(
        v.string("has a url"),
        v.maxLength(MOST_CHARACTERS, `has ${MOST_CHARACTERS} characters at most`),
      ),
      filename: v.optional(
        v.pipe(
          v.string("has a filename that is a string"),
          v.maxLength(200, "has a filename of 200 characters at most"),
        ),
      ),
    },
    "has a mediaType and a url",
  ),
  v.check(
    ({ mediaType, url }) => isOfKind(mediaType, url),
    "stands in its url, as data:<mediaType>;base64,<data>",
  ),
);

const images = v.pipe(
  v.array(image),
  v.maxLength(MOST_IMAGES, `are ${MOST_IMAGES} at most`),
  v.check(
    (all) => all.reduce((sum, { url }) => sum + url.length, 0) <= MOST_CHARACTERS,
    `have ${MOST_CHARACTERS} characters together at most`,
  ),
);

function isOfKind(mediaType: string, url: string): boolean {
  const data = dataOf(mediaType, url);
  return data !== null && KINDS[mediaType]!.test(Buffer.from(data.slice(0, 32), "base64").toString("hex"));
}

/** The images among the parts of a question, or what is wrong with them, in the end of a sentence. */
export function readImages(
  parts: readonly { readonly type: string; readonly mediaType?: unknown }[],
): readonly Image[] | string {
  const read = v.safeParse(
    images,
    parts.filter((part) => part.type === "file" && !isSentFile(part)),
  );
  if (read.success) return read.output as Image[];
  const [{ path, message }] = read.issues;
  return path ? `an image ${message}` : `images ${message}`;
}

/** Those of a question that was kept. */
export const imagesIn = (parts: readonly object[]): readonly Image[] =>
  parts.filter((part) => (part as Partial<Image>).type === "file") as Image[];
