import fc from "fast-check";
import type { Relation } from "../fixture/catalogue.ts";
import type { Fixture } from "../fixture/fixture.ts";
import { readRights } from "../fixture/rights.ts";
import { type Caller, ownRow, type Row, rowsOf, type Tenant } from "../fixture/tenant.ts";
import { statementsFor } from "../script.ts";
import { ident, insertion, isRow, literal } from "../sql.ts";
import { foreignIn, markersOf } from "../verdict.ts";
import { choosesContext, contextsOf } from "./elsewhere.ts";

/** What random sequences of statements came to. */
export interface RandomProof {
  readonly seed: number;
  readonly runs: number;
  readonly statements: number;
  /** The shortest sequence that crossed, if any did. */
  readonly leak: {
    readonly caller: string;
    readonly statements: readonly string[];
    readonly detail: string;
    readonly script: string;
  } | null;
}

/** One statement before it is written: numbers choose among what there is. */
interface Move {
  readonly kind: "select" | "join" | "insert" | "update" | "delete" | "upsert" | "context" | "again" | "role";
  readonly table: number;
  readonly other: number;
  readonly where: number;
  readonly values: readonly number[];
}

const move: fc.Arbitrary<Move> = fc.record({
  kind: fc.constantFrom("select", "join", "insert", "update", "delete", "upsert", "context", "again", "role"),
  table: fc.nat(999),
  other: fc.nat(999),
  where: fc.nat(999),
  values: fc.array(fc.nat(999), { minLength: 6, maxLength: 6 }),
});

/**
 * Sequences of statements that nobody thought of, each in one transaction of one caller: selects, joins, writes,
 * overwritten contexts. None may return a foreign value or change a foreign row; the first that does is shrunk.
 */
