import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeFolder, rowhouse } from "../support/command_line.ts";
import { commandSettings, createDatabase, type TestDatabase } from "../support/database.ts";
import { createTenant } from "../support/people.ts";
import { seal, unguarded } from "../support/sealing.ts";
import { takeTurn } from "../support/taking_turns.ts";

let folder: string;
let database: TestDatabase;
let tenant: string;
let key: string;
let endTurn: () => Promise<void>;
beforeAll(async () => {
  folder = makeFolder();
  database = await createDatabase();
  ({ tenantId: tenant } = await createTenant(database, { slug: "acme" }));
  endTurn = await takeTurn();
  await database.admin.query("create role an_auditor login password 'auditing' in role rowhouse_auditor");
  await rename(300);
  await seal(database);
  await seal(database);
  key = (await audit("key")).out.trim();
});
afterAll(async () => {
  await database.admin.query("drop role an_auditor");
  await endTurn();
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

describe("audit export", () => {
  test.each(["csv", "ocsf"])(
    "as %s verifies offline with the proof beside it, and not where a cell was altered",
    async (form) => {
      const path = file(`trail.${form}`);
      expect(await audit("export", "acme", path, "--format", form)).toMatchObject({
        code: 0,
        out: expect.stringMatching(/^3\d\d events are in /),
      });
      const { code, out } = await rowhouse(["audit", "verify", path, "--key", key], folder);
      expect({ code, out }).toEqual({
        code: 0,
        out: expect.stringMatching(/: 3\d\d of 3\d\d leaves: verified\n$/),
      });
      writeFileSync(path, readFileSync(path, "utf8").replaceAll(/Rockets 200\b/g, "Rockets 201"));
      const altered = await rowhouse(["audit", "verify", path, "--key", key], folder);
      expect(altered).toMatchObject({
        code: 1,
        out: expect.stringMatching(/^event_altered: .*leaf \d+, event/),
      });
      const moved = await rowhouse(
        ["audit", "verify", path, "--proof", `${path}.proof`, "--key", key],
        folder,
      );
      expect(moved).toMatchObject({ code: 1 });
      const without = await rowhouse(
        ["audit", "verify", path, "--proof", file("nowhere"), "--key", key],
        folder,
      );
      expect(without).toMatchObject({ code: 2, err: expect.stringContaining("cannot read") });
    },
  );

  test.each([
    ["jsonl", (text: string) => text.slice(0, text.lastIndexOf('{"tile"') + 20_000)],
    ["jsonl", (text: string) => text.slice(0, text.indexOf("\n") + 1)],
    ["csv", (text: string) => text.slice(0, text.length / 2)],
    ["ocsf", (text: string) => text.slice(0, text.length / 2)],
    ["ocsf", () => ""],
    ["csv", (text: string) => text],
  ])(
    "as %s that was cut off is gone on with, and is in the end what it would have been",
    async (form, cut) => {
      const path = file(`resumed.${form}`);
      expect((await audit("export", "acme", path, "--format", form)).code).toBe(0);
      const text = readFileSync(path, "utf8");
      writeFileSync(path, cut(text));
      // Meanwhile the trail has grown; what is gone on with ends where it would have.
      await rename(2);
      await seal(database);
      await seal(database);
      expect(await audit("export", "acme", path, "--resume", "--format", form)).toMatchObject({
        code: 0,
        out: expect.stringMatching(/^\d+ events are in .*, \d+ of them now\n$/),
      });
      expect(readFileSync(path, "utf8")).toBe(text);
      expect(existsSync(`${path}.unfinished`)).toBe(false);
    },
  );

  test("goes on with what a killed one left, and with nothing that is none of its lines", async () => {
    const path = file("left.csv");
    await audit("export", "acme", path, "--format", "csv");
    const text = readFileSync(path, "utf8");
    writeFileSync(`${path}.unfinished`, text.slice(0, 5_000));
    rmSync(path);
    expect(await audit("export", "acme", path, "--format", "csv")).toMatchObject({
      code: 2,
      err: expect.stringContaining("--resume goes on with"),
    });
    expect((await audit("export", "acme", path, "--format", "csv", "--resume")).code).toBe(0);
    expect(readFileSync(path, "utf8")).toBe(text);
    writeFileSync(path, text.replace("\n5,", "\nfive,"));
    expect(await audit("export", "acme", path, "--format", "csv", "--resume")).toMatchObject({ code: 2 });
    expect(await audit("export", "acme", file("no.csv"), "--format", "csv", "--resume")).toMatchObject({
      code: 2,
      err: expect.stringContaining("there is neither"),
    });
  });

  test("of a time, and behind a leaf, verifies as a part", async () => {
    const path = file("part.jsonl");
    await audit("export", "acme", path, "--after", "99");
    expect(await rowhouse(["audit", "verify", path, "--key", key], folder)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/: \d+ of \d+ leaves: verified\n$/),
    });
    expect(
      await audit("export", "acme", file("day.jsonl"), "--from", "2026-01-01", "--to", "2026-01-02"),
    ).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^0 events are in /),
    });
  });

  test("is in the trail, as done by the database's login, before a byte is written", async () => {
    const url = new URL(database.adminUrl);
    url.username = "an_auditor";
    url.password = "auditing";
    await database.admin.query(`grant connect on database ${database.name} to rowhouse_auditor`);
    // It cannot be written where it is to be: the trail says all the same that somebody wanted it.
    const nowhere = await audit(
      "export",
      "acme",
      file("no/such/folder.csv"),
      "--format",
      "csv",
      "--database",
      url.href,
    );
    expect(nowhere.code).toBe(2);
    const { rows } = await database.admin.query(
      "select tenant_id, actor_kind, database_role, detail from audit.events where action = 'audit.exported' order by at desc, id desc limit 1",
    );
    expect(rows).toEqual([
      {
        tenant_id: tenant,
        actor_kind: "system",
        database_role: "an_auditor",
        detail: {
          format: "csv",
          size: expect.any(Number),
          first: 0,
          last: rows[0].detail.size - 1,
          events: rows[0].detail.size,
        },
      },
    ]);
  });

  test("nothing is exported that the trail cannot be told of", async () => {
    await database.admin.query(
      "alter function audit.note_export(uuid, text, bigint, jsonb) rename to noted_before",
    );
    try {
      expect(await audit("export", "acme", file("untold.jsonl"))).toMatchObject({
        code: 2,
        err: expect.stringContaining("nothing is exported that the trail cannot be told of"),
      });
      expect(existsSync(file("untold.jsonl"))).toBe(false);
    } finally {
      await database.admin.query(
        "alter function audit.noted_before(uuid, text, bigint, jsonb) rename to note_export",
      );
    }
  });
});

