import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { type Check, readChecks } from "../../../src/inspect/lint/checks.ts";
import { type Finding, lint } from "../../../src/inspect/lint/lint.ts";

const folder = import.meta.dirname;

/** One way to break the sample: a file of broken/, named like the check that should notice. */
export interface Breakage {
  readonly check: Check;
  /** The findings that breaking it should make, `NNNN object`, in order. */
  readonly expected: readonly string[];
  /** Findings of other checks that the tables it needs have from the beginning. */
  readonly beside: readonly string[];
  /** What is found when it is mended: what the mend shut, and a person has to open again. */
  readonly after: readonly string[];
  /** SQL that adds what will be broken, still healthy. */
  readonly healthy: string;
  readonly broken: string;
}

export const checks = readChecks();

/** The breakages, by number of their check. */
export function readBreakages(database: string): Breakage[] {
  return readdirSync(join(folder, "broken"))
    .sort()
    .map((file) => {
      const check = checks.find(({ number, name }) => file === `${number}_${name}.sql`);
      if (!check) throw new Error(`no check is called ${file}`);
      const source = readFileSync(join(folder, "broken", file), "utf8");
      const [healthy, broken] = source.split(/^-- broken$/m);
      if (broken === undefined) throw new Error(`${file} has no line "-- broken"`);
      const lines = (field: string): string[] =>
        [...source.matchAll(new RegExp(`^-- ${field}: (.*)$`, "gm"))].map(([, text]) =>
          text!.replace("$database", database),
        );
      return {
        check,
        expected: lines("expect")
          .map((object) => `${check.number} ${object}`)
          .sort(),
        beside: lines("beside"),
        after: lines("after"),
        healthy: healthy!,
        broken,
      };
    });
}

/** A connection in whose open transaction the sample exists; nobody else ever sees it. */
export async function openSample(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("begin");
  await client.query(readFileSync(join(folder, "healthy.sql"), "utf8"));
  await client.query("set local search_path = ''");
  await client.query("set local inspect.schemas = 'sample'");
  await client.query("set local inspect.exposed_schemas = 'sample'");
  await client.query("set local inspect.api_roles = 'sample_app'");
  return client;
}

/** `NNNN object` of each finding, in order. */
export const named = (findings: readonly Finding[]): string[] =>
  findings.map(({ check, object }) => `${check.number} ${object}`).sort();

/** Runs every check where the transaction stands. */
export const findings = (client: pg.Client): Promise<Finding[]> => lint(client, checks);
