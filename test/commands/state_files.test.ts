import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type Embedded,
  type EmbeddedEvent,
  runningEmbedded,
  startEmbedded,
} from "../../src/database/embedded.ts";
import { developmentSecrets } from "../../src/secrets.ts";
import { makeFolder } from "../support/command_line.ts";

let stateDir: string;
let events: EmbeddedEvent[];
let servers: Embedded[];
let children: ChildProcess[];
beforeEach(() => {
  stateDir = join(makeFolder(), "state");
  mkdirSync(stateDir, { mode: 0o711 });
  events = [];
  servers = [];
  children = [];
});
afterEach(async () => {
  for (const server of servers) await server.stop();
  for (const child of children) {
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "exit");
  }
  rmSync(join(stateDir, ".."), { recursive: true });
});

async function start(): Promise<Embedded> {
  const server = await startEmbedded({ stateDir, durable: false, onEvent: (event) => events.push(event) });
  servers.push(server);
  return server;
}

/** A server that another process runs. */
async function startElsewhere(): Promise<{ pid: number; adminUrl: string }> {
  const script = join(import.meta.dirname, "..", "support", "embedded_process.ts");
  const child = spawn(process.execPath, [script, stateDir], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const [adminUrl] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { pid: child.pid!, adminUrl };
}

async function answers(adminUrl: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  await client.query("select 1");
  await client.end();
  return true;
}

/** How a power cut, a full disk or a person may leave a file. */
const damages: Readonly<Record<string, (path: string) => void>> = {
  empty: (path) => writeFileSync(path, ""),
  "half-written": (path) => writeFileSync(path, '{"pid": 12'),
  "of zeros": (path) => writeFileSync(path, Buffer.alloc(64)),
  "another thing": (path) => writeFileSync(path, "[]\n"),
};

describe.each(Object.entries(damages))("a lock that is %s", (_, damage) => {
  test("is replaced where nobody runs a server", async () => {
    damage(join(stateDir, "lock.json"));
    const server = await start();
    expect(await answers(server.adminUrl)).toBe(true);
    expect(JSON.parse(readFileSync(join(stateDir, "lock.json"), "utf8"))).toMatchObject({ pid: process.pid });
  });

  test("is told apart from a running server, which is left alone", async () => {
    const { pid, adminUrl } = await startElsewhere();
    damage(join(stateDir, "lock.json"));
    expect(runningEmbedded(stateDir)).toBe(adminUrl);
    await expect(start()).rejects.toThrow(`another rowhouse (pid ${pid}) is using`);
    expect(await answers(adminUrl)).toBe(true);
  });
});

test("a lock that somebody removed does not make a running server an orphan", async () => {
  const { pid, adminUrl } = await startElsewhere();
  rmSync(join(stateDir, "lock.json"));
  await expect(start()).rejects.toThrow(`another rowhouse (pid ${pid}) is using`);
  expect(await answers(adminUrl)).toBe(true);
});

describe.each(Object.entries(damages))("secrets.json that is %s", (_, damage) => {
  const path = (): string => join(stateDir, "secrets.json");

  test("is put aside and made anew where nothing depends on it", () => {
    damage(path());
    const secrets = developmentSecrets(stateDir);
    expect(secrets.masterKey).toHaveLength(32);
    expect(developmentSecrets(stateDir)).toEqual(secrets);
    expect(readFileSync(`${path()}.damaged`)).not.toHaveLength(200);
  });

  test("is kept where the database depends on it, and the message says what to do", async () => {
    const server = await start();
    await server.stop();
    damage(path());
    const before = readFileSync(path());
    await expect(start()).rejects.toThrow(/secrets\.json is (empty|damaged).*Copy it from a backup/);
    expect(readFileSync(path())).toEqual(before);
  });
});

describe("the port of the embedded server", () => {
  test("stays the same from one start to the next", async () => {
    const first = await start();
    await first.stop();
    expect((await start()).port).toBe(first.port);
  });

  test("is another one while somebody else listens there, which is said, and then the old one again", async () => {
    const first = await start();
    await first.stop();
    const other = createServer().listen(first.port, "127.0.0.1");
    await once(other, "listening");
    const second = await start();
    expect(second.port).not.toBe(first.port);
    expect(events.at(-1)?.message).toContain(`somebody else listens on port ${first.port}`);
    await second.stop();
    other.close();
    await once(other, "close");
    expect((await start()).port).toBe(first.port);
  });

  test.each(Object.keys(damages))("is chosen anew where the file that keeps it is %s", async (damage) => {
    damages[damage]!(join(stateDir, "postgres.port"));
    const { port } = await start();
    expect(readFileSync(join(stateDir, "postgres.port"), "utf8")).toBe(`${port}\n`);
  });
});
