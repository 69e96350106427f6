import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { withInspect } from "../inspect/catalogue/install.ts";
import type { InspectSettings } from "../inspect/catalogue/settings.ts";
import type { Change } from "../inspect/policies/change.ts";
import { diffSnapshots } from "../inspect/policies/diff.ts";
import { type DiffFormat, diffFormats } from "../inspect/policies/diff_formats.ts";
import {
  type PolicySnapshot,
  parseSnapshot,
  printSnapshot,
  takeSnapshot,
} from "../inspect/policies/snapshot.ts";
import { CommandError, UsageError } from "./failures.ts";
import {
  connectionOf,
  inspectOptions,
  inspectSettings,
  oneOf,
  parseArguments,
  withDatabaseUrl,
} from "./inspected.ts";

/** `rowhouse policies snapshot|diff|report`. */
export async function policies(args: string[]): Promise<0 | 1> {
  const [action, ...rest] = args;
  switch (action) {
    case "snapshot":
      return snapshot(rest);
    case "diff":
      return diff(rest);
    case "report":
      return report(rest);
    default:
      throw new UsageError(
        action ? `"policies" cannot ${action}` : '"policies" wants snapshot, diff or report',
      );
  }
}

async function snapshot(args: string[]): Promise<0> {
  const { values, positionals } = parseArguments(args, { ...inspectOptions, output: { type: "string" } });
  refuseArguments("policies snapshot", positionals);
  const taken = await withDatabaseUrl(values.database, (url) => snapshotOf(url, inspectSettings(values)));
  write(values.output, printSnapshot(taken));
  return 0;
}

/** What makes `diff` fail, by the word given to --fail-on. */
const failures: Readonly<Record<string, (change: Change) => boolean>> = {
  widening: ({ direction }) => direction === "widening",
  any: () => true,
  never: () => false,
};

async function diff(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, {
    ...inspectOptions,
    "fail-on": { type: "string" },
    format: { type: "string" },
    output: { type: "string" },
  });
  const [before, after] = positionals;
  if (before === undefined || positionals.length > 2) {
    throw new UsageError(
      '"policies diff" wants a snapshot, and a second one or the database to compare it with',
    );
  }
  if (after !== undefined && values.database !== undefined) {
    throw new UsageError("give either a second snapshot or --database");
  }
  const failsOn = failures[oneOf("fail-on", Object.keys(failures), values["fail-on"]) ?? "widening"]!;
  const format = oneOf("format", Object.keys(diffFormats) as DiffFormat[], values.format) ?? "text";
  const settings = inspectSettings(values);

  const old = await stateOf(before, settings);
  const now =
    after === undefined
      ? await withDatabaseUrl(values.database, (url) => snapshotOf(url, settings))
      : await stateOf(after, settings);
  const changes = diffSnapshots(old, now);
  write(values.output, `${diffFormats[format](changes)}\n`);
  return changes.some(failsOn) ? 1 : 0;
}

async function report(args: string[]): Promise<0> {
  const { values, positionals } = parseArguments(args, {
    ...inspectOptions,
    html: { type: "string" },
    markdown: { type: "string" },
    proof: { type: "string" },
    title: { type: "string" },
  });
  refuseArguments("policies report", positionals);
  if (values.html === undefined && values.markdown === undefined) {
    throw new UsageError("say where the report goes: --html FILE, --markdown FILE or both");
  }
  const { readReport } = await import("../inspect/policies/report_data.ts");
  const proof = values.proof === undefined ? null : readJson(values.proof);
  const data = await withDatabaseUrl(values.database, (url) =>
    withInspect(url, (client, settings) => readReport(client, settings, proof), inspectSettings(values)),
  );
  if (values.html !== undefined) {
    const { printHtml } = await import("../inspect/policies/report_html.ts");
    writeFileSync(values.html, printHtml(data, values.title));
    console.error(`wrote ${values.html}`);
  }
  if (values.markdown !== undefined) {
    const { printMarkdown } = await import("../inspect/policies/report_markdown.ts");
    writeFileSync(values.markdown, printMarkdown(data, values.title));
    console.error(`wrote ${values.markdown}`);
  }
  return 0;
}

const snapshotOf = (url: string, settings: InspectSettings): Promise<PolicySnapshot> =>
  withInspect(url, takeSnapshot, settings);

/** The snapshot in a file, or of the database that a URL names. */
async function stateOf(source: string, settings: InspectSettings): Promise<PolicySnapshot> {
  if (!existsSync(source)) {
    if (/:\/\/|=/.test(source)) return snapshotOf(connectionOf("a state", source), settings);
    throw new UsageError(`there is no file ${source}`);
  }
  try {
    return parseSnapshot(readFileSync(source, "utf8"));
  } catch (cause) {
    throw new CommandError(`cannot read ${source}: ${(cause as Error).message}`, { cause });
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new CommandError(`cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

function refuseArguments(command: string, positionals: readonly string[]): void {
  if (positionals.length > 0) throw new UsageError(`"${command}" takes no argument "${positionals[0]}"`);
}

function write(path: string | undefined, text: string): void {
  if (path === undefined) process.stdout.write(text);
  else writeFileSync(path, text);
}
