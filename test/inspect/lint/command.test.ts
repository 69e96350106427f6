import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../../src/database/migrations.ts";
import { rowhouse } from "../../support/command_line.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { checks } from "./sample.ts";

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createDatabase();
  folder = mkdtempSync(join(tmpdir(), "rowhouse-lint-"));
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

const command = (...args: string[]) => rowhouse(args, folder);
const linted = (...args: string[]) => command("lint", "--database", database.adminUrl, ...args);

/** Writes a baseline and gives its path. */
function baseline(accepted: unknown): string {
  const path = join(folder, "baseline.json");
  writeFileSync(path, JSON.stringify({ accepted }));
  return path;
}

/** Findings that our own baseline accepts. */
const ACCEPTED: number = JSON.parse(readFileSync(join(projectRoot, "db", "lint-baseline.json"), "utf8"))
  .accepted.length;

/** What `break_` does wrong, as a finding of warning level. */
const unforced = { check: "0007", object: 'policy "members see their colleagues" on app.memberships' };
const breakIt = () =>
  database.admin.query(`comment on policy "members see their colleagues" on app.memberships is null`);

describe("our own database", () => {
  test("is healthy with its baseline, on every level", async () => {
    const { code, out, err } = await linted("--fail-on", "info");
    expect({ code, out, err }).toEqual({
      code: 0,
      out: expect.stringMatching(/^\d+ checks: healthy \(\d+ accepted\)\.\n$/),
      err: "",
    });
  });

  test("is not healthy without the baseline: each acceptance is of something that is there", async () => {
    const { code, out } = await linted("--baseline", "none", "--format", "json");
    expect(code).toBe(1);
    const { findings, accepted } = JSON.parse(out);
    const { accepted: ours } = (
      await import(join(projectRoot, "db", "lint-baseline.json"), { with: { type: "json" } })
    ).default;
    const name = ({ check, object }: { check: string; object: string }) => `${check} ${object}`;
    expect(accepted).toEqual([]);
    expect(findings.map(name).sort()).toEqual(ours.map(name).sort());
  });
});

