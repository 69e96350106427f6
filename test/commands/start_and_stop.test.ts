import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";
import { stateDirHolder } from "../../src/database/state_lock.ts";
import { makeFolder } from "../support/command_line.ts";
import { freePort, processesBelow, type RunningCommand, startCommand } from "../support/running_command.ts";

const cli = join(projectRoot, "src", "cli.ts");

let folder: string;
let stateDir: string;
let running: RunningCommand[];
beforeEach(() => {
  folder = makeFolder();
  stateDir = join(folder, ".rowhouse");
  running = [];
});
afterEach(() => {
  for (const { child } of running) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function start(program: string, args: string[], options: { cwd: string; env?: Record<string, string> }) {
  const command = startCommand(program, args, options);
  running.push(command);
  return command;
}

/** Waits until it is so; a start that never comes so far fails the test by its timeout. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(5);
}

/** Moments of a first start that can be seen from outside, in their order. */
const moments: Readonly<Record<string, () => boolean>> = {
  "while the cluster is made": () =>
    existsSync(join(stateDir, "postgres.new")) && readdirSync(join(stateDir, "postgres.new")).length > 0,
  "while PostgreSQL starts": () => existsSync(join(stateDir, "postgres", "postmaster.pid")),
  "while the database is prepared": () => (stateDirHolder(stateDir)?.port ?? 0) > 0,
};

describe.each(["start", "migrate"])("rowhouse %s that is interrupted", (name) => {
  test.each(Object.entries(moments))("%s ends at once and leaves no process", async (_, moment) => {
    const command = start(process.execPath, [cli, name], {
      cwd: folder,
      env: { PORT: String(await freePort()), LOG_LEVEL: "silent" },
    });
    await until(moment);
    command.child.kill("SIGINT");
    expect(await command.ended()).toBe(130);
    expect(processesBelow(folder)).toEqual([]);
    expect(readdirSync(stateDir).filter((file) => /lock|\.new/.test(file))).toEqual([]);
  });
});

test("an interrupted first start is made good by the next", async () => {
  const env = { PORT: String(await freePort()) };
  const first = start(process.execPath, [cli, "start"], { cwd: folder, env });
  await until(moments["while the cluster is made"]!);
  first.child.kill("SIGTERM");
  expect(await first.ended()).toBe(143);
  const second = start(process.execPath, [cli, "start"], { cwd: folder, env });
  await second.printed("Ctrl-C stops it");
  second.child.kill("SIGTERM");
  expect(await second.ended()).toBe(0);
}, 90_000);

describe("npm start", () => {
  // npm itself ends by a signal, or with a status that differs from version to version: what counts is what is left.
  test.each(["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"] as const)(
    "that gets %s leaves no server behind",
    async (signal) => {
      const npm = start("npm", ["start"], {
        cwd: projectRoot,
        env: { PORT: String(await freePort()), STATE_DIR: stateDir, HOME: folder, DEMO: "off" },
      });
      await npm.printed("Ctrl-C stops it");
      npm.child.kill(signal);
      await npm.ended();
      expect(npm.output()).toContain("finishing what is in flight");
      expect(npm.output()).toMatch(/\bstopped\b/);
      expect(stateDirHolder(stateDir)).toBeNull();
      expect(processesBelow(folder)).toEqual([]);
    },
    90_000,
  );
});

test("what the shell says to PostgreSQL's clients does not reach the embedded server, nor who works with it", async () => {
  const env = {
    PGHOST: "elsewhere.invalid",
    PGPORT: "1",
    PGUSER: "nobody",
    PGPASSWORD: "wrong",
    PGDATABASE: "elsewhere",
    PGSSLMODE: "verify-full",
    PGOPTIONS: "-c role=nobody",
    PGSERVICE: "elsewhere",
    PGDATA: "/nowhere",
  };
  const server = start(process.execPath, [cli, "start"], {
    cwd: folder,
    env: { ...env, PORT: String(await freePort()), DEMO: "off" },
  });
  await server.printed("Ctrl-C stops it");
  const beside = start(process.execPath, [cli, "lint", "--fail-on", "error"], { cwd: folder, env });
  expect([await beside.ended(), beside.output()]).toEqual([0, expect.stringMatching(/^\d+ checks/m)]);
  server.child.kill("SIGTERM");
  expect(await server.ended()).toBe(0);
}, 90_000);
