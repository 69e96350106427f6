import pg from "pg";
import type { Attempt } from "./attempts/attempt.ts";
import type { Targets } from "./fixture/targets.ts";
import type { Caller, Tenant } from "./fixture/tenant.ts";
import { ident } from "./sql.ts";
import { DEFINITIONS, differences, witnessOf } from "./witness.ts";

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

/** Milliseconds after which a caller comes in anew: a context does not last. */
const STAY = 10_000;

/** SQLSTATEs of a savepoint or a transaction that is not there any more. */
const LOST = ["3B001", "25P01", "25P02"];

/** Somebody who came in. Attempts that follow find them as they came in, so that it is done once for many. */
interface Visit {
  /** Who it is, and what an administrator did before. */
  readonly key: string;
  readonly until: number;
  /** How many rows were written so far, undone ones too; null where the server does not count. */
  written: string | null;
  /** What twins answered, by their SQL: it is asked once, for each time everything is as it was. */
  readonly answers: Map<string, Outcome>;
  /** What is prepared as `prove_look`. */
  planned: string | null;
}

type Answer = pg.QueryArrayResult<unknown[]>;

/** Runs attempts one after the other on one connection, each undone before the next. */
export async function createExecutor(client: pg.ClientBase, targets: Targets, foreign: Tenant) {
  const superuser = await isSuperuser(client);
  const countWritten = await countingWritten(client, targets);
  const rowsWitness = witnessOf(targets, foreign);
  const settings = new Map<string, string>();
  let visit: Visit | null = null;

  /** Statements with which the administrator is back, what was tried still being there. */
  const leave = superuser ? ["reset role", "reset session authorization"] : ["reset role"];
  /** The statement with which a visitor is as they came in: what a rollback leaves is what coming in anew would make. */
  const again = "rollback to savepoint inside";
  const undo = "rollback to savepoint attempt; release savepoint attempt";

  /** SQL that becomes the caller's role, with the settings that a sign-in would have brought. */
  async function become(caller: Caller): Promise<string> {
    const known = settings.get(caller.role);
    if (known !== undefined) return known;
    const made = await becoming(client, caller.role, superuser);
    settings.set(caller.role, made);
    return made;
  }

  /** @throws {pg.DatabaseError} if the caller cannot come in */
  async function comeIn(caller: Caller, before: readonly string[]): Promise<Visit> {
    const enter = [await become(caller), ...(caller.enter === null ? [] : [caller.enter])];
    const key = [...before, ...enter].join("\n");
    if (visit?.key === key && performance.now() < visit.until) return visit;
    await goHome();
    const until = performance.now() + STAY;
    try {
      const statements = ["savepoint attempt", ...before, countWritten, ...enter, "savepoint inside"];
      const answers: unknown = await client.query({ text: statements.join("; "), rowMode: "array" });
      visit = { key, until, written: writtenIn(answers as Answer[]), answers: new Map(), planned: null };
    } catch (error) {
      await client.query(undo);
      throw error;
    }
    return visit;
  }

  /** Whoever is in is out again, and nothing of it stays. */
  async function goHome(): Promise<void> {
    if (visit) await client.query(visit.planned === null ? undo : `${undo}; deallocate prove_look`);
    visit = null;
  }

  /**
   * What a statement comes to. Deferred constraints would speak at commit; they are asked at once.
   *
   * @param first what is said before, in the same breath: it is not refused
   * @param after what is said then, unless the statement was refused
   */
  async function statement(
    first: string | null,
    sql: string,
    after: readonly string[] = [],
  ): Promise<{ outcome: Outcome; answers: readonly Answer[] }> {
    const rest = ["set constraints all immediate", ...after];
    const say = async (...statements: string[]): Promise<Answer[]> =>
      [(await client.query({ text: statements.join("; "), rowMode: "array" })) as unknown].flat() as Answer[];
    try {
      // A copy has the connection to itself.
      const answers = /^copy/.test(sql)
        ? [...(first ? await say(first) : []), ...(await say(sql)), ...(await say(...rest))]
        : await say(...(first ? [first] : []), sql, ...rest);
      const { rows, rowCount } = answers.at(-1 - rest.length)!;
      return { outcome: { rows: rows ?? [], count: rowCount ?? 0 }, answers };
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      // Not the statement was refused, but what is said before it: nothing after that would be tried at all.
      if (first !== null && LOST.includes(error.code ?? "")) throw error;
      return { outcome: { refusal: error }, answers: [] };
    }
  }

  async function observe(witness: string): Promise<string> {
    // By name: to plan it takes ten times as long as to run it.
    const name = `prove_${witness === rowsWitness ? "rows" : "definitions"}`;
    const { rows } = await client.query<{ state: string }>({ name, text: witness });
    return rows.map(({ state }) => state).join("\n");
  }
  const before = await observe(rowsWitness);

  /** The foreign tables whose rows are not what they were, after a statement of the visitor's and what was asked then. */
  async function changedRows(visitor: Visit, answers: readonly Answer[]): Promise<string[]> {
    const written = writtenIn(answers);
    if (written !== null && written === visitor.written) return [];
    visitor.written = written;
    return differences(before, await observe(rowsWitness));
  }

  /** An attempt that ends with a look, which is planned once for a visit: to plan it takes longer than to look. */
  async function planned(visitor: Visit, { sql, twin }: Attempt): Promise<Pick<Attempt, "sql" | "twin">> {
    if (!twin || !sql.endsWith(`; ${twin}`)) return { sql, ...(twin && { twin }) };
    if (visitor.planned === null) {
      const { outcome } = await statement(again, `prepare prove_look as ${twin}`);
      if (!("refusal" in outcome)) visitor.planned = twin;
    }
    if (visitor.planned !== twin) return { sql, twin };
    return { sql: `${sql.slice(0, -twin.length)}execute prove_look`, twin: "execute prove_look" };
  }

  /** Nothing but why somebody could not come in. */
  function stayedOut(error: unknown): { stayedOut: string } {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return { stayedOut: `${error.code}: ${error.message}` };
  }

  /** The answer in a world where an administrator did something else before. */
  async function answerOtherwise({ caller, prepare, otherwise, sql }: Attempt) {
    try {
      await comeIn(caller, [prepare, otherwise].filter(isSaid));
    } catch (error) {
      return stayedOut(error);
    }
    return (await statement(again, sql)).outcome;
  }

  async function run(
    attempt: Attempt,
    elsewhere: Awaited<ReturnType<typeof answerOtherwise>> | null,
  ): Promise<Execution> {
    const { caller, prepare, asItIs, wrong } = attempt;
    if (attempt.unproven !== undefined) return { stayedOut: attempt.unproven };
    if (elsewhere && "stayedOut" in elsewhere) return elsewhere;
    let visitor: Visit;
    try {
      visitor = await comeIn(caller, [prepare, asItIs].filter(isSaid));
    } catch (error) {
      return stayedOut(error);
    }
    const { sql, twin: alike } = await planned(visitor, attempt);
    let twin = elsewhere;
    if (alike) {
      twin = visitor.answers.get(alike) ?? (await statement(again, alike)).outcome;
      visitor.answers.set(alike, twin);
    }
    if (wrong === "define") {
      await client.query([again, ...leave].join("; "));
      const defined = await observe(DEFINITIONS);
      const { outcome } = await statement(again, sql, leave);
      const changed = "refusal" in outcome ? [] : differences(defined, await observe(DEFINITIONS));
      return { outcome, twin, changed };
    }
    // A select of a table changes nothing; a function's call is `select * from f()`, and is looked after.
    const onlyReads = attempt.otherwise || (wrong !== "reveal" && /^(select|copy \(|lock)/.test(sql));
    const { outcome, answers } = await statement(again, sql, onlyReads ? [] : [...leave, countWritten]);
    const changed = onlyReads || "refusal" in outcome ? [] : await changedRows(visitor, answers);
    return { outcome, twin, changed };
  }

  /** What comes of attempts between which nobody else uses the connection. */
  async function* executions(
    attempts: readonly Attempt[],
  ): AsyncGenerator<{ attempt: Attempt; execution: Execution }> {
    try {
      for (const group of inGroups(attempts, worldsOf)) {
        // To make another world takes longer than to ask in it: whatever asks in the same one does so together. Groups do not
        // mix, because plans count rows that were undone, too: between an answer and its twin there must be no more of them.
        const otherwise = new Map<Attempt, Awaited<ReturnType<typeof answerOtherwise>>>();
        for (const attempt of group)
          if (attempt.otherwise && attempt.unproven === undefined)
            otherwise.set(attempt, await answerOtherwise(attempt));
        for (const attempt of group)
          yield { attempt, execution: await run(attempt, otherwise.get(attempt) ?? null) };
      }
    } finally {
      await goHome();
    }
  }

  async function execute(attempt: Attempt): Promise<Execution> {
    for await (const { execution } of executions([attempt])) return execution;
    throw new Error("unreachable: an attempt has an execution");
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
    try {
      await comeIn(caller, []);
      for (const sql of sequence) {
        await client.query("savepoint step");
        const { outcome } = await statement(null, sql);
        if ("refusal" in outcome) await client.query("rollback to savepoint step");
        const wrong = check(sql, outcome);
        if (wrong !== null) return wrong;
      }
      await client.query(leave.join("; "));
      const changed = differences(before, await observe(rowsWitness));
      return changed.length > 0 ? `changed the other tenant's ${changed.join(", ")}` : null;
    } finally {
      await goHome();
    }
  }

  return { executions, execute, together, become };
}

/** What an administrator does before an attempt, in either world. */
const worldsOf = ({ prepare, otherwise, asItIs }: Attempt): string =>
  JSON.stringify([prepare, otherwise, asItIs]);

/** Neighbours that have the same key. */
function inGroups<T>(all: readonly T[], keyOf: (one: T) => string): T[][] {
  const groups: T[][] = [];
  let last: string | undefined;
  for (const one of all) {
    const key = keyOf(one);
    if (key === last) groups.at(-1)!.push(one);
    else groups.push([one]);
    last = key;
  }
  return groups;
}

const isSaid = (sql: string | undefined): sql is string => sql !== undefined;

export type Executor = Awaited<ReturnType<typeof createExecutor>>;

async function isSuperuser(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ is: boolean }>(
    "select rolsuper as is from pg_catalog.pg_roles where rolname = session_user",
  );
  return rows[0]?.is ?? false;
}

