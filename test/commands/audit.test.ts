import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeFolder, rowhouse } from "../support/command_line.ts";
import { commandSettings, createDatabase, type TestDatabase } from "../support/database.ts";
import { createTenant } from "../support/people.ts";
import { seal, unguarded } from "../support/sealing.ts";

let folder: string;
let database: TestDatabase;
let tenant: string;
let key: string;
beforeAll(async () => {
  folder = makeFolder();
  database = await createDatabase();
  ({ tenantId: tenant } = await createTenant(database, { slug: "acme" }));
  await database.admin
    .query("create role an_auditor login password 'auditing' in role rowhouse_auditor")
    .catch(() => {});
  await rename(300);
  await seal(database);
  await seal(database);
  key = (await audit("key")).out.trim();
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

const audit = (...args: string[]) => rowhouse(["audit", ...args], folder, commandSettings(database));
const rename = (times: number) =>
  database.admin.query(
    `do $$ begin for turn in 1 .. ${times} loop update app.tenants set name = 'Rockets ' || turn where id = '${tenant}'; end loop; end $$`,
  );
const file = (name: string): string => join(folder, name);

describe("audit verify", () => {
  test("tells of every tree, and that the keys are the database's own word", async () => {
    const { code, out } = await audit("verify");
    expect(code).toBe(0);
    expect(out).toMatch(
      new RegExp(
        `^tenant 0{8}-[0-]+: \\d+ leaves: verified\ntenant ${tenant}: 3\\d\\d leaves: verified\nThe keys are those`,
      ),
    );
  });

  test("of one tenant by its slug or id, with a key, as JSON", async () => {
    for (const named of ["acme", tenant, tenant.toUpperCase()]) {
      const { code, out } = await audit("verify", "--tenant", named, "--key", key, "--json");
      expect(code).toBe(0);
      expect(JSON.parse(out)).toEqual([
        {
          tenant,
          size: expect.any(Number),
          signed: expect.any(Number),
          expired: null,
          waiting: 0,
          problems: [],
        },
      ]);
    }
  });

  test("an export offline, with nothing but the file and the key", async () => {
    expect(await audit("export", "acme", file("trail.jsonl"))).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^3\d\d events are in /),
    });
    // No database, no settings.
    const { code, out } = await rowhouse(["audit", "verify", file("trail.jsonl"), "--key", key], folder);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/: 3\d\d leaves: verified\n$/) });
  });

  test.each([
    [
      "a value",
      (text: string) => text.replace(/Rockets 200\b/, "Rockets 201"),
      /^event_altered: .*leaf \d+, event [0-9a-f-]{36}: /,
    ],
    [
      "an actor",
      (text: string) => text.replace('"actor_kind":"\\"system\\""', '"actor_kind":"\\"session\\""'),
      /^event_altered: .*leaf 0, /,
    ],
    [
      "a missing event",
      (text: string) => text.replace(/\n\{"index":77,.*\n/, "\n"),
      /^event_missing: .*leaf 77: /,
    ],
    [
      "a missing end",
      (text: string) => text.split("\n").slice(0, -4).join("\n"),
      /^event_missing: .*leaves \d+ to \d+: /,
    ],
    [
      "another root",
      (text: string) =>
        text.replace(/(\\n\d+\\n)[A-Za-z0-9+/]{43}=/, `$1${Buffer.alloc(32).toString("base64")}`),
      /^checkpoint_(forged|missing): /,
    ],
    [
      "other hashes",
      (text: string) => text.replace(/\{"tile":"..../, '{"tile":"AAAA'),
      /^event_altered: .*leaf 0, .*\ntile_altered: .*leaves 0 to 255: .*\nroot_mismatch: /,
    ],
  ])("an export with %s is refused, and the first bad leaf is named", async (_, change, says) => {
    await audit("export", "acme", file("good.jsonl"));
    const text = readFileSync(file("good.jsonl"), "utf8");
    const other = change(text);
    expect(other).not.toBe(text);
    writeFileSync(file("bad.jsonl"), other);
    const { code, out } = await rowhouse(["audit", "verify", file("bad.jsonl"), "--key", key], folder);
    expect({ code, out }).toEqual({ code: 1, out: expect.stringMatching(says) });
    rmSync(file("good.jsonl"));
  });

  test("goes by checkpoints that were kept elsewhere", async () => {
    writeFileSync(file("kept"), (await audit("checkpoint")).out);
    expect((await audit("verify", "--checkpoints", file("kept"))).code).toBe(0);
  });

  test("as a login that is an auditor, and as none that is not", async () => {
    const url = new URL(database.adminUrl);
    url.username = "an_auditor";
    url.password = "auditing";
    await database.admin.query(`grant connect on database ${database.name} to rowhouse_auditor`);
    expect(await audit("verify", "--database", url.href, "--key", key)).toMatchObject({ code: 0 });
    const { code, err } = await audit("verify", "--database", database.appUrl);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining("a member of rowhouse_auditor") });
  });
});

