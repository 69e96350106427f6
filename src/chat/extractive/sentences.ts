/** Characters of a sentence that are quoted. */
const MOST = 400;

/** A sentence, and the heading that it stands under in its text; "" under none. */
export interface Sentence {
  readonly sentence: string;
  readonly heading: string;
}

/** The sentences of a text, each on one line. An entry of a list is one by itself; a heading is none, it says what they are about. */
export function* sentencesOf(text: string, language: string): Generator<Sentence> {
  const segmenter = new Intl.Segmenter(language, { granularity: "sentence" });
  const paragraphs = text.split(/\n\s*\n|\n(?=\s*(?:[-*•#|]|\d+[.)]\s))/);
  let heading = "";
  for (const [at, paragraph] of paragraphs.entries()) {
    if (isHeading(paragraph, paragraphs[at + 1])) {
      heading = bare(paragraph);
      continue;
    }
    for (const { segment } of segmenter.segment(paragraph.replace(/\s+/g, " "))) {
      const sentence = bare(segment);
      if (/\p{L}|\p{N}/u.test(sentence)) yield { sentence, heading };
    }
  }
}

const bare = (text: string): string => text.replace(/^[\s#*•|>-]+/, "").trim();

/** Characters of a heading at most. */
const LONGEST_HEADING = 100;
const ENTRY = /^\s*(?:[-*•|]|\d+[.)]\s)/;
const ENDS = /[.!?:;…。！？][\s”"“)]*$/;

/** A heading is a short line that does not end like a sentence, above something that does, or above a list. */
function isHeading(paragraph: string, next: string | undefined): boolean {
  if (next === undefined || ENTRY.test(paragraph)) return false;
  const line = paragraph.trim();
  if (line.length > LONGEST_HEADING || line.includes("\n") || ENDS.test(line)) return false;
  return line.startsWith("#") || ENDS.test(next) || ENTRY.test(next);
}

/** A sentence as it is quoted: cut at a word where it is long, and without what could be taken for a citation of ours. */
export function quotable(sentence: string): string {
  const safe = sentence.replace(/\[(\d+)\]/g, "($1)");
  if (safe.length <= MOST) return safe;
  const cut = safe.slice(0, MOST);
  const space = cut.lastIndexOf(" ");
  return `${(space > MOST / 2 ? cut.slice(0, space) : cut).toWellFormed()} …`;
}