export async function tryAtRandom(
  fixture: Fixture,
  options: { seed: number; runs: number; onRun?: (run: number) => void },
): Promise<RandomProof> {
  const { client, targets, settings, door, home, abroad, executor } = fixture;
  const callers = door.callers(home).filter(({ role }) => settings.apiRoles.includes(role));
  const rights = await readRights(client, settings.apiRoles, settings.schemas);
  // What a role may touch at all is worth more tries than what it may not.
  const tables = targets.owned.filter((relation) =>
    settings.apiRoles.some((role) =>
      Object.values(rights(role, relation.oid)).some((list) => Array.isArray(list) && list.length > 0),
    ),
  );
  const views = [...targets.catalogue.relations.values()].filter(
    ({ kind, oid }) =>
      kind === "view" && settings.apiRoles.some((role) => rights(role, oid).select.length > 0),
  );
  const readable = [...tables, ...views];
  const markers = markersOf(abroad, home);
  let statements = 0;
  let run = 0;
  if (tables.length === 0 || callers.length === 0)
    return { seed: options.seed, runs: 0, statements, leak: null };

  const written = async (caller: Caller, moves: readonly Move[]): Promise<string[]> => {
    const contexts = contextsOf(door, caller, home, abroad, await fixture.copied())
      .filter(({ name }) => door.sealed || !choosesContext(name))
      .map(({ first }) => first)
      .filter((sql) => sql !== "");
    return moves.map((one) => {
      const choice = one.kind === "select" || one.kind === "join" ? readable : tables;
      const relation = choice[one.table % choice.length]!;
      if (one.kind === "context" && contexts.length > 0) return contexts[one.where % contexts.length]!;
      if (one.kind === "again" && caller.enter !== null) return caller.enter;
      if (one.kind === "role")
        return ["reset role", "set local role none", "set local row_security = off"][one.where % 3]!;
      return write(
        one,
        relation,
        tables[one.other % tables.length]!,
        caller,
        rights(caller.role, relation.oid),
      );
    });
  };

  /** Rows of a table by one of the ways one might look for them. */
  const condition = (relation: Relation, caller: Caller, choice: number): string => {
    const column = targets.tenantColumnOf(relation);
    const mine = ownRow(home, relation, caller.person);
    const theirs = rowsOf(abroad, relation).at(choice % 7) ?? rowsOf(abroad, relation)[0];
    const ways = [
      "true",
      ...(mine ? [isRow(mine)] : []),
      ...(theirs ? [isRow(theirs), `not (${isRow(theirs)})`] : []),
      ...(column
        ? [
            `${ident(column)} = ${literal(relation, column, abroad.id)}`,
            `${ident(column)} <> ${literal(relation, column, home.id)}`,
          ]
        : []),
    ];
    return ways[choice % ways.length]!;
  };

  function write(
    one: Move,
    relation: Relation,
    other: Relation,
    caller: Caller,
    may: { insert: readonly string[]; update: readonly string[] },
  ): string {
    const where = condition(relation, caller, one.where);
    const writable = relation.columns.filter(({ generated }) => !generated);
    const names = (granted: readonly string[]): string[] =>
      one.values[0]! % 4 === 0 || granted.length === 0 ? writable.map(({ name }) => name) : [...granted];
    const column = ident(names(may.update)[one.values[1]! % names(may.update).length]!);
    const values = (): Record<string, string | null> => {
      const base =
        (one.values[2]! % 2 === 0 ? ownRow(home, relation, caller.person) : rowsOf(abroad, relation)[0]) ??
        rowsOf(home, relation)[0];
      const foreign = rowsOf(abroad, relation)[0];
      return Object.fromEntries(
        names(may.insert).map((name, place) => {
          const turn = one.values[place % one.values.length]! % 5;
          const fresh = isUuid(base?.values[name])
            ? home.generator.uuid()
            : `${home.generator.token}${home.generator.next()}`;
          const textual = ["text", "character varying"].includes(
            relation.columns.find((known) => known.name === name)!.base,
          );
          // A foreign text would be found again in the caller's own row.
          const value =
            turn === 0 && !textual
              ? foreign?.values[name]
              : turn === 1 && (textual || isUuid(base?.values[name]))
                ? fresh
                : textual && base === foreign
                  ? fresh
                  : base?.values[name];
          return [name, value ?? null];
        }),
      );
    };
    switch (one.kind) {
      case "join":
        return `select * from ${relation.name} as one cross join ${other.name} as other limit 200`;
      case "insert":
        return `${insertion(relation, values())}${one.values[3]! % 2 === 0 ? " returning *" : ""}`;
      case "upsert": {
        const key =
          relation.uniqueKeys[one.values[4]! % Math.max(1, relation.uniqueKeys.length)]?.columns ?? [];
        const action =
          one.values[3]! % 2 === 0 || key.length === 0
            ? "do nothing"
            : `(${key.map(ident).join(", ")}) do update set ${column} = excluded.${column}`;
        return `${insertion(relation, values())} on conflict ${action}`.replace(
          /on conflict do nothing$/,
          "on conflict do nothing returning *",
        );
      }
      case "update": {
        const name = names(may.update)[one.values[1]! % names(may.update).length]!;
        return `update ${relation.name} set ${column} = ${literal(relation, name, values()[name] ?? rowsOf(home, relation)[0]?.values[name] ?? null)} where ${where}`;
      }
      case "delete":
        return `delete from ${relation.name} where ${where}`;
      default:
        return `select * from ${relation.name} where ${where} limit 500`;
    }
  }

  /** What crossed, or null. */
  async function cross(caller: Caller, sequence: readonly string[]): Promise<string | null> {
    const inserted = sequence
      .filter((sql) => /^(insert|update|select pg_catalog.set_config)/.test(sql))
      .join("\n");
    return executor.together(caller, sequence, (sql, outcome) => {
      statements++;
      if ("refusal" in outcome) {
        const { message, detail } = outcome.refusal;
        const mark = foreignIn(`${message}\n${detail}`, markers, sequence.join("\n"));
        return mark === null ? null : `the refusal of ${sql} holds the other tenant's ${mark}`;
      }
      const mark = foreignIn(JSON.stringify(outcome.rows), markers, `${inserted}\n${caller.enter}`);
      return mark === null ? null : `the answer to ${sql} holds the other tenant's ${mark}`;
    });
  }

  /** Leaves out every statement that the leak does not need. */
  async function shortest(caller: Caller, sequence: readonly string[]): Promise<readonly string[]> {
    for (let place = 0; place < sequence.length && sequence.length > 1; ) {
      const without = sequence.toSpliced(place, 1);
      if ((await cross(caller, without)) === null) place++;
      else sequence = without;
    }
    return sequence;
  }

  const property = fc.asyncProperty(
    fc.nat(callers.length - 1),
    fc.array(move, { minLength: 1, maxLength: 8 }),
    async (who, moves) => {
      options.onRun?.(++run);
      const caller = callers[who]!;
      const sequence = await written(caller, moves);
      const crossed = await cross(caller, sequence);
      if (crossed !== null) throw new Crossed(caller, sequence, crossed);
    },
  );
  const result = await fc.check(property, { seed: options.seed, numRuns: options.runs });
  if (!result.failed) return { seed: options.seed, runs: result.numRuns, statements, leak: null };
  const error = result.errorInstance;
  if (!(error instanceof Crossed)) throw error;
  const sequence = await shortest(error.caller, error.sequence);
  const crossed = new Crossed(error.caller, sequence, (await cross(error.caller, sequence)) ?? error.message);
  return {
    seed: options.seed,
    runs: result.numRuns,
    statements,
    leak: {
      caller: crossed.caller.name,
      statements: crossed.sequence,
      detail: crossed.message,
      script: await scriptFor(crossed, [home, abroad], await executor.become(crossed.caller)),
    },
  };
}

class Crossed extends Error {
  readonly caller: Caller;
  readonly sequence: readonly string[];
  constructor(caller: Caller, sequence: readonly string[], detail: string) {
    super(detail);
    this.caller = caller;
    this.sequence = sequence;
  }
}

async function scriptFor(
  { caller, sequence, message }: Crossed,
  tenants: readonly Tenant[],
  become: string,
): Promise<string> {
  const rows: Row[] = tenants.flatMap((tenant) => tenant.rows);
  const lines = [
    `-- Found at random, as ${caller.name} (${caller.role}): ${message}`,
    "-- Run it in psql as an administrator. It rolls back.",
    "begin;",
    ...tenants.flatMap(({ setup }) => setup.map((sql) => `${sql};`)),
    ...statementsFor(rows, tenants).map((sql) => `${sql};`),
    ...become.split("; ").map((sql) => `${sql};`),
    ...(caller.enter === null ? [] : [`${caller.enter};`]),
    ...sequence.map((sql) => `savepoint one;\n${sql};`),
    "rollback;",
  ];
  return `${lines.join("\n")}\n`;
}

const isUuid = (value: string | null | undefined): boolean => /^[0-9a-f]{8}-[0-9a-f]{4}-/.test(value ?? "");
