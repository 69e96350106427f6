import { countTokens } from "./count_tokens.ts";
import type { Heading } from "./extracted.ts";

/** A piece of a text that stays whole, without white space at its ends. */
export interface Unit {
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
  readonly isHeading: boolean;
}

type Range = Pick<Unit, "start" | "end">;
type Split = (text: string, range: Range, by: Segmenters) => Iterable<Range>;

/** How many code units are looked at together: ICU's segmenters take their time with what is longer. */
const WINDOW = 4_000;
const LONGEST_PIECE = 64;
/** Code units that a token may stand for: white space and the like costs none, and must not make a passage endless. */
export const WIDEST = 16;

/** From the best place to cut to the worst. */
const SPLITS: readonly Split[] = [
  (text, range) => between(text, range, /\n\s*\n/g),
  (text, range) => between(text, range, /\n/g),
  (text, range) => windows(text, range),
  (text, range, { sentence }) => segments(text, range, sentence),
  (text, range, { word }) => segments(text, range, word),
  (text, range) => windows(text, range, LONGEST_PIECE),
];

/** Pieces of at most so many tokens, in order: headings, and what is between them. */
export function* splitText(
  text: string,
  headings: readonly Heading[],
  most: number,
  by: Segmenters,
): Generator<Unit> {
  let at = 0;
  for (const { start, end } of headings) {
    if (start < at) continue;
    yield* split(text, { start: at, end: start }, { most, by, isHeading: false });
    yield* split(text, { start, end }, { most, by, isHeading: true });
    at = end;
  }
  yield* split(text, { start: at, end: text.length }, { most, by, isHeading: false });
}

/** From where the last sentences of a range, or else its last words, have at most so many tokens. */
export function repeatedFrom(text: string, { start, end }: Range, most: number, by: Segmenters): number {
  const near = Math.max(start, end - most * 8);
  for (const segmenter of [by.sentence, by.word]) {
    const all = [...segments(text, { start: near, end }, segmenter)];
    // The first may have been cut off in the middle.
    const whole = near === start ? all : all.slice(1);
    let from = end;
    let left = most;
    for (const segment of whole.reverse()) {
      const { start: first, end: last } = trimmed(text, segment);
      left -= countTokens(text.slice(first, last));
      if (left < 0) break;
      if (first < last) from = first;
    }
    if (from < end) return from;
  }
  return end;
}

/** Those of one language, or of none in particular (`und`), so that the machine's own does not matter. */
export interface Segmenters {
  readonly sentence: Intl.Segmenter;
  readonly word: Intl.Segmenter;
}
export function segmentersFor(language: string | null): Segmenters {
  const locale = language ?? "und";
  return {
    sentence: new Intl.Segmenter(locale, { granularity: "sentence" }),
    word: new Intl.Segmenter(locale, { granularity: "word" }),
  };
}

interface Manner {
  readonly most: number;
  readonly by: Segmenters;
  readonly isHeading: boolean;
}

function* split(text: string, range: Range, manner: Manner, level = 0): Generator<Unit> {
  const { start, end } = trimmed(text, range);
  if (start === end) return;
  const tokens =
    end - start > manner.most * WIDEST ? Number.POSITIVE_INFINITY : countTokens(text.slice(start, end));
  const how = SPLITS[level];
  // Paragraphs are units also where several would fit into one.
  if (how === undefined || (tokens <= manner.most && level > 0)) {
    yield { start, end, tokens, isHeading: manner.isHeading };
    return;
  }
  for (const part of how(text, { start, end }, manner.by)) yield* split(text, part, manner, level + 1);
}

function* between(text: string, { start, end }: Range, separator: RegExp): Generator<Range> {
  const within = text.slice(start, end);
  let at = start;
  for (const { index, 0: found } of within.matchAll(separator)) {
    yield { start: at, end: start + index };
    at = start + index + found.length;
  }
  yield { start: at, end };
}

function* segments(text: string, { start, end }: Range, by: Intl.Segmenter): Generator<Range> {
  for (const { index, segment } of by.segment(text.slice(start, end))) {
    yield { start: start + index, end: start + index + segment.length };
  }
}

/** Equal pieces, but for a cut that would go through a character or, where there is one nearby, not through a space. */
function* windows(text: string, { start, end }: Range, length = WINDOW): Generator<Range> {
  for (let at = start; at < end; ) {
    let cut = at + length >= end ? end : clean(text, at + length);
    if (cut < end && length === WINDOW) cut = niceCut(text, cut - 500, cut);
    if (cut <= at) cut = Math.min(at + length, end);
    yield { start: at, end: cut };
    at = cut;
  }
}

/** Behind the last end of a sentence in the range, else behind the last space, else at its end. */
function niceCut(text: string, from: number, to: number): number {
  const last = text.slice(from, to);
  const sentence = /^.*(?:[.!?](?=\s)|[。！？])/s.exec(last)?.[0].length;
  return from + (sentence ?? (last.lastIndexOf(" ") + 1 || last.length));
}

/** The nearest place before that is not within a character, if there is one near. */
function clean(text: string, place: number): number {
  for (let at = place; at > 0 && place - at < 32; at--) if (!isWithin(text, at)) return at;
  return /^[\uDC00-\uDFFF]/.test(text.slice(place, place + 1)) ? place - 1 : place;
}

/** A surrogate pair, marks on a letter, the tone of an emoji's skin, or emojis that are joined. */
function isWithin(text: string, place: number): boolean {
  const next = text.slice(place, place + 2);
  return /^(?:[\uDC00-\uDFFF\p{M}\p{Emoji_Modifier}]|\u200D)/u.test(next) || text[place - 1] === "\u200D";
}

function trimmed(text: string, { start, end }: Range): Range {
  const within = text.slice(start, end);
  const from = start + within.length - within.trimStart().length;
  return { start: from, end: Math.max(from, start + within.trimEnd().length) };
}
