import type pg from "pg";
import type { Attempt, Cell, Status } from "./attempts/attempt.ts";
import { definitionAttempts, largeObjectAttempts } from "./attempts/definitions.ts";
import {
  choosesContext,
  contextAttempts,
  functionAttempts,
  roleAttempts,
  viewAttempts,
} from "./attempts/elsewhere.ts";
import { readOperators } from "./attempts/learning/conditions.ts";
import { type Situation, situationsOf } from "./attempts/learning/contexts.ts";
import { switchTriggers } from "./attempts/learning/other_row.ts";
import { learningAttempts } from "./attempts/learning.ts";
import { tryLeftovers } from "./attempts/leftovers.ts";
import type { Proposal, TableAttack } from "./attempts/tables/table_attack.ts";
import { tableAttempts } from "./attempts/tables.ts";
import type { Expected, ProveConfig } from "./config.ts";
import type { Execution } from "./execution.ts";
import type { DefinerFunction, Relation } from "./fixture/catalogue.ts";
import type { Fixture } from "./fixture/fixture.ts";
import { readRights } from "./fixture/rights.ts";
import { type Caller, keyOf, ownRow, type Person, rowsOf, type Tenant } from "./fixture/tenant.ts";
import { scriptOf } from "./script.ts";
import { ident, isRow, literal } from "./sql.ts";
import { judge, markersOf } from "./verdict.ts";

/** Narrows an attack; what is left out is everything. */
export interface Scope {
  /** Only these relations. */
  readonly relations?: readonly string[];
  /** Only callers with these names. */
  readonly callers?: readonly string[];
  /** Whether functions, roles and contexts are attacked too. Default true. */
  readonly elsewhere?: boolean;
  /** Only these functions, by their oids, and neither roles nor contexts. */
  readonly functions?: readonly number[];
  /** Whether a cell is enough: the attack ends with it. */
  readonly stopAt?: (cell: Cell) => boolean;
}

/** Told after each step of a long attack. */
export type OnProgress = (done: number, total: number, what: string) => void;

/** Attacks the fixture with everything there is, and returns the matrix, a cell an attempt. */
export async function attack(
  fixture: Fixture,
  scope: Scope = {},
  onProgress: OnProgress = () => {},
): Promise<Cell[]> {
  const { client, executor, home, abroad, config, door, targets } = fixture;
  const markers = markersOf(abroad, home);
  const cells = new Map<string, Cell>();
  // What attempts need is made as they go; the next attack finds the fixture as this one did.
  await client.query("savepoint attack");
  try {
    const steps = await planSteps(fixture, scope);
    let fires = true;
    for (const [done, step] of steps.entries()) {
      onProgress(done, steps.length, step.what);
      const firing = !step.onlyReads;
      if (firing !== fires) await client.query(switchTriggers(firing));
      fires = firing;
      const attempts: Attempt[] = [];
      for await (const attempt of step.attempts()) attempts.push(attempt);
      for await (const { attempt, execution } of executor.executions(attempts)) {
        const cell = await tried(attempt, execution);
        add(cell);
        if (scope.stopAt?.(cell)) return [...cells.values()];
      }
    }
    if (reachesEverything(scope)) for (const cell of await leftovers(fixture)) add(cell);
    onProgress(steps.length, steps.length, "done");
    return [...cells.values()];
  } finally {
    await client.query("rollback to savepoint attack; release savepoint attack");
  }

  function add(cell: Cell): void {
    const place = `${cell.caller}\n${cell.target}\n${cell.attempt}\n${cell.whose}`;
    const known = cells.get(place);
    if (!known || WORST.indexOf(cell.status) < WORST.indexOf(known.status)) cells.set(place, cell);
  }

  /** A leak of many statements at once is shown by the first of them that leaks by itself. */
  async function tried(attempt: Attempt, execution: Execution): Promise<Cell> {
    const { cell: whole, unsure } = await judged(attempt, execution);
    const { parts } = attempt;
    if (!parts || (whole.status !== "leak" && !unsure && !whole.detail.startsWith("42501"))) return whole;
    for await (const part of executor.executions(parts)) {
      const { cell } = await judged(part.attempt, part.execution);
      if (cell.status === "leak") return { ...cell, attempt: attempt.name };
    }
    return whole;
  }

  async function judged(
    attempt: Attempt,
    execution: Execution,
  ): Promise<{ cell: Cell; unsure?: true | undefined }> {
    const { caller, target, name, whose } = attempt;
    const cell = { caller: caller.name, role: caller.role, target, attempt: name, whose };
    if (attempt.unproven !== undefined)
      return { cell: { ...cell, status: "unproven", detail: attempt.unproven } };
    const relation = targets.owned.find((one) => one.name === target);
    const { unsure, ...verdict } = judge(attempt, execution, markers, relation ? ownRows(home, relation) : 0);
    if (verdict.status !== "leak") return { cell: { ...cell, ...verdict }, unsure };
    const meant = expectedOf(config, { role: caller.role, target });
    // A function that is told nothing reads what it reads for everybody.
    if (meant && /^(select|count|copy .*out|set role|call .*\(0 of 0 arguments\)$)/.test(name))
      return { cell: { ...cell, status: "expected", detail: meant.why } };
    if (!door.sealed && (attempt.injected || choosesContext(name))) {
      const detail = "the context is a plain variable here: whoever can run SQL chooses the tenant";
      return { cell: { ...cell, status: "expected", detail } };
    }
    const script = scriptOf(attempt, [home, abroad], await executor.become(caller), verdict.detail, targets);
    return { cell: { ...cell, ...verdict, script } };
  }
}

