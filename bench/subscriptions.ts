// What it costs to watch over open subscriptions: the one call a second of a process, by how many are open and whose they are; then
// a process with a thousand of them open, while nothing changes and while something is said in fifty of them each second.
// node bench/subscriptions.ts
import { createHash } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type pg from "pg";
import { hashPassword } from "../src/auth/passwords.ts";
import { closingAfter } from "../src/commands/closing.ts";
import { changedMarks, type Marked } from "../src/graphql/subscriptions/marks.ts";
import { median, milliseconds, processorTime, table } from "./measure.ts";
import { PASSWORD, USER_AGENT } from "./peers/callers.ts";
import { cpuOf, cpuOfFamily, privateMemoryOf } from "./peers/processes.ts";
import { startOursAlone } from "./peers/start.ts";
import { addRows, type Person } from "./people.ts";
import { type BenchServer, withServer } from "./server.ts";
import { withTriggersOff } from "./triggers_off.ts";

const PEOPLE = 1_000;
const CONVERSATIONS = 20;
const TURNS = 20;
const ROUNDS = 40;
/** People whose subscriptions a process has open, each as many as one credential may. */
const WATCHERS = 50;
const EACH = 20;
const SECONDS = 10;

await withServer(
  async (server) => {
    const { admin, auth } = server;
    const people = await addRows(admin, "acme", PEOPLE);
    const rows = await talk(admin);
    await admin.query("vacuum analyze");
    const client = await auth.connect();
    try {
      const lines = [];
      for (const [open, by] of [
        [1, 1],
        [100, 100],
        [1_000, 1_000],
        [1_000, 50],
      ] as const) {
        lines.push(await watched(client, subscriptions(people.slice(0, by), rows, open), by));
      }
      console.log(table(["open", "credentials", "a look", "processor, PostgreSQL", "of a core"], lines));
    } finally {
      client.release();
    }
    await serving(server, people.slice(0, WATCHERS), rows);
  },
  { durable: false },
);

/** Conversations of each person with questions of the last day, each answered; their ids by person. */
async function talk(admin: pg.Pool): Promise<ReadonlyMap<string, readonly string[]>> {
  return withTriggersOff(admin, async (client) => {
    await client.query(
      `insert into app.conversations (tenant_id, user_id, title)
       select tenant_id, user_id, 'About tea' from app.memberships, generate_series(1, $1)`,
      [CONVERSATIONS],
    );
    await client.query(
      `insert into auth.turns (tenant_id, user_id, conversation_id, credential_kind, credential_id, settlement, generator, model,
         settled_at, outcome)
       select tenant_id, user_id, id, 'session', user_id, sha256(''), 'model', 'large', now(), 'complete'
       from app.conversations, generate_series(1, $1)`,
      [TURNS],
    );
    const { rows } = await client.query<{ user: string; ids: string[] }>(
      `select user_id as "user", array_agg(id) as ids from app.conversations group by 1`,
    );
    return new Map(rows.map(({ user, ids }) => [user, ids]));
  });
}

function subscriptions(
  people: readonly Person[],
  rows: ReadonlyMap<string, readonly string[]>,
  open: number,
): (Marked & { mark: string | null })[] {
  return Array.from({ length: open }, (_, n) => {
    const { handle, userId } = people[n % people.length]!;
    const mine = rows.get(userId)!;
    return {
      caller: { credential: createHash("sha256").update(handle).digest() },
      subject: { kind: "conversation", id: mine[Math.floor(n / people.length) % mine.length]! },
      mark: null,
    };
  });
}

