import { FileRefused } from "../file_refused.ts";

const MARKS: readonly (readonly [string, readonly number[]])[] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

/**
 * The characters of a text file: by its byte order mark, else by what HTML declares, else as UTF-8. A file that is
 * none of these is refused and never guessed at: a wrong guess reads as nonsense, and nobody is told.
 */
export function decodeText(bytes: Uint8Array, type: "html" | "markdown" | "text"): string {
  const encoding = markOf(bytes) ?? (type === "html" ? declaredIn(bytes) : null) ?? "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FileRefused(
      "file_encoding_unknown",
      `The characters of the file are not in ${encoding.slice(0, 40)}; save it as UTF-8.`,
      { cause },
    );
  }
}

/** Which encoding the first bytes mark, or null. */
export function markOf(bytes: Uint8Array): string | null {
  return MARKS.find(([, mark]) => mark.every((byte, place) => bytes[place] === byte))?.[0] ?? null;
}

/** HTML Standard, "prescan a byte stream": a page that can say UTF-16 in ASCII is not in it. */
function declaredIn(bytes: Uint8Array): string | null {
  const beginning = new TextDecoder("latin1").decode(bytes.subarray(0, 4096)).replaceAll(/<!--.*?-->/gs, "");
  const declared =
    /^<\?xml[^>]{0,200}\bencoding=["']([\w.:-]+)/i.exec(beginning)?.[1] ??
    /<meta\b[^>]{0,500}\bcharset\s*=\s*["']?\s*([\w.:-]+)/i.exec(beginning)?.[1];
  return declared === undefined || /^utf-?16/i.test(declared) ? null : declared;
}
