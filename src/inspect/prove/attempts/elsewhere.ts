import pg from "pg";
import type { DefinerFunction, Relation } from "../fixture/catalogue.ts";
import type { Door } from "../fixture/door.ts";
import type { Rights } from "../fixture/rights.ts";
import type { Targets } from "../fixture/targets.ts";
import type { Caller, Tenant } from "../fixture/tenant.ts";
import { rowsOf } from "../fixture/tenant.ts";
import { candidates } from "../fixture/values.ts";
import { ident, literal } from "../sql.ts";
import type { Attempt } from "./attempt.ts";

type Base = Pick<Attempt, "caller" | "target" | "whose" | "bait" | "rows">;

const base = (caller: Caller, target: string): Base => ({
  caller,
  target,
  whose: "other tenant's",
  bait: true,
  rows: [],
});

/** Views and materialised views: what they show, and what can be written through them. */
export function* viewAttempts(
  targets: Targets,
  view: Relation,
  caller: Caller,
  home: Tenant,
  abroad: Tenant,
): Generator<Attempt> {
  const prepare =
    view.kind === "materialised view" ? { prepare: `refresh materialized view ${view.name}` } : {};
  const rows = [...home.rows, ...abroad.rows].filter(({ statement }) => statement !== null);
  const basis = { ...base(caller, view.name), ...prepare, rows };
  yield {
    ...basis,
    name: "select everything",
    wrong: "reveal",
    sql: `select * from ${view.name} limit 10000`,
  };
  const example = targets.owned.find(
    (relation) => relation !== targets.tenants?.table && targets.tenantColumnOf(relation) !== null,
  );
  const column = example && targets.tenantColumnOf(example);
  if (!column || !view.columns.some(({ name }) => name === column)) return;
  const theirs = `${ident(column)} = ${literal(view, column, abroad.id)}`;
  const ours = `${ident(column)} = ${literal(view, column, home.id)}`;
  yield {
    ...basis,
    name: "select",
    whose: "own",
    wrong: caller.enter === null ? "reach" : "nothing",
    sql: `select from ${view.name} where ${ours} limit 1`,
  };
  yield {
    ...basis,
    name: "select by tenant",
    wrong: "reach",
    sql: `select * from ${view.name} where ${theirs} limit 20`,
  };
  yield { ...basis, name: "count", wrong: "count", sql: `select count(*) from ${view.name} where ${theirs}` };
  yield {
    ...basis,
    name: "copy out",
    wrong: "reach",
    sql: `copy (select * from ${view.name} where ${theirs}) to stdout`,
  };
  if (view.kind !== "view") return;
  const set = `set ${ident(column)} = ${ident(column)}`;
  yield { ...basis, name: "update", wrong: "reach", sql: `update ${view.name} ${set} where ${theirs}` };
  yield { ...basis, name: "delete", wrong: "reach", sql: `delete from ${view.name} where ${theirs}` };
}

/** Calls of a definer function with ids of the other tenant. */
export function* functionAttempts(
  definer: DefinerFunction,
  caller: Caller,
  targets: Targets,
  abroad: Tenant,
  rightsOf: (relation: Relation) => Rights,
  /** SQL for what the door would write for the other tenant, if that is a text. */
  forged: string | null,
): Generator<Attempt> {
  const basis = base(caller, definer.signature);
  const about = targets.catalogue.mentions.of(definer.oid, targets.owned);
  const offers = definer.argumentTypes.map((type, place) =>
    offersOf(type, definer.argumentNames[place] ?? "", about, abroad),
  );
  const missing = offers.findIndex((offer) => offer.length === 0);
  if (missing >= 0) {
    const type = definer.argumentTypes[missing];
    yield {
      ...basis,
      name: "call",
      wrong: "reveal",
      sql: "",
      unproven: `no value of type ${type} is known to try`,
    };
    return;
  }
  const look = lookAt(targets, abroad, rightsOf);
  const best = offers.map(
    (offer, place) => `${pg.escapeLiteral(offer[0]!)}::${definer.argumentTypes[place]}`,
  );
  if (look !== "") {
    const looking = (name: string, values: readonly string[]): Attempt => ({
      ...basis,
      name: `call with ${name}, then look at its rows`,
      // What can be seen without the call is not the function's doing.
      wrong: "reach more",
      twin: look,
      sql: `${definer.procedure ? "call" : "select"} ${definer.name}(${values.join(", ")}); ${look}`,
      rows: abroad.rows.slice(0, 1),
    });
    yield looking("ids of the other tenant", best);
    const text = definer.argumentTypes.indexOf("text");
    if (forged !== null && text >= 0) {
      yield looking("what the door would write for the other tenant", best.with(text, forged));
    }
  }
  const rounds = Math.min(CALLS, Math.max(1, ...offers.map(({ length }) => length)));
  const counts = new Set([offers.length, offers.length - definer.defaults]);
  for (const count of counts) {
    for (let round = 0; round < (count === 0 ? 1 : rounds); round++) {
      const given = offers.slice(0, count).map((offer) => offer[round % offer.length]!);
      const values = given.map(
        (value, place) => `${pg.escapeLiteral(value)}::${definer.argumentTypes[place]}`,
      );
      const call = `${definer.name}(${values.join(", ")})`;
      yield {
        ...basis,
        name: `call with ids of the other tenant (${count} of ${offers.length} arguments)`,
        wrong: "reveal",
        sql: definer.procedure ? `call ${call}` : `select * from ${call} limit 1000`,
        rows: abroad.rows
          .filter((row) => Object.values(row.values).some((one) => one !== null && given.includes(one)))
          .slice(0, 5),
      };
    }
  }
}

