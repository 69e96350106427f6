import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { readConfig } from "../../config.ts";
import { openStorage } from "../../documents/storage/open_storage.ts";
import { exportTenant } from "../../tenants/export_tenant.ts";
import { UsageError } from "../failures.ts";
import { parseArguments } from "../inspected.ts";
import { progressLine } from "../progress_line.ts";
import { writeWhole } from "../write_whole.ts";
import { asAdministrator } from "./as_administrator.ts";
import { findTenant } from "./which_tenant.ts";

/** `rowhouse tenant export SLUG|ID FILE|-`: the archive appears when it is whole. Status 1 where there is no such tenant. */
export async function exportToFile(args: string[]): Promise<0 | 1> {
  const [named, path, ...more] = parseArguments(args, {}).positionals;
  if (named === undefined || path === undefined || more.length > 0) {
    throw new UsageError('"tenant export" wants a slug or id, and a file, or - for a pipe');
  }
  return asAdministrator(async (client) => {
    const id = await findTenant(client, named);
    if (id === null) return 1;
    // Before a byte of it leaves.
    await client.query("select audit.record_event('tenant.exported', $1)", [id]);
    const progress = progressLine();
    let rows = 0;
    const said = (done: number, total: number): void => {
      rows = done;
      progress(done, total, "rows exported");
    };
    const archive = exportTenant(client, id, said, openStorage(readConfig()).objects);
    if (path === "-") {
      await pipeline(Readable.from(archive, { objectMode: false }), process.stdout, { end: false });
      return 0;
    }
    await writeWhole(path, archive, "another export, or what is left of one");
    console.log(`${rows} rows are in ${path}`);
    return 0;
  });
}
