/** The words of a text as they are compared: small, without accents. In any language, also in those without spaces. */
export function termsOf(text: string): string[] {
  const terms: string[] = [];
  for (const { segment, isWordLike } of words.segment(text)) {
    if (!isWordLike) continue;
    terms.push(
      segment
        .toLowerCase()
        .normalize("NFKD")
        .replace(/\p{M}+/gu, "")
        .replaceAll("ß", "ss"),
    );
  }
  return terms;
}

const words = new Intl.Segmenter("und", { granularity: "word" });

/** Letters that two words have to share at their beginning, so that "holiday" is "holidays" and "Urlaub" is "Urlaubstage". */
const STEM = 5;

export function sameTerm(one: string, other: string): boolean {
  if (one === other) return true;
  const shorter = Math.min(one.length, other.length);
  if (shorter < STEM - 1) return false;
  const stem = Math.max(STEM - 1, shorter - 2);
  return one.slice(0, stem) === other.slice(0, stem);
}
