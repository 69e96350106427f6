import type { AnswerEvent, Citation } from "../provider/events.ts";

/** A number in brackets, or what may become one with the next words. */
const NUMBER = /\[(\d{1,3})\]/g;
const LONGEST = "[999]".length;

/** A model's answer, with the citation of each passage behind the words that first name its number; other numbers mean nothing. */
export async function* citing(
  answer: AsyncIterable<AnswerEvent>,
  citations: readonly Citation[],
): AsyncGenerator<AnswerEvent, void, undefined> {
  const left = new Map(citations.map((citation) => [citation.number, citation]));
  let tail = "";
  for await (const event of answer) {
    yield event;
    if (event.type !== "text" || left.size === 0) continue;
    tail += event.delta;
    for (const [, digits] of tail.matchAll(NUMBER)) {
      const citation = left.get(Number(digits));
      if (!citation) continue;
      left.delete(citation.number);
      yield { type: "citation", citation };
    }
    tail = tail.slice(1 - LONGEST);
  }
}
