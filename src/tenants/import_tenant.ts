import pg from "pg";
import { ArchiveError, type Header, readArchive } from "./archive.ts";
import { type ArchivedTable, archivedTables, columnsOfPeople, PEOPLE, quoted } from "./archived_tables.ts";

/** Lines of one statement, and their characters, at most. */
const BATCH = 500;
const BATCH_LENGTH = 4 * 1024 * 1024;

export interface Imported {
  readonly tenant: Header["tenant"];
  readonly counts: Readonly<Record<string, number>>;
  /** Who was here already, by the same id or the same address, and stays as they are. */
  readonly peopleKnown: number;
}

/** An archive that can be read again from its beginning. */
export interface ArchiveSource {
  read(): AsyncIterable<Buffer>;
}

/**
 * Brings a tenant in from an archive, with the ids that it had: all of it, or nothing.
 *
 * The archive is read twice: first to know that it is whole, before the database hears of it, and then in one transaction,
 * which commits only if the second reading found it whole too. Triggers rest meanwhile, because the rows are as they were
 * and not made anew; what they and the foreign keys would have refused is looked for at the end.
 *
 * People are their own and not the tenant's. Who has the same id here is the same person; else who has the same address; else
 * they come into being, without a password. Whoever is known stays as they are, and rows that mean them mean who is here.
 *
 * @param client a superuser's: nobody else may have triggers rest
 * @throws {ArchiveError} with the reason, and then nothing was changed
 */