describe("audit report", () => {
  const made = () =>
    database.admin
      .query(
        "select detail, database_role from audit.events where tenant_id = $1 and action = 'audit.reported' order by at",
        [tenant],
      )
      .then(({ rows }) => rows);

  test("writes a file for its owner's eyes, and that it did, with the file's hash, into the trail", async () => {
    const { code, out } = await audit(
      "report",
      "acme",
      "--from",
      "2026-01-01",
      "--to",
      "2026-02-01",
      "--key",
      key,
    );
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(
        /^the access review of acme is in access-review-acme-2026-01-01-2026-02-01.html: /,
      ),
    });
    const path = file("access-review-acme-2026-01-01-2026-02-01.html");
    const text = readFileSync(path, "utf8");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(text).toMatch(/^<!doctype html>/);
    expect(text).toContain("with the key that was given");
    expect((await made()).at(-1)).toEqual({
      detail: {
        from: "2026-01-01T00:00:00.000Z",
        to: "2026-02-01T00:00:00.000Z",
        format: "html",
        sha256: createHash("sha256").update(text).digest("hex"),
        verified: true,
        findings: expect.any(Number),
      },
      database_role: "postgres",
    });
  });

  test("tells programs the same facts, also with --tenant", async () => {
    const { code, out } = await audit("report", "--tenant", tenant, "--from", "2026-01-01", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      tenant: { slug: "acme" },
      verified: true,
      people: { inAll: 1, rows: [{ isOwner: true }] },
    });
    expect((await made()).at(-1).detail).toMatchObject({
      format: "json",
      sha256: createHash("sha256").update(out).digest("hex"),
    });
  });

  test("as a login that is an auditor, whom the trail names", async () => {
    const url = new URL(database.adminUrl);
    url.username = "an_auditor";
    url.password = "auditing";
    await database.admin.query(`grant connect on database ${database.name} to rowhouse_auditor`);
    const { code, err } = await audit(
      "report",
      "acme",
      "--from",
      "2026-01-01",
      "--out",
      "-",
      "--database",
      url.href,
    );
    expect({ code, err }).toEqual({ code: 0, err: expect.not.stringContaining("rowhouse:") });
    expect((await made()).at(-1)).toMatchObject({ database_role: "an_auditor" });
  });

  test.each([
    [["nobody", "--from", "2026-01-01"], /knows no tenant with the slug or id "nobody"/],
    [["platform", "--from", "2026-01-01"], /there is no company "platform"/],
    [["acme"], /wants --from/],
    [["--from", "2026-01-01"], /wants one slug or id/],
    [["acme", "--from", "2026-02-01", "--to", "2026-01-01"], /begins before it ends/],
    [["acme", "--from", "2026-02-01", "--time-zone", "Mars"], /no time zone "Mars"/],
    [
      ["acme", "--from", "2026-02-01", "--out", "/nowhere/at/all.html"],
      /cannot write \/nowhere\/at\/all.html/,
    ],
  ])("%j makes nothing", async (args, says) => {
    const { code, out, err } = await audit("report", ...args);
    expect({ code, out, err }).toEqual({ code: 2, out: "", err: expect.stringMatching(says) });
  });

  test("is made of a trail that was altered too: it says so, and so does the status", async () => {
    await unguarded(
      database,
      `update audit.events set actor_id = gen_random_uuid() where tenant_id = '${tenant}' and new_row ->> 'name' = 'Rockets 7'`,
    );
    const { code, out } = await audit("report", "acme", "--from", "2026-01-01", "--out", "-");
    expect(code).toBe(1);
    expect(out).toContain("<strong>Not verified.</strong>");
    expect((await made()).at(-1).detail).toMatchObject({ verified: false });
    await unguarded(
      database,
      `update audit.events set actor_id = null where tenant_id = '${tenant}' and new_row ->> 'name' = 'Rockets 7'`,
    );
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

  test("erases nothing while a legal hold stands over it, with status 1", async () => {
    const { rows } = await database.admin.query(
      "select id from audit.events where tenant_id = $1 and new_row ->> 'name' = 'Rockets 6'",
      [tenant],
    );
    const hold = (await audit("hold", "place", "acme", "--reason", "Case 44")).out.trim();
    const refused = await audit("erase", tenant, rows[0].id, "new_row.name", "--reason", "Asked", "--yes");
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("a legal hold stands over it") });
    expect((await audit("hold", "release", hold, "--reason", "Settled")).code).toBe(0);
  });
});

test.each([
  [[], /"audit" wants one of verify, export/],
  [["burn"], /"audit" cannot "burn"/],
  [["verify", "a", "b"], /takes no argument "b"/],
  [["verify", "a"], /verified with --key/],
  [["export", "acme", "x", "--format", "xml"], /--format is one of jsonl, csv, ocsf, proof/],
  [["export", "acme", "x", "--after", "-1"], /after/],
  [["export", "acme", "x", "--from", "yesterday"], /--from is a day or a time with its zone/],
  [["export", "acme", "-", "--resume"], /--resume goes on with a file/],
  [["export", "acme", "x", "--tiles", "--format", "csv"], /--tiles writes all of a tree/],
  [["export", "acme", "x", "--format", "proof", "--resume"], /a proof is written anew/],
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
