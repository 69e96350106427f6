import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { masterKeys } from "../../src/auth/encryption.ts";
import { makeSigningKey } from "../../src/auth/signing_keys.ts";
import { connectionsNeeded } from "../../src/database/connections_needed.ts";
import { projectRoot } from "../../src/database/migrations.ts";
import { makeFolder } from "../support/command_line.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../support/database.ts";
import { type SignUp, signUp } from "../support/people.ts";
import { freePort, processesBelow, type RunningCommand, startCommand } from "../support/running_command.ts";
import {
  type Answer,
  clientOf,
  eventually,
  type LogLine,
  mailsIn,
  type TestClient,
} from "../support/server.ts";

let folder: string;
let database: TestDatabase;
let running: RunningCommand;
let url: string;
let server: TestClient;
let person: SignUp;

beforeAll(async () => {
  folder = makeFolder();
  database = await createDatabase();
  running = await startTwo();
  await running.printed('"msg":"listening"');
  url = String(lines("listening")[0]?.url);
  server = clientOf(url);
  const mails = () => mailsIn(join(folder, ".rowhouse"));
  person = await signUp({ ...server, mails }, { tenant: { name: "Two Doors", slug: "two-doors" } });
});
afterAll(async () => {
  running.child.kill("SIGKILL");
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** `rowhouse start --processes 2` on the test's database. */
async function startTwo(settings: Record<string, string> = {}): Promise<RunningCommand> {
  return startCommand(process.execPath, [join(projectRoot, "src", "cli.ts"), "start", "--processes", "2"], {
    cwd: folder,
    env: {
      NODE_ENV: "test",
      PORT: String(await freePort()),
      DATABASE_URL: database.adminUrl,
      MASTER_KEY: testMasterKey.toString("base64"),
      LOG_LEVEL: "info",
      ...settings,
    },
  });
}

/** What the log says under this message, the earliest first. */
function lines(msg: string): LogLine[] {
  return running
    .output()
    .split("\n")
    .filter((line) => line.includes(`"msg":"${msg}`))
    .map((line) => JSON.parse(line) as LogLine);
}

/** The web processes that are, by the pids that the log named when each was ready. */
function webProcesses(): number[] {
  return lines("a web process is ready")
    .map(({ pid }) => Number(pid))
    .filter((pid) => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    });
}

/** A page for everybody whose requests are in the log. */
const KEYS = "/.well-known/jwks.json";

/** Asks on a connection of its own; the answer, and which process gave it. */
async function ask(
  method: string,
  path: string,
  options: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer & { by: unknown }> {
  const id = randomUUID();
  const headers = { ...options.headers, Connection: "close", "X-Request-Id": id };
  const answer = await server.request(method, path, { ...options, headers });
  const [line] = await eventually(() => {
    const found = lines("request").filter(({ requestId }) => requestId === id);
    return found.length > 0 && found;
  });
  return { ...answer, by: line?.process };
}

/** Asks until each of two processes has answered, and returns what they did. */
async function askBoth(...how: Parameters<typeof ask>): Promise<Answer[]> {
  const answers = new Map<unknown, Answer>();
  for (let n = 0; n < 20 && answers.size < 2; n++) {
    const { by, ...answer } = await ask(...how);
    answers.set(by, answer);
  }
  expect(answers.size, "processes that answered").toBe(2);
  return [...answers.values()];
}

const whoAmI = (token: string): Parameters<typeof ask> => [
  "POST",
  "/graphql",
  { body: { query: "{ myTenant { slug } }" }, headers: { Authorization: `Bearer ${token}` } },
];
const asMember = { status: 200, body: { data: { myTenant: { slug: "two-doors" } } } };

/** One figure of /metrics, of all series that begin so. */
async function figure(series: string): Promise<number> {
  const { body } = await server.get("/metrics");
  return (body as string)
    .split("\n")
    .filter((line) => line.startsWith(series))
    .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

test("without Redis it is said that each process counts requests by itself", () => {
  expect(lines("REDIS_URL is not set: each of the 2 processes counts requests by itself")).toHaveLength(1);
});

test("both processes answer at the one port, and the log says which did", async () => {
  expect(webProcesses()).toHaveLength(2);
  const [one, other] = await askBoth("GET", KEYS);
  expect([one?.status, other?.status]).toEqual([200, 200]);
  expect(one?.body).toEqual(other?.body);
});

test("a token that one of them issued is good at both, and so is its end", async () => {
  const { email, password } = person;
  const { access_token } = (await ask("POST", "/auth/login", { body: { email, password } })).body;
  for (const answer of await askBoth(...whoAmI(access_token))) expect(answer).toMatchObject(asMember);
  const headers = { Authorization: `Bearer ${access_token}` };
  expect((await ask("POST", "/auth/logout", { headers })).status).toBe(204);
  for (const { body } of await askBoth(...whoAmI(access_token))) {
    expect(body.errors[0].extensions.code).toBe("SESSION_ENDED");
  }
});

test("/metrics tells of both together, whichever answers, and of the worker", async () => {
  const counted =
    'http_request_duration_seconds_count{method="GET",route="/.well-known/jwks.json",status="200"}';
  const before = await figure(counted);
  for (let n = 0; n < 6; n++) await ask("GET", KEYS);
  for (let n = 0; n < 3; n++) expect(await figure(counted)).toBe(before + 6);
  expect(await figure('rowhouse_pool_connections_max{pool="app"}')).toBe(20);
  expect(await figure('rowhouse_job_duration_seconds_count{job="create_audit_partitions"')).toBe(1);
});

test("as many connections are reckoned with as the pools may open, and those of one process more", async () => {
  const pools = await figure("rowhouse_pool_connections_max{");
  const ofEachProbe = 1;
  const ofOneMore = 10 + 10 + ofEachProbe;
  const needed = connectionsNeeded({ processes: 2, worker: true, database: { poolSize: 10 } });
  expect(needed).toBe(pools + 2 * ofEachProbe + ofOneMore);
});

test("a process that is killed comes back while the other answers, and nothing counted is forgotten", async () => {
  const before = await figure("http_request_duration_seconds_count");
  const [killed, spared] = webProcesses();
  process.kill(killed!, "SIGKILL");
  await eventually(() => lines("a web process died; another one is started").length === 1);
  expect((await ask("GET", KEYS)).status).toBe(200);
  await eventually(() => webProcesses().length === 2, 30_000);
  expect(webProcesses()).toContain(spared);
  expect(webProcesses()).not.toContain(killed);
  expect(await figure("http_request_duration_seconds_count")).toBeGreaterThan(before);
});

test("a process that is told to go leaves when another is there, and the others accept what that one signs with a new key", async () => {
  // From now on this one signs. Those that run know it in a minute at the latest, and what starts knows it at once.
  const keys = masterKeys({ masterKey: testMasterKey, previousMasterKey: null });
  const key = await makeSigningKey(keys, "EdDSA");
  await database.auth.query("select auth.install_signing_key($1, $2, $3, $4, '0 seconds', '0 seconds')", [
    key.id,
    key.algorithm,
    key.publicJwk,
    key.privateJwk,
  ]);
  const [replaced, spared] = webProcesses();
  process.kill(replaced!, "SIGTERM");
  await eventually(() => webProcesses().length === 2 && !webProcesses().includes(replaced!), 40_000);
  expect(webProcesses()).toContain(spared);

  const { email, password } = person;
  let token = "";
  for (let n = 0; n < 10 && (token === "" || decodeProtectedHeader(token).kid !== key.id); n++) {
    token = (await ask("POST", "/auth/login", { body: { email, password } })).body.access_token;
  }
  expect(decodeProtectedHeader(token).kid).toBe(key.id);
  // Who does not know a key asks for it, but not more often than every five seconds.
  const statuses = async () => (await askBoth(...whoAmI(token))).map(({ status }) => status);
  await expect.poll(statuses, { timeout: 10_000, interval: 500 }).toEqual([200, 200]);
});

test("SIGHUP replaces every process, one after the other, and no request is lost meanwhile", async () => {
  const before = webProcesses();
  const counted = await figure("http_request_duration_seconds_count");
  const over = () => lines("all web processes are replaced").length === 1;
  const outcomes: Record<string, number> = {};
  /** One client: with a connection that it keeps, or with one for each request. */
  async function client(agent: Agent | undefined, pause: () => number): Promise<void> {
    while (!over()) {
      const outcome = await new Promise<string>((done) => {
        request(`${url}/healthz`, { agent }, (answer) => {
          answer.resume().on("end", () => done(String(answer.statusCode)));
        })
          .on("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message))
          .end();
      });
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      await delay(pause());
    }
    agent?.destroy();
  }
  const kept = () => new Agent({ keepAlive: true });
  // Some are silent for almost as long as a connection is kept.
  const clients = [
    client(kept(), () => 10),
    client(kept(), () => 50),
    ...Array.from({ length: 6 }, () => client(kept(), () => 1_000 + Math.random() * 3_500)),
    client(undefined, () => 10),
    client(undefined, () => 50),
  ];
  running.child.kill("SIGHUP");
  await eventually(over, 90_000);
  await Promise.all(clients);
  expect(Object.keys(outcomes)).toEqual(["200"]);
  expect(webProcesses()).toHaveLength(2);
  for (const pid of before) expect(webProcesses()).not.toContain(pid);
  expect(await figure("http_request_duration_seconds_count")).toBeGreaterThanOrEqual(
    counted + outcomes["200"]!,
  );
});

test("a second one at the same port says once that it is taken, and leaves nothing behind", async () => {
  const there = processesBelow(folder);
  const second = startTwo({ PORT: new URL(url).port, WORKER: "off" });
  await (await second).ended();
  const port = new URL(url).port;
  expect((await second).output()).toMatch(
    new RegExp(`rowhouse: port ${port} is in use; set PORT to another one\n$`),
  );
  expect(processesBelow(folder)).toEqual(there);
});

test("SIGTERM lets requests in flight finish, and leaves no process behind", async () => {
  // The login waits for the table, which we hold.
  const holder = await database.admin.connect();
  await holder.query("begin; lock table auth.sessions in access exclusive mode");
  const { email, password } = person;
  const login = server.post("/auth/login", { email, password });
  for (let waiting = 0; waiting === 0; ) {
    const { rowCount } = await database.admin.query(
      "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    waiting = rowCount ?? 0;
  }
  running.child.kill("SIGTERM");
  await eventually(() => lines("SIGTERM: finishing what is in flight").length === 1);
  // A connection that comes while the last process closes is taken by the primary and by nobody behind it: no answer then.
  const answers = () =>
    fetch(`${url}/healthz`, { signal: AbortSignal.timeout(1_000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  try {
    // Both processes hear of it by turns, and each has to; a login waits for a lock for ten seconds.
    await expect.poll(answers, { timeout: 8_000 }).toBe(false);
  } finally {
    await holder.query("rollback");
    holder.release();
  }
  expect((await login).status).toBe(200);
  expect(await running.ended()).toBe(0);
  expect(lines("stopped")).toHaveLength(1);
  expect(processesBelow(folder)).toEqual([]);
});

test("where the primary is killed every process leaves", async () => {
  running = await startTwo({ WORKER: "off" });
  await running.printed('"msg":"a web process is ready"');
  running.child.kill("SIGKILL");
  await eventually(() => processesBelow(folder).length === 0);
});