/** A look at the other tenant's rows: what a function that meddles with the context would open. */
function lookAt(targets: Targets, abroad: Tenant, rightsOf: (relation: Relation) => Rights): string {
  const looks = targets.owned.flatMap((relation) => {
    const column = targets.tenantColumnOf(relation);
    if (column === null || !rightsOf(relation).select.includes(column)) return [];
    return `select 1 from ${relation.name} where ${ident(column)} = ${literal(relation, column, abroad.id)}`;
  });
  return looks.map((look) => `(${look} limit 1)`).join(" union all ");
}

/** Calls of one function by one caller. */
const CALLS = 16;

/** Values of the other tenant for an argument of a type, from these tables; then what any caller would try. */
function offersOf(type: string, name: string, tables: readonly Relation[], abroad: Tenant): string[] {
  const theirs = new Set<string>();
  const person = abroad.people.at(-1)?.id;
  if (type === "uuid" && person && /user|person|member|owner/i.test(name)) theirs.add(person);
  if (type === "uuid") theirs.add(abroad.id);
  // Claims in every spelling: a function that believes them lets the caller in as somebody else.
  if (/^jsonb?$/.test(type)) theirs.add(JSON.stringify(claimsOf(abroad, person ?? null)));
  for (const relation of tables) {
    for (const column of relation.columns) {
      if (column.base !== type || type === "boolean") continue;
      for (const row of rowsOf(abroad, relation).slice(0, 3)) {
        const value = row.values[column.name];
        if (value != null) theirs.add(value);
      }
    }
  }
  const column = {
    name: "",
    type,
    base: type,
    notNull: true,
    hasDefault: false,
    generated: false,
    identity: false,
    labels: [],
  };
  return [...theirs, ...candidates(column, [], abroad.generator).slice(0, 2)];
}

function claimsOf({ id: tenant }: Tenant, person: string | null) {
  const everything = [
    "chat",
    "view_all_chats",
    "manage_users",
    "manage_roles",
    "manage_tenant",
    "view_audit",
    "admin",
  ];
  return {
    ...{ kind: "session", tenant, tenant_id: tenant, user: person, user_id: person, sub: person },
    ...{ owner: true, role: "admin", permissions: everything },
  };
}

/** Whether an attempt chooses the context itself: expected to succeed where the context is a plain variable. */
export const choosesContext = (attempt: string): boolean => /edited|copied/.test(attempt);

/** Contexts that the door did not make for this transaction. */
export function contextsOf(
  door: Door,
  caller: Caller,
  home: Tenant,
  abroad: Tenant,
  copied: ReadonlyMap<string, string>,
) {
  const quote = pg.escapeLiteral;
  const setting = (variable: string, value: string): string =>
    `select pg_catalog.set_config(${quote(variable)}, ${value}, true)`;
  const outside: Caller = { ...caller, name: `${caller.role} outside`, enter: null };
  const kinds: { name: string; caller: Caller; first: string }[] = [];
  for (const variable of door.variables) {
    const copy = copied.get(variable);
    const read = `pg_catalog.current_setting(${quote(variable)}, true)`;
    if (copy) {
      kinds.push({ name: "with a copied context", caller: outside, first: setting(variable, quote(copy)) });
      kinds.push({
        name: "with a copied context over the own",
        caller,
        first: setting(variable, quote(copy)),
      });
    }
    const edits = home.people.flatMap(({ id }, place) => {
      const other = abroad.people[place]?.id ?? abroad.people[0]?.id;
      return id && other ? [[id, other] as const] : [];
    });
    const edited = [[home.id, abroad.id] as const, ...edits].reduce(
      (text, [mine, theirs]) => `pg_catalog.replace(${text}, ${quote(mine)}, ${quote(theirs)})`,
      read,
    );
    kinds.push({ name: "with an edited context", caller, first: setting(variable, edited) });
    kinds.push({ name: "with an empty context", caller, first: setting(variable, "''") });
  }
  kinds.push({ name: "with no context", caller: outside, first: "" });
  return kinds;
}

/** Reads of every table under each of those contexts. */
export function* contextAttempts(
  door: Door,
  caller: Caller,
  targets: Targets,
  home: Tenant,
  abroad: Tenant,
  copied: ReadonlyMap<string, string>,
): Generator<Attempt> {
  for (const { name, caller: who, first } of contextsOf(door, caller, home, abroad, copied)) {
    for (const relation of targets.owned) {
      const column = targets.tenantColumnOf(relation);
      const victim = rowsOf(abroad, relation).at(0);
      const condition =
        column !== null
          ? `${ident(column)} = ${literal(relation, column, abroad.id)}`
          : victim &&
            relation.uniqueKeys[0]?.columns
              .map((one) => `${ident(one)} = ${literal(relation, one, victim.values[one]!)}`)
              .join(" and ");
      if (!condition || !victim) continue;
      yield {
        ...base(who, relation.name),
        name: `select ${name}`,
        wrong: "reach",
        rows: [victim],
        sql: `${first === "" ? "" : `${first}; `}select 1 from ${relation.name} where ${condition}`,
      };
    }
  }
}

/** Other roles that a caller's role could become, if somebody granted them. */
export function* roleAttempts(caller: Caller, others: readonly string[]): Generator<Attempt> {
  for (const role of others) {
    yield {
      ...base(caller, `role ${role}`),
      name: "set role",
      wrong: "succeed",
      sql: `set local role ${ident(role)}; select 1`,
    };
  }
}
