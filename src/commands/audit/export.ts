import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type pg from "pg";
import { atOneMoment } from "../../audit/at_one_moment.ts";
import { databaseSource, rangeInDatabase } from "../../audit/database_source.ts";
import { databaseTree } from "../../audit/database_tree.ts";
import type { Part } from "../../audit/export_format.ts";
import type { ExportSource } from "../../audit/export_source.ts";
import { type ExportFormat, exportTrail, FORMATS } from "../../audit/export_trail.ts";
import { momentIn, numberIn } from "../../audit/range_given.ts";
import type { LeafRange } from "../../audit/tree_source.ts";
import { writeTiles } from "../../audit/write_tiles.ts";
import { CommandError, UsageError } from "../failures.ts";
import { oneOf, parseArguments } from "../inspected.ts";
import { progressLine } from "../progress_line.ts";
import { writeWhole } from "../write_whole.ts";
import { asAuditor } from "./as_auditor.ts";
import { goOn } from "./export_file.ts";
import { sealedTenant } from "./which_tree.ts";

/**
 * `rowhouse audit export TENANT FILE|-` and, with `--tiles`, `TENANT FOLDER`: what can be verified elsewhere, as far as the last
 * checkpoint. A file appears when it is whole; beside one of CSV or OCSF appears `FILE.proof`. That it was exported is in the
 * trail before a byte of it is written.
 */
export async function exportTree(args: string[]): Promise<0> {
  const { values, positionals } = parseArguments(args, {
    database: { type: "string" },
    tiles: { type: "boolean" },
    format: { type: "string" },
    after: { type: "string" },
    from: { type: "string" },
    to: { type: "string" },
    resume: { type: "boolean" },
  });
  const [named, path, ...more] = positionals;
  if (named === undefined || path === undefined || more.length > 0) {
    throw new UsageError('"audit export" wants a slug, an id or "platform", and a file, or - for a pipe');
  }
  const format = oneOf("format", FORMATS, values.format) ?? "jsonl";
  const range = rangeOf(values);
  const parted = range.after !== -1 || range.from !== null || range.to !== null;
  if (values.tiles && (values.format || parted || values.resume))
    throw new UsageError("--tiles writes all of a tree, and in one form");
  if (values.resume && (parted || path === "-"))
    throw new UsageError("--resume goes on with a file, which says how far it goes");
  if (values.resume && format === "proof")
    throw new UsageError("--resume goes on with lines of events; a proof is written anew");
  const progress = progressLine();
  const onEvent: OnEvent = (done, total) => progress(done, total, "events exported");
  await asAuditor(values.database, async (client) => {
    const tenant = await sealedTenant(client, named);
    if (values.tiles) return exportTiles(client, tenant, path, onEvent);
    const begun = values.resume ? await goOn(path, format) : null;
    if (begun && begun.tenant !== tenant) throw new CommandError(`${path} is of another tenant`);
    const { size, part } = await rangeInDatabase(client, tenant, begun ?? range, begun?.size);
    const rest = begun
      ? (await rangeInDatabase(client, tenant, { ...begun, after: begun.written }, size)).part
      : part;
    await note(client, tenant, format, rest, size);
    await atOneMoment(client, async () => {
      const source = await databaseSource(client, tenant, size, part, rest);
      if (path === "-") await pipe(source, format, onEvent);
      else await writeFiles(source, format, path, onEvent);
    });
  });
  return 0;
}

type OnEvent = (done: number, total: number) => void;

function rangeOf({ after, from, to }: Partial<Record<"after" | "from" | "to", string>>): LeafRange {
  const moment = (option: string, given: string | undefined): string | null => {
    const read = given === undefined ? null : momentIn(given);
    if (given !== undefined && read === null)
      throw new UsageError(`--${option} is a day or a time with its zone, such as 2026-11-01T00:00:00Z`);
    return read;
  };
  const behind = after === undefined ? -1 : numberIn(after);
  if (behind === null) throw new UsageError("--after is the index of a leaf");
  return { after: behind, from: moment("from", from), to: moment("to", to) };
}

async function exportTiles(
  client: pg.Client,
  tenant: string,
  folder: string,
  onEvent: OnEvent,
): Promise<void> {
  const { size, part } = await rangeInDatabase(client, tenant, { after: -1, from: null, to: null });
  await note(client, tenant, "tiles", part, size);
  await atOneMoment(client, async () => {
    const tree = await databaseTree(client, tenant);
    console.log(`${await writeTiles(tree, folder, onEvent)} leaves are in ${folder}`);
  });
}

/** Has the trail say who exports what, under the name of the database's login, and commits. */
async function note(
  client: pg.Client,
  tenant: string,
  format: ExportFormat | "tiles",
  part: Part,
  size: number,
): Promise<void> {
  try {
    await client.query("begin read write");
    await client.query("select audit.note_export($1, $2, $3, $4)", [
      tenant,
      format,
      size,
      JSON.stringify(part),
    ]);
    await client.query("commit");
  } catch (error) {
    // A copy that only reads, or one of before there was such an event.
    if (!["25006", "42883"].includes((error as pg.DatabaseError).code ?? "")) throw error;
    throw new CommandError(
      `nothing is exported that the trail cannot be told of: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

async function pipe(source: ExportSource, format: ExportFormat, onEvent: OnEvent): Promise<void> {
  const lines = Readable.from(exportTrail(source, format, onEvent), { objectMode: false });
  await pipeline(lines, process.stdout, { end: false });
}

/** What may be where a file is to be written. */
const LEFT = "another export, or what is left of one, which --resume goes on with";

async function writeFiles(
  source: ExportSource,
  format: ExportFormat,
  path: string,
  onEvent: OnEvent,
): Promise<void> {
  const begun = source.rest !== source.part;
  // First, so that whoever goes on with the lines knows from it how far they go.
  if (!begun && (format === "csv" || format === "ocsf"))
    await writeWhole(`${path}.proof`, exportTrail(source, "proof"), LEFT);
  await writeWhole(path, exportTrail(source, format, onEvent), LEFT, begun);
  console.log(
    `${source.part.events} events are in ${path}${begun ? `, ${source.rest.events} of them now` : ""}`,
  );
}
