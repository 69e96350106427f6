/** A line of a page. Heights and places are in points, places from the bottom of the page. */
export interface Line {
  text: string;
  height: number;
  top: number;
  readonly page: number;
  isOver: boolean;
}

const LARGER = 1.15;
const LONGEST = 200;

/**
 * A PDF seldom says what is a heading: what is set larger than most of its text, and is short, is taken for one. The
 * largest is level 1. Where a fifth of the lines would be headings, none is: it is a poster or a slide.
 */
export function findHeadings(lines: readonly Line[]): ReadonlyMap<number, number> {
  const usual = usualHeight(lines);
  const larger = lines.filter(
    ({ text, height }) => height >= usual * LARGER && text.length <= LONGEST && /\p{L}/u.test(text),
  );
  if (usual === 0 || larger.length * 5 > lines.length) return new Map();
  const heights = [...new Set(larger.map(({ height }) => height))].sort((one, other) => other - one);
  return new Map(heights.map((height, place) => [height, Math.min(place + 1, 6)]));
}

/** The height in which most characters are set. */
function usualHeight(lines: readonly Line[]): number {
  const characters = new Map<number, number>();
  for (const { text, height } of lines) characters.set(height, (characters.get(height) ?? 0) + text.length);
  return [...characters].reduce((most, one) => (one[1] > most[1] ? one : most), [0, 0] as [
    number,
    number,
  ])[0];
}