export async function importTenant(
  client: pg.Client,
  source: ArchiveSource,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Imported> {
  let total = 0;
  for await (const { kind } of readArchive(source.read())) if (kind === "row") total += 1;
  await client.query("begin");
  try {
    const imported = await bringIn(client, source, (done) => onProgress(done, total));
    await client.query("commit");
    return imported;
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw refusalOf(error) ?? error;
  }
}

/** Without its detail, which quotes what people wrote. */
function refusalOf(error: unknown): ArchiveError | null {
  if (!(error instanceof pg.DatabaseError)) return null;
  const kind = error.code?.slice(0, 2);
  if (error.code === "42501") {
    return new ArchiveError(`${error.message}; DATABASE_URL has to be a superuser's`);
  }
  if (kind !== "22" && kind !== "23") return null;
  return new ArchiveError(
    error.code === "23505"
      ? `it collides with what is here: ${error.message}`
      : `a row of it will not do: ${error.message}`,
  );
}

async function bringIn(
  client: pg.Client,
  source: ArchiveSource,
  onProgress: (done: number) => void,
): Promise<Imported> {
  await client.query("set local session_replication_role = replica");
  await client.query("set local timezone = 'UTC'");
  await client.query(
    "create temporary table archived_people (was uuid primary key, here uuid not null) on commit drop",
  );
  const known = new Map((await archivedTables(client)).map((table) => [table.name, table]));
  const counts: Record<string, number> = {};
  let header: Header | null = null;
  let peopleKnown = 0;
  let done = 0;
  let batch: string[] = [];
  let length = 0;
  let table = PEOPLE;

  for await (const part of readArchive(source.read())) {
    if (part.kind === "header") {
      header = part.header;
      await refuseMisfit(client, header, known);
      continue;
    }
    if (part.row.table !== table || batch.length === BATCH || length > BATCH_LENGTH) await flush();
    table = part.row.table;
    batch.push(part.row.line);
    length += part.row.line.length;
  }
  await flush();
  const { tenant } = header!;
  const here = [...known.values()].filter(({ name }) => header!.tables[name]);
  await refuseBroken(client, tenant, here);
  await client.query("set local session_replication_role = origin");
  await client.query("select context.index_messages($1)", [tenant.id]);
  await client.query("select audit.record_event('tenant.imported', $1, $2)", [
    tenant.id,
    { counts, people_known: peopleKnown },
  ]);
  return { tenant, counts, peopleKnown };

  async function flush(): Promise<void> {
    if (batch.length === 0) return;
    const columns = header!.tables[table]!;
    if (table === PEOPLE) peopleKnown += await bringPeople(client, columns, batch);
    else await bringRows(client, known.get(table)!, columns, batch, header!.tenant.id);
    counts[table] = (counts[table] ?? 0) + batch.length;
    done += batch.length;
    onProgress(done);
    batch = [];
    length = 0;
  }
}

/** Whether this database has a place for all of it, and none of it yet. */
async function refuseMisfit(
  client: pg.Client,
  { tenant, tables }: Header,
  known: ReadonlyMap<string, ArchivedTable>,
): Promise<void> {
  for (const [name, columns] of Object.entries(tables)) {
    const ours = name === PEOPLE ? await columnsOfPeople(client) : known.get(name)?.columns;
    if (!ours) throw new ArchiveError(`there is no table ${name} here that a tenant owns rows of`);
    const missing = columns.find((column) => !ours.includes(column));
    if (missing !== undefined) throw new ArchiveError(`${name} has no column ${missing} here`);
  }
  const { rows } = await client.query<{ slug: string }>(
    "select slug from app.tenants where id::text = $1 or lower(slug) = lower($2)",
    [tenant.id, tenant.slug],
  );
  if (rows[0]) {
    throw new ArchiveError(
      `it collides with the tenant "${rows[0].slug}", which is here with this id or slug`,
    );
  }
}

/** @returns how many were here */
async function bringPeople(client: pg.Client, columns: readonly string[], lines: string[]): Promise<number> {
  const { rows } = await client.query<{ known: string }>(
    `with given as materialized (
       select person.* from unnest($1::text[]) as line,
         jsonb_populate_record(null::app.users, line::jsonb -> 'row') as person
     ), matched as (
       select given.id as was, coalesce(
         (select same.id from app.users as same where same.id = given.id),
         (select same.id from app.users as same where lower(same.email) = lower(given.email))
       ) as here
       from given
     ), noted as (
       insert into archived_people select was, coalesce(here, was) from matched
     ), made as (
       insert into app.users (${columns.map(quoted).join(", ")})
       select ${columns.map(quoted).join(", ")} from given
       where id in (select was from matched where here is null)
     )
     select count(*) as known from matched where here is not null`,
    [lines],
  );
  return Number(rows[0]!.known);
}

async function bringRows(
  client: pg.Client,
  { name, people, tenant }: ArchivedTable,
  columns: readonly string[],
  lines: string[],
  tenantId: string,
): Promise<void> {
  const values = columns.map((column) =>
    people.includes(column)
      ? `coalesce((select here from archived_people where was = given.${quoted(column)}), given.${quoted(column)})`
      : `given.${quoted(column)}`,
  );
  const { rowCount } = await client.query(
    `insert into ${name} (${columns.map(quoted).join(", ")}) overriding system value
     select ${values.join(", ")}
     from unnest($1::text[]) as line, jsonb_populate_record(null::${name}, line::jsonb -> 'row') as given
     where given.${tenant} = $2`,
    [lines, tenantId],
  );
  if (rowCount !== lines.length) throw new ArchiveError(`it has rows of ${name} that are another tenant's`);
}

/** What foreign keys and triggers would have refused. */
async function refuseBroken(
  client: pg.Client,
  tenant: Header["tenant"],
  tables: readonly ArchivedTable[],
): Promise<void> {
  const { rows: links } = await client.query<{
    name: string;
    source: string;
    target: string;
    pairs: string[][];
  }>(
    `select link.conname as name, format('%I.%I', home.nspname, kind.relname) as source, link.confrelid::regclass::text as target,
       array(select array[here.attname::text, there.attname::text]
         from generate_subscripts(link.conkey, 1) as place
         join pg_attribute as here on here.attrelid = link.conrelid and here.attnum = link.conkey[place]
         join pg_attribute as there on there.attrelid = link.confrelid and there.attnum = link.confkey[place]
         order by place) as pairs
     from pg_constraint as link
     join pg_class as kind on kind.oid = link.conrelid
     join pg_namespace as home on home.oid = kind.relnamespace
     where link.contype = 'f' and format('%I.%I', home.nspname, kind.relname) = any ($1)`,
    [tables.map(({ name }) => name)],
  );
  const byName = new Map(tables.map((table) => [table.name, table]));
  for (const { name, source, target, pairs } of links) {
    const given = pairs.map(([here]) => `own.${quoted(here!)} is not null`).join(" and ");
    const same = pairs.map(([here, there]) => `other.${quoted(there!)} = own.${quoted(here!)}`).join(" and ");
    const { rows } = await client.query<{ broken: boolean }>(
      `select exists (select from ${source} as own where own.${byName.get(source)!.tenant} = $1 and ${given}
         and not exists (select from ${target} as other where ${same})) as broken`,
      [tenant.id],
    );
    if (rows[0]!.broken) throw new ArchiveError(`rows of ${source} refer to what is not there (${name})`);
  }
  const {
    rows: [found],
  } = await client.query<{ here: boolean; unknown: string | null; owned: boolean }>(
    `select exists (select from app.tenants where id = $1) as here,
       (select held from app.roles cross join unnest(permissions) as held
         where tenant_id = $1 and held not in (select known.name from app.permissions as known) limit 1) as unknown,
       context.stays_owned($1) as owned`,
    [tenant.id],
  );
  if (!found!.here) throw new ArchiveError("it lacks the row of the tenant itself");
  if (found!.unknown !== null) throw new ArchiveError(`there is no permission ${found!.unknown} here`);
  if (!found!.owned) throw new ArchiveError("its tenant would have no active owner here");
}
