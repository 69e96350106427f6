import { randomUUID } from "node:crypto";
import type pg from "pg";
import { type Api, callerOf } from "./graphql.ts";
import { type Asking, OPERATIONS, type Operation } from "./operations.ts";
import type { Person } from "./people.ts";
import type { TenantSample } from "./skewed_tenants.ts";

/** Whom a task asks. */
export interface Asked {
  readonly api: Api;
  /** Connections of rowhouse_auth. */
  readonly auth: pg.Pool;
  readonly admin: pg.Pool;
}

/** Does something once and returns the milliseconds that it took; says `ready` when what it needs is there. */
export type Run = (asked: Asked, ready: () => void) => Promise<number>;

export interface Task extends Pick<Operation, "rows" | "as"> {
  readonly name: string;
  readonly runs: (tenant: TenantSample, asking: Asking) => readonly Run[];
}

/** The operations of the API, and what signing in asks of the database. */
export const TASKS: readonly Task[] = [
  ...Object.entries(OPERATIONS).map(([name, operation]) => ofApi(name, operation)),
  { name: "begin a login", runs: (tenant, asking) => [beginLogin(tenant[asking])] },
  { name: "refresh a session", runs: (tenant, asking) => [refresh(tenant[asking])] },
];

function ofApi(name: string, { rows, as, make, documents }: Operation): Task {
  const runs: Task["runs"] = (tenant, asking) => {
    const caller = callerOf(tenant[asking]);
    return documents(tenant).map(
      (document): Run =>
        async ({ api }, ready) => {
          const variables = make
            ? { made: keyIn((await api.ask(make, caller, { unused: randomUUID() })).data) }
            : {};
          ready();
          return (await api.ask(document, caller, variables)).milliseconds;
        },
    );
  };
  return { name, rows, as, runs };
}

/** The key of the one row that a mutation made. */
function keyIn(data: Readonly<Record<string, unknown>>): string {
  const [, key] = /"id":"([^"]+)"/.exec(JSON.stringify(data)) ?? [];
  if (!key) throw new Error(`nothing was made: ${JSON.stringify(data)}`);
  return key;
}

const facts = JSON.stringify({ request_id: "bench", ip: "192.0.2.1", user_agent: null });

function beginLogin({ handle: email }: Person): Run {
  return async ({ auth, admin }, ready) => {
    await admin.query("truncate auth.login_throttles");
    ready();
    return timed(auth, "select * from auth.begin_login($1, $2)", [email, facts]);
  };
}

function refresh({ handle }: Person): Run {
  return async ({ auth, admin }, ready) => {
    const { rows } = await admin.query<{ id: string; counter: number }>(
      "select id, counter from auth.sessions where handle_digest = sha256(sha256(convert_to($1, 'UTF8')))",
      [handle],
    );
    ready();
    return timed(auth, "select * from auth.refresh_session($1, $2, $3)", [
      rows[0]?.id,
      rows[0]?.counter,
      facts,
    ]);
  };
}

async function timed(pool: pg.Pool, text: string, values: unknown[]): Promise<number> {
  const began = performance.now();
  await pool.query({ name: text.slice(0, 40), text, values });
  return performance.now() - began;
}
