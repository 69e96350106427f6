// What reading the trail costs where there is much of it: 200 tenants over 13 months, of which the largest has three tenths of
// all events and is the one that asks. Pages of 50 through GraphQL, without HTTP; views as rowhouse_auditor.
// node bench/trail.ts [events]
import pg from "pg";
import { type Api, callerOf, openApi } from "./graphql.ts";
import { percentile, table } from "./measure.ts";
import type { Person } from "./people.ts";
import { type BenchServer, withServer } from "./server.ts";
import { sampleOf } from "./skewed_tenants.ts";
import { addTrail } from "./trail_rows.ts";

const EVENTS = Number(process.argv[2] ?? 10_000_000);
const ROUNDS = 30;
/** Seconds after which a filter has been asked often enough. */
const ENOUGH = 12;
const PAGE = 50;
const VIEWS = [
  "event_log",
  "sign_ins",
  "failed_sign_ins",
  "privilege_changes",
  "support_visits",
  "readings",
  "exports",
];

/** What an entry of a list shows. */
const NODES = "edges { cursor node { id at action tableName rowId requestId actor { displayName } } }";

/** What is looked for, in the largest tenant. */
interface Sought {
  readonly tenant: string;
  /** Whoever did most. */
  readonly actor: string;
  /** The row of which there are most events. */
  readonly record: string;
  readonly request: string;
  /** The month in the middle, and its end. */
  readonly month: string;
  readonly end: string;
}

if (import.meta.main) {
  // Nothing here waits for the disk, so nothing is lost by not syncing it.
  await withServer(
    async (server) => {
      const began = performance.now();
      await addTrail(server.admin, EVENTS);
      console.log(
        `${EVENTS.toLocaleString("en")} events in ${Math.round((performance.now() - began) / 1_000)} s\n`,
      );
      await measureReading(server);
    },
    { durable: false },
  );
}

/** Prints what pages, records and views cost. */
export async function measureReading({ admin, app }: Pick<BenchServer, "admin" | "app">): Promise<void> {
  const { admin: owner } = await sampleOf(admin, 1);
  const sought = await soughtIn(admin, owner);
  const api = await openApi(new pg.Pool({ connectionString: app.options.connectionString, max: 4 }));
  console.log(await pages(api, owner, sought));
  console.log("");
  console.log(await records(api, owner, sought));
  console.log("");
  console.log(await views(admin, sought));
  await api.close();
}

async function soughtIn(admin: pg.Pool, { userId }: Person): Promise<Sought> {
  const { rows } = await admin.query<Sought>(
    `with tenant as (
       select tenant_id as id from app.memberships where user_id = $1
     ), middle as (
       select date_trunc('month', now() - interval '6 months') as month
     ), events as materialized (
       select event.actor_id, event.row_id, event.table_name, event.request_id from audit.events as event, tenant, middle
       where event.tenant_id = tenant.id and event.at >= middle.month and event.at < middle.month + interval '1 month'
     )
     select tenant.id as tenant, to_json(month)#>>'{}' as month, to_json(month + interval '1 month')#>>'{}' as end,
       (select actor_id from events where actor_id is not null group by 1 order by count(*) desc limit 1) as actor,
       (select row_id from events where table_name = 'app.conversations' group by 1 order by count(*) desc limit 1) as record,
       (select request_id from events limit 1) as request
     from tenant, middle`,
    [userId],
  );
  return rows[0]!;
}

/** Filters as docs/audit-trail.md has them, alone and together, frequent and rare. */
function filtersFor({ actor, record, request, month, end }: Sought): Readonly<Record<string, string>> {
  const ofActor = `actorId: {equalTo: "${actor}"}`;
  const ofRecord = `record: {table: "app.conversations", id: "${record}"}`;
  const inMonth = `at: {greaterThanOrEqualTo: "${month}", lessThan: "${end}"}`;
  const did = (action: string): string => `action: {equalTo: "${action}"}`;
  const as = (kind: string): string => `actorKind: {equalTo: ${kind}}`;
  return {
    "no filter": "",
    "a month": inMonth,
    "an actor, the busiest": ofActor,
    "a record, the busiest": ofRecord,
    "an action of a third of all": did("insert"),
    "an action of one in five thousand": did("chat.exported"),
    "an action that nothing has": did("audit.never"),
    "a kind that most have": as("SESSION"),
    "a kind that few have": as("SUPPORT"),
    "a request": `requestId: {equalTo: "${request}"}`,
    "an actor in a month": `${ofActor}, ${inMonth}`,
    "a rare action in a month": `${did("chat.exported")}, ${inMonth}`,
    "an actor, an action": `${ofActor}, ${did("update")}`,
    "an actor, a rare action": `${ofActor}, ${did("chat.exported")}`,
    "a frequent kind, a rare action": `${as("SESSION")}, ${did("chat.exported")}`,
    "a rare kind, a frequent action": `${as("SUPPORT")}, ${did("insert")}`,
    "an actor, a rare kind": `${ofActor}, ${as("SUPPORT")}`,
    "a record, an action": `${ofRecord}, ${did("read")}`,
    "a request, an action": `requestId: {equalTo: "${request}"}, ${did("insert")}`,
    "a request, a kind": `requestId: {equalTo: "${request}"}, ${as("SESSION")}`,
  };
}

