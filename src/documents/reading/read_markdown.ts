import type { Heading } from "../extracted.ts";
import { decodeText } from "./decode.ts";
import { bounded } from "./read_text.ts";
import { asTitle, readable } from "./readable.ts";
import type { Reading } from "./reading.ts";

/**
 * Markdown is readable as it is; headings are found by CommonMark's two ways of writing them (sections 4.2 and 4.3),
 * not within fenced code. Comments of HTML go, since no reader of the page sees them.
 */
export function readMarkdown(bytes: Uint8Array, most: number): Reading {
  const text = bounded(withoutComments(readable(decodeText(bytes, "markdown"))), most);
  const matter = /^---\n(?:.*\n)*?---(?:\n|$)/.exec(text)?.[0] ?? "";
  const headings = headingsOf(text, matter.length);
  const first = headings.find(({ level }) => level === 1);
  return {
    text,
    headings,
    pages: [],
    title: asTitle(/^title:[ \t]*["']?(.+?)["']?[ \t]*$/m.exec(matter)?.[1] ?? titleOf(text, first)),
  };
}

function headingsOf(text: string, from: number): Heading[] {
  const headings: Heading[] = [];
  let fence: string | null = null;
  let before: Omit<Heading, "level"> | null = null;
  for (const { start, end, line } of linesOf(text, from)) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== null) {
      if (mark?.startsWith(fence) && line.trim() === mark) fence = null;
      continue;
    }
    if (mark !== undefined) fence = mark;
    const hashes = /^ {0,3}(#{1,6})(?:[ \t]|$)/.exec(line)?.[1];
    const underline: string | null | undefined =
      before === null ? null : /^ {0,3}(=+|-+)[ \t]*$/.exec(line)?.[1];
    if (hashes) headings.push({ level: hashes.length, start, end });
    else if (underline && before) headings.push({ level: underline[0] === "=" ? 1 : 2, ...before });
    const isText: boolean = mark === undefined && !hashes && !underline && /^ {0,3}[^\s>|*+-]/.test(line);
    before = isText ? { start, end } : null;
  }
  return headings;
}

function* linesOf(text: string, from: number): Generator<{ start: number; end: number; line: string }> {
  for (let start = from; start < text.length; ) {
    const found = text.indexOf("\n", start);
    const end = found === -1 ? text.length : found;
    yield { start, end, line: text.slice(start, end) };
    start = end + 1;
  }
}

/** Outside of fenced code only, where they are shown. */
function withoutComments(text: string): string {
  const parts = text.split(/^( {0,3}(?:`{3,}|~{3,})[^\n]*(?:\n|$))/m);
  let fence: string | null = null;
  return parts
    .map((part, place) => {
      if (place % 2 === 0) return fence === null ? part.replaceAll(/<!--[\s\S]*?(?:-->|$)/g, "") : part;
      const mark = part.trim();
      if (fence === null) fence = /^(`+|~+)/.exec(mark)?.[0] ?? null;
      else if (mark.startsWith(fence) && /^(`+|~+)$/.test(mark)) fence = null;
      return part;
    })
    .join("");
}

function titleOf(text: string, heading: Heading | undefined): string | undefined {
  return heading && text.slice(heading.start, heading.end).replaceAll(/^\s*#+\s*|\s*#*\s*$/g, "");
}
