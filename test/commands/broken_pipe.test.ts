import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";
import { rowhouse } from "../support/command_line.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../support/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

describe("a command whose reader has left", () => {
  test.each([
    [["help", "prove"]],
    [["--version"]],
    [["lint"]],
    [["lint", "--format", "sarif"]],
    [["policies", "snapshot"]],
    [["migrate"]],
    [["keys"]],
    [["nonsense"]],
  ])("ends with its own status and without a stack trace: rowhouse %j | true", async (args) => {
    const settings = { DATABASE_URL: database.adminUrl, MASTER_KEY: testMasterKey.toString("base64") };
    const heard = await rowhouse(args, projectRoot, settings);
    const child = spawn(process.execPath, [join(projectRoot, "src", "cli.ts"), ...args], {
      cwd: projectRoot,
      env: { PATH: process.env.PATH, ...settings },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.destroy();
    const [err, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
    expect({ code, err }).toEqual({ code: heard.code, err: heard.err });
  });
});
