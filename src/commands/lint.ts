import { join } from "node:path";
import { projectRoot } from "../database/migrations.ts";
import { describeState, schemaState } from "../database/schema_state.ts";
import { withInspect } from "../inspect/catalogue/install.ts";
import { applyBaseline, readBaseline } from "../inspect/lint/baseline.ts";
import { levels, readChecks } from "../inspect/lint/checks.ts";
import { type Format, formats } from "../inspect/lint/formats.ts";
import { lint } from "../inspect/lint/lint.ts";
import { UsageError } from "./failures.ts";
import { inspectOptions, inspectSettings, oneOf, parseArguments, withDatabaseUrl } from "./inspected.ts";

/** Whether this is a database of Rowhouse; asked of the catalogue, because a name wants USAGE on its schema. */
const OURS = `
  select exists (
    select from pg_catalog.pg_class
    join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
    where nspname = 'context' and relname = 'seal_keys'
  ) as ours`;

/** `rowhouse lint`: runs every check and prints what it found; status 1 from the level --fail-on up. */
export async function lintDatabase(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, {
    ...inspectOptions,
    format: { type: "string" },
    "fail-on": { type: "string" },
    baseline: { type: "string" },
    timing: { type: "boolean" },
  });
  if (positionals.length > 0) throw new UsageError(`"lint" takes no argument "${positionals[0]}"`);
  const format = oneOf("format", Object.keys(formats) as Format[], values.format) ?? "table";
  const failOn = oneOf("fail-on", levels, values["fail-on"]) ?? "warning";
  const given =
    values.baseline === undefined || values.baseline === "none" ? [] : readBaseline(values.baseline);

  const checks = readChecks();
  const outcome = await withDatabaseUrl(values.database, (url) =>
    withInspect(
      url,
      async (client) => {
        const { ours } = (await client.query<{ ours: boolean }>(OURS)).rows[0]!;
        const baseline =
          values.baseline === undefined && ours
            ? readBaseline(join(projectRoot, "db", "lint-baseline.json"))
            : given;
        const findings = await lint(client, checks, progress(checks.length, values.timing ?? false));
        return {
          ...applyBaseline(findings, baseline, new Date().toISOString().slice(0, 10)),
          // Checks of the sources at hand say little about a database that was built from others.
          problem: ours ? describeState(await schemaState(client)) : null,
        };
      },
      inspectSettings(values),
    ),
  );
  if (outcome.problem !== null) console.error(`rowhouse: ${outcome.problem}`);
  process.stdout.write(`${formats[format]({ checks, ...outcome })}\n`);
  const failing = levels.slice(0, levels.indexOf(failOn) + 1);
  if (outcome.problem !== null) return 1;
  return outcome.open.some(({ level }) => failing.includes(level)) ? 1 : 0;
}

/** A line on a terminal that says how far it is; with `timing`, a line for each check. */
function progress(total: number, timing: boolean) {
  let done = 0;
  return ({ number, name }: { number: string; name: string }, milliseconds: number): void => {
    done++;
    if (timing) console.error(`${milliseconds.toFixed(1).padStart(8)} ms  ${number}  ${name}`);
    else if (process.stderr.isTTY) {
      process.stderr.write(done === total ? "\r\u001b[K" : `\r\u001b[K${done}/${total} ${name}`);
    }
  };
}
