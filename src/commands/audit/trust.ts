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
const IN_S3 = "s3";
/** How many of a tree are read there, the newest. */
const MOST = 20;

/** What --key and --checkpoints give to go by. */
export interface GivenTrust {
  readonly keys: readonly Verifier[] | null;
  /** Of the files; those in the bucket are of one tree each. */
  readonly checkpoints: readonly string[];
  readonly inS3: boolean;
}

export function trustOf(
  keys: readonly string[] | undefined,
  checkpoints: readonly string[] = [],
): GivenTrust {
  return {
    keys: keys ? keys.map(verifierOf) : null,
    checkpoints: checkpoints.filter((named) => named !== IN_S3).flatMap(checkpointsIn),
    inS3: checkpoints.includes(IN_S3),
  };
}

/**
 * What these tenants' trees are compared with: what was given, and where that was asked for the newest of their checkpoints in the
 * bucket of AUDIT_ANCHOR_S3. Asked for before the trees are read, because a checkpoint that is younger than what is read of its
 * tree looks like a tail that was cut.
 *
 * @throws {CommandError} where the bucket cannot be read
 */
export async function trustFor(
  { keys, checkpoints, inS3 }: GivenTrust,
  tenants: readonly string[],
): Promise<Trust> {
  if (!inS3) return { keys, checkpoints };
  const kept = await Promise.all(tenants.map(checkpointsInS3));
  return { keys, checkpoints: [...checkpoints, ...kept.flat()] };
}

async function checkpointsInS3(tenant: string): Promise<string[]> {
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
