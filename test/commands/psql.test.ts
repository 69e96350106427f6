import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";
import { seedDemo } from "../../src/development/demo.ts";
import { makeFolder, rowhouse } from "../support/command_line.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../support/database.ts";
import { signUp } from "../support/people.ts";
import { startTestServer } from "../support/server.ts";

let folder: string;
let database: TestDatabase;
let settings: Record<string, string>;
beforeAll(async () => {
  folder = makeFolder();
  database = await createDatabase();
  settings = { DATABASE_URL: database.adminUrl, MASTER_KEY: testMasterKey.toString("base64"), HOME: folder };
  await seedDemo({
    adminUrl: database.adminUrl,
    config: { environment: "development" },
    log: pino({ level: "silent" }),
  });
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

const psql = (...args: string[]) => rowhouse(["psql", ...args], folder, settings);
const sessions = async (): Promise<number> =>
  (
    await database.admin.query<{ n: number }>(
      "select count(*)::integer as n from auth.sessions where ended_at is null",
    )
  ).rows[0]!.n;

test("the session in the handbook prints what the page says", async () => {
  const page = readFileSync(join(projectRoot, "db", "README.md"), "utf8");
  const [, block] = /^```console\n(\$ npm run --silent rowhouse -- psql .*?)^```$/ms.exec(page)!;
  const [command, ...lines] = block!.trimEnd().split("\n");
  const typed = lines.filter((line) => line.startsWith("=> ")).map((line) => line.slice(3));
  const printed = lines.filter((line) => !line.startsWith("=> "));
  expect(typed.length).toBeGreaterThan(2);

  const shell = spawn("bash", ["-c", `${command!.slice(2)} 2>&1`], {
    cwd: projectRoot,
    env: { ...settings, PATH: process.env.PATH },
    stdio: ["pipe", "pipe", "inherit"],
  });
  shell.stdin.end(`${typed.join("\n")}\n`);
  const [output] = await Promise.all([text(shell.stdout), once(shell, "exit")]);
  expect(
    output
      .trimEnd()
      .split("\n")
      .map((line) => line.trimEnd()),
  ).toEqual(printed.map((line) => line.trimEnd()));
});

describe("rowhouse psql", () => {
  const WHO = "select current_user";

  test.each([
    [[], "postgres"],
    [["--as", "administrator"], "postgres"],
    [["--as", "auditor"], "rowhouse_auditor"],
    [["--as", "app"], "rowhouse_app"],
  ])("comes in %j as %s", async (way, role) => {
    expect(await psql(...way, "--", "-Atc", WHO)).toMatchObject({ code: 0, out: `${role}\n` });
  });

  test("by address sees what that person sees, and its session is over afterwards", async () => {
    const before = await sessions();
    const asked = "select name from app.me(); select string_agg(title, ',') from app.conversations";
    expect(await psql("--email", "mia@globex.example", "--", "-Atc", asked)).toMatchObject({
      code: 0,
      out: "Mia Clover\nSlugs\n",
    });
    expect(await sessions()).toBe(before);
  });

  test("by address wants to know which tenant of several", async () => {
    const { code, err } = await psql("--email", "sam@acme.example");
    expect(code).toBe(2);
    expect(err).toContain("sam@acme.example belongs to acme, globex: say which with --tenant");
    const asked = "select slug from app.my_tenant()";
    const chosen = await psql("--email", "sam@acme.example", "--tenant", "globex", "--", "-Atc", asked);
    expect(chosen).toMatchObject({ code: 0, out: "globex\n" });
  });

  test("by address is for development only", async () => {
    const { code, err } = await rowhouse(["psql", "--email", "mel@acme.example"], folder, {
      ...settings,
      NODE_ENV: "production",
      PUBLIC_URL: "https://chat.example.com",
    });
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining("--email is for development") });
  });

  test("by credential comes in as its bearer; a dead one stays outside and sees nothing", async () => {
    const server = await startTestServer(database);
    const person = await signUp(server);
    const file = join(folder, "token");
    writeFileSync(file, `${person.login.access_token}\n`);
    const { rows } = await database.admin.query<{ user_agent: string | null }>(
      "select user_agent from auth.sessions where user_id = $1",
      [person.login.user.id],
    );
    const agent = rows[0]?.user_agent;
    const way = ["--credential", file, ...(agent ? ["--user-agent", agent] : [])];
    const asked = "select id from app.me()";
    expect(await psql(...way, "--", "-Atc", asked)).toMatchObject({
      code: 0,
      out: `${person.login.user.id}\n`,
    });

    await server.post(
      "/auth/logout",
      {},
      { authorization: `Bearer ${person.login.access_token}`, ...(agent && { "user-agent": agent }) },
    );
    await server.close();
    const after = await psql(...way, "--", "-Atc", asked);
    expect(after.out).toBe("");
    expect(after.err).toContain("this credential does not open the door");
  });

  test.each([
    [["--as", "owner"], "--as is one of"],
    [["--as", "app", "--email", "mel@acme.example"], "choose one"],
    [["--tenant", "acme"], "--tenant belongs to --email"],
    [["--credential", "nowhere"], "--credential names a file"],
    [["--email", "nobody@acme.example"], "there is no nobody@acme.example"],
  ])("refuses %j", async (way, message) => {
    expect(await psql(...way)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });

  test("says where psql comes from where there is none", async () => {
    const { code, err } = await rowhouse(["psql"], folder, { ...settings, PATH: folder });
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining("psql is not installed here") });
  });
});
