import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readCheckpoint } from "../../src/audit/checkpoint.ts";
import { leafHash } from "../../src/audit/leaf.ts";
import { provesInclusion } from "../../src/audit/merkle.ts";
import { readVerifier } from "../../src/audit/note.ts";
import { verifyExport } from "../../src/audit/verify_export.ts";
import { actors } from "../support/acting_as.ts";
import { makeFolder, rowhouse } from "../support/command_line.ts";
import { commandSettings, createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember, createTenant, type Member } from "../support/people.ts";
import { problemsOf, seal, unguarded } from "../support/sealing.ts";

let database: TestDatabase;
let tenant: string;
let admin: Member;
let member: Member;
let folder: string;

beforeAll(async () => {
  folder = makeFolder();
  database = await createDatabase();
  const made = await createTenant(database, { slug: "acme" });
  tenant = made.tenantId;
  admin = await createMember(database, { tenant: made, role: "admin" });
  member = await createMember(database, { tenant: made, role: "member" });
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

/** A sealed event in which somebody changed a name, from an address. */
async function sealedEvent(name: string): Promise<string> {
  const facts = { ip: "192.0.2.44", user_agent: "Falcon/1", request_id: "r-44" };
  await actors(database.app)({ ...admin, facts })
    .expect("update app.tenants set name = $1 where id = $2", [name, tenant])
    .toReach(1);
  await seal(database);
  const { rows } = await database.admin.query(
    "select id from audit.events where tenant_id = $1 and new_row ->> 'name' = $2",
    [tenant, name],
  );
  return rows[0].id;
}

const erase = (event: string, fields: string[], reason: string | null = "Asked for it") =>
  as("rowhouse_owner", "select audit.erase_fields($1, $2, $3, $4) as erased", [
    tenant,
    event,
    fields,
    reason,
  ]);

async function as(role: string, sql: string, values: unknown[] = []): Promise<unknown[] | string> {
  const client = await database.admin.connect();
  try {
    await client.query("begin");
    await client.query(`set local role ${role}`);
    const { rows } = await client.query(sql, values);
    await client.query("reset role");
    await client.query("commit");
    return rows;
  } catch (error) {
    await client.query("rollback");
    return (error as { code: string }).code;
  } finally {
    client.release();
  }
}

const eventWith = async (id: string) =>
  (await database.admin.query("select * from audit.events where id = $1", [id])).rows[0];

test("what is erased is gone, from the event and from what it could be guessed by, and every proof holds", async () => {
  const event = await sealedEvent("Falcon Works");
  const before = await eventWith(event);
  const [proof] = await actors(database.app)(admin).rows<{ proof: Record<string, never> }>(
    "select to_jsonb(app.audit_proof($1)) as proof",
    [event],
  );
  expect(await erase(event, ["ip", "user_agent", "new_row.name"])).toEqual([{ erased: 3 }]);

  const after = await eventWith(event);
  expect(after).toEqual({
    ...before,
    ip: null,
    user_agent: null,
    new_row: { ...before.new_row, name: "[erased]" },
  });
  const { rows: left } = await database.admin.query(
    `select (select salt from audit.leaves where event_id = $1) as salt,
       array_agg(field order by field) filter (where commitment is not null) as committed,
       count(*) filter (where salt is null and commitment is null)::int as neither
     from audit.commitments where event_id = $1`,
    [event],
  );
  expect(left).toEqual([{ salt: null, committed: ["ip", "new_row.name", "user_agent"], neither: 0 }]);
  expect(await problemsOf(database, tenant)).toEqual([]);

  // The proof from before the erasure, and one from after it, of the same leaf.
  const [again] = await actors(database.app)(admin).rows<{ proof: Record<string, never> }>(
    "select to_jsonb(app.audit_proof($1)) as proof",
    [event],
  );
  expect(again!.proof.leaf).toBe(proof!.proof.leaf);
  expect(again!.proof.salt).toBeNull();
  const { index, size, path, checkpoint, leaf } = again!.proof as unknown as {
    index: number;
    size: number;
    path: string[];
    checkpoint: string;
    leaf: string;
  };
  expect(leaf).not.toContain("Falcon");
  const root = readCheckpoint(checkpoint).root;
  const hashes = path.map((hash) => Buffer.from(hash, "base64"));
  expect(provesInclusion({ leaf: leafHash(leaf), index, size, root, path: hashes })).toBe(true);
});

test("that something was erased is an event, which says of what and why and not what it was", async () => {
  const event = await sealedEvent("Osprey Works");
  await erase(event, ["new_row.name"], "Article 17");
  const { rows } = await database.admin.query(
    "select actor_kind, database_role, detail from audit.events where action = 'audit.fields_erased' and detail ->> 'event' = $1",
    [event],
  );
  expect(rows).toEqual([
    {
      actor_kind: "system",
      database_role: "postgres",
      detail: { event, fields: ["new_row.name"], reason: "Article 17" },
    },
  ]);
});

test("what both rows have is one field, which is erased in both", async () => {
  const event = await sealedEvent("Buzzard Works");
  expect(await erase(event, ["row.slug"])).toEqual([{ erased: 1 }]);
  const { old_row, new_row } = await eventWith(event);
  expect([old_row.slug, new_row.slug, new_row.name]).toEqual(["[erased]", "[erased]", "Buzzard Works"]);
  expect(await problemsOf(database, tenant)).toEqual([]);
});

test("more can be erased of the same event later, and what is erased already is passed over", async () => {
  const event = await sealedEvent("Kestrel Works");
  expect(await erase(event, ["ip"])).toEqual([{ erased: 1 }]);
  expect(await erase(event, ["ip", "new_row.name"])).toEqual([{ erased: 1 }]);
  expect(await erase(event, ["ip", "new_row.name"])).toEqual([{ erased: 0 }]);
  expect(await problemsOf(database, tenant)).toEqual([]);
});

test("an export after an erasure verifies, and holds nothing of what was erased", async () => {
  const event = await sealedEvent("Harrier Works");
  await erase(event, ["new_row.name", "user_agent"]);
  await seal(database);
  const file = join(folder, "trail.jsonl");
  const run = (...args: string[]) => rowhouse(["audit", ...args], folder, commandSettings(database));
  expect((await run("export", "acme", file)).code).toBe(0);
  const key = readVerifier((await run("key", "--tenant", "acme")).out.trim());
  const verdict = await verifyExport(file, { keys: [key] });
  expect(verdict.problems).toEqual([]);
  const text = readFileSync(file, "utf8");
  expect(text).toContain(event);
  expect(text).not.toContain("Harrier");
});

test.each([
  ["an event that is not there", "00000000-0000-7000-8000-000000000000", ["ip"], "x", "RH404"],
  ["a field that it does not have", null, ["new_row.colour"], "x", "RH400"],
  ["its keys", null, ["row_key"], "x", "RH400"],
  ["what no commitment is made of", null, ["actor_id"], "x", "RH400"],
  ["without a reason", null, ["ip"], " ", "RH400"],
  ["without any reason", null, ["ip"], null, "RH400"],
])("refuses to erase %s, and changes nothing", async (_, given, fields, reason, code) => {
  const event = given ?? (await sealedEvent(`Refused ${code} ${fields} ${reason}`));
  const before = await eventWith(event);
  expect(await erase(event, fields, reason)).toBe(code);
  expect(await eventWith(event)).toEqual(before);
});

test("an event that is not sealed yet is refused", async () => {
  await database.admin.query("update app.tenants set name = 'Unsealed' where id = $1", [tenant]);
  const { rows } = await database.admin.query(
    "select id from audit.events where new_row ->> 'name' = 'Unsealed'",
  );
  expect(await erase(rows[0].id, ["new_row.name"])).toBe("RH404");
});

test("nobody but an operator erases", async () => {
  const event = await sealedEvent("Guarded Works");
  const call = `select audit.erase_fields('${tenant}', '${event}', '{ip}', 'x')`;
  for (const role of ["rowhouse_app", "rowhouse_auth", "rowhouse_worker", "rowhouse_auditor"]) {
    expect(await as(role, call), role).toBe("42501");
  }
  for (const person of [admin, member]) await actors(database.app)(person).expect(call).toBeRefused("42501");
  expect((await eventWith(event)).ip).toBe("192.0.2.44");
});

test("who may erase may not rewrite: not by the definer's grants, nor by saying that it erases", async () => {
  const event = await sealedEvent("Fenced Works");
  const rewrites = [
    "update audit.events set ip = '192.0.2.1'",
    'update audit.events set new_row = new_row || \'{"name": "Other"}\'',
    "update audit.events set new_row = new_row - 'name'",
    "update audit.events set detail = '{}'",
    "update audit.events set user_agent = 'curl'",
  ].map((rewrite) => `${rewrite} where id = '${event}'`);
  for (const rewrite of rewrites) {
    // Outside of an erasure not even what an erasure would do.
    expect(await as("rowhouse_definer", rewrite), rewrite).toBe("RH405");
    expect(await as("rowhouse_definer", `select audit.begin_work('erasing'); ${rewrite}`), rewrite).toBe(
      "RH405",
    );
    // Sealing lets nothing be changed either.
    expect(await as("rowhouse_definer", `select audit.begin_work('sealing'); ${rewrite}`), rewrite).toBe(
      "RH405",
    );
  }
  for (const role of ["rowhouse_app", "rowhouse_auth", "rowhouse_worker", "rowhouse_auditor"]) {
    expect(await as(role, "select audit.begin_work('erasing')"), role).toBe("42501");
  }
  expect((await eventWith(event)).new_row.name).toBe("Fenced Works");
});

// Last, because nothing undoes it.
test("what was erased and put back as something else is found", async () => {
  const event = await sealedEvent("Merlin Works");
  await erase(event, ["ip"]);
  await unguarded(
    database,
    `update audit.commitments set commitment = audit.commitment('x', '"192.0.2.1"') where event_id = '${event}' and field = 'ip'`,
  );
  expect(await problemsOf(database, tenant)).toEqual([["event_altered", expect.any(Number)]]);
});
