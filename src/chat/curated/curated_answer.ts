import type { AnswerEvent, Usage } from "../provider/events.ts";

/** The company's own answer to a question, as context.begin_turn() gives it. */
export interface Given {
  readonly id: string;
  /** Null: it is for everybody who reads the company's documents. */
  readonly teamId: string | null;
  readonly answer: string;
  readonly sources: readonly {
    readonly documentId: string;
    readonly version: number;
    readonly title: string;
  }[];
}

const NO_TOKENS: Usage = { input: 0, cachedInput: 0, output: 0, reasoning: 0, estimated: false };

/** It, as it was written, with each document that it rests on. No passage is quoted, so a citation names the document in its place. */
export async function* curatedAnswer({
  answer,
  sources,
}: Given): AsyncGenerator<AnswerEvent, void, undefined> {
  yield { type: "text", delta: answer };
  for (const [at, { documentId, title }] of sources.entries()) {
    yield { type: "citation", citation: { number: at + 1, passageId: documentId, documentId, title } };
  }
  yield { type: "usage", usage: NO_TOKENS };
  yield { type: "finish", reason: "stop" };
}

/** What is kept of how it came about. */
export const provenanceOfGiven = ({ id, teamId, sources }: Given): object => ({
  promptHash: null,
  curated: { id, teamId },
  sources: sources.map(({ documentId, version }) => ({ documentId, version })),
});