/** The medians of looks that find nothing new. */
async function watched(
  client: pg.PoolClient,
  open: (Marked & { mark: string | null })[],
  credentials: number,
): Promise<string[]> {
  const pid = (await client.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]!.pid;
  for (const [one, mark] of await changedMarks(client, open)) one.mark = mark;
  const walls: number[] = [];
  const processors: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = processorTime(pid) ?? Number.NaN;
    const began = performance.now();
    const changed = await changedMarks(client, open);
    walls.push(performance.now() - began);
    processors.push(((processorTime(pid) ?? Number.NaN) - before) / 1_000);
    if (changed.length > 0) throw new Error(`${changed.length} changed, and nobody did anything`);
  }
  const processor = median(processors);
  return [
    open.length.toLocaleString("en"),
    credentials.toLocaleString("en"),
    milliseconds(median(walls)),
    milliseconds(processor),
    `${(processor / 10).toFixed(1)} %`,
  ];
}

/** A web process with a thousand subscriptions: its processor time and PostgreSQL's, and its memory. */
async function serving(
  server: BenchServer,
  people: readonly Person[],
  rows: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  await server.admin.query("insert into auth.passwords (user_id, hash) select id, $1 from app.users", [
    await hashPassword(PASSWORD),
  ]);
  await closingAfter(async (defer) => {
    const port = Number(new URL(server.adminUrl).port);
    const { url, child } = await startOursAlone(server, port, defer, { SUBSCRIPTION_LIMIT: "4000" });
    const agent = new http.Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
    defer(async () => agent.destroy());
    const posted = async (path: string, body: object, headers = {}): Promise<http.IncomingMessage> => {
      const sent = { "Content-Type": "application/json", "User-Agent": USER_AGENT, ...headers };
      const request = http.request(url + path, { method: "POST", agent, headers: sent });
      request.end(JSON.stringify(body));
      return ((await once(request, "response")) as [http.IncomingMessage])[0];
    };

    let heard = 0;
    const before = privateMemoryOf(child.pid);
    for (const { handle, userId } of people) {
      const login = await posted("/auth/login", { email: handle, password: PASSWORD, tenant: "acme" });
      const { access_token } = JSON.parse((await login.setEncoding("utf8").toArray()).join(""));
      for (const id of rows.get(userId)!.slice(0, EACH)) {
        const stream = await posted(
          "/graphql",
          {
            query:
              "subscription ($id: ID!) { conversation(id: $id) { title messages(last: 20) { nodes { id role status content } } } }",
            variables: { id },
          },
          { Authorization: `Bearer ${access_token}`, Accept: "text/event-stream" },
        );
        if (stream.statusCode !== 200) throw new Error(`a subscription was answered ${stream.statusCode}`);
        stream.on("data", (piece: Buffer) => {
          if (piece.includes("event: next")) heard += 1;
        });
      }
    }
    const lines: string[][] = [];
    const during = async (name: string, each: () => Promise<unknown>): Promise<void> => {
      const said = heard;
      const [web, database] = [cpuOf(child.pid), cpuOfFamily(server.pid)];
      for (let second = 0; second < SECONDS; second++) {
        await each();
        await new Promise((done) => setTimeout(done, 1_000));
      }
      lines.push([
        name,
        ((heard - said) / SECONDS).toFixed(0),
        `${((cpuOf(child.pid) - web) / SECONDS / 10).toFixed(1)} %`,
        `${((cpuOfFamily(server.pid) - database) / SECONDS / 10).toFixed(1)} %`,
      ]);
    };
    // What was opened a moment ago settles first.
    await new Promise((done) => setTimeout(done, 10_000));
    const of = ((privateMemoryOf(child.pid) - before) / 1024 / WATCHERS / EACH).toFixed(0);
    await during("nothing", async () => {});
    await during(`a message in ${WATCHERS} of them each second`, () =>
      server.admin.query(
        `with said as (
           insert into app.messages (tenant_id, user_id, conversation_id, content)
           select tenant_id, user_id, id, 'And then?' from app.conversations where id = any($1)
         )
         update app.conversations set last_message_at = now() where id = any($1)`,
        [people.map(({ userId }) => rows.get(userId)![0])],
      ),
    );
    const head = ["what changes", "answers a second", "of a core: web process", "PostgreSQL"];
    console.log(`\n${WATCHERS * EACH} open, ${of} KiB each\n\n${table(head, lines)}`);
  });
}
