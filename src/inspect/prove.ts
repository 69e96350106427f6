import type pg from "pg";
import type { Attempt, Cell, Status } from "./prove_attempt.ts";
import { type Proposal, type Scene, tableAttempts } from "./prove_attempts.ts";
import type { DefinerFunction, Relation } from "./prove_catalogue.ts";
import {
  choosesContext,
  contextAttempts,
  functionAttempts,
  roleAttempts,
  viewAttempts,
} from "./prove_elsewhere.ts";
import type { Ground } from "./prove_ground.ts";
import { type Caller, type House, keyOf, ownRow, type Person, rowsOf } from "./prove_house.ts";
import { judge, markersOf } from "./prove_judge.ts";
import { readRights } from "./prove_rights.ts";
import { scriptOf } from "./prove_script.ts";
import { ident, isRow, literal } from "./prove_sql.ts";

/** Narrows an attack; what is left out is everything. */
export interface Scope {
  /** Only these relations. */
  readonly relations?: readonly string[];
  /** Only callers with these names. */
  readonly callers?: readonly string[];
  /** Whether functions, roles and contexts are attacked too. Default true. */
  readonly elsewhere?: boolean;
  /** Whether the first leak is enough. */
  readonly stopAtLeak?: boolean;
}

/** Told after each step of a long attack. */
export type OnProgress = (done: number, total: number, what: string) => void;

/** Attacks the ground with everything there is, and returns the matrix, a cell an attempt. */
export async function attack(
  ground: Ground,
  scope: Scope = {},
  onProgress: OnProgress = () => {},
): Promise<Cell[]> {
  const { client, stage, home, abroad, config, door, targets } = ground;
  const markers = markersOf(abroad, home);
  const cells = new Map<string, Cell>();
  // What attempts need is made as they go; the next attack finds the ground as this one did.
  await client.query("savepoint attack");
  try {
    const steps = await planSteps(ground, scope);
    for (const [done, step] of steps.entries()) {
      onProgress(done, steps.length, step.what);
      for await (const attempt of step.attempts()) {
        const cell = await tried(attempt);
        const place = `${cell.caller}\n${cell.target}\n${cell.attempt}\n${cell.whose}`;
        const known = cells.get(place);
        if (!known || WORST.indexOf(cell.status) < WORST.indexOf(known.status)) cells.set(place, cell);
        if (cell.status === "leak" && scope.stopAtLeak) return [...cells.values()];
      }
    }
    onProgress(steps.length, steps.length, "done");
    return [...cells.values()];
  } finally {
    await client.query("rollback to savepoint attack; release savepoint attack");
  }

  async function tried(attempt: Attempt): Promise<Cell> {
    const { caller, target, name, whose } = attempt;
    const cell = { caller: caller.name, role: caller.role, target, attempt: name, whose };
    if (attempt.unproven !== undefined) return { ...cell, status: "unproven", detail: attempt.unproven };
    const relation = targets.owned.find((one) => one.name === target);
    const performance = await stage.perform(attempt);
    const verdict = judge(attempt, performance, markers, relation ? rowsOf(home, relation).length : 0);
    if (verdict.status !== "leak") return { ...cell, ...verdict };
    const meant = config.expected?.find((one) => one.role === caller.role && one.target === target);
    if (meant && /^(select|count|copy .*out|set role)/.test(name))
      return { ...cell, status: "expected", detail: meant.why };
    if (!door.sealed && choosesContext(name)) {
      return {
        ...cell,
        status: "expected",
        detail: "the context is a plain variable here: whoever can run SQL chooses the tenant",
      };
    }
    const script = scriptOf(attempt, [home, abroad], await stage.become(caller), verdict.detail, targets);
    return { ...cell, ...verdict, script };
  }
}

const WORST: readonly Status[] = ["leak", "unproven", "expected", "allowed", "denied"];

interface Step {
  readonly what: string;
  readonly attempts: () => Iterable<Attempt> | AsyncIterable<Attempt>;
}

