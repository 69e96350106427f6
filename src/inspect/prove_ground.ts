import pg from "pg";
import { type InspectSettings, withInspect } from "./install.ts";
import { createBuilder } from "./prove_builder.ts";
import { type Relation, readCatalogue } from "./prove_catalogue.ts";
import { OURS, type ProveConfig } from "./prove_config.ts";
import { type Door, isOurs, ourDoor, ProveError, templateDoor } from "./prove_door.ts";
import type { House } from "./prove_house.ts";
import { createStage, type Stage } from "./prove_stage.ts";
import { findTargets, type Targets } from "./prove_targets.ts";
import { createMint } from "./prove_values.ts";

/** Two tenants in an open transaction, ready to be attacked. */
export interface Ground {
  readonly client: pg.Client;
  readonly settings: Required<InspectSettings>;
  readonly config: ProveConfig;
  readonly targets: Targets;
  readonly door: Door;
  readonly home: House;
  readonly abroad: House;
  readonly builder: ReturnType<typeof createBuilder>;
  readonly stage: Stage;
  /** Contexts that the other tenant's member had in an earlier transaction of this connection. */
  readonly copied: ReadonlyMap<string, string>;
}

export interface GroundOptions {
  /** An administrator's: superuser, or BYPASSRLS and a member of the roles that are tried. */
  readonly url: string;
  readonly config?: ProveConfig;
  readonly seed: number;
  readonly onStep?: (step: string) => void;
}

/**
 * Builds the two tenants in a transaction, runs `work`, and rolls back: nothing stays behind, but sequences may
 * have moved, as they do with every rollback.
 *
 * @throws {ProveError} if the role may not, or no caller can come in
 */
export async function onGround<T>(options: GroundOptions, work: (ground: Ground) => Promise<T>): Promise<T> {
  const { url, seed, onStep = () => {} } = options;
  const given = options.config ?? {};
  const settings = await withInspect(url, async (_client, known) => known, pickSettings(given));
  const client = new pg.Client({ connectionString: url, application_name: "rowhouse-prove" });
  await client.connect();
  // A killed server is an error of the query that was running; the client would also emit it.
  client.on("error", () => {});
  try {
    await requireAdministrator(client);
    await client.query("set search_path = ''; set timezone = 'UTC'");
    const ours = await isOurs(client);
    const config: ProveConfig = { ...(ours ? OURS : {}), ...given };
    if (!ours && !config.enter) {
      throw new ProveError(
        'this is not a Rowhouse database: say in a --config file how callers come in ("enter")',
      );
    }
    const catalogue = await readCatalogue(client, settings.schemas, await everySchema(client));
    const targets = findTargets(catalogue, settings.tenantColumn, config.shared);
    if (targets.owned.length === 0) {
      throw new ProveError(
        `no table has a column ${settings.tenantColumn}; name yours in a --config file ("tenantColumn")`,
      );
    }
    const builder = createBuilder(client, targets);
    const door =
      ours && !given.enter
        ? ourDoor
        : templateDoor(
            {
              enter: config.enter ?? [],
              variables: config.variables ?? variablesIn(config.enter ?? []),
              sealed: config.sealed ?? false,
              users: config.users ?? null,
              roles: settings.apiRoles,
            },
            targets,
            () => builder,
          );

    onStep("remembering a context of another transaction");
    await client.query("begin");
    const copied = await overheardContext(client, door, seed);
    await client.query("rollback");

    onStep("building two tenants");
    await client.query("begin");
    await client.query("set local lock_timeout = '5s'");
    const [home, abroad] = await buildHouses(client, door, builder, targets, seed);
    const stage = await createStage(client, targets, abroad);
    return await work({ client, settings, config, targets, door, home, abroad, builder, stage, copied });
  } finally {
    await client.query("rollback").catch(() => {});
    await client.end();
  }
}

function pickSettings({
  schemas,
  exposedSchemas,
  tenantColumn,
  apiRoles,
  contextSchema,
}: ProveConfig): InspectSettings {
  const all = { schemas, exposedSchemas, tenantColumn, apiRoles, contextSchema };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

async function requireAdministrator(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ may: boolean; role: string }>(
    "select rolsuper or rolbypassrls as may, rolname as role from pg_catalog.pg_roles where rolname = current_user",
  );
  if (rows[0]?.may) return;
  throw new ProveError(
    `${rows[0]?.role} cannot build rows of two tenants: use a superuser, or a role with BYPASSRLS`,
  );
}

async function everySchema(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    "select nspname as name from pg_catalog.pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'",
  );
  return rows.map(({ name }) => name);
}

const variablesIn = (statements: readonly string[]): string[] => [
  ...new Set(
    statements.flatMap((sql) => [...sql.matchAll(/set_config\('([^']+)'/g)].map(([, name]) => name!)),
  ),
];

/** What the door writes for the other tenant's member; the ids are those of the house that is built later. */
async function overheardContext(client: pg.Client, door: Door, seed: number): Promise<Map<string, string>> {
  const copied = new Map<string, string>();
  const house = await door.furnish(client, createMint(seed, "B"), "B");
  const caller = door.callers(house).find(({ enter }) => enter !== null);
  if (!caller) return copied;
  try {
    await client.query(caller.enter!);
  } catch (cause) {
    throw new ProveError(`nobody can come in: ${(cause as Error).message}`, { cause });
  }
  for (const variable of door.variables) {
    const { rows } = await client.query<{ value: string | null }>(
      "select current_setting($1, true) as value",
      [variable],
    );
    if (rows[0]?.value) copied.set(variable, rows[0].value);
  }
  return copied;
}

async function buildHouses(
  client: pg.Client,
  door: Door,
  builder: ReturnType<typeof createBuilder>,
  targets: Targets,
  seed: number,
): Promise<[House, House]> {
  const houses: House[] = [];
  for (const letter of ["A", "B"] as const) {
    const house = await door.furnish(client, createMint(seed, letter), letter);
    await builder.load(house);
    for (const relation of targets.owned) await furnishTable(builder, house, relation);
    for (const partition of targets.catalogue.relations.values()) {
      const root = targets.owned.find(({ oid }) => oid === partition.parent);
      if (root && partition.bound !== null) await builder.fillPartition(house, partition, root);
    }
    await client.query("set constraints all immediate; set constraints all deferred");
    await builder.load(house);
    for (const { relation } of house.rows) house.unbuilt.delete(relation);
    houses.push(house);
  }
  return houses as [House, House];
}

/** A row of the table for everybody who has none yet. */
async function furnishTable(
  builder: ReturnType<typeof createBuilder>,
  house: House,
  relation: Relation,
): Promise<void> {
  for (const person of house.people) {
    const has = house.rows.some(
      (row) =>
        row.relation === relation && (person.id === null || Object.values(row.values).includes(person.id)),
    );
    if (has) continue;
    const built = await builder.build(house, relation, person);
    if (typeof built === "string") house.unbuilt.set(relation, built);
    // A table that knows nobody in particular needs no second row.
    else if (!Object.values(built.values).includes(person.id)) return;
  }
}
