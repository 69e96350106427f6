import { countTokens } from "./count_tokens.ts";
import { CHUNK_SIZES, type Chunk, type ChunkSizes, type Extracted, type Heading } from "./extracted.ts";
import { repeatedFrom, segmentersFor, splitText, type Unit, WIDEST } from "./split_text.ts";

/** A heading begins a new chunk unless the one before would stay shorter than this share of the most. */
const WORTH_KEEPING = 1 / 4;

/**
 * Cuts a text into passages for search. A passage ends at a heading, else between paragraphs, else between lines,
 * sentences or words, and within a word only where it is longer than a passage; never within a character. The same
 * text gives the same passages; nothing but white space stands between them.
 */
export function chunkText(
  { text, headings, pages, language }: Pick<Extracted, "headings" | "language" | "pages" | "text">,
  { maxTokens, overlap }: ChunkSizes = CHUNK_SIZES,
): Chunk[] {
  if (!(maxTokens >= 20) || !(overlap >= 0 && overlap <= maxTokens / 2)) {
    throw new RangeError("a chunk has at least 20 tokens, and repeats at most half of itself");
  }
  const most = maxTokens - overlap;
  const path = headingPath(text, headings);
  const pageOf = pageCounter(pages);
  const by = segmentersFor(language);
  return packed([...splitText(text, headings, most, by)], most).map(({ units, goesOnFrom }) => {
    const first = units[0]!.start;
    const end = units.at(-1)!.end;
    const start =
      goesOnFrom === null ? first : repeatedFrom(text, { start: goesOnFrom, end: first }, overlap, by);
    const passage = text.slice(start, end);
    const tokens = countTokens(passage);
    return { text: passage, start, end, headings: path(leading(units)), page: pageOf(first), tokens };
  });
}

interface Pack {
  readonly units: Unit[];
  /** Where the text began that it goes on with, and may repeat the end of; null at a heading. */
  readonly goesOnFrom: number | null;
}

function packed(units: readonly Unit[], most: number): Pack[] {
  const packs: Pack[] = [];
  let pack: Pack = { units: [], goesOnFrom: null };
  let tokens = 0;
  const begin = (goesOnFrom: number | null, taken: Unit[] = []): void => {
    if (pack.units.length > 0) packs.push(pack);
    pack = { units: taken, goesOnFrom };
    tokens = taken.reduce((sum, unit) => sum + unit.tokens, 0);
  };
  for (const unit of units) {
    if (unit.isHeading && tokens >= most * WORTH_KEEPING && !pack.units.at(-1)?.isHeading) begin(null);
    if (tokens + unit.tokens > most || unit.end - (pack.units[0] ?? unit).start > most * WIDEST) {
      // A heading goes with what stands under it.
      const last = pack.units.findLastIndex(({ isHeading }) => !isHeading);
      const over = last === -1 ? [] : pack.units.splice(last + 1);
      begin(over.length > 0 ? null : sectionStart(pack), over);
      if (tokens + unit.tokens > most) begin(sectionStart(pack));
    }
    pack.units.push(unit);
    tokens += unit.tokens;
  }
  begin(null);
  return packs;
}

/** Where a pack's own text begins, behind the headings that it may begin with. */
function leading(units: readonly Unit[]): number {
  return (units.find(({ isHeading }) => !isHeading) ?? units.at(-1)!).start;
}

/** Behind the last heading of a pack, or else where it begins. */
function sectionStart({ units }: Pack): number | null {
  return units.findLast(({ isHeading }) => isHeading)?.end ?? units[0]?.start ?? null;
}

/** Tells, of places that come in order, the headings above. */
function headingPath(text: string, headings: readonly Heading[]): (place: number) => string[] {
  let next = 0;
  let above: Heading[] = [];
  return (place) => {
    for (let heading = headings[next]; heading && heading.start <= place; heading = headings[++next]) {
      const { level } = heading;
      above = [...above.filter((one) => one.level < level), heading];
    }
    return above.map(({ start, end }) => wordsOf(text.slice(start, Math.min(end, start + 300))));
  };
}

function wordsOf(heading: string): string {
  return heading
    .replace(/^\s*#{1,6}\s+/, "")
    .replace(/\s+#+\s*$/, "")
    .replaceAll(/\s+/g, " ")
    .toWellFormed()
    .trim();
}

function pageCounter(pages: readonly number[]): (place: number) => number | null {
  let page = 0;
  return (place) => {
    while (page < pages.length && pages[page]! <= place) page += 1;
    return pages.length === 0 ? null : Math.max(page, 1);
  };
}