async function planSteps(ground: Ground, scope: Scope): Promise<Step[]> {
  const { client, targets, settings, door, home, abroad, copied } = ground;
  const wanted = (relation: Relation): boolean => scope.relations?.includes(relation.name) ?? true;
  const callers = door.callers(home).filter(({ name }) => scope.callers?.includes(name) ?? true);
  const rights = await readRights(client, [...new Set(callers.map(({ role }) => role))], settings.schemas);
  const steps: Step[] = [];
  const proposed = remembering(ground);
  const api = callers.filter(({ role }) => settings.apiRoles.includes(role));
  if (scope.elsewhere !== false) {
    // First, because a copied context may expire on its own within a minute, which would prove nothing.
    const inside = api.find(({ enter, name }) => enter !== null && name !== "API key");
    if (inside) {
      steps.push({
        what: "contexts",
        attempts: () => contextAttempts(door, inside, targets, home, abroad, copied),
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
    const root = rootOf(ground, relation);
    if (relation.kind === "sequence" || !targets.owned.includes(root)) continue;
    const bait = await holdsBait(ground, relation, root);
    for (const caller of callers) {
      const attempts = async function* (): AsyncGenerator<Attempt> {
        yield* tableAttempts({
          ...{ targets, relation, root, caller, home, abroad, bait },
          rights: rights(caller.role, relation.oid),
          own: await proposed(home, root, caller.person ?? home.people[0] ?? null),
          forged: await proposed(abroad, root, abroad.people.at(-1) ?? null),
        } satisfies Scene);
      };
      steps.push({ what: `${relation.name} as ${caller.name}`, attempts });
    }
  }
  if (scope.elsewhere === false) return steps;
  const functions = await callable(client, targets.catalogue.functions, [
    ...new Set(api.map(({ role }) => role)),
  ]);
  for (const { definer, roles } of functions) {
    for (const caller of api.filter(({ role }) => roles.includes(role))) {
      steps.push({
        what: `${definer.name} as ${caller.name}`,
        attempts: () =>
          functionAttempts(definer, caller, targets, abroad, (relation) => rights(caller.role, relation.oid)),
      });
    }
  }
  for (const caller of firstOfEachRole(callers)) {
    const others = await mightyRoles(client, caller.role);
    steps.push({ what: `roles as ${caller.name}`, attempts: () => roleAttempts(caller, others) });
  }
  return steps;
}

function rootOf({ targets }: Ground, relation: Relation): Relation {
  const parent = relation.parent === null ? undefined : targets.catalogue.relations.get(relation.parent);
  return parent ? rootOf({ targets } as Ground, parent) : relation;
}

/** Whether the relation itself, a partition perhaps, holds a row of the other tenant. */
async function holdsBait(
  { client, targets, abroad }: Ground,
  relation: Relation,
  root: Relation,
): Promise<boolean> {
  if (relation === root) return rowsOf(abroad, root).length > 0;
  const column = targets.tenantColumnOf(root);
  const condition = column === null ? "true" : `${ident(column)} = ${literal(root, column, abroad.tenant)}`;
  const { rowCount } = await client.query(`select from ${relation.name} where ${condition} limit 1`);
  return (rowCount ?? 0) > 0;
}

/** The same proposal serves every caller for whom it was made, and every partition. */
function remembering(ground: Ground) {
  const made = new Map<string, Promise<Proposal>>();
  return (house: House, relation: Relation, person: Person | null): Promise<Proposal> => {
    const key = `${house.letter} ${relation.oid} ${person?.id}`;
    const rows = [...house.rows];
    const known = made.get(key) ?? propose(ground, house, relation, person);
    made.set(key, known);
    // Parents that were made for it are there for its attempts, and are nobody's row to be looked for.
    return known.finally(() => {
      house.rows = rows;
    });
  };
}

/** A row that could be added: as things are, or in the place of the one that is there, or with new parents. */
async function propose(
  ground: Ground,
  house: House,
  relation: Relation,
  person: Person | null,
): Promise<Proposal> {
  const { builder, client } = ground;
  const draft = await builder.draftRow(house, relation, person);
  if (!("reason" in draft) || !draft.reason.startsWith("23505")) return draft;
  const stranger = await builder.draftRow(house, relation, person, true);
  if (!("reason" in stranger)) return stranger;
  const own = ownRow(house, relation, person) ?? rowsOf(house, relation)[0];
  if (!own || keyOf(relation).length === 0) return draft;
  const prepare = `delete from ${relation.name} where ${isRow(own)}`;
  await client.query("savepoint room");
  try {
    await client.query(prepare);
    const second = await builder.draftRow(house, relation, person);
    if ("reason" in second) return second;
    return { ...second, needs: [...second.needs, own], prepare };
  } catch (error) {
    return { reason: `${draft.reason}; and the row in its place cannot go: ${(error as Error).message}` };
  } finally {
    await client.query("rollback to savepoint room; release savepoint room");
  }
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
