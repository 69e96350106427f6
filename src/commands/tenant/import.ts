import { ArchiveError } from "../../tenants/archive.ts";
import { importTenant } from "../../tenants/import_tenant.ts";
import { UsageError } from "../failures.ts";
import { parseArguments } from "../inspected.ts";
import { progressLine } from "../progress_line.ts";
import { openSource } from "../user/import_source.ts";
import { asAdministrator } from "./as_administrator.ts";

/** `rowhouse tenant import FILE`: all of an archive, or nothing of it. Status 1 where it will not do. */
export async function importFromFile(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, { json: { type: "boolean" } });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw new UsageError('"tenant import" wants one file');
  if (path === "-") throw new UsageError("a pipe cannot be looked through first: give a file");
  await using source = await openSource(path);
  return await asAdministrator(async (client) => {
    const progress = progressLine();
    try {
      const imported = await importTenant(client, source, (done, total) =>
        progress(done, total, "rows imported"),
      );
      const rows = Object.values(imported.counts).reduce((sum, count) => sum + count, 0);
      console.log(
        values.json
          ? JSON.stringify(imported)
          : `${imported.tenant.slug} is here: ${rows} rows; ${imported.peopleKnown} people were here already`,
      );
      return 0;
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      console.error(
        `rowhouse: ${path} is not imported: ${error.message.replaceAll(/[\p{Cc}\p{Cf}]/gu, "?")}`,
      );
      return 1;
    }
  });
}
