import { type Html, html } from "../../html.ts";

/** One bar: what it is called, and how high it is. */
export interface Bar {
  readonly name: string;
  readonly value: number;
}

const WIDTH = 720;
const HEIGHT = 96;
/** Above the highest bar, for the figure beside it, and below all of them for the first and last name. */
const [ABOVE, BELOW] = [14, 16];

/**
 * A plot of bars, for a page without scripts: it is a picture with a title, and who cannot see it has the table beside it.
 *
 * @param tone the class that says its colour
 */
export function bars(title: string, values: readonly Bar[], tone: string): Html {
  const most = Math.max(0, ...values.map(({ value }) => value));
  const step = WIDTH / Math.max(1, values.length);
  const width = Math.max(0.8, step * 0.78);
  const at = (value: number): number => (most === 0 ? 0 : (value / most) * (HEIGHT - ABOVE));
  const peak = values.findIndex(({ value }) => value === most);
  const middle = (peak + 0.5) * step;
  return html`<svg class="plot ${tone}" viewBox="0 0 ${WIDTH} ${HEIGHT + BELOW}" role="img" aria-label="${title}">
<line class="rule" x1="0" y1="${ABOVE}" x2="${WIDTH}" y2="${ABOVE}"/><line class="base" x1="0" y1="${HEIGHT}" x2="${WIDTH}" y2="${HEIGHT}"/>
${values.map(({ name, value }, place) =>
  value === 0
    ? null
    : html`<rect x="${fixed(place * step + (step - width) / 2)}" y="${fixed(HEIGHT - at(value))}" width="${fixed(width)}" height="${fixed(at(value))}"><title>${name}: ${value}</title></rect>`,
)}
${
  most === 0
    ? null
    : html`<text class="peak" x="${fixed(Math.min(WIDTH - 4, Math.max(4, middle)))}" y="${ABOVE - 4}" text-anchor="${
        middle < 40 ? "start" : middle > WIDTH - 40 ? "end" : "middle"
      }">${most}</text>`
}
<text x="0" y="${HEIGHT + BELOW - 3}">${values[0]?.name ?? ""}</text><text x="${WIDTH}" y="${HEIGHT + BELOW - 3}" text-anchor="end">${values.at(-1)?.name ?? ""}</text>
</svg>`;
}

const fixed = (value: number): string => value.toFixed(1);
