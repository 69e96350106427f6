import type { Condition } from "./conditions.ts";

const WAYS = ["seqscan", "indexscan", "indexonlyscan", "bitmapscan", "tidscan"];

/** Ways to the rows: what stays on so that the planner takes them, whatever the role's own settings say; null for all as it is. */
const PATHS: Readonly<Record<string, readonly string[] | null>> = {
  "as planned": null,
  "by sequential scan": ["seqscan"],
  "by index scan": ["indexscan", "tidscan"],
  "by index-only scan": ["indexonlyscan", "tidscan"],
  "by bitmap scan": ["bitmapscan", "tidscan"],
};

const choosing = (on: readonly string[] | null): string[] =>
  on === null ? [] : WAYS.map((way) => `set local enable_${way} = ${on.includes(way) ? "on" : "off"}`);

/** Statements that leave the planner nothing but to look at every row. */
export const withoutIndexes: readonly string[] = choosing(["seqscan"]);

/** One way to the rows, and the conditions that are worth trying on it: without an index, all. */
export interface Path {
  readonly name: string;
  /** Statements that leave the planner no other way. */
  readonly choose: readonly string[];
  readonly conditions: readonly Condition[];
}

export const pathsFor = (conditions: readonly Condition[]): Path[] =>
  Object.entries(PATHS)
    .map(([name, on]) => ({
      name,
      choose: choosing(on),
      conditions: name === "by sequential scan" ? conditions : conditions.filter(({ plain }) => plain),
    }))
    .filter((path) => path.conditions.length > 0);