const reachesEverything = ({ elsewhere, functions }: Scope): boolean =>
  elsewhere !== false && functions === undefined;

/** How many rows of a table are the caller's own tenants'. */
const ownRows = (home: Tenant, relation: Relation): number =>
  [...home.also.values()].reduce(
    (sum, counts) => sum + (counts.get(relation) ?? 0),
    rowsOf(home, relation).length,
  );

const WORST: readonly Status[] = ["leak", "unproven", "expected", "allowed", "denied"];

const expectedOf = (
  { expected }: ProveConfig,
  { role, target }: Pick<Cell, "role" | "target">,
): Expected | undefined => expected?.find((one) => one.role === role && one.target === target);

/** What requests of each role leave on a connection, as far as the roles are known to the committed database. */
async function leftovers({ url, client, settings, config, door, executor }: Fixture): Promise<Cell[]> {
  const { rows } = await client.query<{ role: string }>(
    "select rolname as role from pg_catalog.pg_roles where rolname = any($1)",
    [settings.apiRoles],
  );
  const roles = [];
  for (const { role } of rows) {
    const become = await executor.become({ name: role, role, enter: null, person: null });
    roles.push({ role, become });
  }
  const cells = await tryLeftovers({ url, roles, variables: door.variables, reset: config.reset });
  return cells.map((cell) => {
    const meant = expectedOf(config, cell);
    return meant && cell.status === "leak" ? { ...cell, status: "expected", detail: meant.why } : cell;
  });
}

interface Step {
  readonly what: string;
  readonly attempts: () => Iterable<Attempt> | AsyncIterable<Attempt>;
  /** Whether callers only look, at what an administrator makes without triggers. */
  readonly onlyReads?: true;
}

