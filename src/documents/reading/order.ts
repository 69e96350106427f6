import type { Chunk, ChunkSizes, Extracted, ExtractionLimits } from "../extracted.ts";
import type { FileCode } from "../file_refused.ts";

/** What a reading process is told, as a line of JSON; the bytes of the file follow. */
export interface Order {
  readonly name: string;
  readonly mediaType: string | null;
  readonly limits: ExtractionLimits;
  readonly chunkSizes: ChunkSizes;
  /** The process that waits for the answer. */
  readonly parent: number;
}

/** What it answers, in JSON. The text goes over once: that of each chunk is cut out of it again. */
export type Answer =
  | { readonly extracted: Extracted; readonly chunks: readonly Omit<Chunk, "text">[] }
  | { readonly refused: FileCode; readonly message: string };

/** What it dies of when it is too large. Nothing else sends it, so its starter knows why it ended. */
export const TOO_LARGE: NodeJS.Signals = "SIGUSR2";
