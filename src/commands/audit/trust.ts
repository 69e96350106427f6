import { readFileSync } from "node:fs";
import { treeName } from "../../audit/audit_key.ts";
import { readCheckpoint } from "../../audit/checkpoint.ts";
import { BadNote, readVerifier, type Verifier } from "../../audit/note.ts";
import { notesIn } from "../../audit/notes_in.ts";
import { keptInS3 } from "../../audit/s3_anchor.ts";
import type { Trust } from "../../audit/verify_tree.ts";
import { loadEnvironmentFile, readConfig } from "../../config.ts";
import { CommandError, UsageError } from "../failures.ts";

/** What --checkpoints is called that are in the bucket of the settings. */
export const IN_S3 = "s3";
/** How many of a tree are read there, the newest. */
const MOST = 20;

/**
 * The newest checkpoints of a tenant's tree in the bucket of AUDIT_ANCHOR_S3.
 *
 * @throws {CommandError} where it cannot be read
 */
export async function checkpointsInS3(tenant: string): Promise<string[]> {
  loadEnvironmentFile();
  const { origin, outside } = readConfig().audit;
  if (!outside.s3) throw new UsageError("--checkpoints s3 wants AUDIT_ANCHOR_S3");
  try {
    return await keptInS3(outside.s3, treeName(origin, tenant), MOST);
  } catch (error) {
    throw new CommandError(`cannot read checkpoints of ${tenant}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** What --key and --checkpoints give to go by. */
export function trustOf(keys: readonly string[] | undefined, files: readonly string[] | undefined): Trust {
  const named = (files ?? []).filter((file) => file !== IN_S3);
  return { keys: keys ? keys.map(verifierOf) : null, checkpoints: named.flatMap(checkpointsIn) };
}

function verifierOf(text: string): Verifier {
  try {
    return readVerifier(text);
  } catch (error) {
    if (error instanceof BadNote) throw new UsageError(`--key: ${error.message}`, { cause: error });
    throw error;
  }
}

function checkpointsIn(path: string): string[] {
  try {
    const notes = notesIn(readFileSync(path, "utf8"));
    for (const note of notes) readCheckpoint(note);
    return notes;
  } catch (error) {
    if (error instanceof BadNote) throw new CommandError(`${path}: ${error.message}`, { cause: error });
    throw new CommandError(`cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
}