async function planSteps(fixture: Fixture, scope: Scope): Promise<Step[]> {
  const { client, targets, settings, door, home, abroad } = fixture;
  const wanted = (relation: Relation): boolean => scope.relations?.includes(relation.name) ?? true;
  const callers = door.callers(home).filter(({ name }) => scope.callers?.includes(name) ?? true);
  const rights = await readRights(client, [...new Set(callers.map(({ role }) => role))], settings.schemas);
  const steps: Step[] = [];
  const proposed = remembering(fixture);
  const api = callers.filter(({ role }) => settings.apiRoles.includes(role));
  const operators = await readOperators(client);
  if (reachesEverything(scope)) {
    const inside = api.find(({ enter, name }) => enter !== null && name !== "API key");
    if (inside) {
      steps.push({
        what: "contexts",
        attempts: async function* () {
          yield* contextAttempts(door, inside, targets, home, abroad, await fixture.copied());
        },
      });
    }
  }
  for (const relation of targets.catalogue.relations.values()) {
    if (!wanted(relation)) continue;
    if (relation.kind === "view" || relation.kind === "materialised view") {
      for (const caller of callers) {
        steps.push({
          what: `${relation.name} as ${caller.name}`,
          attempts: () => viewAttempts(targets, relation, caller, home, abroad),
        });
      }
      continue;
    }
    const root = rootOf(fixture, relation);
    if (relation.kind === "sequence" || !targets.owned.includes(root)) continue;
    const bait = await holdsBait(fixture, relation, root);
    for (const caller of callers) {
      const attempts = async function* (): AsyncGenerator<Attempt> {
        yield* tableAttempts({
          ...{ targets, relation, root, caller, home, abroad, bait },
          rights: rights(caller.role, relation.oid),
          own: await proposed(home, root, caller.person ?? home.people[0] ?? null),
          forged: await proposed(abroad, root, abroad.people.at(-1) ?? null),
        } satisfies TableAttack);
      };
      steps.push({ what: `${relation.name} as ${caller.name}`, attempts });
    }
    for (const role of settings.apiRoles) {
      const situations = situationsOf(door, callers, role);
      if (situations.length === 0) continue;
      const attempts = async function* (): AsyncGenerator<Attempt> {
        const [{ caller }] = situations as [Situation];
        const attack = {
          ...{ targets, relation, root, caller, home, abroad, bait },
          rights: rights(role, relation.oid),
          own: await proposed(home, root, caller.person ?? home.people[0] ?? null),
          forged: await proposed(abroad, root, abroad.people.at(-1) ?? null),
        };
        yield* learningAttempts(client, fixture.executor, operators, attack, situations);
      };
      steps.push({ what: `${relation.name} without reading, as ${role}`, attempts, onlyReads: true });
    }
  }
  if (scope.elsewhere === false) return steps;
  const functions = await callable(
    client,
    targets.catalogue.functions.filter(({ oid }) => scope.functions?.includes(oid) ?? true),
    [...new Set(api.map(({ role }) => role))],
  );
  // All functions of a caller's, so that they come in and look about once: what they see without a call is the same for each.
  for (const caller of api) {
    const mine = functions.filter(({ roles }) => roles.includes(caller.role));
    if (mine.length === 0) continue;
    const forged = door.forge?.(abroad) ?? null;
    const rightsOf = (relation: Relation) => rights(caller.role, relation.oid);
    steps.push({
      what: `functions as ${caller.name}`,
      attempts: function* () {
        for (const { definer } of mine)
          yield* functionAttempts(definer, caller, targets, abroad, rightsOf, forged);
      },
    });
  }
  if (!reachesEverything(scope)) return steps;
  for (const role of settings.apiRoles) {
    const [caller] = api.filter((one) => one.role === role);
    if (!caller) continue;
    steps.push({
      what: `definitions and large objects as ${role}`,
      attempts: function* () {
        yield* definitionAttempts(caller, targets, settings.exposedSchemas, home);
        yield* largeObjectAttempts(caller);
      },
    });
  }
  for (const caller of firstOfEachRole(callers)) {
    const others = await mightyRoles(client, caller.role);
    steps.push({ what: `roles as ${caller.name}`, attempts: () => roleAttempts(caller, others) });
  }
  return steps;
}

function rootOf({ targets }: Fixture, relation: Relation): Relation {
  const parent = relation.parent === null ? undefined : targets.catalogue.relations.get(relation.parent);
  return parent ? rootOf({ targets } as Fixture, parent) : relation;
}

