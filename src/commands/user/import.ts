import { type FileHandle, open } from "node:fs/promises";
import pg from "pg";
import { CommandError, UsageError } from "../failures.ts";
import { oneOf, parseArguments } from "../inspected.ts";
import { progressLine } from "../progress_line.ts";
import { asOperator, count } from "./as_operator.ts";
import { linesIn } from "./lines.ts";
import { BadLine, type ImportedPerson, type Presets, readPersonLine } from "./person_line.ts";

/** People of one statement, which is one transaction. */
const BATCH = 200;

type Outcome = "imported" | "joined" | "already_there" | "refused";

/** What became of the lines, or would. */
type Tally = Record<Outcome | "without_password", number>;

/** Where lines come from. */
interface Source {
  /** Bytes; null where nobody knows. */
  readonly size: number | null;
  /** All of it, from the beginning; a pipe can be read once. */
  read(): AsyncIterable<Buffer>;
}

/**
 * `rowhouse user import FILE|-`: brings people in, a JSON object a line.
 *
 * First every line is looked at, and if one will not do, all that will not are told and nobody is imported: status 1. With
 * `--keep-going`, which is what a pipe needs, the others are. Each person is imported whole or not at all; an import that
 * broke off is run again, and goes on where it was, because who is there already is left alone.
 */
export async function importPeople(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, {
    tenant: { type: "string" },
    role: { type: "string" },
    "dry-run": { type: "boolean" },
    "keep-going": { type: "boolean" },
    format: { type: "string" },
  });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0)
    throw new UsageError('"user import" wants one file, or - for a pipe');
  if (values.role !== undefined && values.tenant === undefined) {
    throw new UsageError("--role is a role in which company? --tenant is missing");
  }
  const format = oneOf("format", ["text", "json"] as const, values.format) ?? "text";
  const presets = { tenant: values.tenant?.toLowerCase() ?? null, role: values.role ?? null };
  const dryRun = values["dry-run"] ?? false;
  const keepGoing = values["keep-going"] ?? false;

  await using opened = await openSource(path);
  const { source } = opened;
  if (source.size === null && !keepGoing && !dryRun) {
    throw new UsageError("a pipe cannot be looked through first: give a file, or --keep-going");
  }
  return await asOperator(async ({ client }) => {
    if (dryRun || !keepGoing) {
      const looked = await run(client, source, presets, true);
      if (dryRun || looked.refused > 0) {
        tell(looked, format, true);
        if (!dryRun)
          console.error(
            "rowhouse: nobody was imported; mend these lines, or leave them out with --keep-going",
          );
        return looked.refused === 0 ? 0 : 1;
      }
    }
    const done = await run(client, source, presets, false);
    tell(done, format, false);
    return done.refused === 0 ? 0 : 1;
  });
}

/** Goes through all lines once. @param looking only finds out what would become of them */
async function run(client: pg.Client, source: Source, presets: Presets, looking: boolean): Promise<Tally> {
  const tally: Tally = { imported: 0, joined: 0, already_there: 0, refused: 0, without_password: 0 };
  const progress = progressLine();
  const what = looking ? "bytes looked at" : "bytes imported";
  let read = 0;
  let batch: ImportedPerson[] = [];
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of source.read()) {
      read += chunk.length;
      yield chunk;
    }
  };
  const refuse = (line: number, why: string): void => {
    tally.refused += 1;
    console.error(`line ${line}: ${why}`);
  };
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const people = batch;
    batch = [];
    for (const { line, outcome, detail } of await tellDatabase(client, people, looking)) {
      if (outcome === "refused") refuse(Number(line), detail ?? "");
      else tally[outcome] += 1;
      const person = people.find((one) => one.line === Number(line));
      if (outcome === "imported" && person?.leftBehind) tally.without_password += 1;
    }
    if (source.size !== null) progress(read, source.size, what);
  };

  for await (const line of linesIn(counted())) {
    if ("problem" in line) refuse(line.number, line.problem);
    else {
      try {
        batch.push(readPersonLine(line.number, line.text, presets));
      } catch (error) {
        if (!(error instanceof BadLine)) throw error;
        refuse(line.number, error.message);
      }
    }
    if (batch.length === BATCH) await flush();
  }
  await flush();
  if (source.size !== null) progress(source.size, source.size, what);
  return tally;
}

async function tellDatabase(client: pg.Client, people: readonly ImportedPerson[], looking: boolean) {
  try {
    const { rows } = await client.query<{ line: string; outcome: Outcome; detail: string | null }>({
      name: "import_people",
      text: "select line, outcome, detail from auth.import_people($1, $2) order by line",
      values: [JSON.stringify(people), looking],
    });
    return rows;
  } catch (error) {
    const { line: first } = people[0]!;
    const { line: last } = people.at(-1)!;
    console.error(
      `rowhouse: stopped at lines ${first} to ${last}, of which nobody was imported; run it again to go on from there`,
    );
    // Not its detail, which quotes the row, and with it the hash.
    if (error instanceof pg.DatabaseError) throw new CommandError(`the database says: ${error.message}`);
    throw error;
  }
}

function tell(tally: Tally, format: "text" | "json", looking: boolean): void {
  if (format === "json") {
    const { already_there: alreadyThere, without_password: withoutPassword, ...rest } = tally;
    console.log(JSON.stringify({ ...rest, alreadyThere, withoutPassword, dryRun: looking }));
    return;
  }
  const parts = [
    `${tally.imported} imported`,
    ...(tally.joined > 0 ? [`${tally.joined} joined a company`] : []),
    `${tally.already_there} already there`,
    ...(tally.refused > 0 ? [`${tally.refused} refused`] : []),
  ];
  console.log(`${looking ? "would be: " : ""}${parts.join(", ")}`);
  if (tally.without_password > 0) {
    console.log(
      `${count(tally.without_password, "password")} left behind, because the address was not verified: they choose another by a mail`,
    );
  }
}

/** A file stays the same one, whatever is put in its place between two readings. */
async function openSource(path: string): Promise<AsyncDisposable & { source: Source }> {
  if (path === "-") {
    return { source: { size: null, read: () => process.stdin }, async [Symbol.asyncDispose]() {} };
  }
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (cause) {
    throw new CommandError(`cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
  const about = await file.stat();
  if (about.isDirectory()) {
    await file.close();
    throw new CommandError(`${path} is a folder`);
  }
  const read = (): AsyncIterable<Buffer> =>
    file.createReadStream({ autoClose: false, ...(about.isFile() && { start: 0 }) });
  return {
    source: { size: about.isFile() ? about.size : null, read },
    [Symbol.asyncDispose]: () => file.close(),
  };
}
