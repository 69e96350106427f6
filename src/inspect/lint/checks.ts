import { readdirSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../database/migrations.ts";
import { readSource } from "../../whole_file.ts";

/** From worst to mildest. */
export const levels = ["error", "warning", "info"] as const;
export type Level = (typeof levels)[number];

/** One file of db/checks: a question to the catalogue whose every answer is a finding. */
export interface Check {
  /** Four digits; never given to another check. */
  readonly number: string;
  /** The rest of the file's name: row_security_off. */
  readonly name: string;
  readonly title: string;
  readonly level: Level;
  readonly rationale: string;
  /** How to mend what it finds, in a sentence; each finding has the exact SQL. */
  readonly mend: string;
  /** Rules of supabase/splinter that ask the same. */
  readonly splinter: readonly string[];
  /** Rows of object, detail and mend. */
  readonly sql: string;
}

/** All checks, by number. */
export function readChecks(folder = join(projectRoot, "db", "checks")): Check[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .sort()
    .map((file) => parseCheck(file, readSource(join(folder, file))));
}

/**
 * Reads a check's header: lines `-- field: text`, each continued by lines that are indented by two more.
 *
 * @throws if the name or a field is missing or unknown: a mistake of whoever wrote the check
 */
export function parseCheck(file: string, source: string): Check {
  const named = /^(\d{4})_([a-z_]+)\.sql$/.exec(file);
  if (!named) throw new Error(`${file} is not named NNNN_name.sql`);
  const fields = new Map<string, string>();
  const lines = source.split("\n");
  let last = "";
  let length = 0;
  for (; lines[length]?.startsWith("--"); length++) {
    const [, field, text] = /^-- (?:([a-z]+): | {2})(.*)$/.exec(lines[length]!) ?? [];
    if (text === undefined) throw new Error(`${file}:${length + 1} is neither a field nor its continuation`);
    last = field ?? last;
    fields.set(last, field ? text : `${fields.get(last)} ${text.trim()}`);
  }
  const field = (name: string): string => {
    const text = fields.get(name);
    if (!text) throw new Error(`${file} has no ${name}`);
    return text;
  };
  const level = levels.find((one) => one === field("level"));
  if (!level) throw new Error(`${file} has no such level: ${field("level")}`);
  const unknown = [...fields.keys()].filter(
    (name) => !["title", "level", "rationale", "mend", "splinter"].includes(name),
  );
  if (unknown.length > 0) throw new Error(`${file} has no such field: ${unknown.join(", ")}`);
  return {
    number: named[1]!,
    name: named[2]!,
    title: field("title"),
    level,
    rationale: field("rationale"),
    mend: field("mend"),
    splinter: fields.get("splinter")?.split(/,\s*/) ?? [],
    sql: lines.slice(length).join("\n"),
  };
}
