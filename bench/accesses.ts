// What it costs that each request to the API leaves an event: processor time of the web process and of PostgreSQL for each request,
// with all of them recorded and with none of these successes; what an event takes by how many are told at once; and its bytes.
// node bench/accesses.ts
import { createHash } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type pg from "pg";
import { createApiKeys } from "../src/auth/api_key.ts";
import { closingAfter } from "../src/commands/closing.ts";
import { median, processorTime, table } from "./measure.ts";
import { cpuOf, cpuOfFamily } from "./peers/processes.ts";
import { startOursAlone } from "./peers/start.ts";
import { addRows } from "./people.ts";
import { type BenchServer, withServer } from "./server.ts";

const ROUNDS = 8;
const REQUESTS = 1_500;
const AT_ONCE = 4;
/** Milliseconds in which what waits is told. */
const SETTLE = 1_500;
const BATCHES = [1, 20, 200];
const EVENTS = 4_000;

await withServer(
  async (server) => {
    await addRows(server.admin, "acme", 50);
    const { secret } = createApiKeys();
    const credential = createHash("sha256").update(secret).digest();
    await server.admin.query(
      `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes)
       select tenant_id, user_id, 'bench', sha256($1), '{chat}' from app.memberships limit 1`,
      [credential],
    );
    await server.admin.query("vacuum analyze");
    await serving(server, secret);
    await telling(server, credential);
  },
  { durable: false },
);

/** The same requests of two processes by turns. */
async function serving(server: BenchServer, key: string): Promise<void> {
  await closingAfter(async (defer) => {
    const port = Number(new URL(server.adminUrl).port);
    const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });
    defer(async () => agent.destroy());
    const costs = new Map<string, { web: number[]; database: number[] }>();
    const processes = new Map<string, Awaited<ReturnType<typeof startOursAlone>>>();
    for (const which of ["notable", "all"]) {
      processes.set(
        which,
        await startOursAlone(server, port, defer, { AUDIT_API_ACCESS: which, WORKER: "off" }),
      );
      costs.set(which, { web: [], database: [] });
    }
    for (let round = -1; round < ROUNDS; round++) {
      for (const [which, { child, url }] of processes) {
        const [web, database] = [cpuOf(child.pid), cpuOfFamily(server.pid)];
        await ask(url, agent, key);
        await new Promise((done) => setTimeout(done, SETTLE));
        // The first round only warms up.
        if (round < 0) continue;
        costs.get(which)!.web.push(((cpuOf(child.pid) - web) * 1_000) / REQUESTS);
        costs.get(which)!.database.push(((cpuOfFamily(server.pid) - database) * 1_000) / REQUESTS);
      }
    }
    const lines = [...costs].map(([which, { web, database }]) => [
      `\`${which}\``,
      `${median(web).toFixed(0)} µs`,
      `${median(database).toFixed(0)} µs`,
    ]);
    console.log(table(["`AUDIT_API_ACCESS`", "web process", "PostgreSQL"], lines));
  });
}

async function ask(url: string, agent: http.Agent, key: string): Promise<void> {
  let left = REQUESTS;
  const asking = Array.from({ length: AT_ONCE }, async () => {
    while (left-- > 0) {
      const request = http.request(`${url}/graphql`, {
        method: "POST",
        agent,
        headers: { "Content-Type": "application/json", "X-API-Key": key, "User-Agent": "bench" },
      });
      request.end(JSON.stringify({ query: "query Me { me { id } }" }));
      const [response] = (await once(request, "response")) as [http.IncomingMessage];
      response.resume();
      await once(response, "end");
      if (response.statusCode !== 200) throw new Error(`a request was answered ${response.statusCode}`);
    }
  });
  await Promise.all(asking);
}

/** What an event takes of a backend, by how many are told in a statement; and of the disk. */
async function telling({ admin, auth }: BenchServer, credential: Buffer): Promise<void> {
  const client = await auth.connect();
  try {
    const pid = (await client.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]!.pid;
    const before = await sizeOf(admin);
    const lines: string[][] = [];
    for (const batch of BATCHES) {
      const costs: number[] = [];
      for (let round = -1; round < ROUNDS; round++) {
        const began = processorTime(pid) ?? Number.NaN;
        for (let done = 0; done < EVENTS / BATCHES.length; done += batch)
          await tell(client, credential, batch);
        if (round >= 0)
          costs.push(
            ((processorTime(pid) ?? Number.NaN) - began) / Math.ceil(EVENTS / BATCHES.length / batch) / batch,
          );
      }
      lines.push([`${batch}`, `${median(costs).toFixed(0)} µs`]);
    }
    const after = await sizeOf(admin);
    console.log(`\n${table(["told at once", "processor of the backend for each"], lines)}`);
    const each = (of: "rows" | "indexes"): string =>
      ((after[of] - before[of]) / (after.events - before.events)).toFixed(0);
    console.log(`\nbytes of an event: ${each("rows")}, and ${each("indexes")} of its indexes`);
  } finally {
    client.release();
  }
}

function tell(client: pg.PoolClient, credential: Buffer, batch: number): Promise<unknown> {
  const lines = Array.from({ length: batch }, (_, n) => ({
    request_id: `0197f0a2-7d3c-7c11-9b6e-${String(n).padStart(12, "0")}`,
    ip: "192.0.2.7",
    user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    seconds: 0.5,
    status: 200,
    times: 1,
    detail: {
      method: "POST",
      route: "/graphql",
      status: 200,
      ms: 12.3,
      operation: "query",
      name: "Me",
      fields: ["me"],
    },
  }));
  return client.query({
    name: "record_requests",
    text: "select auth.record_requests($1, $2, $3)",
    values: [lines.map(() => credential), JSON.stringify(lines), 0],
  });
}

async function sizeOf(admin: pg.Pool): Promise<{ rows: number; indexes: number; events: number }> {
  const { rows } = await admin.query(
    `select sum(pg_table_size(inhrelid))::float8 as rows, sum(pg_indexes_size(inhrelid))::float8 as indexes,
       (select count(*)::float8 from audit.events) as events
     from pg_inherits where inhparent = 'audit.events'::regclass`,
  );
  return rows[0];
}
