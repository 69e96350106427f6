import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atOneMoment } from "../../src/audit/at_one_moment.ts";
import { databaseSource, rangeInDatabase } from "../../src/audit/database_source.ts";
import { type ExportFormat, exportTrail } from "../../src/audit/export_trail.ts";
import type { Verifier } from "../../src/audit/note.ts";
import type { LeafRange } from "../../src/audit/tree_source.ts";
import { verifyExport } from "../../src/audit/verify_export.ts";
import type { TestDatabase } from "./database.ts";

/** All leaves, of any time. */
export const ALL: LeafRange = { after: -1, from: null, to: null };

/** A tenant's trail in a form, as the command writes it. */
export async function exported(
  database: Pick<TestDatabase, "admin">,
  tenant: string,
  format: ExportFormat,
  range: Partial<LeafRange> = {},
): Promise<string> {
  const client = await database.admin.connect();
  try {
    return await atOneMoment(client, async () => {
      const { size, part } = await rangeInDatabase(client, tenant, { ...ALL, ...range });
      const pieces: string[] = [];
      for await (const piece of exportTrail(await databaseSource(client, tenant, size, part), format)) {
        pieces.push(piece);
      }
      return pieces.join("");
    });
  } finally {
    client.release();
  }
}

/** What the verifier finds in a text, with what proves it: the codes of what is wrong, each with the leaf that it names. */
export async function problemsIn(
  text: string,
  keys: readonly Verifier[],
  proof?: string,
): Promise<[code: string, leaf: number | null][]> {
  const path = join(mkdtempSync(join(tmpdir(), "rowhouse-export-")), "trail");
  writeFileSync(path, text);
  if (proof !== undefined) writeFileSync(`${path}.proof`, proof);
  const { problems } = await verifyExport(path, { keys });
  return problems.map(({ code, leaf }) => [code, leaf]);
}
