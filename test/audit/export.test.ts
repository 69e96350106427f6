import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keyVerifier } from "../../src/audit/audit_key.ts";
import { csvLine, readCsvRecord } from "../../src/audit/csv.ts";
import { databaseKeys } from "../../src/audit/database_tree.ts";
import { BadExport, eventLine } from "../../src/audit/export_format.ts";
import { leafHash, leafText, type SealedEvent } from "../../src/audit/leaf.ts";
import type { Verifier } from "../../src/audit/note.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { exported, problemsIn } from "../support/exporting.ts";
import { createTenant } from "../support/people.ts";
import { seal, unguarded } from "../support/sealing.ts";

let database: TestDatabase;
let tenant: string;
let keys: Verifier[];
/** Between two halves of what happened. */
let between: string;
let proof: string;

beforeAll(async () => {
  database = await createDatabase();
  ({ tenantId: tenant } = await createTenant(database, { slug: "acme" }));
  await rename(300);
  const { rows } = await database.admin.query("select clock_timestamp() as at");
  between = rows[0].at.toISOString().replace("Z", "000Z");
  await rename(300, "=cmd|' /C calc'!A0, \"and\" more; ");
  await seal(database);
  await seal(database);
  const { rows: one } = await database.admin.query(
    "select id from audit.events where tenant_id = $1 and new_row ->> 'name' = 'Rockets 5'",
    [tenant],
  );
  await database.admin.query("select audit.erase_fields($1, $2, '{new_row.name}', 'Asked')", [
    tenant,
    one[0].id,
  ]);
  const client = await database.admin.connect();
  keys = (await databaseKeys(client)).map(keyVerifier);
  client.release();
  proof = await exported(database, tenant, "proof");
});
afterAll(() => database.drop());

const rename = (times: number, name = "Rockets ") =>
  database.admin.query(
    `do $$ begin for turn in 1 .. ${times} loop update app.tenants set name = ${quoted(name)} || turn where id = '${tenant}'; end loop; end $$`,
  );
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const size = async (): Promise<number> =>
  Number(
    (await database.admin.query("select size from audit.trees where tenant_id = $1", [tenant])).rows[0].size,
  );

