import pg from "pg";
import type { Cell } from "./attempt.ts";

/** Something that one request can leave on its connection, and how the next would see it. */
interface Leftover {
  readonly name: string;
  readonly leave: string;
  /** A condition: whether it is still there. */
  readonly there: string;
}

const NAME = "prove_left_behind";

const LEFTOVERS: readonly Leftover[] = [
  {
    name: "setting",
    leave: "set session client_encoding = 'LATIN1'",
    there: "pg_catalog.current_setting('client_encoding') = 'LATIN1'",
  },
  {
    name: "row security switched off",
    leave: "set session row_security = off",
    there: "pg_catalog.current_setting('row_security') = 'off'",
  },
  {
    name: "advisory lock",
    leave: "select pg_catalog.pg_advisory_lock_shared(1886547814, 1)",
    there:
      "exists (select from pg_catalog.pg_locks where locktype = 'advisory' and pid = pg_catalog.pg_backend_pid())",
  },
  {
    name: "open cursor",
    leave: `declare ${NAME} cursor with hold for select 1`,
    there: `exists (select from pg_catalog.pg_cursors where name = '${NAME}')`,
  },
  {
    name: "channel listened to",
    leave: `listen ${NAME}`,
    there: `exists (select from pg_catalog.pg_listening_channels() as channel where channel = '${NAME}')`,
  },
  {
    name: "prepared statement",
    leave: `prepare ${NAME} as select 1`,
    there: `exists (select from pg_catalog.pg_prepared_statements where name = '${NAME}')`,
  },
  {
    name: "temporary table",
    leave: `create temporary table ${NAME} ()`,
    there: `pg_catalog.to_regclass('pg_temp.${NAME}') is not null`,
  },
];

export interface Pooled {
  readonly url: string;
  /** Who makes the requests, and the SQL that becomes them. */
  readonly roles: readonly { readonly role: string; readonly become: string }[];
  /** The session variables of the context. */
  readonly variables: readonly string[];
  /** What the pool does between two requests; undefined where nobody said. */
  readonly reset: readonly string[] | undefined;
}

/**
 * Two requests, one after the other, on one connection, as a pool makes them: what the first leaves must not meet the
 * second. These commit, on a connection of their own, and write nothing anywhere but on it.
 */
export async function tryLeftovers({ url, roles, variables, reset }: Pooled): Promise<Cell[]> {
  const quote = pg.escapeLiteral;
  const contexts = variables.map(
    (variable): Leftover => ({
      name: variable,
      leave: `select pg_catalog.set_config(${quote(variable)}, '${NAME}', false)`,
      there: `pg_catalog.current_setting(${quote(variable)}, true) = '${NAME}'`,
    }),
  );
  const client = new pg.Client({ connectionString: url, application_name: "rowhouse-prove" });
  client.on("error", () => {});
  await client.connect();
  try {
    const cells: Cell[] = [];
    for (const { role, become } of roles) {
      for (const { name, leave, there } of [...contexts, ...LEFTOVERS]) {
        const first = ["begin", become, leave, "commit"];
        // What unlisten does it does at commit, and no notification reaches a client before.
        const second = ["begin", ...(reset ?? []), "commit", `select ${there} as there`];
        const cell = { caller: role, role, target: `connection: ${name}`, attempt: "leave it" } as const;
        const whose = "other tenant's";
        try {
          await client.query(first.join("; "));
        } catch (error) {
          if (!(error instanceof pg.DatabaseError)) throw error;
          await client.query("rollback");
          cells.push({ ...cell, whose, status: "denied", detail: error.code ?? "refused" });
          continue;
        }
        for (const sql of second.slice(0, -1)) await client.query(sql);
        const { rows } = await client.query<{ there: boolean }>(second.at(-1)!);
        await client.query("discard all");
        cells.push({ ...cell, whose, ...judge(rows[0]!.there, reset, [...first, ...second]) });
      }
    }
    return cells;
  } finally {
    await client.end();
  }
}

function judge(
  there: boolean,
  reset: readonly string[] | undefined,
  statements: readonly string[],
): Pick<Cell, "status" | "detail" | "script"> {
  if (!there) return { status: "denied", detail: "–" };
  if (reset === undefined) {
    return {
      status: "expected",
      detail:
        'the next request meets it, unless the pool takes it away; say how in a --config file ("reset")',
    };
  }
  const lines = ["-- Run it in psql as an administrator: two requests of one connection.", ...statements];
  return {
    status: "leak",
    detail: "the next request on the connection meets it",
    script: `${lines.map((line) => (line.startsWith("--") ? line : `${line};`)).join("\n")}\n`,
  };
}
