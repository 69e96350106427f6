import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { asDatabase } from "../../src/database/credentials.ts";
import { runningEmbedded, startEmbedded } from "../../src/database/embedded.ts";
import { projectRoot } from "../../src/database/migrations.ts";
import { makeFolder, rowhouse, surroundings } from "../support/command_line.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../support/database.ts";
import { freePort } from "../support/running_command.ts";

describe("rowhouse", () => {
  let folder: string;
  beforeEach(() => {
    folder = makeFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("says what it can do", async () => {
    for (const args of [[], ["help"], ["--help"]]) {
      const { code, out } = await rowhouse(args, folder);
      expect(code).toBe(0);
      expect(out).toMatch(/start .*\n.*migrate .*\n.*worker /);
    }
    expect((await rowhouse(["help", "migrate"], folder)).out).toContain("DATABASE_URL names the database");
    expect((await rowhouse(["start", "--help"], folder)).out).toContain("SIGTERM");
  });

  test("says its version", async () => {
    const { version } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8"));
    expect(await rowhouse(["--version"], folder)).toEqual({ code: 0, out: `${version}\n`, err: "" });
  });

  test.each([
    [["begin"], 'there is no command "begin"'],
    [["constructor"], 'there is no command "constructor"'],
    [["start", "now"], '"start" takes no argument "now"'],
    [["start", "--fast"], "Unknown option '--fast'"],
    [["start", "--processes"], "Option '--processes <value>' argument missing"],
    [
      ["start", "--processes", "0"],
      '--processes is "0"; it must be "auto" or a whole number from 1 to 64; "rowhouse help start"',
    ],
    [["start", "--processes", "x"], '--processes is "x"; it must be'],
    [["start", "--processes=65"], '--processes is "65"; it must be'],
    [["start", "--processes", "1.5"], '--processes is "1.5"; it must be'],
    [["worker", "--processes", "2"], "Unknown option '--processes'"],
  ])("refuses %j with status 2", async (args, message) => {
    const { code, out, err } = await rowhouse(args, folder);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
  });

  test("reports every problem with its settings and exits 1", async () => {
    const { code, err } = await rowhouse(["start"], folder, { PORT: "abc", LOG_LEVEL: "loud" });
    expect(code).toBe(1);
    expect(err).toMatch(/^rowhouse: The configuration cannot be used:\n {2}- PORT .*\n {2}- LOG_LEVEL .*\n$/);
  });

  test("names a database that does not answer, in one line", async () => {
    for (const command of ["start", "migrate", "worker"]) {
      const settings = { DATABASE_URL: "postgres://rowhouse:secret@127.0.0.1:1/rowhouse" };
      const { code, err } = await rowhouse([command], folder, settings);
      expect({ command, code, err }).toEqual({
        command,
        code: 1,
        err: "rowhouse: nothing answers at 127.0.0.1:1 (ECONNREFUSED); check DATABASE_URL and REDIS_URL\n",
      });
    }
  });

  test("refuses to start on a folder that another one uses", async () => {
    const server = await startEmbedded({ stateDir: join(folder, ".rowhouse"), durable: false });
    try {
      const { code, err } = await rowhouse(["start"], folder);
      expect(code).toBe(1);
      expect(err).toBe(`rowhouse: another rowhouse (pid ${process.pid}) is using .rowhouse\n`);
      expect(runningEmbedded(join(folder, ".rowhouse"))).toBe(server.adminUrl);
    } finally {
      await server.stop();
    }
  });
});

describe("rowhouse migrate", () => {
  const name = `migrated_${process.pid}`;
  let folder: string;
  let settings: Record<string, string>;
  beforeAll(() => {
    folder = makeFolder();
    settings = {
      DATABASE_URL: asDatabase(inject("adminUrl"), name),
      MASTER_KEY: testMasterKey.toString("base64"),
    };
  });
  afterAll(async () => {
    const admin = new pg.Client({ connectionString: inject("adminUrl") });
    await admin.connect();
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.end();
    rmSync(folder, { recursive: true });
  });

  test("prepares an empty server, printing each step, and can be repeated, also twice at once", async () => {
    const first = await rowhouse(["migrate"], folder, settings);
    expect(first).toMatchObject({ code: 0, err: "" });
    expect(first.out).toMatch(new RegExp(`roles\\n.*database ${name}\\n[^]*the job queue\\n[^]*done\\n$`));
    for (const { code, out } of await Promise.all(
      [1, 2].map(() => rowhouse(["migrate"], folder, settings)),
    )) {
      expect(code).toBe(0);
      expect(out).not.toContain(`database ${name}`);
    }
  });

  test("prints no password", async () => {
    const { out, err } = await rowhouse(["migrate"], folder, settings);
    expect(out + err).not.toMatch(/SCRAM|postgres:\/\//);
  });
});

describe("rowhouse start on a bare machine", () => {
  let folder: string;
  let child: ChildProcess;
  let url: string;
  let banner: string;
  beforeAll(async () => {
    folder = makeFolder();
    child = spawn(process.execPath, [join(projectRoot, "src", "cli.ts"), "start"], {
      cwd: folder,
      env: { ...surroundings(), PORT: String(await freePort()) },
      stdio: ["ignore", "pipe", "inherit"],
    });
    banner = "";
    for await (const line of createInterface({ input: child.stdout! })) {
      banner += `${line}\n`;
      if (line.includes("Ctrl-C stops it")) break;
    }
    child.stdout!.resume();
    url = /Rowhouse is at +(\S+)/.exec(banner)?.[1] ?? "";
  });
  afterAll(() => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  test("prints its address, the explorer's, and how to sign in", async () => {
    expect(banner).toContain(`${url}/graphiql`);
    expect(banner).toMatch(/acme +admin +ada@acme\.example.*globex +viewer +val@globex\.example/s);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  test("lets everybody sign in as it printed", async () => {
    const password = /password "(.+)"/.exec(banner)?.[1];
    const people = [...banner.matchAll(/(acme|globex) +(?:admin|member|viewer) +(\S+@\S+)/g)];
    expect(people).toHaveLength(8);
    for (const [, tenant, email] of people) {
      const answer = await fetch(`${url}/auth/login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ email, password, tenant }),
      });
      expect({ email, status: answer.status }).toEqual({ email, status: 200 });
    }
  });

  test("leaves its port to nobody else, who is told so", async () => {
    const other = makeFolder();
    const port = new URL(url).port;
    const { code, err } = await rowhouse(["start"], other, { PORT: port, LOG_LEVEL: "silent" });
    rmSync(other, { recursive: true });
    expect({ code, err }).toEqual({
      code: 1,
      err: `rowhouse: port ${port} is in use; set PORT to another one\n`,
    });
  });

  test("stops on a signal and leaves no server behind", async () => {
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
    expect(runningEmbedded(join(folder, ".rowhouse"))).toBeNull();
    expect(existsSync(join(folder, ".rowhouse", "postgres", "postmaster.pid"))).toBe(false);
  });
});

describe("rowhouse start with DATABASE_URL", () => {
  let folder: string;
  let database: TestDatabase;
  beforeAll(async () => {
    folder = makeFolder();
    database = await createDatabase();
  });
  afterAll(async () => {
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  test("refuses while migrations are pending", async () => {
    await database.admin.query("delete from graphile_migrate.migrations; drop schema context cascade");
    const { code, err } = await rowhouse(["start"], folder, {
      DATABASE_URL: database.adminUrl,
      MASTER_KEY: testMasterKey.toString("base64"),
    });
    expect(code).toBe(1);
    expect(err).toMatch(/^rowhouse: the database lacks .*; run "rowhouse migrate"\n$/);
  });

  test("says what to do when the master key is not the one that migrated", async () => {
    const { code, err } = await rowhouse(["start"], folder, {
      DATABASE_URL: database.adminUrl,
      MASTER_KEY: "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=",
    });
    expect(code).toBe(1);
    expect(err).toMatch(/^rowhouse: the database refuses the sign-in: .*with the same MASTER_KEY/);
  });
});
