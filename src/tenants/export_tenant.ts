import { createHash } from "node:crypto";
import type pg from "pg";
import type { ObjectStorage } from "../documents/storage/object_storage.ts";
import { footerLine, headerLine, rowLine } from "./archive.ts";
import { archivedTables, columnsOfPeople, PEOPLE, quoted } from "./archived_tables.ts";
import { CONTENTS, countStored, storedContents, VERSIONS } from "./stored_contents.ts";

/** Rows in hand at a time. */
const BATCH = 200;

/**
 * All that a tenant owns, as lines of an archive, as of one moment, whatever is written meanwhile. Nothing is held but a
 * batch of rows, so a million take no more memory than a hundred.
 *
 * @param client sees every row: a superuser, or BYPASSRLS
 * @param objects what has the bytes of documents that are not in the database: an archive holds them as the database would
 * @param onProgress hears how many rows went, and of how many
 */
export async function* exportTenant(
  client: pg.Client,
  tenantId: string,
  onProgress: (done: number, total: number) => void = () => {},
  objects: ObjectStorage | null = null,
): AsyncGenerator<Buffer, void> {
  await client.query("begin isolation level repeatable read read only");
  try {
    // Times and numbers as text that every other database reads as the same.
    await client.query(
      "set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local extra_float_digits = 1",
    );
    const {
      rows: [tenant],
    } = await client.query<{ id: string; slug: string; name: string }>(
      "select id, slug, name from app.tenants where id = $1",
      [tenantId],
    );
    if (!tenant) throw new Error(`there is no tenant ${tenantId}`);
    const sources = [
      {
        name: PEOPLE,
        columns: await columnsOfPeople(client),
        where: "id in (select user_id from app.memberships where tenant_id = $1)",
      },
      ...(await archivedTables(client)).map(({ name, columns, tenant: column }) => ({
        name,
        columns,
        where: `${column} = $1`,
      })),
    ];
    const total = (await countRows(client, sources, tenantId)) + (await countStored(client, tenantId));

    const hash = createHash("sha256");
    const counts: Record<string, number> = {};
    const written = (text: string): Buffer => {
      const bytes = Buffer.from(text);
      hash.update(bytes);
      return bytes;
    };
    const tables = Object.fromEntries(sources.map(({ name, columns }) => [name, columns]));
    yield written(headerLine({ exportedAt: new Date().toISOString(), tenant, tables }));
    let done = 0;
    for (const { name, columns, where } of sources) {
      counts[name] = 0;
      const values = columns
        .map((column) => `'${column.replaceAll("'", "''")}', ${archivedValue(name, column)}`)
        .join(", ");
      // Of what has more columns than a function takes arguments, the row is taken whole.
      const row = columns.length <= 50 ? `jsonb_build_object(${values})` : "to_jsonb(owned)";
      await client.query(
        `declare owned no scroll cursor for select (${row})::text as row from ${name} as owned where ${where}`,
        [tenantId],
      );
      for (;;) {
        const { rows } = await client.query<{ row: string }>(`fetch ${BATCH} from owned`);
        if (rows.length === 0) break;
        counts[name] += rows.length;
        done += rows.length;
        yield written(rows.map(({ row: text }) => rowLine(name, text)).join(""));
        onProgress(done, total);
      }
      await client.query("close owned");
      if (name === CONTENTS) {
        for await (const text of storedContents(client, tenantId, objects)) {
          counts[name] += 1;
          done += 1;
          yield written(rowLine(name, text));
          onProgress(done, total);
        }
      }
    }
    yield Buffer.from(footerLine({ counts, sha256: hash.digest("hex") }));
  } finally {
    await client.query("rollback");
  }
}

/** Where bytes are in our storage says nothing elsewhere: the archive has the bytes themselves. */
const archivedValue = (table: string, column: string): string =>
  table === VERSIONS && column === "object_key" ? "null" : quoted(column);

async function countRows(
  client: pg.Client,
  sources: readonly { readonly name: string; readonly where: string }[],
  tenantId: string,
): Promise<number> {
  const counts = sources.map(({ name, where }) => `(select count(*) from ${name} where ${where})`);
  const { rows } = await client.query<{ total: string }>(`select ${counts.join(" + ")} as total`, [tenantId]);
  return Number(rows[0]!.total);
}
