import type { Passage } from "../passage.ts";
import type { AnswerEvent, Citation, Usage } from "../provider/events.ts";
import { asksForNumber, extractiveLanguage, fillersFor } from "./languages.ts";
import { quotable, sentencesOf } from "./sentences.ts";
import { sameTerm, termsOf } from "./terms.ts";

export interface ExtractiveAsk {
  readonly question: string;
  /** The best first. */
  readonly passages: readonly Passage[];
  /** A language tag (BCP 47) of whoever asks. */
  readonly language: string;
}

/** What an answer is labelled with, so that nobody takes it for a model's. */
export const EXTRACTIVE = "extractive";

const NO_TOKENS: Usage = { input: 0, cachedInput: 0, output: 0, reasoning: 0, estimated: false };

/** Sentences that are quoted. */
const MOST_SENTENCES = 3;
/** Sentences that are looked at: a document may be a list of a million. */
const MOST_LOOKED_AT = 2_000;

/** What a word counts that the heading above a sentence says, beside what it counts in the sentence. */
const UNDER_HEADING = 0.5;

interface Candidate {
  readonly passage: Passage;
  /** Of the passage, and of the sentence in it. */
  readonly place: readonly [number, number];
  readonly sentence: string;
  /** The words of the question that it has, by their place, and what each counts. */
  readonly has: ReadonlyMap<number, number>;
}

/**
 * An answer without a model: the sentences of the passages that say most of what was asked for, quoted, each with its citation. The
 * same question and passages give the same answer, and it costs no tokens. Where nothing fits it says so.
 */
export async function* extractiveAnswer(ask: ExtractiveAsk): AsyncGenerator<AnswerEvent, void, undefined> {
  const { found, nothing, quotes } = extractiveLanguage(ask.language);
  const chosen = choose(ask);
  yield { type: "text", delta: chosen.length > 0 ? found : nothing };
  const numbers = new Map<Passage, number>();
  for (const { passage, sentence } of chosen) {
    const number = numbers.get(passage) ?? numbers.size + 1;
    const cited = numbers.has(passage);
    numbers.set(passage, number);
    yield { type: "text", delta: `\n\n${quotes[0]}${quotable(sentence)}${quotes[1]} [${number}]` };
    if (!cited) yield { type: "citation", citation: citationOf(passage, number) };
  }
  yield { type: "usage", usage: NO_TOKENS };
  yield { type: "finish", reason: "stop" };
}

const citationOf = ({ id, documentId, title }: Passage, number: number): Citation => ({
  number,
  passageId: id,
  documentId,
  title,
});

/** The best first, then whoever adds most; in the end in the order in which they stand. */
function choose({ question, passages, language }: ExtractiveAsk): Candidate[] {
  const { tag } = extractiveLanguage(language);
  const asked = [...new Set(termsOf(question))];
  const fillers = fillersFor(asked, tag);
  const wanted = asked.filter((term) => !fillers.has(term));
  const candidates = candidatesOf(passages, wanted, tag);
  const countsAsked = asksForNumber(question);
  const rarity = wanted.map((_, term) => {
    const having = candidates.filter(({ has }) => has.has(term)).length;
    return Math.log(1 + candidates.length / (1 + having));
  });
  const worth = ({ has, place, sentence }: Candidate, known: ReadonlySet<number>): number => {
    // What the answer says already counts little, and so does what stands among much else or far down the list.
    const sum = [...has].reduce(
      (all, [term, share]) => all + share * rarity[term]! * (known.has(term) ? 0.1 : 1),
      0,
    );
    const fits = countsAsked && /\p{N}/u.test(sentence) ? 1.5 : 1;
    return (fits * sum) / (1 + place[0] * 0.15) / (1 + sentence.length / 1_000);
  };

  const chosen: Candidate[] = [];
  const known = new Set<number>();
  const said = new Set<string>();
  let best = 0;
  while (chosen.length < MOST_SENTENCES) {
    let next: Candidate | undefined;
    let most = 0;
    for (const candidate of candidates) {
      const value = said.has(candidate.sentence) ? 0 : worth(candidate, known);
      if (value > most) [next, most] = [candidate, value];
    }
    best ||= most;
    if (!next || most < best * 0.35) break;
    chosen.push(next);
    said.add(next.sentence);
    for (const term of next.has.keys()) known.add(term);
  }
  return chosen.sort(({ place: [a, b] }, { place: [c, d] }) => a - c || b - d);
}

/** Sentences that have something of what was asked for. */
function candidatesOf(
  passages: readonly Passage[],
  wanted: readonly string[],
  language: string,
): Candidate[] {
  const candidates: Candidate[] = [];
  let looked = 0;
  for (const [rank, passage] of passages.entries()) {
    let at = 0;
    for (const { sentence, heading } of sentencesOf(passage.content, language)) {
      looked += 1;
      if (looked > MOST_LOOKED_AT) return candidates;
      const [terms, above] = [new Set(termsOf(sentence)), new Set(termsOf(heading))];
      const has = new Map<number, number>();
      for (const [term, word] of wanted.entries()) {
        const share = (hasTerm(terms, word) ? 1 : 0) + (hasTerm(above, word) ? UNDER_HEADING : 0);
        if (share > 0) has.set(term, share);
      }
      // A question is no answer, not even to itself.
      if (has.size > 0 && !sentence.endsWith("?"))
        candidates.push({ passage, place: [rank, at++], sentence, has });
    }
  }
  return candidates;
}

function hasTerm(terms: ReadonlySet<string>, wanted: string): boolean {
  if (terms.has(wanted)) return true;
  for (const term of terms) if (sameTerm(term, wanted)) return true;
  return false;
}