/** Whether the relation itself, a partition perhaps, holds a row of the other tenant. */
async function holdsBait(
  { client, targets, abroad }: Fixture,
  relation: Relation,
  root: Relation,
): Promise<boolean> {
  if (relation === root) return rowsOf(abroad, root).length > 0;
  const column = targets.tenantColumnOf(root);
  const condition = column === null ? "true" : `${ident(column)} = ${literal(root, column, abroad.id)}`;
  const { rowCount } = await client.query(`select from ${relation.name} where ${condition} limit 1`);
  return (rowCount ?? 0) > 0;
}

/** The same proposal serves every caller for whom it was made, and every partition. */
function remembering(fixture: Fixture) {
  const made = new Map<string, Promise<Proposal>>();
  return (tenant: Tenant, relation: Relation, person: Person | null): Promise<Proposal> => {
    const key = `${tenant.letter} ${relation.oid} ${person?.id}`;
    const rows = [...tenant.rows];
    const known = made.get(key) ?? propose(fixture, tenant, relation, person);
    made.set(key, known);
    // Parents that were made for it are there for its attempts, and are nobody's row to be looked for.
    return known.finally(() => {
      tenant.rows = rows;
    });
  };
}

/** A row that could be added: as things are, or in the place of the one that is there, or with new parents. */
async function propose(
  fixture: Fixture,
  tenant: Tenant,
  relation: Relation,
  person: Person | null,
): Promise<Proposal> {
  const { builder, client } = fixture;
  const draft = await builder.draftRow(tenant, relation, person);
  if (!("reason" in draft) || !draft.reason.startsWith("23505")) return draft;
  const stranger = await builder.draftRow(tenant, relation, person, true);
  if (!("reason" in stranger)) return stranger;
  const own = ownRow(tenant, relation, person) ?? rowsOf(tenant, relation)[0];
  if (!own || keyOf(relation).length === 0) return draft;
  const remove = `delete from ${relation.name} where ${isRow(own)}`;
  // A trigger or a foreign key may let no row go; for who stages the attempt, as a superuser, both are out of the way.
  const force = `set local session_replication_role = replica; ${remove}; set local session_replication_role = origin`;
  let refusal = "";
  for (const prepare of [remove, force]) {
    await client.query("savepoint room");
    try {
      await client.query(prepare);
      const second = await builder.draftRow(tenant, relation, person);
      if ("reason" in second) return second;
      return { ...second, needs: [...second.needs, own], prepare };
    } catch (error) {
      refusal ||= (error as Error).message;
    } finally {
      await client.query("rollback to savepoint room; release savepoint room");
    }
  }
  return { reason: `${draft.reason}; and the row in its place cannot go: ${refusal}` };
}

async function callable(
  client: pg.ClientBase,
  functions: readonly DefinerFunction[],
  roles: readonly string[],
) {
  const { rows } = await client.query<{ oid: number; role: string }>(
    `select pg_proc.oid::int4 as oid, rolname as role
     from pg_catalog.pg_proc cross join pg_catalog.pg_roles
     where pg_proc.oid = any($1::oid[]) and rolname = any($2)
       and has_function_privilege(pg_roles.oid, pg_proc.oid, 'execute')
       and has_schema_privilege(pg_roles.oid, pronamespace, 'usage')`,
    [functions.map(({ oid }) => oid), roles],
  );
  return functions
    .map((definer) => ({
      definer,
      roles: rows.filter(({ oid }) => oid === definer.oid).map(({ role }) => role),
    }))
    .filter((one) => one.roles.length > 0);
}

const firstOfEachRole = (callers: readonly Caller[]): Caller[] => [
  ...new Map(callers.toReversed().map((caller) => [caller.role, caller])).values(),
];

/** Roles that row security does not hold back, or that own what it protects. */
async function mightyRoles(client: pg.ClientBase, role: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select rolname as name from pg_catalog.pg_roles
     where rolname <> $1 and (rolsuper or rolbypassrls
       or exists (select from pg_catalog.pg_class where relowner = pg_roles.oid and relrowsecurity)
       or exists (select from pg_catalog.pg_proc where proowner = pg_roles.oid and prosecdef))
     order by 1`,
    [role],
  );
  return rows.map(({ name }) => name);
}
