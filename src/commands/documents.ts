import { moveDocuments } from "./documents/move.ts";
import { UsageError } from "./failures.ts";

/** `rowhouse documents move --to s3|postgres`: where the bytes of documents are. Status 1 where some could not be moved. */
export async function documents(args: string[]): Promise<0 | 1> {
  const [verb, ...rest] = args;
  if (verb === "move") return moveDocuments(rest);
  throw new UsageError(verb === undefined ? '"documents" wants move' : `"documents" cannot "${verb}"`);
}