/**
 * SQL for how many rows of tables this transaction wrote, also where it was undone; null if the server does not count. That a table
 * was emptied is written down in the catalogue of tables. Prepared, because it is asked after each attempt.
 */
async function countingWritten(client: pg.ClientBase, targets: Targets): Promise<string> {
  const { rows } = await client.query<{ counts: boolean }>(
    "select pg_catalog.current_setting('track_counts')::boolean as counts",
  );
  if (!rows[0]?.counts) return "select null::text as written";
  const tables = [...targets.catalogue.relations.values()].filter(({ kind }) => kind === "table");
  await client.query(
    `prepare prove_written as
     select pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_inserted(oid) + pg_catalog.pg_stat_get_xact_tuples_updated(oid)
       + pg_catalog.pg_stat_get_xact_tuples_deleted(oid))::text as written
     from pg_catalog.unnest(array['pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, ${tables.map(({ oid }) => oid).join(", ")}]) as one (oid)`,
  );
  return "execute prove_written";
}

/** The answer to that, among those of several statements: the last. */
function writtenIn(answers: readonly Answer[]): string | null {
  const place = answers.findLastIndex(({ fields }) => fields?.[0]?.name === "written");
  return (answers[place]?.rows[0]?.[0] as string | null | undefined) ?? null;
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
