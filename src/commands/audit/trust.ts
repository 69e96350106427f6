import { readFileSync } from "node:fs";
import { readCheckpoint } from "../../audit/checkpoint.ts";
import { BadNote, readVerifier, type Verifier } from "../../audit/note.ts";
import { notesIn } from "../../audit/notes_in.ts";
import type { Trust } from "../../audit/verify_tree.ts";
import { CommandError, UsageError } from "../failures.ts";

/** What --key and --checkpoints give to go by. */
export function trustOf(keys: readonly string[] | undefined, files: readonly string[] | undefined): Trust {
  return { keys: keys ? keys.map(verifierOf) : null, checkpoints: (files ?? []).flatMap(checkpointsIn) };
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
