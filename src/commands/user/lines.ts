/** A line of a file, numbered from 1. Where it cannot be read, `problem` says why. */
export type Line =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly problem: string };

/** Bytes. A person takes some hundred; what goes on for longer than this is no line of one. */
const LONGEST = 65_536;
const NEWLINE = 0x0a;

/**
 * The lines of a file as they come, so that it may be larger than memory, and so may be a line of it. Lines that hold
 * nothing are left out, and counted.
 */
export async function* linesIn(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let number = 1;
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      take(chunk.subarray(start, end));
      yield* finish();
      start = end + 1;
    }
    take(chunk.subarray(start));
  }
  yield* finish();

  function take(part: Buffer): void {
    length += part.length;
    // Of a line that is too long, the rest is only counted.
    if (length <= LONGEST) parts.push(part);
  }
  function* finish(): Generator<Line> {
    const line = length > LONGEST ? null : decode(Buffer.concat(parts));
    if (length > LONGEST) yield { number, problem: `is longer than ${LONGEST} bytes` };
    else if (line === null) yield { number, problem: "is not UTF-8" };
    else if (line.trim() !== "") yield { number, text: line };
    number += 1;
    parts = [];
    length = 0;
  }
}

/** A byte order mark is no part of the text. */
function decode(line: Buffer): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(line);
  } catch {
    return null;
  }
}
