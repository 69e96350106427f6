import type { IncomingMessage } from "node:http";
import { Problem } from "../problem.ts";

/** Bytes that the fields and borders of a form may have beside its file. */
export const FORM = 65_536;

/** What is received while it comes: the file goes to the disk, and only its beginning stays. */
export interface Received {
  readonly name: string | null;
  readonly mediaType: string | null;
  readonly said: ReadonlyMap<string, readonly string[]>;
}

/** Takes up the bytes of the file. @throws {Problem} 413 `file_too_large` */
export type Take = (piece: Buffer) => Promise<void>;

/**
 * The body, piece by piece. Who stops reading leaves the connection open, so that a refusal can be answered.
 *
 * @throws {Problem} 400 `body_incomplete`
 */
export async function* bodyOf(req: IncomingMessage): AsyncGenerator<Buffer, void> {
  try {
    for await (const piece of req.iterator({ destroyOnReturn: false })) yield piece as Buffer;
  } catch (cause) {
    throw new Problem(400, "body_incomplete", "The body ended early.", { cause });
  }
}

/** What comes after it is not read: the connection has no further use. */
export function tooLarge(maxBytes: number): Problem {
  return new Problem(413, "file_too_large", `A file has at most ${maxBytes} bytes.`, {
    headers: { Connection: "close" },
  });
}
