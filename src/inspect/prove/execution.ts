import pg from "pg";
import type { Attempt } from "./attempts/attempt.ts";
import type { Targets } from "./fixture/targets.ts";
import type { Caller, Tenant } from "./fixture/tenant.ts";
import { keyOf } from "./fixture/tenant.ts";
import { ident, isRow, literal } from "./sql.ts";

/** What came of a statement. */
export type Outcome =
  | { readonly rows: readonly unknown[][]; readonly count: number }
  | { readonly refusal: pg.DatabaseError };

/** What came of an attempt. */
export type Execution =
  | { readonly stayedOut: string }
  | {
      readonly outcome: Outcome;
      readonly twin: Outcome | null;
      /** The foreign tables whose rows are not what they were; or what is defined otherwise now. */
      readonly changed: readonly string[];
    };

/** Milliseconds for one statement; a live database has other things to do. */
const STATEMENT_TIMEOUT = 10_000;
const LOCK_TIMEOUT = 2_000;

/** Runs attempts one after the other on one connection, each undone before the next. */
export async function createExecutor(client: pg.ClientBase, targets: Targets, foreign: Tenant) {
  const superuser = await isSuperuser(client);
  const position = await positionOf(client);
  const rowsWitness = witnessOf(targets, foreign);
  const settings = new Map<string, string>();

  const leave = superuser ? "reset role; reset session authorization" : "reset role";

  /** SQL that becomes the caller's role, with the settings that a sign-in would have brought. */
  async function become(caller: Caller): Promise<string> {
    const known = settings.get(caller.role);
    if (known !== undefined) return known;
    const made = await becoming(client, caller.role, superuser);
    settings.set(caller.role, made);
    return made;
  }

  /** Deferred constraints would speak at commit; they are asked now. */
  async function statement(sql: string): Promise<Outcome> {
    const isCopy = /^copy/.test(sql);
    try {
      const answer: unknown = await client.query({
        text: isCopy ? sql : `${sql}; set constraints all immediate`,
        rowMode: "array",
      });
      const last = (Array.isArray(answer) ? answer.at(-2) : answer) as pg.QueryArrayResult<unknown[]>;
      if (isCopy) await client.query("set constraints all immediate");
      return { rows: last.rows ?? [], count: last.rowCount ?? 0 };
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      return { refusal: error };
    }
  }

  async function observe(witness: string): Promise<string> {
    // By name: to plan it takes ten times as long as to run it.
    const name = `prove_${witness === rowsWitness ? "rows" : "definitions"}`;
    const { rows } = await client.query<{ state: string }>({ name, text: witness });
    return rows.map(({ state }) => state).join("\n");
  }
  const before = await observe(rowsWitness);

  /** The answer to a statement in a world where an administrator did something else before; undone. */
  async function outcomeIn(otherwise: string, { caller, sql }: Attempt): Promise<Outcome> {
    await client.query(
      ["savepoint otherwise", otherwise, await become(caller), caller.enter ?? "select"].join("; "),
    );
    const outcome = await statement(sql);
    await client.query("rollback to savepoint otherwise; release savepoint otherwise");
    return outcome;
  }

  async function execute(attempt: Attempt): Promise<Execution> {
    const room = attempt.prepare ? ["savepoint attempt", attempt.prepare] : ["savepoint attempt"];
    const first = [
      position,
      await become(attempt.caller),
      ...(attempt.caller.enter === null ? [] : [attempt.caller.enter]),
      ...(attempt.twin ? ["savepoint twin"] : []),
    ];
    try {
      let twin: Outcome | null = null;
      let defined = "";
      let began: string | null;
      try {
        if (attempt.otherwise || attempt.asItIs || attempt.wrong === "define") {
          await client.query(room.splice(0).join("; "));
          if (attempt.otherwise) twin = await outcomeIn(attempt.otherwise, attempt);
          if (attempt.asItIs) await client.query(attempt.asItIs);
          if (attempt.wrong === "define") defined = await observe(DEFINITIONS);
        }
        began = positionIn(await client.query([...room, ...first].join("; ")));
      } catch (error) {
        if (!(error instanceof pg.DatabaseError)) throw error;
        return { stayedOut: `${error.code}: ${error.message}` };
      }
      if (attempt.twin) {
        twin = await statement(attempt.twin);
        await client.query("rollback to savepoint twin");
      }
      const outcome = await statement(attempt.sql);
      if ("refusal" in outcome) return { outcome, twin, changed: [] };
      // A select of a table changes nothing; a function's call is `select * from f()`, and is looked after.
      if (attempt.otherwise || (attempt.wrong !== "reveal" && /^(select|copy \(|lock)/.test(attempt.sql)))
        return { outcome, twin, changed: [] };
      const ended = positionIn(await client.query(`${leave}; ${position}`));
      if (attempt.wrong === "define")
        return { outcome, twin, changed: differences(defined, await observe(DEFINITIONS)) };
      // What was written is in the write-ahead log: where that has not moved, nothing was.
      if (began !== null && began === ended) return { outcome, twin, changed: [] };
      return { outcome, twin, changed: differences(before, await observe(rowsWitness)) };
    } finally {
      await client.query("rollback to savepoint attempt; release savepoint attempt");
    }
  }

  /**
   * Several statements of one caller in one transaction; a refused one is undone and the next goes on.
   *
   * @param check says what is wrong with an outcome, or null
   * @returns the first thing that was wrong, a changed foreign row at the end included
   */
  async function together(
    caller: Caller,
    sequence: readonly string[],
    check: (sql: string, outcome: Outcome) => string | null,
  ): Promise<string | null> {
    await client.query("savepoint attempt");
    try {
      await client.query(`${await become(caller)}${caller.enter === null ? "" : `; ${caller.enter}`}`);
      for (const sql of sequence) {
        await client.query("savepoint step");
        const outcome = await statement(sql);
        if ("refusal" in outcome) await client.query("rollback to savepoint step");
        const wrong = check(sql, outcome);
        if (wrong !== null) return wrong;
      }
      await client.query(leave);
      const changed = differences(before, await observe(rowsWitness));
      return changed.length > 0 ? `changed the other tenant's ${changed.join(", ")}` : null;
    } finally {
      await client.query("rollback to savepoint attempt; release savepoint attempt");
    }
  }

  return { execute, together, become };
}

export type Executor = Awaited<ReturnType<typeof createExecutor>>;

async function isSuperuser(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ is: boolean }>(
    "select rolsuper as is from pg_catalog.pg_roles where rolname = session_user",
  );
  return rows[0]?.is ?? false;
}

