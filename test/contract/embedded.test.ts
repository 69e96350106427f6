import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Embedded, type EmbeddedEvent, startEmbedded } from "../../src/database/embedded.ts";
import { stopOrphans } from "../../src/database/orphans.ts";

describe("the embedded server", () => {
  let stateDir: string;
  let events: EmbeddedEvent[];
  let running: Embedded[];
  let children: ChildProcess[];

  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), "rowhouse-test-"));
    events = [];
    running = [];
    children = [];
  });

  afterEach(async () => {
    for (const server of running) await server.stop();
    for (const child of children) child.kill("SIGKILL");
    const data = realpathSync(join(stateDir, "postgres"));
    await stopOrphans(data);
    // Where only root could enter, the data lives elsewhere.
    if (basename(dirname(data)).startsWith("rowhouse-data-")) rmSync(dirname(data), { recursive: true });
    rmSync(stateDir, { recursive: true });
  });

  async function start(options: { connections?: number } = {}): Promise<Embedded> {
    const server = await startEmbedded({ ...options, stateDir, onEvent: (event) => events.push(event) });
    running.push(server);
    return server;
  }

  async function startElsewhere(): Promise<{ child: ChildProcess; adminUrl: string }> {
    const script = join(import.meta.dirname, "..", "support", "embedded_process.ts");
    const child = spawn(process.execPath, [script, stateDir], { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    const [adminUrl] = (await once(createInterface({ input: child.stdout! }), "line")) as [string];
    return { child, adminUrl };
  }

  const postmaster = (): number =>
    Number(readFileSync(join(stateDir, "postgres", "postmaster.pid"), "utf8").split("\n")[0]);

  test("keeps its data between starts", async () => {
    const first = await start();
    await query(first.adminUrl, "create table kept as select 42 as answer");
    await first.stop();
    const second = await start();
    expect(await query(second.adminUrl, "select answer from kept")).toEqual([{ answer: 42 }]);
  });

  test("listens on 127.0.0.1 only, wants its password, and is nobody's root", async () => {
    const server = await start();
    expect(await query(server.adminUrl, "show listen_addresses")).toEqual([
      { listen_addresses: "127.0.0.1" },
    ]);
    expect(await query(server.adminUrl, "show unix_socket_directories")).toEqual([
      { unix_socket_directories: "" },
    ]);
    const guess = new URL(server.adminUrl);
    guess.password = "postgres";
    await expect(query(guess.href, "select 1")).rejects.toMatchObject({ code: "28P01" });
    expect(statSync(join(stateDir, "secrets.json")).mode & 0o777).toBe(0o600);
    expect(statSync(join(stateDir, "postgres")).uid).not.toBe(0);
  });

  test("allows as many connections as will be wanted of it, and some more", async () => {
    const server = await start({ connections: 400 });
    expect(await query(server.adminUrl, "show max_connections")).toEqual([{ max_connections: "450" }]);
  });

  test("works in a folder that only its owner may enter", async () => {
    const secluded = join(stateDir, "secluded");
    mkdirSync(secluded, { mode: 0o700 });
    const outer = stateDir;
    stateDir = join(secluded, "state");
    try {
      const server = await start();
      await query(server.adminUrl, "create table kept as select 42 as answer");
      await server.stop();
      const again = await start();
      expect(await query(again.adminUrl, "select answer from kept")).toEqual([{ answer: 42 }]);
      await again.stop();
    } finally {
      const data = realpathSync(join(stateDir, "postgres"));
      if (basename(dirname(data)).startsWith("rowhouse-data-")) rmSync(dirname(data), { recursive: true });
      stateDir = outer;
      mkdirSync(join(stateDir, "postgres"), { recursive: true });
    }
  });

  test("refuses a second start on the same folder and leaves the first alone", async () => {
    const { child, adminUrl } = await startElsewhere();
    await expect(start()).rejects.toThrow(`another rowhouse (pid ${child.pid}) is using`);
    expect(await query(adminUrl, "select 1 as alive")).toEqual([{ alive: 1 }]);
  });

  test("lets one of two that start at the same moment have the folder", async () => {
    const outcomes = await Promise.allSettled([start(), start()]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await query(running[0]!.adminUrl, "select 1 as alive")).toEqual([{ alive: 1 }]);
  });

  test("takes over a lock whose pid belongs to somebody else by now", async () => {
    writeFileSync(join(stateDir, "lock.json"), JSON.stringify({ pid: process.ppid, started: "long ago" }));
    const server = await start();
    expect(await query(server.adminUrl, "select 1 as alive")).toEqual([{ alive: 1 }]);
  });

  test("stops cleanly on a signal", async () => {
    const { child } = await startElsewhere();
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
    expect(readFileSync(join(stateDir, "postgres.log"), "utf8")).toMatch(/database system is shut down\s*$/);
    expect(() => statSync(join(stateDir, "lock.json"))).toThrow("ENOENT");
  });

  test("comes back on its port after kill -9 of PostgreSQL during writes, with every acknowledged row", async () => {
    const server = await start();
    await query(server.adminUrl, "create table written (id int primary key)");
    const acknowledged = await writeUntilLost(server.adminUrl, 200, () =>
      process.kill(server.pid, "SIGKILL"),
    );
    expect(acknowledged).toBeGreaterThanOrEqual(200);

    await answering(server.adminUrl);
    const [row] = await query<{ count: number }>(
      server.adminUrl,
      `select count(*)::int from written where id <= ${acknowledged}`,
    );
    expect(row?.count).toBe(acknowledged);
    expect(events.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("PostgreSQL died (SIGKILL); starting it again"),
    );
    // It answers before whoever started it has seen that it does.
    await vi.waitFor(
      () =>
        expect(events.map(({ message }) => message)).toContainEqual(
          expect.stringContaining(`PostgreSQL is back on port ${server.port}`),
        ),
      { timeout: 30_000 },
    );
  });

  test("recovers after kill -9 of its own process, stopping the server that was left behind", async () => {
    const { child, adminUrl } = await startElsewhere();
    await query(adminUrl, "create table kept as select 42 as answer");
    const orphan = postmaster();
    child.kill("SIGKILL");
    await once(child, "exit");

    const server = await start();
    expect(await query(server.adminUrl, "select answer from kept")).toEqual([{ answer: 42 }]);
    expect(events.map(({ message }) => message)).toContainEqual(
      expect.stringContaining(`left behind (pid ${orphan}`),
    );
    expect(postmaster()).toBe(server.pid);
  });

  test("recovers after kill -9 of both", async () => {
    const { child, adminUrl } = await startElsewhere();
    await query(adminUrl, "create table kept as select 42 as answer");
    const orphan = postmaster();
    child.kill("SIGKILL");
    process.kill(orphan, "SIGKILL");
    await once(child, "exit");

    const server = await start();
    expect(await query(server.adminUrl, "select answer from kept")).toEqual([{ answer: 42 }]);
  });
});

async function query<T = Record<string, unknown>>(connectionString: string, text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows as T[];
  } finally {
    await client.end();
  }
}

/** Inserts 1, 2, 3, …; calls `strike` after so many; returns the last that was acknowledged. */
async function writeUntilLost(
  connectionString: string,
  strikeAfter: number,
  strike: () => void,
): Promise<number> {
  const client = new pg.Client({ connectionString });
  client.on("error", () => {});
  await client.connect();
  for (let id = 1; ; id++) {
    try {
      await client.query("insert into written values ($1)", [id]);
    } catch {
      return id - 1;
    }
    if (id === strikeAfter) strike();
  }
}

/** Waits until the server answers again. */
async function answering(connectionString: string): Promise<void> {
  for (const deadline = Date.now() + 20_000; ; await delay(50)) {
    try {
      await query(connectionString, "select 1");
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
