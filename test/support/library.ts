import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { indexDocuments, type PassageEmbedder, type Reading } from "../../src/jobs/index_documents.ts";
import type { TestDatabase } from "./database.ts";
import { jobContext } from "./jobs.ts";

/** How long the tests' embeddings are. */
const DIMENSIONS = 256;
export const MODEL = "words-256";

/**
 * An embedding that is near another where the texts share words, for tests that need the same one each time: every word adds a
 * direction of its own. It knows no meaning.
 */
export function embedding(text: string): number[] {
  const sum = new Array<number>(DIMENSIONS).fill(0);
  for (const word of new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])) {
    const hash = createHash("sha512").update(word).digest();
    for (let at = 0; at < DIMENSIONS; at += 1) {
      sum[at]! += (hash[at % 64]! >> Math.floor(at / 64)) & 1 ? 1 : -1;
    }
  }
  return sum;
}

/** Who embeds by a rule, a token a byte. */
export const embedderBy = (model: string, rule: (text: string) => number[]): PassageEmbedder => ({
  model,
  embed: async (texts) => ({
    vectors: texts.map(rule),
    usage: { input: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0), estimated: true },
  }),
});

/** Plain text as it is, a passage a paragraph. */
export const plainReading: Reading<{ language: string | null; text: string }> = {
  extract: async ({ path }) => ({ language: null, text: readFileSync(path, "utf8") }),
  chunk: ({ text }) => {
    let start = 0;
    return text.split("\n\n").map((paragraph) => {
      const passage = { text: paragraph, start, end: start + paragraph.length, headings: [] };
      start += paragraph.length + 2;
      return passage;
    });
  },
  embedder: async () => embedderBy(MODEL, embedding),
  refusal: () => null,
};

/** Reads all documents that wait. */
export const readAll = (database: Pick<TestDatabase, "worker">, given: Partial<typeof plainReading> = {}) =>
  indexDocuments({ ...plainReading, ...given })(jobContext(database));

/** The call that brings a document: `[title, text, visibility, team]`. */
export const bring = `select document.* from app.create_document(
  title => $1, media_type => 'text/plain', content => convert_to($2, 'UTF8'), visibility => $3, team_id => $4) as document`;

export const find = "select * from app.search_passages(query => $1, embedding => $2, wanted => $3)";