/** SQL for how far the write-ahead log is; nothing for an administrator who may not ask, and in a replica. */
async function positionOf(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ may: boolean }>(
    `select has_function_privilege('pg_catalog.pg_current_wal_insert_lsn()', 'execute') and not pg_is_in_recovery() as may`,
  );
  return `select ${rows[0]?.may ? "pg_catalog.pg_current_wal_insert_lsn()" : "null"} as position`;
}

/** The answer to that, among those of several statements. */
function positionIn(answers: unknown): string | null {
  for (const { rows } of answers as readonly pg.QueryResult<{ position?: string | null }>[])
    if (rows[0] && "position" in rows[0]) return rows[0].position ?? null;
  return null;
}

/** As if the role had signed in itself: its session settings hold, and `reset role` leads nowhere. */
async function becoming(client: pg.ClientBase, role: string, superuser: boolean): Promise<string> {
  const { rows } = await client.query<{ setting: string }>(
    `select unnest(setconfig) as setting from pg_catalog.pg_db_role_setting
     join pg_catalog.pg_roles on pg_roles.oid = setrole
     where rolname = $1 and setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
     order by setdatabase`,
    [role],
  );
  const own = rows.map(({ setting }) => {
    const [name, ...value] = setting.split("=");
    return `select pg_catalog.set_config(${pg.escapeLiteral(name!)}, ${pg.escapeLiteral(value.join("="))}, true)`;
  });
  return [
    ...own,
    `set local statement_timeout = ${STATEMENT_TIMEOUT}`,
    `set local lock_timeout = ${LOCK_TIMEOUT}`,
    superuser ? `set local session authorization ${ident(role)}` : `set local role ${ident(role)}`,
  ].join("; ");
}

/** One query that tells the state of every row of a tenant, a line a table. */
function witnessOf(targets: Targets, tenant: Tenant): string {
  const parts: string[] = [];
  for (const relation of targets.owned) {
    const column = targets.tenantColumnOf(relation);
    const rows = tenant.rows.filter((row) => row.relation === relation);
    const condition =
      column !== null
        ? `${ident(column)} = ${literal(relation, column, tenant.id)}`
        : rows.map((row) => `(${isRow(row)})`).join(" or ");
    if (condition === "" || keyOf(relation).length === 0) continue;
    parts.push(
      `select ${pg.escapeLiteral(relation.name)} || ' ' || count(*) || ' ' || coalesce(md5(string_agg(md5(one::text), '' order by md5(one::text))), '') as state
       from ${relation.name} as one where ${condition}`,
    );
  }
  return parts.join("\nunion all\n") || "select '' as state";
}

/** What decides about access, a line a kind: how many there are and what they say. */
const DEFINITIONS = ["pg_policy", "pg_class", "pg_proc", "pg_namespace", "pg_attribute"]
  .map((catalogue) => {
    const states: Readonly<Record<string, string>> = {
      // Statistics of the planner's move by themselves.
      pg_class: "row(oid, relname, relowner, relacl, relrowsecurity, relforcerowsecurity, reloptions)",
      pg_attribute: "row(attrelid, attname, attacl, attisdropped)",
    };
    return `select ${pg.escapeLiteral(catalogue)} || ' ' || count(*) || ' ' || md5(string_agg(md5((${states[catalogue] ?? "one"})::text), '' order by md5((${states[catalogue] ?? "one"})::text))) as state
      from pg_catalog.${catalogue} as one`;
  })
  .join("\nunion all\n");

function differences(before: string, after: string): string[] {
  if (before === after) return [];
  const was = before.split("\n");
  return after
    .split("\n")
    .filter((line) => !was.includes(line))
    .map((line) => line.slice(0, line.lastIndexOf(" ", line.lastIndexOf(" ") - 1)));
}
