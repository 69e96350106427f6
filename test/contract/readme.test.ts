import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seedDemo } from "../../src/development/demo.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { readAll } from "../support/library.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const readme = readFileSync("README.md", "utf8");

describe("the worked session", () => {
  let database: TestDatabase;
  let server: TestServer;
  beforeAll(async () => {
    database = await createDatabase();
    server = await startTestServer(database);
    const log = pino({ level: "silent" });
    await seedDemo({ adminUrl: database.adminUrl, config: { environment: "development" }, log });
    // The worker's first job, on a real start.
    await readAll(database);
  });
  afterAll(async () => {
    await server.close();
    await database.drop();
  });

  /** The `console` blocks, as what is typed (lines that begin with "$ ") and what is printed (the others). */
  const lines = [...readme.matchAll(/^```console\n(.*?)^```$/gms)].flatMap((block) =>
    block[1]!.trimEnd().split("\n"),
  );
  const typed = lines.filter((line) => line.startsWith("$ ")).map((line) => line.slice(2));
  const printed = lines.filter((line) => !line.startsWith("$ ")).join("\n");

  /** Ids differ from run to run; everything else must not. */
  const withoutIds = (output: string): string =>
    output.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<id>");

  test("prints what it says", async () => {
    expect(typed.length).toBeGreaterThan(8);
    const script = typed.join("\n").replaceAll("http://localhost:4000", server.url);
    const shell = spawn("bash", ["-e"], { stdio: ["pipe", "pipe", "inherit"] });
    shell.stdin.end(script);
    const [output] = await Promise.all([text(shell.stdout), once(shell, "exit")]);
    expect(withoutIds(output.trimEnd())).toBe(withoutIds(printed));
  });
});

test("every link to a file leads to one", () => {
  for (const page of ["README.md", "CONTRIBUTING.md", "SECURITY.md", "db/README.md", "bench/README.md"]) {
    const folder = page.includes("/") ? page.slice(0, page.lastIndexOf("/") + 1) : "";
    const links = [...readFileSync(page, "utf8").matchAll(/\]\((?!https?:|#)([^)#]+)\)/g)].map(
      (match) => match[1]!,
    );
    for (const link of links) expect(existsSync(folder + link), `${page}: ${link}`).toBe(true);
  }
});
