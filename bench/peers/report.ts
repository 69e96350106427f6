import { cpus } from "node:os";
import { median, table } from "../measure.ts";
import { DESCRIPTIONS } from "./operations.ts";
import type { Options } from "./options.ts";
import { describe, type Result, type Sample } from "./rounds.ts";
import type { Size } from "./rows.ts";
import { POOL_SIZE } from "./start.ts";

interface Level {
  readonly median: number;
  readonly lowest: number;
}

/** What the rounds come to. */
export interface Summary {
  readonly rate: number;
  readonly p50: Level;
  readonly p99: number;
  readonly web: Level | null;
  readonly database: Level;
  /** How far apart the rounds' rates were, as a share of their median. */
  readonly spread: number;
}

export function summarise(samples: readonly Sample[]): Summary {
  const each = (value: (sample: Sample) => number): number[] => samples.map(value);
  const level = (values: readonly number[]): Level => ({
    median: median(values),
    lowest: Math.min(...values),
  });
  const rates = each(({ rate }) => rate);
  return {
    rate: median(rates),
    p50: level(each(({ p50 }) => p50)),
    p99: median(each(({ p99 }) => p99)),
    web: samples.some(({ web }) => web === null) ? null : level(each(({ web }) => web ?? Number.NaN)),
    database: level(each(({ database }) => database)),
    spread: (Math.max(...rates) - Math.min(...rates)) / median(rates),
  };
}

const LABELS: Readonly<Record<string, string>> = {
  stock: "stock PostGraphile, RLS",
  "hand-rls": "by hand, RLS",
  hand: "by hand, no RLS",
  "better-auth": "Better Auth",
};
export const labelOf = (name: string): string => LABELS[name] ?? name;

/** The tables, in Markdown. */
export function report(run: {
  options: Options;
  size: Size;
  results: readonly Result[];
  loads: readonly number[];
}): string {
  const { options, size, results, loads } = run;
  const scenarios = [...new Set(results.map(({ scenario }) => scenario))];
  return [
    conditions(options, size),
    ...scenarios.flatMap((scenario) => {
      const these = results.filter((result) => result.scenario === scenario);
      return [
        `### ${capital(describe(scenario))}`,
        ratios(these),
        `<details><summary>Figures</summary>\n\n${figures(these)}\n\n</details>`,
      ];
    }),
    "### Memory",
    memory(results),
    noise(results, loads),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function conditions({ rounds, seconds, short }: Options, size: Size): string {
  const { tenants, conversations, messages } = size;
  const said = tenants * (20 * 24 + (conversations - 20) * messages);
  const count = (value: number): string => value.toLocaleString("en");
  return `${short ? "The short form: " : ""}${count(tenants)} tenants, ${count(tenants * conversations)} conversations, ${count(said)} messages; ${rounds} rounds of ${seconds} s; pools of ${POOL_SIZE} connections; Node ${process.versions.node}, ${cpus().length} cores.`;
}

/** Each one's throughput, web CPU and PostgreSQL CPU, with ours as 1. */
function ratios(results: readonly Result[]): string {
  const names = [...new Set(results.map(({ contestant }) => contestant))].filter((name) => name !== "ours");
  const rows = byOperation(results).flatMap(([operation, ones]) => {
    const ours = ones.get("ours");
    if (!ours) return [];
    const cell = (summary?: Summary): string => {
      if (!summary) return "";
      const { rate, web, database } = summary;
      const webRatio = web && ours.web ? ratio(web.lowest / ours.web.lowest) : "–";
      return `**${ratio(rate / ours.rate)}** · ${webRatio} · ${ratio(database.lowest / ours.database.lowest)}`;
    };
    return [[operation, ...names.map((name) => cell(ones.get(name)))]];
  });
  if (rows.length === 0 || names.length === 0) return "";
  return table(["ours = 1: per second · web CPU · PostgreSQL CPU", ...names.map(labelOf)], rows);
}

function figures(results: readonly Result[]): string {
  const both = (value: Level | null): string =>
    value === null ? "" : `${decimals(value.median)} (${decimals(value.lowest)})`;
  return table(
    ["", "", "per second", "p50 ms", "p99 ms", "web CPU ms", "PostgreSQL CPU ms", "spread"],
    byOperation(results).flatMap(([operation, ones]) =>
      [...ones].map(([name, { rate, p50, p99, web, database, spread }]) => [
        operation,
        labelOf(name),
        Math.round(rate).toLocaleString("en"),
        both(p50),
        decimals(p99),
        both(web),
        both(database),
        percent(spread),
      ]),
    ),
  );
}

/** The most of all turns. */
function memory(results: readonly Result[]): string {
  const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;
  const served = results.filter(({ samples }) => samples.every(({ web }) => web !== null));
  const names = [...new Set(served.map(({ contestant }) => contestant))];
  return table(
    ["", "web process, at most", "its PostgreSQL backends, private, at most"],
    names.map((name) => {
      const turns = served.filter(({ contestant }) => contestant === name).flatMap(({ samples }) => samples);
      const most = (value: (sample: Sample) => number): string => megabytes(Math.max(...turns.map(value)));
      return [labelOf(name), most((turn) => turn.memory.web), most((turn) => turn.memory.backends)];
    }),
  );
}

/** How far the figures can be believed. `loads`: the load average before and after. */
export function noise(results: readonly Result[], loads: readonly number[]): string {
  const spreads = results.map(({ samples }) => summarise(samples).spread);
  const others = results.flatMap(({ samples }) => samples.map((sample) => sample.others));
  if (spreads.length === 0) return "";
  return `How noisy it was: the rounds of one figure were ${percent(median(spreads))} apart (median; at worst ${percent(Math.max(...spreads))}); others kept ${decimals(median(others))} of ${cpus().length} cores busy (median; at worst ${decimals(Math.max(...others))}); load average ${loads.map((load) => load.toFixed(1)).join(" before, ")} after.`;
}

function byOperation(results: readonly Result[]): [string, Map<string, Summary>][] {
  const grouped = new Map<string, Map<string, Summary>>();
  for (const { operation, contestant, samples } of results) {
    const name = DESCRIPTIONS[operation];
    grouped.set(name, (grouped.get(name) ?? new Map()).set(contestant, summarise(samples)));
  }
  return [...grouped];
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const ratio = (value: number): string => (value < 9.95 ? value.toFixed(2) : value.toFixed(0));
export const decimals = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(1));
