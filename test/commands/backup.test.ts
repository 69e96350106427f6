import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { backUpDump, readManifest, restoreDump } from "../../src/database/backup.ts";
import { programVersion } from "../../src/database/client_programs.ts";
import { asDatabase } from "../../src/database/credentials.ts";
import { startEmbedded } from "../../src/database/embedded.ts";
import { makeFolder, rowhouse } from "../support/command_line.ts";
import { freePort } from "../support/running_command.ts";

// Each test starts the server several times, and copies a thousand files onto the disk.
vi.setConfig({ testTimeout: 120_000 });

async function query<T = Record<string, unknown>>(connectionString: string, text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(text)).rows as T[];
  } finally {
    await client.end();
  }
}

describe("a backup of the embedded database where pg_dump is too old", () => {
  let folder: string;
  let stateDir: string;
  beforeEach(async () => {
    folder = makeFolder();
    stateDir = join(folder, ".rowhouse");
    await write("create table kept as select 42 as answer");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Starts the server, says something to it, stops it. */
  async function write(text: string): Promise<Record<string, unknown>[]> {
    const server = await startEmbedded({ stateDir, durable: false });
    try {
      return await query(server.adminUrl, text);
    } finally {
      await server.stop();
    }
  }

  const run = (...args: string[]) => rowhouse(args, folder);
  const whatIsThere = (): string[] => readdirSync(stateDir).sort();

  test("is a copy that comes back whole, with the secrets that open it", async () => {
    expect(await run("backup", "saved")).toMatchObject({ code: 0 });
    expect(statSync(join(folder, "saved")).mode & 0o777).toBe(0o700);
    expect(readManifest(join(folder, "saved"))).toMatchObject({ kind: "cold", postgresql: 18 });

    rmSync(stateDir, { recursive: true });
    expect(await run("restore", "saved")).toMatchObject({ code: 0 });
    expect(await write("select answer from kept")).toEqual([{ answer: 42 }]);
  });

  test("replaces nothing silently: what was there is put aside, and only with --replace", async () => {
    await run("backup", "saved");
    await write("update kept set answer = 43");
    const before = whatIsThere();
    const refused = await run("restore", "saved");
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("--replace puts it aside") });
    expect(whatIsThere()).toEqual(before);
    expect(await write("select answer from kept")).toEqual([{ answer: 43 }]);

    const replaced = await run("restore", "saved", "--replace");
    expect(replaced.code).toBe(0);
    expect(await write("select answer from kept")).toEqual([{ answer: 42 }]);
    const [, aside] = /what was there is in (\S+)/.exec(replaced.out) ?? [];
    expect(existsSync(join(aside!, "PG_VERSION"))).toBe(true);
  });

  test.each([
    [
      "a byte of a file is another",
      (saved: string) => appendFileSync(join(saved, "postgres", "PG_VERSION"), " "),
    ],
    ["a file is missing", (saved: string) => rmSync(join(saved, "postgres", "global", "pg_control"))],
    [
      "its manifest is cut off",
      (saved: string) => writeFileSync(join(saved, "manifest.json"), '{"format": 1'),
    ],
    ["it has no manifest", (saved: string) => rmSync(join(saved, "manifest.json"))],
  ])("is refused where %s, and what is there stays", async (_, damage) => {
    await run("backup", "saved");
    await write("update kept set answer = 43");
    damage(join(folder, "saved"));
    const before = whatIsThere();
    const { code, err } = await run("restore", "saved", "--replace");
    expect(code).toBe(2);
    expect(err).toMatch(/^(?!.*\n {4}at ).*(damaged|lacks|no backup)/s);
    expect(whatIsThere()).toEqual(before);
    expect(await write("select answer from kept")).toEqual([{ answer: 43 }]);
  });

  test("overwrites no folder, and leaves none that is half made", async () => {
    mkdirSync(join(folder, "saved"));
    const { code, err } = await run("backup", "saved");
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining("saved is there already") });
    rmSync(join(stateDir, "secrets.json"));
    mkdirSync(join(stateDir, "secrets.json"));
    expect((await run("backup", "another")).code).toBe(2);
    expect(readdirSync(folder).sort()).toEqual([".rowhouse", "saved"]);
  });

  test("waits for nobody: a running server is named, and left alone", async () => {
    const server = await startEmbedded({ stateDir, durable: false });
    try {
      expect(await run("backup", "saved")).toMatchObject({
        code: 2,
        err: expect.stringContaining("stop Rowhouse first"),
      });
      expect((await run("restore", "saved")).code).toBe(2);
      expect(await query(server.adminUrl, "select answer from kept")).toEqual([{ answer: 42 }]);
    } finally {
      await server.stop();
    }
  });
});

