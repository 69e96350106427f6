import { ContentCorrupt, StorageUnavailable } from "../documents/storage/object_storage.ts";
import { CODES, comeBack } from "./codes.ts";
import { Problem } from "./problem.ts";

const MESSAGES = {
  storage_unavailable: "The storage that has the bytes of documents cannot be reached just now.",
  content_corrupt: "The bytes that are stored are not those that were brought.",
} as const;

/** What is wrong with the object storage; null for any other error. Where it is and what it said stays in the log. */
export function storageProblem(error: unknown): Problem | null {
  if (!(error instanceof StorageUnavailable || error instanceof ContentCorrupt)) return null;
  const { code } = error;
  const { status } = CODES[code];
  return new Problem(status, code, MESSAGES[code], { headers: comeBack(status), cause: error });
}