describe("audit erase", () => {
  test("erases a value for a reason, and the trail verifies", async () => {
    const { rows } = await database.admin.query(
      "select id from audit.events where tenant_id = $1 and new_row ->> 'name' = 'Rockets 5'",
      [tenant],
    );
    expect(
      await audit("erase", tenant, rows[0].id, "new_row.name", "--reason", "Asked", "--yes"),
    ).toMatchObject({
      code: 0,
      out: "1 value erased\n",
    });
    expect(
      await audit("erase", tenant, rows[0].id, "new_row.colour", "--reason", "Asked", "--yes"),
    ).toMatchObject({
      code: 1,
      err: expect.stringContaining("no such field"),
    });
    expect((await audit("verify", "--key", key)).code).toBe(0);
  });
});

test.each([
  [[], /"audit" wants one of verify, export/],
  [["burn"], /"audit" cannot "burn"/],
  [["verify", "a", "b"], /takes no argument "b"/],
  [["verify", "a"], /verified with --key/],
  [["verify", "--key", "x"], /--key: "x" is no key/],
  [["verify", "--checkpoints", "/nowhere"], /cannot read \/nowhere/],
  [["verify", "--tenant", "nobody"], /the trail knows no tenant/],
  [["export", "acme"], /wants a slug/],
  [["erase", "acme", "x", "ip"], /wants the ids/],
])("%j is told what is wrong, with status 2", async (args, message) => {
  const { code, err } = await audit(...args);
  expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(message) });
});

test("a file that is no export is told", async () => {
  writeFileSync(file("none"), "hello\n");
  expect(await rowhouse(["audit", "verify", file("none"), "--key", key], folder)).toMatchObject({
    code: 2,
    err: expect.stringContaining("not that of an export"),
  });
});

test("the key is rotated, and who has the old one need not be told", async () => {
  const { code, out } = await audit("key", "rotate");
  expect(code).toBe(0);
  expect(out.trim().split("\n")).toEqual([key, expect.stringMatching(/^\S+\+[0-9a-f]{8}\+\S+$/)]);
  await rename(1);
  await seal(database);
  expect((await audit("verify", "--key", key)).code).toBe(0);
});

// Last, because nothing undoes it.
test("status 1 and the first bad leaf first, where somebody altered the trail", async () => {
  await unguarded(
    database,
    `update audit.events set actor_id = gen_random_uuid() where (tenant_id, id) in (
       select tenant_id, event_id from audit.leaves where tenant_id = '${tenant}' and index in (40, 41))`,
  );
  const { code, out } = await audit("verify", "--tenant", "acme", "--key", key);
  expect(code).toBe(1);
  expect(out).toMatch(
    /^event_altered: .*leaf 40, event .*\nevent_altered: .*leaf 41, .*\ntenant .* 2 problems\n$/,
  );
});
