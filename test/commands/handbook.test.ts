import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { asDatabase } from "../../src/database/credentials.ts";
import { projectRoot } from "../../src/database/migrations.ts";
import { type Checkout, makeCheckout } from "../support/checkout.ts";
import { testMasterKey } from "../support/database.ts";

/** The steps of "How to add a table", as the page has them: files to write, lines to add, commands to run. */
interface Step {
  readonly language: "sql" | "diff" | "sh";
  readonly file: string;
  readonly text: string;
}

const page = readFileSync(join(projectRoot, "db", "README.md"), "utf8");
const chapter = page.slice(page.indexOf("## How to add a table"), page.indexOf("\n## Keys"));
const steps = [...chapter.matchAll(/^```(sql|diff|sh) ?(\S*)\n(.*?)^```$/gms)].map(
  ([, language, file, text]) => ({ language, file, text }) as Step,
);

let checkout: Checkout;
beforeEach(() => {
  checkout = makeCheckout();
});
afterEach(() => checkout.remove());

/** Does a step in the checkout; returns what a command printed. */
async function take({ language, file, text }: Step): Promise<string> {
  const path = join(checkout.folder, file);
  if (language === "sh") {
    const done = await run(text.trim().split(" "));
    if (done.status !== 0) throw new Error(done.output);
    return done.output;
  }
  if (language === "sql") {
    writeFileSync(path, text);
    return "";
  }
  const lines = text.trimEnd().split("\n");
  const added = lines.filter((line) => line.startsWith("+")).map((line) => `${line.slice(1)}\n`);
  const after = lines.find((line) => line.startsWith(" "))?.slice(1);
  const before = readFileSync(path, "utf8");
  if (after !== undefined && !before.includes(`${after}\n`))
    throw new Error(`${file} has no line "${after}"`);
  writeFileSync(
    path,
    after === undefined
      ? before + added.join("")
      : before.replace(`${after}\n`, `${after}\n${added.join("")}`),
  );
  return "";
}

function run([program = "", ...args]: string[], env: Record<string, string> = {}) {
  return new Promise<{ status: number; output: string }>((done) => {
    execFile(
      program,
      args,
      { cwd: checkout.folder, env: { PATH: process.env.PATH, HOME: checkout.folder, ...env } },
      (error, out, err) => done({ status: error === null ? 0 : Number(error.code), output: out + err }),
    );
  });
}

/** All of db/ that a commit may change, by name. */
function state(): Record<string, string> {
  return Object.fromEntries(
    ["committed", "current"].flatMap((folder) =>
      readdirSync(join(checkout.folder, "db", folder)).map((file) => [
        `${folder}/${file}`,
        readFileSync(join(checkout.folder, "db", folder, file), "utf8"),
      ]),
    ),
  );
}

const isFile = (name: string) => (step: Step) => step.file.endsWith(name);
const commit = ["npm", "run", "db:commit", "--", "add-notes"];

describe("how to add a table, as the handbook says it", () => {
  const name = `handbook_${process.pid}`;
  afterAll(async () => {
    const admin = new pg.Client({ connectionString: inject("adminUrl") });
    await admin.connect();
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.end();
  });

  test("makes a migration, and from it a table that is closed, audited, and in the API", async () => {
    expect(steps.map(({ language }) => language)).toEqual(["sql", "sql", "diff", "diff", "diff", "sh"]);
    for (const step of steps) {
      const commands = step.language === "sh" ? step.text.trim().split("\n") : [step.text];
      for (const text of commands) await take({ ...step, text });
    }
    expect(existsSync(join(checkout.folder, "db", "committed", "000002-add-notes.sql"))).toBe(true);
    expect(readFileSync(join(checkout.folder, "schema.graphql"), "utf8")).toContain("type Note ");

    const settings = {
      DATABASE_URL: asDatabase(inject("adminUrl"), name),
      MASTER_KEY: testMasterKey.toString("base64"),
    };
    expect(await run([process.execPath, "src/cli.ts", "migrate"], settings)).toMatchObject({ status: 0 });
    const { output: findings } = await run(
      [process.execPath, "src/cli.ts", "lint", "--format", "json"],
      settings,
    );
    expect(findings).toContain('"findings"');
    expect(findings).not.toContain("notes");
    const admin = new pg.Client({ connectionString: settings.DATABASE_URL });
    await admin.connect();
    const { rows } = await admin.query(
      `select relrowsecurity and relforcerowsecurity as closed,
         (select count(*)::integer from pg_policy where polrelid = pg_class.oid) as policies,
         (select count(*)::integer from pg_trigger where tgrelid = pg_class.oid and tgname = 'audit_changes') as audited
       from pg_class where oid = 'app.notes'::regclass`,
    );
    await admin.end();
    expect(rows).toEqual([{ closed: true, policies: 6, audited: 1 }]);
  }, 400_000);
});

describe("db:commit refuses, and changes nothing, when", () => {
  const withoutStep = (file: string) => steps.filter((step) => step.language !== "sh" && !isFile(file)(step));

  async function refusal(taken: readonly Step[]): Promise<string> {
    for (const step of taken) await take(step);
    const before = state();
    const { status, output } = await run(commit);
    expect(status).toBe(1);
    expect(output).toContain("Not committed, and nothing was changed");
    expect(state()).toEqual(before);
    return output;
  }

  test("the migration does not include the policies of its table", async () => {
    const table = steps.find(isFile("1-current.sql"))!;
    const bare = { ...table, text: table.text.replace("--!include all.sql\n", "") };
    const output = await refusal([bare, ...withoutStep("1-current.sql")]);
    expect(output).toContain("A replay of all.sql would still change");
    expect(output).toContain("--!include all.sql");
    expect(output).toMatch(/app\.notes: row security is off/);
  }, 120_000);

  test("the table has no policies at all", async () => {
    const output = await refusal(
      withoutStep("policies/notes.sql").filter(({ file }) => !file.endsWith("all.sql")),
    );
    expect(output).toMatch(/app\.notes: row security is off/);
    expect(output).not.toContain("A replay of all.sql");
  }, 120_000);

  test("the table has no wall", async () => {
    const policies = steps.find(isFile("policies/notes.sql"))!;
    const text = policies.text.replace(
      /create policy "nothing crosses the wall".*?in(side)? the caller''s tenant\.[^;]*';\n/s,
      "",
    );
    expect(text).not.toContain("the wall");
    const output = await refusal([...withoutStep("policies/notes.sql"), { ...policies, text }]);
    expect(output).toMatch(/check 0030/);
  }, 120_000);

  test("the table leaves no trail", async () => {
    const output = await refusal(withoutStep("tracked_tables.sql"));
    expect(output).toMatch(/check 0069/);
  }, 120_000);

  test("a source of db/schema was edited and the migration leaves it out", async () => {
    const me = join(checkout.folder, "db", "schema", "app", "me.sql");
    writeFileSync(me, readFileSync(me, "utf8").replace("'The caller.'", "'Whoever asks.'"));
    writeFileSync(
      join(checkout.folder, "db", "current", "1-current.sql"),
      "comment on schema app is 'The API.';\n",
    );
    expect(await refusal([])).toContain("Whoever asks.");
  }, 120_000);
});