/** For each filter the newest page and the oldest, the last as if read from the other end, and one half-way. */
async function pages(api: Api, owner: Person, sought: Sought): Promise<string> {
  const caller = callerOf(owner);
  const ask = async (given: string) => {
    const { data, milliseconds } = await api.ask(
      `{ auditEvents(${given}) { ${NODES} pageInfo { hasNextPage hasPreviousPage } } }`,
      caller,
    );
    return { edges: (data.auditEvents as { edges: { cursor: string }[] }).edges, milliseconds };
  };
  const lines: string[][] = [];
  for (const [name, filter] of Object.entries(filtersFor(sought))) {
    const only = `filter: {${filter}}`;
    const before = filter.includes("at: {")
      ? filter
      : [filter, `at: {lessThan: "${sought.month}"}`].filter(Boolean).join(", ");
    const half = await ask(`first: 1, orderBy: AT_DESC, filter: {${before}}`).catch(() => ({ edges: [] }));
    const ways = [
      `first: ${PAGE}, orderBy: AT_DESC, ${only}`,
      `first: ${PAGE}, orderBy: AT_ASC, ${only}`,
      `last: ${PAGE}, orderBy: AT_DESC, ${only}`,
      ...(half.edges[0]
        ? [`first: ${PAGE}, orderBy: AT_DESC, ${only}, after: "${half.edges[0].cursor}"`]
        : []),
    ];
    let rows = 0;
    const took = ways.map((): number[] => []);
    const began = performance.now();
    for (
      let round = -2;
      round < ROUNDS && (round < 3 || performance.now() - began < ENOUGH * 1_000);
      round++
    ) {
      for (const [place, way] of ways.entries()) {
        const asked = performance.now();
        try {
          const { edges, milliseconds } = await ask(way);
          if (place === 0) rows = edges.length;
          if (round >= 0) took[place]!.push(milliseconds);
        } catch {
          // The statement was given up: it took as long as one may.
          took[place]!.push(performance.now() - asked);
        }
      }
    }
    lines.push([name, String(rows), ...took.map(ofBoth), ...Array(4 - ways.length).fill("–")]);
    console.error(lines.at(-1)?.join(" | "));
  }
  return table(["filter", "rows", "newest first", "oldest first", "the last page", "half-way"], lines);
}

/** The history of one record and its state. */
async function records(api: Api, owner: Person, { record, month }: Sought): Promise<string> {
  const given = `record: {table: "app.conversations", id: "${record}"}`;
  const asked = {
    "`auditRecordHistory`, a page": `{ auditRecordHistory(${given}, first: ${PAGE}) { nodes { at action changes } } }`,
    "`auditRecordHistory`, the newest": `{ auditRecordHistory(${given}, first: ${PAGE}, orderBy: AT_DESC) { nodes { at action changes } } }`,
    "`auditRecordAsOf`, half-way": `{ auditRecordAsOf(${given}, at: "${month}") { state row } }`,
    "`auditRecordAsOf`, before it was there": `{ auditRecordAsOf(${given}, at: "2000-01-01T00:00:00Z") { state } }`,
    "`auditRecordAsOf`, of none": `{ auditRecordAsOf(record: {table: "app.roles", id: "none"}, at: "${month}") { state } }`,
  };
  const lines: string[][] = [];
  for (const [name, query] of Object.entries(asked)) {
    const took: number[] = [];
    for (let round = -3; round < ROUNDS; round++) {
      const { milliseconds } = await api.ask(query, callerOf(owner));
      if (round >= 0) took.push(milliseconds);
    }
    lines.push([name, ofBoth(took)]);
  }
  return table(["of the record with most events", "p50 / p95, ms"], lines);
}

/** Each view in a month: the first thousand rows of the largest tenant in order, and how many all tenants have. */
async function views(admin: pg.Pool, { tenant, month, end }: Sought): Promise<string> {
  const client = await admin.connect();
  await client.query("set role rowhouse_auditor");
  const inMonth = `at >= '${month}' and at < '${end}'`;
  const lines: string[][] = [];
  for (const view of VIEWS) {
    const took: number[] = [];
    let found = 0;
    for (let round = -1; round < 10; round++) {
      const began = performance.now();
      const { rowCount } = await client.query(
        `select * from audit.${view} where tenant_id = '${tenant}' and ${inMonth} order by at limit 1000`,
      );
      found = rowCount ?? 0;
      if (round >= 0) took.push(performance.now() - began);
    }
    const all: number[] = [];
    let counted = "";
    for (let round = 0; round < 3; round++) {
      const began = performance.now();
      const { rows } = await client.query(`select count(*) from audit.${view} where ${inMonth}`);
      counted = Number(rows[0].count).toLocaleString("en");
      all.push(performance.now() - began);
    }
    lines.push([`\`audit.${view}\``, String(found), ofBoth(took), counted, ofBoth(all)]);
  }
  client.release(true);
  return table(
    ["view, of a month", "rows", "p50 / p95, ms", "counted, of all tenants", "p50 / p95, ms"],
    lines,
  );
}

function ofBoth(took: readonly number[]): string {
  const sorted = took.toSorted((a, b) => a - b);
  return `${percentile(sorted, 0.5).toFixed(1)} / ${percentile(sorted, 0.95).toFixed(1)}`;
}
