import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { seal } from "../support/sealing.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
  await seal(database);
});
afterAll(() => database.drop());

const SEALED = ["seal_mark", "trees", "leaves", "tiles", "commitments", "checkpoints"];
const ROLES = ["rowhouse_app", "rowhouse_auth", "rowhouse_worker", "rowhouse_auditor"];

async function as(role: string, sql: string): Promise<string | undefined> {
  const client = await database.admin.connect();
  try {
    await client.query("begin");
    await client.query(`set local role ${role}`);
    await client.query(sql);
    return "done";
  } catch (error) {
    return (error as pg.DatabaseError).code;
  } finally {
    await client.query("rollback");
    client.release();
  }
}

const everything = async () =>
  (
    await database.admin.query(
      SEALED.map(
        (table) =>
          `select '${table}' as name, md5(string_agg(one::text, ',' order by one::text)) as rows from audit.${table} as one`,
      ).join(" union all "),
    )
  ).rows;

describe("what the trail is sealed with", () => {
  test("is changed by no login, nor read by any but auditors", async () => {
    const before = await everything();
    for (const table of [...SEALED, "signing_keys"].map((name) => `audit.${name}`)) {
      for (const role of ROLES) {
        for (const attack of [
          `insert into ${table} default values`,
          `update ${table} set ${table === "audit.signing_keys" ? "id = id" : "tenant_id = tenant_id"}`,
          `delete from ${table}`,
          `truncate ${table} cascade`,
          `drop table ${table} cascade`,
          `alter table ${table} disable trigger all`,
        ]) {
          expect(await as(role, attack), `${role}: ${attack}`).toBe("42501");
        }
      }
      for (const role of ROLES.slice(0, 3)) {
        expect(await as(role, `select from ${table}`), `${role} reads ${table}`).toBe("42501");
      }
    }
    for (const table of ["seal_mark", "trees", "leaves", "tiles", "commitments", "checkpoints"]) {
      expect(await as("rowhouse_auditor", `select * from audit.${table}`), table).toBe("done");
    }
    expect(await as("rowhouse_auditor", "select private_key from audit.signing_keys")).toBe("42501");
    expect(await everything()).toEqual(before);
  });

  test("is not rewritten by its owner, nor by the definer outside of sealing, nor while it seals", async () => {
    const before = await everything();
    const rewrites = [
      "update audit.tiles set hashes = substr(hashes, 33) where length(hashes) > 32",
      "update audit.tiles set hashes = sha256('x')",
      "update audit.trees set size = 1, signed_size = 0, anchored_size = 0",
      "update audit.leaves set salt = gen_random_uuid()",
      "update audit.leaves set event_id = gen_random_uuid()",
      "update audit.checkpoints set note = 'x'",
      "update audit.checkpoints set root = sha256('x')",
    ];
    for (const rewrite of rewrites) {
      for (const begun of ["", "select audit.begin_work('sealing'); "]) {
        expect(await as("rowhouse_definer", begun + rewrite), begun + rewrite).toMatch(/^(RH405|42501)$/);
      }
      expect(await as("postgres", rewrite), rewrite).toBe("RH405");
    }
    for (const table of SEALED.filter((one) => one !== "seal_mark")) {
      expect(await as("postgres", `delete from audit.${table}`)).toBe("RH405");
      expect(await as("postgres", `truncate audit.${table} cascade`)).toBe("RH405");
    }
    expect(await everything()).toEqual(before);
  });

  test("a worker keeps no checkpoint of another tree, another size or another name", async () => {
    const { rows } = await database.admin.query(
      "select tenant_id as tenant, size, key_id as key, note from audit.checkpoints where tenant_id = $1",
      [acme.tenantId],
    );
    const [{ size, key, note }] = rows;
    const keep = (tenant: string, of: number, said: string) =>
      database.worker
        .query("select jobs.keep_checkpoint($1, $2, $3, $4) as kept", [tenant, of, key, said])
        .then(
          (answer) => answer.rows[0].kept,
          (error: pg.DatabaseError) => error.code,
        );
    expect(await keep(acme.tenantId, Number(size), note)).toBe(false);
    expect(await keep(globex.tenantId, Number(size), note)).toMatch(/^RH40[04]$/);
    expect(await keep(acme.tenantId, Number(size) - 1, note)).toBe("RH400");
    expect(await keep(acme.tenantId, Number(size) + 1, note)).toBe("RH404");
    expect(await keep(acme.tenantId, Number(size), note.replace("chat.", "other."))).toBe("RH400");
  });
});

describe("proofs", () => {
  const eventOf = async (tenant: TenantFixture): Promise<string> =>
    (
      await database.admin.query("select event_id from audit.leaves where tenant_id = $1 limit 1", [
        tenant.tenantId,
      ])
    ).rows[0].event_id;

  test("are for holders of view_audit, of their own tenant's trail", async () => {
    const event = await eventOf(acme);
    const [{ proof }] = (await actingAs(acme.admin).rows("select to_jsonb(app.audit_proof($1)) as proof", [
      event,
    ])) as [{ proof: { checkpoint: string; index: number } }];
    expect(proof.checkpoint.split("\n")[0]).toBe(`chat.example/audit/${acme.tenantId}`);
    await actingAs(acme.admin).expect("select app.audit_consistency(1, 2)").toReach(1);
    await actingAs(acme.admin).expect("select app.audit_checkpoint()").toReach(1);
  });

  test("of a neighbour's event, of none, and of one that is not sealed are refused alike", async () => {
    await database.admin.query("update app.tenants set name = 'Just now' where id = $1", [acme.tenantId]);
    const { rows } = await database.admin.query(
      "select id from audit.events where new_row ->> 'name' = 'Just now'",
    );
    for (const event of [await eventOf(globex), "00000000-0000-7000-8000-000000000000", rows[0].id]) {
      await actingAs(acme.admin).expect("select app.audit_proof($1)", [event]).toBeRefused("RH404");
    }
    for (const [older, newer] of [
      [0, 1],
      [2, 1],
      [1, 1_000_000],
      [null, 2],
    ]) {
      await actingAs(acme.admin)
        .expect("select app.audit_consistency($1, $2)", [older, newer])
        .toBeRefused("RH404");
    }
  });

  test("are refused to everybody else, naming the permission", async () => {
    const event = await eventOf(acme);
    for (const call of [
      `app.audit_proof('${event}')`,
      "app.audit_consistency(1, 2)",
      "app.audit_checkpoint()",
    ]) {
      for (const person of [acme.member, acme.viewer]) {
        await actingAs(person).expect(`select ${call}`).toBeRefused("RH403", "view_audit");
      }
      await actingAs(null).expect(`select ${call}`).toBeRefused("RH403");
    }
  });

  test("the functions beneath them are nobody's", async () => {
    for (const call of [
      `audit.subtree_hash('${globex.tenantId}', 0, 1)`,
      `audit.inclusion_path('${globex.tenantId}', 0, 1)`,
      `audit.consistency_path('${globex.tenantId}', 1, 2)`,
      `audit.append_leaves('${globex.tenantId}', sha256('x'))`,
      "audit.begin_work('sealing')",
      "jobs.seal_audit()",
      "jobs.audit_keys()",
    ]) {
      await actingAs(acme.owner).expect(`select ${call}`).toBeRefused("42501");
    }
  });
});