/**
 * A stand-in: distributions bring an older pg_dump than the server that Rowhouse needs. So a dump is proven with the
 * pg_dump that is found and a server of its version; what is done is the same.
 */
const BIN = `/usr/lib/postgresql/${programVersion("pg_dump")}/bin`;

describe("a dump", () => {
  let folder: string;
  let server: ChildProcess;
  let url: string;
  beforeAll(async () => {
    folder = makeFolder();
    const data = join(folder, "data");
    mkdirSync(data, { mode: 0o700 });
    const id = (flag: string): number =>
      Number(spawnSync("id", [flag, "postgres"], { encoding: "utf8" }).stdout);
    const user = process.getuid?.() === 0 ? { uid: id("-u"), gid: id("-g") } : {};
    if (user.uid !== undefined) chownSync(data, user.uid, user.gid!);
    writeFileSync(join(folder, "password"), "a password");
    chmodSync(join(folder, "password"), 0o644);
    const made = spawnSync(
      `${BIN}/initdb`,
      [
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "scram-sha-256",
        `--pwfile=${join(folder, "password")}`,
        "-E",
        "UTF8",
        "--locale=C",
      ],
      { ...user, encoding: "utf8", cwd: folder },
    );
    expect(made.stderr).toBe("");
    const port = await freePort();
    server = spawn(
      `${BIN}/postgres`,
      ["-D", data, "-p", String(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
      {
        ...user,
        cwd: data,
        stdio: "ignore",
      },
    );
    url = `postgres://postgres:a%20password@127.0.0.1:${port}/shop`;
    for (;;) {
      try {
        await query(asDatabase(url, "postgres"), "create database shop");
        break;
      } catch {
        await delay(50);
      }
    }
    await query(url, "create table kept as select 42 as answer");
    await backUpDump(url, programVersion("pg_dump")!, join(folder, "saved"), null);
  });
  afterAll(async () => {
    server.kill("SIGINT");
    await once(server, "exit");
    rmSync(folder, { recursive: true });
  });

  const names = async (): Promise<unknown[]> =>
    (
      await query(
        asDatabase(url, "postgres"),
        "select datname as name from pg_database where datname like 'shop%' order by 1",
      )
    ).map(({ name }) => name);

  test("comes back as the database, and what was there is under another name", async () => {
    await query(url, "update kept set answer = 43");
    await expect(restoreDump(join(folder, "saved"), url, false)).rejects.toThrow("--replace puts it aside");
    const aside = await restoreDump(join(folder, "saved"), url, true);
    expect(await query(url, "select answer from kept")).toEqual([{ answer: 42 }]);
    expect(await query(asDatabase(url, aside!), "select answer from kept")).toEqual([{ answer: 43 }]);
    expect(await names()).toEqual(["shop", aside]);
    await query(asDatabase(url, "postgres"), `drop database ${aside}`);
  });

  test("makes the database where there is none", async () => {
    const elsewhere = asDatabase(url, "shop_new");
    expect(await restoreDump(join(folder, "saved"), elsewhere, false)).toBeNull();
    expect(await query(elsewhere, "select answer from kept")).toEqual([{ answer: 42 }]);
    await query(asDatabase(url, "postgres"), "drop database shop_new");
  });

  test("puts nothing aside under somebody who is connected, who is named", async () => {
    const client = new pg.Client({ connectionString: url, application_name: "a shop" });
    await client.connect();
    await expect(restoreDump(join(folder, "saved"), url, true)).rejects.toThrow(
      "a shop is connected to shop",
    );
    await client.end();
    expect(await names()).toEqual(["shop"]);
  });

  test("that is damaged is refused before anything is touched", async () => {
    const dump = join(folder, "saved", "database.dump");
    const whole = readFileSync(dump);
    writeFileSync(dump, whole.subarray(0, whole.length / 2));
    try {
      await expect(restoreDump(join(folder, "saved"), url, true)).rejects.toThrow(
        "missing or damaged; nothing was changed",
      );
      expect(await names()).toEqual(["shop"]);
    } finally {
      writeFileSync(dump, whole);
    }
  });
});