describe("a broken database", () => {
  beforeAll(async () => void (await breakIt()));

  test("gives status 1 and a table that says what, why it matters and how to mend it", async () => {
    const { code, out } = await linted();
    expect(code).toBe(1);
    expect(out).toContain("warning  0007  A policy does not say why");
    expect(out).toContain(unforced.object);
    expect(out).toContain("→ comment on policy");
    expect(out).toContain(`(${ACCEPTED} accepted)`);
    expect(out.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });

  test("gives status 0 if only errors are to fail", async () => {
    expect((await linted("--fail-on", "error")).code).toBe(0);
    expect((await linted("--fail-on", "warning")).code).toBe(1);
  });

  test("is told as JSON", async () => {
    const { out } = await linted("--format", "json");
    const { checks: count, findings, accepted } = JSON.parse(out);
    expect(count).toBe(checks.length);
    expect(findings).toEqual([
      {
        ...unforced,
        name: "policy_without_comment",
        title: "A policy does not say why",
        level: "warning",
        detail: "has no comment",
        mend: `comment on policy "members see their colleagues" on app.memberships is 'Why: …';`,
      },
    ]);
    expect(accepted).toHaveLength(ACCEPTED);
    expect(accepted[0]).toMatchObject({
      check: "0005",
      reason: expect.any(String),
      expires: expect.any(String),
    });
  });

  test("is told as SARIF 2.1.0: rules with help, results at logical locations, acceptances suppressed", async () => {
    const { out } = await linted("--format", "sarif");
    const log = JSON.parse(out);
    expect(log.version).toBe("2.1.0");
    const [{ tool, results }] = log.runs;
    expect(tool.driver.rules).toHaveLength(checks.length);
    for (const rule of tool.driver.rules) {
      expect(rule.id).toMatch(/^\d{4}$/);
      expect(rule.name).toMatch(/^[A-Z][A-Za-z]+$/);
      expect(rule.help.text).toContain("How to mend: ");
      expect(["error", "warning", "note"]).toContain(rule.defaultConfiguration.level);
    }
    expect(results).toHaveLength(ACCEPTED + 1);
    for (const result of results) expect(tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
    const open = results.filter(({ suppressions }: { suppressions?: unknown }) => !suppressions);
    expect(open).toEqual([
      expect.objectContaining({
        ruleId: "0007",
        level: "warning",
        locations: [{ logicalLocations: [{ fullyQualifiedName: unforced.object, kind: "resource" }] }],
      }),
    ]);
  });

  test("is told as workflow commands of GitHub, escaped", async () => {
    await database.admin.query(
      `alter policy "members see their colleagues" on app.memberships rename to "50%, odd: yes"`,
    );
    const { code, out } = await linted("--format", "github");
    await database.admin.query(
      `alter policy "50%, odd: yes" on app.memberships rename to "members see their colleagues"`,
    );
    expect(code).toBe(1);
    const [command, last] = out.trimEnd().split("\n");
    expect(command).toMatch(
      /^::warning title=0007 A policy does not say why::policy "50%25, odd: yes" on .*%0Acomment on policy/,
    );
    expect(last).toBe(`${checks.length} checks, 1 findings, ${ACCEPTED} accepted`);
  });

  test("looks the same to an auditor, who owns nothing and may read no table but the trail", async () => {
    const auditor = `${database.adminUrl}?options=-c%20role%3Drowhouse_auditor`;
    const { code, out, err } = await command("lint", "--database", auditor, "--format", "json");
    expect({ code, err }).toEqual({ code: 1, err: "" });
    expect(out).toBe((await linted("--format", "json")).out);
  });

  test("tells how long each check took, on stderr, if asked", async () => {
    const { err } = await linted("--timing");
    expect(err.trimEnd().split("\n")).toHaveLength(checks.length);
    expect(err).toMatch(/^ +\d+\.\d ms {2}0001 {2}row_security_off$/m);
  });
});

describe("a baseline", () => {
  const ours = async () =>
    (await import(join(projectRoot, "db", "lint-baseline.json"), { with: { type: "json" } })).default
      .accepted;
  beforeAll(async () => void (await breakIt()));
  afterEach(() => rmSync(join(folder, "baseline.json")));

  test("accepts a finding for a reason and for a time", async () => {
    const entry = { ...unforced, reason: "Being rewritten.", expires: "2999-01-01" };
    expect((await linted("--baseline", baseline([...(await ours()), entry]), "--fail-on", "info")).code).toBe(
      0,
    );
  });

  test("that has expired is a finding beside the one it accepted", async () => {
    const entry = { ...unforced, reason: "Being rewritten.", expires: "2020-01-01" };
    const { code, out } = await linted("--baseline", baseline([...(await ours()), entry]));
    expect(code).toBe(1);
    expect(out).toContain("9001  An acceptance that has expired");
    expect(out).toContain("was accepted until 2020-01-01: Being rewritten.");
    expect(out).toContain("0007  A policy does not say why");
  });

  test("of something that is not there is a finding", async () => {
    const entry = { check: "0001", object: "app.gone", reason: "It was there.", expires: "2999-01-01" };
    const { code, out } = await linted(
      "--format",
      "sarif",
      "--baseline",
      baseline([...(await ours()), { ...unforced, reason: "x", expires: "2999-01-01" }, entry]),
    );
    expect(code).toBe(1);
    const [{ tool, results }] = JSON.parse(out).runs;
    const [stale] = results.filter(({ ruleId }: { ruleId: string }) => ruleId === "9002");
    expect(stale.message.text).toContain("0001 app.gone is accepted, but not found");
    expect(tool.driver.rules[stale.ruleIndex].id).toBe("9002");
  });

  test.each([
    ["a reason", [{ ...unforced, reason: " ", expires: "2999-01-01" }], "entry 1 lacks reason"],
    ["an expiry", [{ ...unforced, reason: "x" }], "entry 1 lacks expires"],
    ["a real day", [{ ...unforced, reason: "x", expires: "2999-02-30" }], "entry 1 lacks expires"],
    ["anything", [null], "entry 1 lacks check, object, reason, expires"],
    ["a list", {}, 'has no list "accepted"'],
  ])("is refused without %s", async (_what, accepted, problem) => {
    const { code, out, err } = await linted("--baseline", baseline(accepted));
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(problem);
  });
});

describe("rowhouse lint refuses with status 2", () => {
  test.each([
    [["--format", "xml"], '--format is one of table, json, sarif, github, not "xml"'],
    [["--fail-on", "fatal"], '--fail-on is one of error, warning, info, not "fatal"'],
    [["--fast"], "Unknown option '--fast'"],
    [["now"], '"lint" takes no argument "now"'],
    [["--database", "mysql://localhost/x"], "--database is no connection string that can be used"],
    [["--baseline", "/nowhere.json"], "cannot read the baseline /nowhere.json"],
    [["--database", "postgres://postgres@127.0.0.1:1/x"], "nothing answers at 127.0.0.1:1 (ECONNREFUSED)"],
  ])("%j", async (args, problem) => {
    const { code, out, err } = await command("lint", ...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(problem);
  });

  test("a database that does not exist", async () => {
    const { code, err } = await command("lint", "--database", database.adminUrl.replace(/[^/]+$/, "nowhere"));
    expect(code).toBe(2);
    expect(err).toContain('database "nowhere" does not exist');
  });
});

describe("another database", () => {
  const name = () => `${database.name}_other`;
  const url = () => database.adminUrl.replace(/[^/]+$/, name());
  beforeAll(async () => {
    await database.admin.query(`create database ${name()}`);
    const { default: pg } = await import("pg");
    const client = new pg.Client({ connectionString: url() });
    await client.connect();
    await client.query(`
      create table public.bills (id bigint primary key, org_id uuid not null, total numeric);
      create view public.totals as select sum(total) from public.bills;
      grant select on public.bills, public.totals to rowhouse_app`);
    await client.end();
  });
  afterAll(() => database.admin.query(`drop database ${name()} with (force)`));

  test("is checked under its own names, and nothing stays behind", async () => {
    const { code, out } = await command(
      ...["lint", "--database", url(), "--format", "json"],
      ...["--schemas", "public", "--exposed-schemas", "public", "--tenant-column", "org_id"],
      ...["--api-roles", "rowhouse_app", "--context-schema", "public"],
    );
    expect(code).toBe(1);
    const found = JSON.parse(out).findings.map(
      ({ check, object }: Record<string, string>) => `${check} ${object}`,
    );
    expect(found).toEqual(
      expect.arrayContaining([
        "0001 public.bills",
        "0033 public.bills",
        "0054 table public.bills",
        "0070 view public.totals",
      ]),
    );
    const { default: pg } = await import("pg");
    const client = new pg.Client({ connectionString: url() });
    await client.connect();
    const { rows } = await client.query("select to_regnamespace('inspect') as inspect");
    await client.end();
    expect(rows).toEqual([{ inspect: null }]);
  });

  test("is checked under guessed names", async () => {
    const { code, out, err } = await command("lint", "--database", url(), "--format", "json");
    expect({ code, err }).toEqual({ code: 1, err: "" });
    expect(JSON.parse(out).findings.map(({ check }: Record<string, string>) => check)).toContain("0001");
  });
});
