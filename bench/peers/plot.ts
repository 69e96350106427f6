import { DESCRIPTIONS } from "./operations.ts";
import { decimals, labelOf, summarise } from "./report.ts";
import { describe, type Result } from "./rounds.ts";

const BAR = 14;
const GAP = 4;
const LABEL = 170;
const WIDTH = 330;
const COLUMN = LABEL + WIDTH + 90;
const COLORS = { web: "#3b6ea8", database: "#d08b3c", rate: "#5b8f62" } as const;

/** One part of a bar, in the unit of its column. */
interface Part {
  readonly value: number;
  readonly color: string;
}
interface Bar {
  readonly label: string;
  readonly parts: readonly Part[];
  readonly text: string;
}

/**
 * The CPU time of a request and the requests per second, a group of bars for each operation: of the scenario that the
 * others are compared with, 16 connections without a network, or else the first.
 */
export function plot(results: readonly Result[]): string {
  const scenario = (
    results.find(({ scenario: { connections, roundTrip } }) => connections === 16 && roundTrip === 0) ??
    results[0]
  )?.scenario;
  if (!scenario) throw new Error("there is nothing to draw");
  const these = results.filter((result) => result.scenario === scenario);
  const shapes: string[] = [];
  let y = 68;
  for (const operation of new Set(these.map((result) => result.operation))) {
    const ones = these
      .filter((result) => result.operation === operation)
      .map(({ contestant, samples }) => ({ label: labelOf(contestant), ...summarise(samples) }));
    shapes.push(text(16, y, DESCRIPTIONS[operation], "bold"));
    const cpu = ones.map(
      ({ label, web, database }): Bar => ({
        label,
        parts: [
          { value: web?.lowest ?? 0, color: COLORS.web },
          { value: database.lowest, color: COLORS.database },
        ],
        text: `${decimals((web?.lowest ?? 0) + database.lowest)} ms`,
      }),
    );
    const rates = ones.map(
      ({ label, rate }): Bar => ({
        label,
        parts: [{ value: rate, color: COLORS.rate }],
        text: `${Math.round(rate).toLocaleString("en")} /s`,
      }),
    );
    shapes.push(...bars(16, y + 8, cpu), ...bars(16 + COLUMN, y + 8, rates));
    y += 8 + ones.length * (BAR + GAP) + 26;
  }
  const width = 16 + 2 * COLUMN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" font-family="system-ui, sans-serif" font-size="12" fill="#222">`,
    `<title>Rowhouse and its peers: ${describe(scenario)}</title>`,
    `<rect width="${width}" height="${y}" fill="#fff"/>`,
    text(16, 24, `CPU milliseconds of a request, ${describe(scenario)} (the lowest of the rounds)`, "bold"),
    swatch(16, 32, COLORS.web, "web process"),
    swatch(130, 32, COLORS.database, "PostgreSQL"),
    text(16 + COLUMN, 24, "requests per second (the median)", "bold"),
    ...shapes,
    "</svg>",
    "",
  ].join("\n");
}

function bars(x: number, y: number, rows: readonly Bar[]): string[] {
  const total = ({ parts }: Bar): number => parts.reduce((sum, { value }) => sum + value, 0);
  const scale = WIDTH / Math.max(...rows.map(total));
  return rows.flatMap((row, n) => {
    const top = y + n * (BAR + GAP);
    let left = x + LABEL;
    const shapes = row.parts.map(({ value, color }) => {
      const length = value * scale;
      const shape = `<rect x="${left.toFixed(1)}" y="${top}" width="${length.toFixed(1)}" height="${BAR}" fill="${color}"/>`;
      left += length;
      return shape;
    });
    return [text(x, top + BAR - 3, row.label), ...shapes, text(left + 6, top + BAR - 3, row.text)];
  });
}

function swatch(x: number, y: number, color: string, label: string): string {
  return `<rect x="${x}" y="${y}" width="10" height="10" fill="${color}"/>${text(x + 16, y + 9, label)}`;
}

function text(x: number, y: number, content: string, weight = "normal"): string {
  return `<text x="${x.toFixed(1)}" y="${y}" font-weight="${weight}">${content.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</text>`;
}
