/** Characters of a sentence that are quoted. */
const MOST = 400;

/** The sentences of a text, each on one line. A heading, or an entry of a list, is one by itself. */
export function* sentencesOf(text: string, language: string): Generator<string> {
  const segmenter = new Intl.Segmenter(language, { granularity: "sentence" });
  for (const paragraph of text.split(/\n\s*\n|\n(?=\s*(?:[-*•#|]|\d+[.)]\s))/)) {
    for (const { segment } of segmenter.segment(paragraph.replace(/\s+/g, " "))) {
      const sentence = segment.replace(/^[\s#*•|>-]+/, "").trim();
      if (/\p{L}|\p{N}/u.test(sentence)) yield sentence;
    }
  }
}

/** A sentence as it is quoted: cut at a word where it is long, and without what could be taken for a citation of ours. */
export function quotable(sentence: string): string {
  const safe = sentence.replace(/\[(\d+)\]/g, "($1)");
  if (safe.length <= MOST) return safe;
  const cut = safe.slice(0, MOST);
  const space = cut.lastIndexOf(" ");
  return `${(space > MOST / 2 ? cut.slice(0, space) : cut).toWellFormed()} …`;
}
