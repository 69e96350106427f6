import { createReadStream } from "node:fs";
import { BadExport } from "./export_format.ts";

/**
 * The lines of a file: what a line feed ends, and nothing else (Node's readline ends them at U+2028 too, which JSON may hold).
 *
 * @throws {BadExport} where it cannot be read
 */
export async function* linesOf(path: string): AsyncGenerator<string, void> {
  let begun = "";
  try {
    for await (const piece of createReadStream(path, { encoding: "utf8", highWaterMark: 262_144 })) {
      const lines = (begun + (piece as string)).split("\n");
      begun = lines.pop()!;
      yield* lines;
    }
  } catch (error) {
    throw new BadExport(`cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
  if (begun !== "") yield begun;
}
