import { BadNote, openNote, type Signer, signNote, textOf, type Verifier } from "./note.ts";

/** What a checkpoint says of a tree (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** The tree's name. */
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

export function signCheckpoint({ origin, size, root }: Checkpoint, signer: Signer): string {
  return signNote(`${origin}\n${size}\n${root.toString("base64")}\n`, signer);
}

/** @throws {BadNote} where it is no checkpoint; who signed it is another question */
export function readCheckpoint(note: string): Checkpoint {
  const [origin, size, root, ...more] = textOf(note).split("\n");
  const bytes = Buffer.from(root ?? "", "base64");
  if (!origin || !/^(0|[1-9]\d{0,15})$/.test(size ?? "") || bytes.length !== 32 || more.join("") !== "") {
    throw new BadNote("this is no checkpoint: a name, a size and a root");
  }
  return { origin, size: Number(size), root: bytes };
}

/**
 * A checkpoint that one of these keys signed for its tree.
 *
 * @throws {BadNote}
 */
export function openCheckpoint(note: string, verifiers: readonly Verifier[]): Checkpoint {
  const checkpoint = readCheckpoint(note);
  const signed = openNote(note, verifiers);
  if (!signed.some(({ verifier }) => verifier.kind === "note" && verifier.name === checkpoint.origin)) {
    throw new BadNote(`no key of ${checkpoint.origin} signed this checkpoint`);
  }
  return checkpoint;
}
