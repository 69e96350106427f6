import { FileRefused } from "../file_refused.ts";
import { decodeText } from "./decode.ts";
import { readable } from "./readable.ts";
import type { Reading } from "./reading.ts";

/** Text as it is, but for what nobody sees. */
export function readText(bytes: Uint8Array, most: number): Reading {
  return { text: bounded(readable(decodeText(bytes, "text")), most), headings: [], pages: [] };
}

export function bounded(text: string, most: number): string {
  if (text.length <= most) return text;
  throw new FileRefused("file_too_long", `The text of the file is longer than ${most} characters.`);
}
