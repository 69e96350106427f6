import { Agent, request } from "node:http";
import { createConnection } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { signUp } from "../support/people.ts";
import { startTestServer } from "../support/server.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

/** A backend outlives the connection that it served by a moment. */
async function connectionsGone(): Promise<void> {
  for (const deadline = Date.now() + 5_000; ; ) {
    const { rows } = await database.admin.query(
      "select from pg_stat_activity where datname = current_database() and application_name = 'rowhouse'",
    );
    if (rows.length === 0) return;
    if (Date.now() > deadline) throw new Error(`${rows.length} connections of the server are still open`);
  }
}

describe("a server that is told to stop", () => {
  test("finishes the request in flight, refuses new connections and lets go of the database", async () => {
    const server = await startTestServer(database);
    const person = await signUp(server);
    // The login waits for the user's row, which we hold.
    const holder = await database.admin.connect();
    await holder.query("begin");
    await holder.query("select from app.users where id = $1 for update", [person.login.user.id]);
    await holder.query("lock table auth.sessions in access exclusive mode");
    const login = server.post("/auth/login", { email: person.email, password: person.password });
    await waitingBackend();

    let closed = false;
    const closing = server.close().then(() => {
      closed = true;
    });
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
    expect(closed).toBe(false);

    await holder.query("rollback");
    holder.release();
    expect((await login).status).toBe(200);
    await closing;
    await connectionsGone();
  });

  test("does not wait for connections that only stay open", async () => {
    const server = await startTestServer(database);
    const agent = new Agent({ keepAlive: true });
    const kept = new Promise<string | undefined>((done, fail) => {
      request(`${server.url}/healthz`, { agent }, (answer) => {
        answer.resume().on("end", () => done(answer.headers.connection));
      })
        .on("error", fail)
        .end();
    });
    expect(await kept).toBe("keep-alive");
    const silent = createConnection(Number(new URL(server.url).port), "127.0.0.1");
    silent.on("error", () => {});
    await new Promise((done) => silent.once("connect", done));
    const start = performance.now();
    await server.close();
    expect(performance.now() - start).toBeLessThan(5_000);
    agent.destroy();
    silent.destroy();
  });

  test("says that it is leaving, and goes on for a while, before it refuses anybody", async () => {
    const server = await startTestServer(database, { SHUTDOWN_DELAY_MS: "1500" });
    await database.worker.query("select jobs.beat('test')");
    expect((await server.get("/readyz")).status).toBe(200);
    const closing = server.close();
    expect(await server.get("/readyz")).toMatchObject({ status: 503, body: { status: "leaving" } });
    expect((await server.get("/healthz")).status).toBe(200);
    expect((await server.post("/auth/logout")).status).toBe(401);
    await closing;
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  });

  test("that hands over keeps each connection for as long as its client may count on it, and refuses nobody", async () => {
    const server = await startTestServer(database, { SHUTDOWN_DELAY_MS: "600000" });
    await database.worker.query("select jobs.beat('test')");
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = () =>
      new Promise<unknown[]>((done, fail) => {
        const asked = request(`${server.url}/readyz`, { agent }, (answer) => {
          const { statusCode, headers } = answer;
          answer.resume().on("end", () => done([statusCode, headers.connection, asked.reusedSocket]));
        });
        asked.on("error", fail).end();
      });
    const silent = createConnection(Number(new URL(server.url).port), "127.0.0.1");
    await new Promise((done) => silent.once("connect", done));
    expect(await ask()).toEqual([200, "keep-alive", false]);

    const handedOver = server.handOver();
    await expect(fetch(`${server.url}/readyz`)).rejects.toThrow();
    // What is on its way on a connection that was there is answered, and that connection ends.
    expect(await ask()).toEqual([200, "close", true]);
    const heard = new Promise<string>((done) => silent.once("data", (data) => done(data.toString())));
    silent.write("GET /readyz HTTP/1.1\r\nHost: rowhouse\r\n\r\n");
    expect(await heard).toMatch(/^HTTP\/1\.1 200 /);
    await handedOver;
    agent.destroy();
  });

  test("can be told twice", async () => {
    const server = await startTestServer(database);
    await Promise.all([server.close(), server.close()]);
    await server.close();
  });

  async function waitingBackend(): Promise<void> {
    for (const deadline = Date.now() + 10_000; ; ) {
      const { rows } = await database.admin.query(
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      if (rows.length > 0) return;
      if (Date.now() > deadline) throw new Error("nothing waits for the lock");
    }
  }
});

describe("a server that cannot start", () => {
  test("lets go of what it had opened", async () => {
    const server = await startTestServer(database);
    const { port } = new URL(server.url);
    await expect(startTestServer(database, { PORT: port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    await server.close();
    await connectionsGone();
  });
});
