import type { Change, Direction } from "./change.ts";

export const diffFormats = { text, json, markdown } as const;
export type DiffFormat = keyof typeof diffFormats;

const TITLES: Readonly<Record<Direction, string>> = {
  widening: "Widening: somebody may do more",
  tightening: "Tightening: somebody may do less",
  neutral: "Neutral",
};
const SIGNS: Readonly<Record<Direction, string>> = { widening: "+", tightening: "-", neutral: "=" };

const groups = (changes: readonly Change[]): [Direction, readonly Change[]][] =>
  (Object.keys(TITLES) as Direction[])
    .map((direction): [Direction, readonly Change[]] => [
      direction,
      changes.filter((change) => change.direction === direction),
    ])
    .filter(([, some]) => some.length > 0);

function text(changes: readonly Change[]): string {
  if (changes.length === 0) return "no difference";
  return groups(changes)
    .map(([direction, some]) =>
      [
        TITLES[direction],
        ...some.map(
          ({ object, what, reason, review }) =>
            `  ${SIGNS[direction]} ${object}: ${what}\n      ${review ? "review: " : ""}${reason}`,
        ),
      ].join("\n"),
    )
    .concat(summary(changes))
    .join("\n\n");
}

function markdown(changes: readonly Change[]): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  return [
    "# Who may do more, who may do less",
    "",
    changes.length === 0 ? "No difference." : `${summary(changes)}.`,
    ...groups(changes).flatMap(([direction, some]) => [
      "",
      `## ${TITLES[direction]}`,
      "",
      "| what | change | why |",
      "|---|---|---|",
      ...some.map(
        ({ object, what, reason, review }) =>
          `| ${cell(object)} | ${cell(what)} | ${review ? "**review:** " : ""}${cell(reason)} |`,
      ),
    ]),
  ].join("\n");
}

function json(changes: readonly Change[]): string {
  return JSON.stringify(changes, null, 2);
}

function summary(changes: readonly Change[]): string {
  const review = changes.filter((change) => change.review).length;
  return [
    ...groups(changes).map(([direction, some]) => `${some.length} ${direction}`),
    ...(review > 0 ? [`${review} to review`] : []),
  ].join(", ");
}
