import pg from "pg";
import { CommandError } from "../failures.ts";
import { progressLine } from "../progress_line.ts";
import type { Source } from "./import_source.ts";
import { linesIn } from "./lines.ts";
import { BadLine, type ImportedPerson, type Presets, readPersonLine } from "./person_line.ts";

/** People of one statement, which is one transaction. */
const BATCH = 200;

/** What the database says of a line. */
type Outcome = "imported" | "joined" | "already_there" | "refused";

/** What became of the lines, or would. */
export interface Tally {
  imported: number;
  joined: number;
  alreadyThere: number;
  refused: number;
  /** Of those imported: whose password was left behind. */
  withoutPassword: number;
}

/**
 * Goes through all lines once, and tells on stderr which will not do.
 *
 * @param looking only finds out what would become of them
 */
export async function importLines(
  client: pg.Client,
  source: Source,
  presets: Presets,
  looking: boolean,
): Promise<Tally> {
  const tally: Tally = { imported: 0, joined: 0, alreadyThere: 0, refused: 0, withoutPassword: 0 };
  const progress = progressLine();
  const what = looking ? "bytes looked at" : "bytes imported";
  let bytes = 0;
  let batch: ImportedPerson[] = [];

  for await (const line of linesIn(counted())) {
    const person = "problem" in line ? line.problem : personIn(line.number, line.text, presets);
    if (typeof person === "string") refuse(line.number, person);
    else if (batch.push(person) === BATCH) await flush();
  }
  await flush();
  if (source.size !== null) progress(source.size, source.size, what);
  return tally;

  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of source.read()) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  async function flush(): Promise<void> {
    const people = new Map(batch.map((person) => [person.line, person]));
    batch = [];
    for (const { line, outcome, detail } of await tellDatabase(client, [...people.values()], looking)) {
      if (outcome === "refused") refuse(line, detail ?? "will not do");
      else if (outcome === "already_there") tally.alreadyThere += 1;
      else tally[outcome] += 1;
      if (outcome === "imported" && people.get(line)?.leftBehind) tally.withoutPassword += 1;
    }
    if (source.size !== null) progress(bytes, source.size, what);
  }
  function refuse(line: number, why: string): void {
    tally.refused += 1;
    // It may name a field or a role of the file's: a terminal is not to obey what stands in one.
    console.error(`line ${line}: ${why.replaceAll(/[\p{Cc}\p{Cf}]/gu, "?")}`);
  }
}

/** Whose line it is, or why nobody's. */
function personIn(line: number, text: string, presets: Presets): ImportedPerson | string {
  try {
    return readPersonLine(line, text, presets);
  } catch (error) {
    if (!(error instanceof BadLine)) throw error;
    return error.message;
  }
}

async function tellDatabase(client: pg.Client, people: readonly ImportedPerson[], looking: boolean) {
  const [first, last] = [people[0], people.at(-1)];
  if (!first || !last) return [];
  try {
    const { rows } = await client.query<{ line: number; outcome: Outcome; detail: string | null }>({
      name: "import_people",
      text: "select line::integer, outcome, detail from auth.import_people($1, $2) order by line",
      values: [JSON.stringify(people), looking],
    });
    return rows;
  } catch (error) {
    if (!looking) {
      console.error(
        `rowhouse: stopped at lines ${first.line} to ${last.line}, of which nobody was imported; run it again to go on from there`,
      );
    }
    // Not its detail, which quotes the row, and with it the hash.
    if (error instanceof pg.DatabaseError) throw new CommandError(`the database says: ${error.message}`);
    throw error;
  }
}
