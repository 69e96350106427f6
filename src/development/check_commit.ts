import { join } from "node:path";
import { compile, type Settings } from "graphile-migrate";
import pg from "pg";
import { actingAs } from "../database/credentials.ts";
import { projectRoot } from "../database/migrations.ts";
import { snapshot } from "../database/snapshot.ts";
import { withInspect } from "../inspect/catalogue/install.ts";
import { applyBaseline, readBaseline } from "../inspect/lint/baseline.ts";
import { readChecks } from "../inspect/lint/checks.ts";
import { type Finding, lint } from "../inspect/lint/lint.ts";

/**
 * What speaks against freezing what a database was just built from: sources of db/schema that no migration includes,
 * and tables that are not closed. A paragraph each, with what to do; none where all is well.
 *
 * @param url an administrator's connection to a database that has every migration, the new one too
 */
export async function checkCommit(url: string, settings: Settings): Promise<string[]> {
  const open = (await findings(url)).filter(({ check }) => closing.has(check.number));
  return [...(await leftOut(url, settings)), ...open.map(describe)];
}

/** Replays all of db/schema and tells whether it changes anything. */
async function leftOut(url: string, settings: Settings): Promise<string[]> {
  const sources = await compile(settings, "--!include all.sql\n");
  const client = new pg.Client({ connectionString: actingAs(url, "rowhouse_owner") });
  await client.connect();
  try {
    await client.query("begin");
    const before = await snapshot(client);
    await client.query(sources);
    const after = await snapshot(client);
    if (before === after) return [];
    return [
      `db/schema says more than the migrations do. Include what changed, or all of it, as the last line of db/current:\n\n  --!include all.sql\n\nA replay of all.sql would still change:\n${changedLines(before, after)}`,
    ];
  } finally {
    await client.query("rollback");
    await client.end();
  }
}

/** The lines that only one of two texts has, the first dozen of them. */
function changedLines(before: string, after: string): string {
  const [was, is] = [before, after].map((text) => text.split("\n"));
  const only = (sign: string, lines: string[], others: string[]): string[] => {
    const known = new Set(others);
    return lines.filter((line) => line.trim() !== "" && !known.has(line)).map((line) => `  ${sign} ${line}`);
  };
  const lines = [...only("-", was!, is!), ...only("+", is!, was!)];
  const shown = lines.slice(0, 12);
  // The same lines in another order, or as often as never before.
  if (lines.length === 0) return "  the order of what is there";
  return [
    ...shown,
    ...(lines.length > shown.length ? [`  … ${lines.length - shown.length} lines more`] : []),
  ].join("\n");
}

async function findings(url: string): Promise<Finding[]> {
  const all = await withInspect(url, (client) => lint(client, readChecks()));
  const baseline = readBaseline(join(projectRoot, "db", "lint-baseline.json"));
  return applyBaseline(all, baseline, new Date().toISOString().slice(0, 10)).open;
}

/**
 * What leaves a table open, by its check: row security off, not forced or without effect; a tenant's table without a wall,
 * or with one that looks too late; a tenant that may be null or chosen; keys across tenants; no trail.
 */
const closing = new Set([
  "0001",
  "0002",
  "0003",
  "0023",
  "0024",
  "0030",
  "0031",
  "0032",
  "0034",
  "0035",
  "0036",
  "0069",
]);

function describe({ check, object, detail, mend }: Finding): string {
  const title = check.title.replace(/^./, (letter) => letter.toLowerCase());
  return `${object}: ${title}: ${detail} (check ${check.number}, docs/lints.md).\n\n${mend.replaceAll(/^/gm, "  ")}`;
}
