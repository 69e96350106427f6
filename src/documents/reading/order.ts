import type { Extracted, ExtractionLimits } from "../extracted.ts";
import type { FileCode } from "../file_refused.ts";

/** What a reading process is told, as a line of JSON; the bytes of the file follow. */
export interface Order {
  readonly name: string;
  readonly mediaType: string | null;
  readonly limits: ExtractionLimits;
  /** The process that waits for the answer. */
  readonly parent: number;
}

/** What it answers, in JSON. */
export type Answer =
  | { readonly extracted: Extracted }
  | { readonly refused: FileCode; readonly message: string };

/** What it dies of when it is too large. Nothing else sends it, so its starter knows why it ended. */
export const TOO_LARGE: NodeJS.Signals = "SIGUSR2";
