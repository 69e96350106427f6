import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  CHUNK_SIZES,
  type Chunk,
  type ChunkSizes,
  type Extracted,
  type ExtractionLimits,
} from "./extracted.ts";
import { cleanFileName } from "./file_name.ts";
import { ExtractionFailed, FileRefused } from "./file_refused.ts";
import { oneAtATime } from "./one_at_a_time.ts";
import { type Answer, type Order, TOO_LARGE } from "./reading/order.ts";
import { type Ended, startReading } from "./reading_process.ts";

/** A file that somebody sent. Neither its name nor its media type is believed. */
export interface SentFile {
  readonly name: string;
  readonly mediaType?: string | null;
  /** The bytes, or where they are. */
  readonly content: Uint8Array | { readonly path: string };
}

export interface ExtractionOptions {
  readonly chunkSizes?: ChunkSizes;
  /** Ends it, and its process. */
  readonly signal?: AbortSignal;
}

/** What was read, and cut in the same place: here, either would keep everybody else waiting. */
export interface Extraction extends Extracted {
  readonly chunks: readonly Chunk[];
}

/**
 * The text of a file, read in a process of its own that is killed where it takes too long or occupies too much. Of all
 * calls in this process one reads at a time; the others wait, and their clocks have not started.
 *
 * @throws {FileRefused} where the file is at fault
 * @throws {ExtractionFailed} where the machine is
 * @throws the signal's reason, once the process is gone
 */
export function extractText(
  file: SentFile,
  limits: ExtractionLimits,
  { chunkSizes = CHUNK_SIZES, signal }: ExtractionOptions = {},
): Promise<Extraction> {
  return oneAtATime(async () => {
    signal?.throwIfAborted();
    if ((await sizeOf(file.content)) > limits.maxBytes) {
      throw new FileRefused("file_too_large", `The file is larger than ${limits.maxBytes} bytes.`);
    }
    const reading = startReading(limits);
    const stop = (): void => reading.kill();
    signal?.addEventListener("abort", stop);
    try {
      // A process that has answered already takes no more; what became of it is said by how it ended.
      const sent = send(file, { limits, chunkSizes }, reading.input).then(
        () => null,
        (error: unknown) => ({ error }),
      );
      const ended = await reading.ended;
      signal?.throwIfAborted();
      const unsent = await sent;
      if (unsent) throw unsent.error;
      return await answered(ended);
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  });
}

async function sizeOf(content: SentFile["content"]): Promise<number> {
  return content instanceof Uint8Array ? content.length : (await stat(content.path)).size;
}

/** @throws what reading the file failed with; not that the process took no more of it */
async function send(
  file: SentFile,
  how: Pick<Order, "chunkSizes" | "limits">,
  input: NodeJS.WritableStream,
): Promise<void> {
  const order: Order = {
    name: cleanFileName(file.name),
    mediaType: file.mediaType?.slice(0, 200) ?? null,
    ...how,
    parent: process.pid,
  };
  const { content } = file;
  const source = content instanceof Uint8Array ? Readable.from([content]) : createReadStream(content.path);
  input.write(`${JSON.stringify(order)}\n`);
  // A process that has enough takes no more, which is no failure; a file that cannot be read is one.
  await pipeline(source, input).catch((error: NodeJS.ErrnoException) => {
    if (error.syscall === "open" || error.syscall === "read") throw error;
  });
}

function answered({ output, errors, code, signal, ranOut }: Ended): Extraction {
  if (ranOut) throw new FileRefused("file_too_slow", "Reading the file takes too long.");
  // V8 aborts where its heap is full.
  if (signal === TOO_LARGE || signal === "SIGABRT" || code === 134) {
    throw new FileRefused("file_too_costly", "Reading the file takes too much memory.");
  }
  if (code !== 0) {
    throw new ExtractionFailed(`The process that read a file ended with ${signal ?? code}: ${errors.trim()}`);
  }
  const answer = JSON.parse(output) as Answer;
  if ("refused" in answer) throw new FileRefused(answer.refused, answer.message);
  const { extracted, chunks } = answer;
  return {
    ...extracted,
    chunks: chunks.map((chunk) => ({ ...chunk, text: extracted.text.slice(chunk.start, chunk.end) })),
  };
}
