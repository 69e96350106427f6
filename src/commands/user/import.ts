import { UsageError } from "../failures.ts";
import { oneOf, parseArguments } from "../inspected.ts";
import { asOperator, count } from "./as_operator.ts";
import { importLines, type Tally } from "./import_run.ts";
import { openSource } from "./import_source.ts";

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
  if (path === undefined || more.length > 0) {
    throw new UsageError('"user import" wants one file, or - for a pipe');
  }
  if (values.role !== undefined && values.tenant === undefined) {
    throw new UsageError("--role is a role in which company? --tenant is missing");
  }
  const format = oneOf("format", ["text", "json"] as const, values.format) ?? "text";
  const presets = { tenant: values.tenant?.toLowerCase() ?? null, role: values.role ?? null };
  const dryRun = values["dry-run"] ?? false;
  const keepGoing = values["keep-going"] ?? false;

  await using source = await openSource(path);
  if (source.size === null && !keepGoing && !dryRun) {
    throw new UsageError("a pipe cannot be looked through first: give a file, or --keep-going");
  }
  return await asOperator(async ({ client }) => {
    if (dryRun || !keepGoing) {
      const looked = await importLines(client, source, presets, true);
      if (dryRun || looked.refused > 0) {
        tell(looked, format, true);
        if (!dryRun) {
          console.error(
            "rowhouse: nobody was imported; mend these lines, or leave them out with --keep-going",
          );
        }
        return looked.refused === 0 ? 0 : 1;
      }
    }
    const done = await importLines(client, source, presets, false);
    tell(done, format, false);
    return done.refused === 0 ? 0 : 1;
  });
}

function tell(tally: Tally, format: "text" | "json", looking: boolean): void {
  if (format === "json") {
    console.log(JSON.stringify({ ...tally, dryRun: looking }));
    return;
  }
  const parts = [
    `${tally.imported} imported`,
    ...(tally.joined > 0 ? [`${tally.joined} joined a company`] : []),
    `${tally.alreadyThere} already there`,
    ...(tally.refused > 0 ? [`${tally.refused} refused`] : []),
  ];
  console.log(`${looking ? "would be: " : ""}${parts.join(", ")}`);
  if (tally.withoutPassword > 0) {
    const left = count(tally.withoutPassword, "password");
    console.log(`${left} left behind, because the address was not verified: they choose another by a mail`);
  }
}