describe.each(["csv", "ocsf"] as const)("an export as %s", (format) => {
  test("holds every leaf in its order, and verifies with what proves it", async () => {
    const text = await exported(database, tenant, format);
    const lines = text.trimEnd().split(/\r?\n/);
    expect(lines).toHaveLength((await size()) + (format === "csv" ? 1 : 0));
    expect(await problemsIn(text, keys, proof)).toEqual([]);
  });

  test("of a time holds the events of that time, and verifies", async () => {
    for (const range of [{ from: between }, { to: between }]) {
      const [text, own] = [
        await exported(database, tenant, format, range),
        await exported(database, tenant, "proof", range),
      ];
      expect(await problemsIn(text, keys, own)).toEqual([]);
      const count = text.trimEnd().split("\n").length;
      expect(count).toBeGreaterThan(299);
      expect(count).toBeLessThan(400);
      // The proof of the one is none of the other.
      expect(await problemsIn(await exported(database, tenant, format), keys, own)).not.toEqual([]);
    }
  });

  test("behind a leaf goes on with the next, and is what the whole one ends with", async () => {
    const whole = await exported(database, tenant, format);
    const rest = await exported(database, tenant, format, { after: 299 });
    const lines = rest.split("\n").slice(format === "csv" ? 1 : 0);
    expect(whole.endsWith(lines.join("\n"))).toBe(true);
    expect(await problemsIn(rest, keys, await exported(database, tenant, "proof", { after: 299 }))).toEqual(
      [],
    );
    expect(await problemsIn(rest, keys, proof)).toContainEqual(["leaf_missing", 0]);
  });

  test.each([
    ["a value", (text: string) => text.replace(/Rockets 200\b/g, "Rockets 201"), "event_altered"],
    ["an action", (text: string) => text.replace(/\binsert\b/g, "delete"), "event_altered"],
    ["an event left out", (text: string) => text.split("\n").toSpliced(77, 1).join("\n"), "leaf_missing"],
    ["its end cut off", (text: string) => `${text.split("\n").slice(0, -3).join("\n")}\n`, "leaf_missing"],
  ])("with %s is refused", async (_, change, code) => {
    const text = await exported(database, tenant, format);
    const other = change(text);
    expect(other).not.toBe(text);
    expect((await problemsIn(other, keys, proof)).map(([found]) => found)).toContain(code);
  });

  test("is refused with hashes that were not signed, and by who trusts another key", async () => {
    const text = await exported(database, tenant, format);
    const made = proof.replace(/\{"tile":"..../, '{"tile":"AAAA');
    expect((await problemsIn(text, keys, made)).map(([code]) => code)).toContain("tile_altered");
    const above = proof.replace(/"level":1,"index":0,"hashes":"..../, '"level":1,"index":0,"hashes":"AAAA');
    expect(above).not.toBe(proof);
    expect((await problemsIn(text, keys, above)).map(([code]) => code)).toContain("root_mismatch");
    const other: Verifier = { name: "other.example", kind: "note", publicKey: Buffer.alloc(32, 7) };
    expect((await problemsIn(text, [other], proof)).map(([code]) => code)).toContain("checkpoint_missing");
  });
});

describe("OCSF", () => {
  test("that says other than the leaf which it holds is found, whatever it says", async () => {
    const lines = (await exported(database, tenant, "ocsf")).trimEnd().split("\n");
    const told = JSON.parse(lines[9]!);
    for (const [name, other] of Object.entries({
      severity_id: 5,
      time: told.time + 1,
      actor: { user: { uid: "somebody else" } },
      src_endpoint: { ip: "192.0.2.1" },
      unmapped: {},
      extra: true,
    })) {
      const altered = lines.with(9, JSON.stringify({ ...told, [name]: other }));
      expect(await problemsIn(`${altered.join("\n")}\n`, keys, proof), name).toEqual([["line_altered", 9]]);
    }
    // Whoever alters both is found by the leaf.
    const both = lines[9]!.replaceAll(tenant, crypto.randomUUID());
    expect(await problemsIn(`${lines.with(9, both).join("\n")}\n`, keys, proof)).toEqual([
      ["event_altered", 9],
    ]);
  });
});

describe("CSV", () => {
  test("has a header, one column for each of audit.events, and a line for each event", async () => {
    const text = await exported(database, tenant, "csv");
    const header = text.slice(0, text.indexOf("\r\n")).split(",");
    const { rows } = await database.admin.query(
      `select attname from pg_attribute where attrelid = 'audit.events'::regclass and attnum > 0 and not attisdropped`,
    );
    expect(header.slice(1, -3).sort()).toEqual(rows.map(({ attname }) => attname).sort());
    expect([header[0], ...header.slice(-3)]).toEqual(["index", "salt", "erased", "leaf"]);
  });

  test("has no cell that a spreadsheet computes, and the value all the same", () => {
    for (const value of [
      "=1+1",
      "+1",
      "-1",
      "@x",
      "\tx",
      "\rx",
      "\nx",
      "'=1",
      "'",
      "",
      'a "b", c',
      "x\r\ny",
    ]) {
      const event = eventWith({ user_agent: JSON.stringify(value) });
      const line = csvLine(7, event, leafHash(leafText(event)));
      for (const cell of cellsIn(line)) expect(cell).not.toMatch(/^[=+\-@\t\r\n]/);
      const read = readCsvRecord(line.slice(0, -2));
      expect(read).toMatchObject({ index: 7, event });
    }
  });

  test("tells a null from an empty text", async () => {
    const [none, empty] = [eventWith({}), eventWith({ user_agent: '""' })];
    const line = (event: SealedEvent): string => csvLine(0, event, leafHash(leafText(event)));
    expect(line(none)).not.toBe(line(empty));
    for (const event of [none, empty]) expect(readCsvRecord(line(event).slice(0, -2)).event).toEqual(event);
  });

  test("puts rows together as PostgreSQL has them, and takes them apart as the leaf does", async () => {
    const text = await exported(database, tenant, "csv");
    const { rows } = await database.admin.query(
      "select new_row::text as row from audit.events where tenant_id = $1 and new_row ->> 'name' = 'Rockets 200'",
      [tenant],
    );
    expect(text).toContain(`"${rows[0].row.replaceAll('"', '""')}"`);
  });

  test.each([
    ["a line that ends elsewhere", (text: string) => text.replaceAll("\r\n", "\n")],
    ["another header", (text: string) => text.replace("index,", "number,")],
    ["a column too many", (text: string) => text.replace("\r\n0,", "\r\n0,,")],
    ["quotes that do not end", (text: string) => text.replace('"', "")],
  ])("with %s is no export", async (_, change) => {
    const text = change(await exported(database, tenant, "csv"));
    await expect(problemsIn(text, keys, proof)).rejects.toThrow(BadExport);
  });
});

describe("a part of our own lines", () => {
  test("verifies by itself, and what was altered in it is found", async () => {
    const part = await exported(database, tenant, "jsonl", { after: 299 });
    expect(await problemsIn(part, keys)).toEqual([]);
    const [altered, cut] = [
      part.replace(/calc'!A0/, "calc'!A1"),
      part.split("\n").toSpliced(10, 1).join("\n"),
    ];
    expect((await problemsIn(altered, keys)).map(([code]) => code)).toEqual(["event_altered"]);
    expect((await problemsIn(cut, keys)).map(([code]) => code)).toContain("leaf_missing");
  });

  test("is no part of which an event was put in that is of another time", async () => {
    const part = await exported(database, tenant, "jsonl", { from: between });
    const [whole, lines] = [(await exported(database, tenant, "jsonl")).split("\n"), part.split("\n")];
    const first = lines.findIndex((line) => line.startsWith('{"index":'));
    const index = Number(/\d+/.exec(lines[first]!)![0]);
    const before = whole.find((line) => line.startsWith(`{"index":${index - 1},`))!;
    expect(await problemsIn(lines.toSpliced(first, 0, before).join("\n"), keys)).toEqual([
      ["event_inserted", index - 1],
    ]);
  });
});

test("a line of our own ends with a line feed and nothing else", async () => {
  const event = eventWith({ user_agent: JSON.stringify("a\u2028b\u2029c") });
  const own = (await exported(database, tenant, "jsonl")).split("\n");
  const at = own.findIndex((line) => line.startsWith('{"index":3,'));
  // Read, and found to be another: not torn apart.
  const altered = own.with(at, eventLine(3, event).trimEnd()).join("\n");
  expect(await problemsIn(altered, keys)).toEqual([["event_altered", 3]]);
});

test("where a leaf is gone nothing is exported as if it were whole", async () => {
  const other = await createDatabase();
  try {
    const { tenantId } = await createTenant(other, { slug: "acme" });
    await seal(other);
    await unguarded(other, `delete from audit.leaves where tenant_id = '${tenantId}' and index = 2`);
    await expect(exported(other, tenantId, "jsonl")).rejects.toThrow("not there to be exported");
    await expect(exported(other, tenantId, "csv")).rejects.toThrow("not there to be exported");
  } finally {
    await other.drop();
  }
});

function eventWith(fields: Record<string, string>): SealedEvent {
  return {
    salt: "3f2b6c1e-0d9a-4f57-8f4e-2c1b0a998877",
    fields: {
      tenant_id: '"01a21a81-565e-704e-9d93-236bb67d8a20"',
      id: '"01a21a81-565e-704e-9d93-236bb67d8a21"',
      at: '"2026-11-27T00:11:00.123456Z"',
      action: '"auth.login"',
      actor_kind: '"system"',
      database_role: '"postgres"',
      transaction_id: "77",
      "detail.outcome": '"ok"',
      ...fields,
    },
  };
}

/** Cells as a spreadsheet has them: without the quotes around them. */
const cellsIn = (line: string): string[] =>
  [...line.slice(0, -2).matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(
    ([, inQuotes, bare]) => inQuotes?.replaceAll('""', '"') ?? bare ?? "",
  );
