import type pg from "pg";
import type { Caller } from "../../database/caller.ts";
import { askInDoor } from "../../database/door.ts";
import type { Passage } from "../passage.ts";
import type { Embedded } from "../provider/embed.ts";

/** A passage with what its provenance names. */
export interface Found extends Passage {
  readonly version: number;
  readonly rank: number;
  readonly sha256: string;
}

/** An embedding, and the model that made it. */
export interface Meaning {
  readonly vector: readonly number[];
  readonly model: string;
  /** What embedding it took. */
  readonly usage: Embedded["usage"];
}

/** Passages that a question is answered from. */
const WANTED = 8;
/** Characters of a question by which is searched. */
const SEARCHED = 4_000;

/** What the caller may read and fits the question, the best first; in one round trip. */
export async function retrieve(
  app: pg.Pool,
  caller: Caller | undefined,
  question: string,
  meaning: Meaning | null,
): Promise<Found[]> {
  const query = question.slice(0, SEARCHED).toWellFormed().trim();
  if (query === "") return [];
  const { rows } = await askInDoor(app, caller, {
    name: "search_passages",
    text: `select chunk_id, document_id, version, title, content, rank, score, sha256
      from app.search_passages(query => $1, embedding => $2::real[], wanted => $3, model => $4)`,
    values: [query, meaning?.vector ?? null, WANTED, meaning?.model ?? null],
  });
  return rows.map(
    ({ chunk_id: id, document_id: documentId, ...rest }) => ({ id, documentId, ...rest }) as Found,
  );
}
