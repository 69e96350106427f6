import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { projectRoot } from "../database/migrations.ts";
import { applySettings, install } from "../inspect/catalogue/install.ts";
import type { InspectSettings } from "../inspect/catalogue/settings.ts";
import type { Check } from "../inspect/lint/checks.ts";
import { type Finding, lint } from "../inspect/lint/lint.ts";

/** A small schema of the corpus, and what should be found in it: these checks, and no other. */
export interface CorpusCase {
  readonly title: string;
  /** The file that it stands in. */
  readonly file: string;
  /** What its schema is called. */
  readonly schema: string;
  /** Numbers of the checks that must fire, in order. */
  readonly fires: readonly string[];
  /** What it calls things, where that is not what the preamble does. */
  readonly settings: InspectSettings;
  /** Why it cannot stand beside the others in one database; null if it can. */
  readonly alone: string | null;
  readonly sql: string;
}

/** A case, and the checks that fired. */
export interface Measured {
  readonly case: CorpusCase;
  readonly fired: readonly string[];
  readonly findings: readonly Finding[];
}

/** What would be measured if every check were right. */
export const asLabelled = (cases: readonly CorpusCase[]): Measured[] =>
  cases.map((one) => ({ case: one, fired: one.fires, findings: [] }));

const folder = join(projectRoot, "test", "inspect", "lint", "corpus");
const PREAMBLE = "preamble.sql";

/** Every case: files of `-- case:` chapters, each with its fields in comments and then its SQL. */
export function readCorpus(): CorpusCase[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".sql") && file !== PREAMBLE)
    .sort()
    .flatMap((file) =>
      readFileSync(join(folder, file), "utf8")
        .split(/^(?=-- case: )/m)
        .filter((chapter) => chapter.trim() !== "")
        .map((chapter) => ({ file, chapter })),
    )
    .map(({ file, chapter }, place) => {
      const field = (name: string): string | undefined =>
        new RegExp(`^-- ${name}: (.*)$`, "m").exec(chapter)?.[1];
      const title = field("case");
      const fires = field("fires");
      if (title === undefined || fires === undefined)
        throw new Error(`${file}: a case does not say its name and what fires: ${chapter.slice(0, 80)}`);
      const schema = field("schema") ?? `shop_${place}`;
      return {
        title,
        file,
        schema,
        fires: fires === "nothing" ? [] : fires.split(" ").sort(),
        settings: JSON.parse(field("settings") ?? "{}"),
        alone: field("alone") ?? null,
        sql: chapter.replaceAll(/(?<![\w"])shop\b/g, `"${schema.replaceAll('"', '""')}"`),
      };
    });
}

/** How many cases stand beside each other at most: some checks compare every policy with every other. */
const BESIDE = 16;

/** What the preamble calls things. */
const NAMES = { tenantColumn: "tenant_id", apiRoles: ["corpus_web"], contextSchema: "ctx" };

/**
 * Builds every case in a database that holds nothing, runs the checks, and rolls back. Cases that call things alike stand
 * beside each other, each in its own schema, so that this takes seconds and not minutes.
 *
 * @param client a superuser's
 * @param onGroup is given what was found in cases that stand beside each other, while they are there
 */
export async function measureCorpus(
  client: pg.ClientBase,
  cases: readonly CorpusCase[],
  checks: readonly Check[],
  onGroup: (
    findings: readonly Finding[],
    lintAgain: () => Promise<Finding[]>,
  ) => Promise<void> = async () => {},
): Promise<Measured[]> {
  const groups = Map.groupBy(cases, (one, place) =>
    one.alone === null
      ? `${JSON.stringify(one.settings)} ${Math.floor(place / BESIDE)}`
      : `${one.file} ${one.title}`,
  );
  const measured = new Map<CorpusCase, Measured>();
  await client.query("begin");
  try {
    await client.query(readFileSync(join(folder, PREAMBLE), "utf8"));
    await client.query("set local search_path = ''");
    await install(client);
    await client.query("set local inspect.api_roles = 'corpus_web'");
    // What PostgreSQL gives to everybody is taken away, as migrate does it.
    const open = await lint(
      client,
      checks.filter(({ number }) => number === "0095"),
    );
    for (const { mend } of open) await client.query(mend);
    for (const group of groups.values()) {
      await client.query("savepoint corpus");
      for (const one of group) await build(client, one);
      const findings = await lintGroup(client, group, checks);
      for (const one of group) {
        const mine = findings.filter((finding) => group.length === 1 || isAbout(finding, one));
        const fired = [...new Set(mine.map(({ check }) => check.number))].sort();
        measured.set(one, { case: one, findings: mine, fired });
      }
      await onGroup(findings, () => lintGroup(client, group, checks));
      await client.query("rollback to savepoint corpus; release savepoint corpus");
    }
  } finally {
    await client.query("rollback");
  }
  return cases.map((one) => measured.get(one)!);
}

/** Makes one case where the transaction stands. */
async function build(client: pg.ClientBase, { title, schema, sql }: CorpusCase): Promise<void> {
  const name = `"${schema.replaceAll('"', '""')}"`;
  try {
    await client.query(
      `create schema ${name} authorization corpus_owner; grant usage on schema ${name} to corpus_web`,
    );
    await client.query(sql);
  } catch (cause) {
    throw new Error(`${title}: ${(cause as Error).message}`, { cause });
  }
}

async function lintGroup(
  client: pg.ClientBase,
  group: readonly CorpusCase[],
  checks: readonly Check[],
): Promise<Finding[]> {
  const schemas = group.map(({ schema }) => schema);
  const { settings } = group[0]!;
  const context = settings.contextSchema === "shop" ? schemas[0]! : NAMES.contextSchema;
  await applySettings(client, {
    ...NAMES,
    ...settings,
    contextSchema: context,
    schemas,
    exposedSchemas: schemas,
  });
  const found = await lint(client, checks);
  // Roles and databases are shared with whatever else runs on the server.
  return found.filter(({ object }) => !/^role (?!corpus_)/.test(object));
}

const isAbout = ({ object, detail, mend }: Finding, { schema }: CorpusCase): boolean =>
  [object, detail, mend].some((text) =>
    new RegExp(`(?<![\\w])${RegExp.escape(schema)}(?!\\w)`).test(text.replaceAll('""', '"')),
  );
