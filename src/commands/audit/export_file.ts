import { createReadStream, existsSync } from "node:fs";
import { rename, truncate } from "node:fs/promises";
import { indexIn, isWholeRecord } from "../../audit/csv.ts";
import { BadExport, readHeader } from "../../audit/export_format.ts";
import { type ExportFormat, wholePart } from "../../audit/export_trail.ts";
import { linesOf } from "../../audit/lines_of.ts";
import type { LeafRange } from "../../audit/tree_source.ts";
import { CommandError } from "../failures.ts";
import { unfinishedOf } from "../write_whole.ts";

/** A file of an export that was cut off, to be gone on with. */
export interface Begun extends LeafRange {
  readonly tenant: string;
  readonly size: number;
  /** The last leaf that is there; that before the first one, where none is. */
  readonly written: number;
}

/**
 * Looks through what there is of a file, cuts off what is no whole line, or of our own form no whole tile, and says where it
 * goes on.
 *
 * @throws {CommandError} where there is nothing to go on with, or a line is none of an export's
 */
export async function goOn(path: string, format: ExportFormat): Promise<Begun> {
  const unfinished = unfinishedOf(path);
  if (!existsSync(unfinished)) {
    if (!existsSync(path)) throw new CommandError(`there is neither ${path} nor ${unfinished} to go on with`);
    await rename(path, unfinished);
  }
  const head = await headerOf(format === "jsonl" ? unfinished : `${path}.proof`);
  const { after, from, to } = "part" in head ? head.part : wholePart(head.size);
  const { written, end } = await wholeLines(unfinished, format, after);
  await truncate(unfinished, end);
  return { tenant: head.tenant, size: head.size, after, from, to, written };
}

async function headerOf(path: string): Promise<ReturnType<typeof readHeader>> {
  for await (const line of linesOf(path)) return readHeader(line);
  throw new BadExport(`${path} is empty: begin anew`);
}

/** The last leaf of a file's whole lines, and the byte behind them. */
async function wholeLines(
  path: string,
  format: ExportFormat,
  after: number,
): Promise<{ written: number; end: number }> {
  let [record, at, seen] = ["", 0, after];
  let whole = { written: after, end: 0 };
  for await (const line of wholeLinesOf(path)) {
    record += line;
    if (format === "csv" && !isWholeRecord(record)) continue;
    const begins = at;
    at += Buffer.byteLength(record);
    const index = begins === 0 && format !== "ocsf" ? "head" : whichLeaf(record, format, path);
    record = "";
    if (index === "head") whole = { written: after, end: at };
    // The hashes come before the leaves that they are of, and go with them: what is behind the last ones may be a part.
    else if (index === "hashes") whole = { written: seen, end: begins };
    else if (index <= seen) throw new BadExport(`${path}: leaf ${index} is not in its place`);
    else {
      seen = index;
      if (format !== "jsonl") whole = { written: index, end: at };
    }
  }
  return whole;
}

function whichLeaf(line: string, format: ExportFormat, path: string): number | "hashes" {
  if (format === "csv") return indexIn(line.slice(0, line.indexOf(",")));
  const [, tile, index] =
    (format === "jsonl"
      ? /^\{"(?:(tile)":"|index":(\d{1,15}),)/
      : /^\{.*?"metadata":\{.*?"()sequence":(\d{1,15}),/
    ).exec(line) ?? [];
  if (tile) return "hashes";
  if (index === undefined) throw new BadExport(`${path} has a line that is none of an export`);
  return Number(index);
}

/** The lines that a line feed ends, with it. */
async function* wholeLinesOf(path: string): AsyncGenerator<string, void> {
  let begun = "";
  for await (const piece of createReadStream(path, { encoding: "utf8", highWaterMark: 262_144 })) {
    const lines = (begun + (piece as string)).split("\n");
    begun = lines.pop()!;
    for (const line of lines) yield `${line}\n`;
  }
}
