import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readCheckpoint } from "../../src/audit/checkpoint.ts";
import { leafHash } from "../../src/audit/leaf.ts";
import { provesConsistency, provesInclusion } from "../../src/audit/merkle.ts";
import { readVerifier } from "../../src/audit/note.ts";
import { verifyExport } from "../../src/audit/verify_export.ts";
import { expireAudit } from "../../src/jobs/expire_audit.ts";
import { actors } from "../support/acting_as.ts";
import { makeFolder, rowhouse } from "../support/command_line.ts";
import { commandSettings, createDatabase, type TestDatabase } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";
import { forgetPowers, happened, keepFor, monthName, monthsAgo, partitionOf } from "../support/old_events.ts";
import { createMember, createTenant } from "../support/people.ts";
import { problemsOf, seal, unguarded, verdictOn } from "../support/sealing.ts";

const PLATFORM = "00000000-0000-0000-0000-000000000000";
let database: TestDatabase;
let tenant: string;
let folder: string;

beforeAll(() => {
  folder = makeFolder();
});
beforeEach(async () => {
  await database?.drop();
  database = await createDatabase();
  ({ tenantId: tenant } = await createTenant(database, { slug: "acme" }));
  await forgetPowers(database, tenant);
  // It was made seventeen months ago; then three months of 300, 20 and 10 events, and a younger one of 5.
  await database.admin.query("select audit.create_partition($1)", [monthsAgo(17)]);
  await unguarded(
    database,
    `update audit.events set at = '${monthsAgo(17)}'::timestamp at time zone 'UTC' + (at - date_trunc('day', at)) where tenant_id = '${tenant}'`,
  );
  await happened(database, tenant, 16, 300);
  await happened(database, tenant, 15, 20);
  await happened(database, tenant, 14, 10);
  await happened(database, tenant, 3, 5);
  await seal(database);
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

const expire = () => expireAudit(jobContext(database));
const one = async <T>(sql: string, values: unknown[] = []): Promise<T> =>
  (await database.admin.query({ text: sql, values, rowMode: "array" })).rows[0]![0] as T;
const eventsOf = (of: string) =>
  one<number>("select count(*)::int from audit.events where tenant_id = $1 and action = 'test.happened'", [
    of,
  ]);
const expiries = async () =>
  (
    await database.admin.query(
      "select detail, actor_kind, database_role from audit.events where tenant_id = $1 and action = 'audit.expired' order by id",
      [tenant],
    )
  ).rows;
const partitions = async (): Promise<string[]> =>
  (
    await database.admin.query(
      "select relname from pg_inherits join pg_class on pg_class.oid = inhrelid where inhparent = 'audit.events'::regclass",
    )
  ).rows.map(({ relname }) => relname);

/** Runs the job, and seals what it declares, until there is nothing to do. */
async function expireAll(): Promise<{ removed: number; declared: number; dropped: number }> {
  const all = { removed: 0, declared: 0, dropped: 0 };
  for (;;) {
    const { removed, declared, dropped } = (await expire()) as typeof all;
    all.removed += removed;
    all.declared += declared;
    all.dropped += dropped;
    if (removed + declared + dropped === 0) return all;
    await seal(database);
  }
}

describe("a tenant that keeps its trail for a year", () => {
  beforeEach(() => keepFor(database, tenant, 12));

  test("loses whole months that are older, and has a sealed record of each", async () => {
    expect(await expireAll()).toEqual({ removed: 338, declared: 338, dropped: 4 });
    expect(await eventsOf(tenant)).toBe(5);
    const told = await expiries();
    expect(
      told.map(({ detail }) => [detail.from, detail.to, detail.first_leaf, detail.last_leaf, detail.events]),
    ).toEqual([
      [monthName(17), monthName(17), 0, 7, 8],
      [monthName(16), monthName(16), 8, 307, 300],
      [monthName(15), monthName(15), 308, 327, 20],
      [monthName(14), monthName(14), 328, 337, 10],
    ]);
    const { detail, ...by } = told.at(-1)!;
    expect(by).toEqual({ actor_kind: "system", database_role: "rowhouse_worker" });
    const { rows: signed } = await database.admin.query(
      "select encode(root, 'base64') as root from audit.checkpoints where tenant_id = $1 and size = $2",
      [tenant, detail.checkpoint_size],
    );
    expect(detail).toMatchObject({
      expired: 338,
      since: monthName(17),
      retention_months: 12,
      checkpoint_root: signed[0].root,
      slug: "acme",
    });
    expect(detail).not.toHaveProperty("reason");
    expect(await verdictOn(database, tenant)).toMatchObject({
      problems: [],
      waiting: 0,
      expired: { leaves: 338, from: monthName(17), to: monthName(14) },
    });
  });

  test("keeps of what is over its hash and its checkpoints, and nothing to guess it by", async () => {
    const event = await one<string>("select event_id from audit.leaves where tenant_id = $1 and index = 20", [
      tenant,
    ]);
    await database.admin.query("select audit.erase_fields($1, $2, '{ip}', 'Asked for it')", [tenant, event]);
    const checkpoints = "select count(*)::int from audit.checkpoints where tenant_id = $1";
    const before = await one<number>(checkpoints, [tenant]);
    await expireAll();
    expect(await one("select min(index)::int from audit.leaves where tenant_id = $1", [tenant])).toBe(338);
    expect(await one("select count(*)::int from audit.commitments where tenant_id = $1", [tenant])).toBe(0);
    expect(
      await one("select length(hashes) from audit.tiles where tenant_id = $1 and level = 0 and index = 0", [
        tenant,
      ]),
    ).toBe(8192);
    expect(await one<number>(checkpoints, [tenant])).toBeGreaterThan(before);
    expect(await problemsOf(database, tenant)).toEqual([]);
  });

  test("has no proof any more of what is over, and proves the rest, and that it only grew, as ever", async () => {
    const admin = await createMember(database, { tenant: { tenantId: tenant, slug: "acme" }, role: "admin" });
    const acting = actors(database.app)(admin);
    const older = await one<number>("select max(size)::int from audit.checkpoints where tenant_id = $1", [
      tenant,
    ]);
    const gone = await one<string>("select event_id from audit.leaves where tenant_id = $1 and index = 20", [
      tenant,
    ]);
    await acting.expect("select app.audit_proof($1)", [gone]).toReach(1);
    await expireAll();
    await acting.expect("select app.audit_proof($1)", [gone]).toBeRefused("RH404");
    const left = await one<string>("select event_id from audit.leaves where tenant_id = $1 and index = 340", [
      tenant,
    ]);
    const [{ proof, grew }] = (await acting.rows(
      "select to_jsonb(proof) as proof, app.audit_consistency($2, proof.size) as grew from app.audit_proof($1) as proof",
      [left, older],
    )) as [
      {
        proof: { leaf: string; index: number; size: number; path: string[]; checkpoint: string };
        grew: string[];
      },
    ];
    const newer = readCheckpoint(proof.checkpoint);
    const hashes = (texts: string[]) => texts.map((text) => Buffer.from(text, "base64"));
    expect(
      provesInclusion({ ...proof, leaf: leafHash(proof.leaf), root: newer.root, path: hashes(proof.path) }),
    ).toBe(true);
    const root = await one<Buffer>("select root from audit.checkpoints where tenant_id = $1 and size = $2", [
      tenant,
      older,
    ]);
    expect(provesConsistency({ older: { size: older, root }, newer, path: hashes(grew) })).toBe(true);
  });

  test("loses nothing before a leaf that says so is sealed and signed", async () => {
    expect(await expire()).toEqual({ removed: 0, declared: 8, dropped: 0 });
    expect(await expire()).toEqual({ removed: 0, declared: 0, dropped: 0 });
    await database.admin.query(
      "select audit.seal(2000, pg_snapshot_xmax(pg_current_snapshot())::text::bigint::text::xid8)",
    );
    expect(await expire()).toEqual({ removed: 0, declared: 0, dropped: 0 });
    await seal(database);
    expect(await expire()).toMatchObject({ removed: 8 });
  });

  test("loses nothing that is not sealed, however old it is", async () => {
    await happened(database, tenant, 13, 3);
    await expire();
    expect((await expiries()).length).toBe(1);
    const { rows } = await database.admin.query(
      "select count(*)::int as left from audit.events where tenant_id = $1 and at >= $2::timestamp at time zone 'UTC' and at < $3::timestamp at time zone 'UTC'",
      [tenant, monthsAgo(13), monthsAgo(12)],
    );
    expect(rows[0].left).toBe(3);
  });

  test("has the partition of a month dropped in which nobody has anything left, which the platform's trail says", async () => {
    const { tenantId: globex } = await createTenant(database, { slug: "globex" });
    await happened(database, globex, 15, 4);
    await seal(database);
    await expireAll();
    expect(await partitions()).not.toContain(partitionOf(16));
    expect(await partitions()).toContain(partitionOf(15));
    expect(await eventsOf(globex)).toBe(4);
    const { rows } = await database.admin.query(
      "select detail, database_role from audit.events where tenant_id = $1 and action = 'audit.month_dropped' order by id",
      [PLATFORM],
    );
    expect(rows.map(({ detail }) => detail.month)).toEqual([monthName(17), monthName(16), monthName(14)]);
    expect(rows[1]).toEqual({
      detail: { month: monthName(16), partition: partitionOf(16), bytes: expect.any(Number) },
      database_role: "rowhouse_worker",
    });
    expect(await problemsOf(database, globex)).toEqual([]);
    expect(await problemsOf(database, PLATFORM)).toEqual([]);
  });

  test("loses it once, however many workers are at it", async () => {
    for (let round = 0; round < 8; round++) {
      await Promise.all([1, 2, 3].map(expire));
      await seal(database);
    }
    expect((await expiries()).length).toBe(4);
    expect(await eventsOf(tenant)).toBe(5);
    expect(await problemsOf(database, tenant)).toEqual([]);
  });

  test("loses what a transaction wrote that was open over the end of a month with the next month", async () => {
    await happened(database, tenant, 13, 2);
    await happened(database, tenant, 4, 1);
    await happened(database, tenant, 13, 2);
    await seal(database);
    await expireAll();
    // Behind the five of three months ago nothing is over, because what is over is always the beginning.
    expect((await expiries()).at(-1)!.detail.last_leaf).toBe(337);
    expect(await eventsOf(tenant)).toBe(10);
    expect(await problemsOf(database, tenant)).toEqual([]);
  });

  test("loses in the end the records of what it lost, and the newest vouches for all", async () => {
    await database.admin.query("select audit.create_partition($1)", [monthsAgo(2)]);
    for (let turn = 0; turn < 3; turn += 1) {
      await expire();
      // As if it had been two months ago.
      await unguarded(
        database,
        `update audit.events set at = '${monthsAgo(2)}'::timestamp at time zone 'UTC' + interval '1 day'
         where tenant_id = '${tenant}' and at > now() - interval '1 day'`,
      );
      await seal(database);
    }
    // Dropped by hand, what is three months old goes, and the records with it.
    await database.admin.query(
      "select audit.drop_before($1, date_trunc('month', now() at time zone 'UTC')::date, 'Too much')",
      [tenant],
    );
    await seal(database);
    await expireAll();
    const told = await expiries();
    expect(told.length).toBe(1);
    expect(told[0].detail).toMatchObject({ reason: "Too much", since: monthName(17) });
    expect(await verdictOn(database, tenant)).toMatchObject({
      problems: [],
      expired: { from: monthName(17) },
    });
  });

  test("is found by its slug when the event of its making is gone", async () => {
    await expireAll();
    const told = await rowhouse(["audit", "verify", "--tenant", "acme"], folder, commandSettings(database));
    expect(told).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        new RegExp(
          `^tenant ${tenant}: \\d+ leaves, 338 of them expired \\(${monthName(17)} … ${monthName(14)}\\): verified\n`,
        ),
      ),
    });
  });
});

describe("for how long", () => {
  test("a trail that nobody decided about is kept without end", async () => {
    expect(await expireAll()).toEqual({ removed: 0, declared: 0, dropped: 0 });
  });

  test("a trail is never kept for less than the operator's least, whatever the tenant's row says", async () => {
    await database.admin.query("select audit.set_retention(15, null)");
    await unguarded(database, `update app.tenants set audit_retention_months = 2 where id = '${tenant}'`);
    await expireAll();
    expect((await expiries()).map(({ detail }) => [detail.to, detail.retention_months])).toEqual([
      [monthName(17), 15],
      [monthName(16), 15],
    ]);
  });

  test("what was lowered counts when its thirty days are over", async () => {
    await keepFor(database, tenant, 14);
    await database.admin.query("update app.tenants set audit_retention_months = 12 where id = $1", [tenant]);
    await expireAll();
    expect((await expiries()).map(({ detail }) => detail.retention_months)).toEqual([14, 14, 14]);
    await unguarded(
      database,
      `update app.tenants set audit_retention_lowers_at = now() - interval '1 second' where id = '${tenant}'`,
    );
    await expireAll();
    expect((await expiries()).at(-1)!.detail).toMatchObject({ to: monthName(14), retention_months: 12 });
  });

  test("the platform's trail, and that of a tenant that was erased, is kept as the operator says", async () => {
    const erased = "00000000-0000-7000-8000-00000000dead";
    await happened(database, erased, 20, 3);
    await seal(database);
    expect(await expireAll()).toMatchObject({ removed: 0 });
    await database.admin.query("select audit.set_retention(12, 18)");
    await seal(database);
    expect(await expireAll()).toMatchObject({ removed: 3 });
    expect(await problemsOf(database, erased)).toEqual([]);
    const { rows } = await database.admin.query(
      "select old_row, new_row from audit.events where table_name = 'audit.retention' and action = 'update'",
    );
    expect(rows).toEqual([
      {
        old_row: { name: "installation", least_months: 12, platform_months: null },
        new_row: { name: "installation", least_months: 12, platform_months: 18 },
      },
    ]);
  });
});

describe("the operator drops by hand", () => {
  const drop = (...args: string[]) => rowhouse(["audit", "drop", ...args], folder, commandSettings(database));

  test("with a reason, which stays with the role that it was", async () => {
    const before = monthName(15);
    expect(await drop("--tenant", "acme", "--before", before, "--reason", "Case 44", "--yes")).toMatchObject({
      code: 0,
      out: expect.stringContaining(`308 events of ${monthName(17)} … ${monthName(16)}`),
    });
    expect(await eventsOf(tenant)).toBe(335);
    await seal(database);
    expect(await expireAll()).toMatchObject({ removed: 308 });
    const [{ detail, database_role }] = (await expiries()) as [
      { detail: Record<string, unknown>; database_role: string },
    ];
    expect(detail).toMatchObject({ reason: "Case 44", last_leaf: 307 });
    expect(detail).not.toHaveProperty("retention_months");
    expect(database_role).toBe("postgres");
    expect(await problemsOf(database, tenant)).toEqual([]);
  });

  test("not without --yes, a reason, a whole month that is over, or anything to drop", async () => {
    const good = ["--tenant", "acme", "--before", monthName(15), "--reason", "x"];
    expect(await drop(...good)).toMatchObject({ code: 2 });
    expect(await drop(...good.slice(0, 4), "--yes")).toMatchObject({ code: 2 });
    expect(await drop("--tenant", "acme", "--before", "2025-13", "--reason", "x", "--yes")).toMatchObject({
      code: 2,
    });
    expect(
      await drop("--tenant", "nobody", "--before", monthName(15), "--reason", "x", "--yes"),
    ).toMatchObject({ code: 2 });
    for (const [before, code] of [
      [monthName(-1), 1],
      [monthName(30), 1],
    ] as const) {
      expect(
        await drop("--tenant", "acme", "--before", before, "--reason", "x", "--yes"),
        before,
      ).toMatchObject({ code });
    }
    for (const [month, reason, code] of [
      [monthsAgo(15), " ", "RH400"],
      [monthsAgo(15), null, "RH400"],
      [`${monthName(15)}-02`, "x", "RH400"],
      [null, "x", "RH400"],
      [monthsAgo(-1), "x", "RH400"],
      [monthsAgo(30), "x", "RH404"],
    ]) {
      await expect(
        database.admin.query("select audit.drop_before($1, $2, $3)", [tenant, month, reason]),
      ).rejects.toMatchObject({ code });
    }
    expect(await expiries()).toEqual([]);
  });
});

describe("whoever can do anything in the database is found", () => {
  beforeEach(async () => {
    await keepFor(database, tenant, 14);
    await expireAll();
    expect(await problemsOf(database, tenant)).toEqual([]);
  });
  /** Of 328 leaves that are over the events are gone. */
  const OVER = 328;

  test("who deletes beyond what is over", async () => {
    await unguarded(
      database,
      `delete from audit.events where tenant_id = '${tenant}' and id in (select event_id from audit.leaves where tenant_id = '${tenant}' and index < ${OVER + 2})`,
      `delete from audit.leaves where tenant_id = '${tenant}' and index < ${OVER + 2}`,
      `update audit.trees set expired_size = ${OVER + 2}, removed_size = ${OVER + 2} where tenant_id = '${tenant}'`,
    );
    const { problems } = await verdictOn(database, tenant);
    expect(problems).toEqual([
      { tenant, code: "event_missing", leaf: OVER, lastLeaf: OVER + 1, eventId: null },
    ]);
  });

  test("who deletes a single event that is not over", async () => {
    await unguarded(
      database,
      `delete from audit.events where id = (select event_id from audit.leaves where tenant_id = '${tenant}' and index = ${OVER + 4})`,
    );
    expect(await problemsOf(database, tenant)).toEqual([["event_missing", OVER + 4]]);
  });

  test("who alters the event that vouches, so that it vouches for more", async () => {
    await unguarded(
      database,
      `update audit.events set detail = detail || '{"expired": 338}' where tenant_id = '${tenant}' and action = 'audit.expired'
         and detail ->> 'expired' = '${OVER}'`,
    );
    const problems = await problemsOf(database, tenant);
    expect(problems).toContainEqual(["event_altered", expect.any(Number)]);
    // The one before it vouches for what was over then.
    expect(problems).toContainEqual(["event_missing", 308]);
  });

  test("who deletes the event that vouches", async () => {
    await unguarded(
      database,
      `delete from audit.events where tenant_id = '${tenant}' and action = 'audit.expired'`,
    );
    const problems = await problemsOf(database, tenant);
    expect(problems[0]).toEqual(["event_missing", 0]);
    expect(problems.length).toBe(4);
  });

  test("who forges a record that is not sealed, or says that it is of leaves behind it", async () => {
    await unguarded(
      database,
      `delete from audit.events where tenant_id = '${tenant}' and id in (select event_id from audit.leaves where tenant_id = '${tenant}' and index < 333)`,
      `delete from audit.leaves where tenant_id = '${tenant}' and index < 333`,
      `insert into audit.events (tenant_id, action, severity, actor_kind, detail) values ('${tenant}', 'audit.expired', 'high', 'system', '{"expired": 333}')`,
    );
    expect(await problemsOf(database, tenant)).toEqual([["event_missing", OVER]]);
    await unguarded(
      database,
      `update audit.events set detail = '{"expired": 100000}' where tenant_id = '${tenant}' and action = 'audit.expired' and detail = '{"expired": 333}'`,
    );
    await seal(database);
    expect(await problemsOf(database, tenant)).toEqual([["event_missing", OVER]]);
  });

  test("who seals without a signature what vouches", async () => {
    await unguarded(
      database,
      `delete from audit.events where tenant_id = '${tenant}' and id in (select event_id from audit.leaves where tenant_id = '${tenant}' and index < 333)`,
      `delete from audit.leaves where tenant_id = '${tenant}' and index < 333`,
      `insert into audit.events (tenant_id, action, severity, actor_kind, detail) values ('${tenant}', 'audit.expired', 'high', 'system', '{"expired": 333}')`,
    );
    await database.admin.query(
      "select audit.seal(2000, pg_snapshot_xmax(pg_current_snapshot())::text::bigint::text::xid8)",
    );
    expect(await problemsOf(database, tenant)).toEqual([["event_missing", OVER]]);
  });

  test("who takes a month away by hand, and which it was", async () => {
    await database.admin.query(`alter table audit.events detach partition audit.${partitionOf(14)}`);
    const { problems } = await verdictOn(database, tenant);
    expect(problems).toEqual([
      { tenant, code: "month_missing", leaf: OVER, lastLeaf: OVER + 9, detail: monthName(14) },
    ]);
    const told = await rowhouse(["audit", "verify", "--tenant", tenant], folder, commandSettings(database));
    expect(told.code).toBe(1);
    expect(told.out).toContain(`month_missing: tenant ${tenant}, leaves 328 to 337`);
    expect(told.out).toContain(`(${monthName(14)})`);
  });

  test("who puts back what is over", async () => {
    await unguarded(
      database,
      `insert into audit.events (tenant_id, at, action, severity, actor_kind, transaction_id) values ('${tenant}', '${monthsAgo(14)}', 'test.happened', 'low', 'system', '3')`,
    );
    expect(await problemsOf(database, tenant)).toEqual([["event_inserted", null]]);
  });
});

describe("nothing goes any other way", () => {
  const as = async (role: string, ...statements: string[]): Promise<string> => {
    const client = await database.admin.connect();
    try {
      await client.query("begin");
      await client.query(`set local role ${role}`);
      for (const statement of statements) await client.query(statement);
      return "done";
    } catch (error) {
      return (error as { code: string }).code;
    } finally {
      await client.query("rollback");
      client.release();
    }
  };

  test("no login deletes, declares or drops", async () => {
    for (const role of ["rowhouse_app", "rowhouse_auth", "rowhouse_worker", "rowhouse_auditor"]) {
      for (const attack of [
        "delete from audit.events",
        "delete from audit.leaves",
        "select audit.begin_work('expiring')",
        `select audit.declare_expiry('${tenant}', now(), null, 'x')`,
        "select audit.remove_expired(1)",
        "select audit.expire(1)",
        `select audit.drop_before('${tenant}', '${monthsAgo(15)}', 'x')`,
        `select audit.drop_partition('${monthsAgo(16)}')`,
        "select audit.drop_month()",
        "select audit.set_retention(1, 1)",
        "select audit.kept_months(null)",
        "update audit.retention set least_months = 1",
        "update audit.trees set expired_size = 1",
      ]) {
        expect(await as(role, attack), `${role}: ${attack}`).toBe("42501");
      }
      if (role !== "rowhouse_worker")
        expect(await as(role, "select jobs.expire_audit()"), role).toBe("42501");
    }
  });

  test("the worker has no more go than is over, however it calls", async () => {
    for (const batch of [0, -1, 100_000, null]) {
      await expect(database.worker.query("select jobs.expire_audit($1)", [batch])).rejects.toMatchObject({
        code: "RH400",
      });
    }
    expect(await as("rowhouse_worker", "select jobs.expire_audit(10000)")).toBe("done");
    expect(await expiries()).toEqual([]);
  });

  test("the definer deletes nothing outside of expiry, nor, while it expires, what no signed leaf says is over", async () => {
    const attacks = [
      `delete from audit.events where tenant_id = '${tenant}'`,
      `delete from audit.leaves where tenant_id = '${tenant}'`,
    ];
    for (const attack of attacks) {
      expect(await as("rowhouse_definer", attack), attack).toBe("RH405");
      for (const work of ["sealing", "erasing", "expiring"]) {
        expect(
          await as("rowhouse_definer", `select audit.begin_work('${work}')`, attack),
          `${work}: ${attack}`,
        ).toBe("RH405");
      }
      // Declared, and not signed.
      expect(
        await as(
          "rowhouse_definer",
          "select audit.begin_work('expiring')",
          `select audit.declare_expiry('${tenant}', now(), null, 'x')`,
          attack,
        ),
      ).toBe("RH405");
      expect(await as("postgres", attack), attack).toBe("RH405");
    }
    for (const change of [
      "expired_size = 5, expiry_event = gen_random_uuid()",
      "removed_size = 0, size = size + 1",
    ]) {
      const attack = `update audit.trees set ${change} where tenant_id = '${tenant}'`;
      for (const role of ["rowhouse_definer", "postgres"])
        expect(await as(role, attack), attack).toBe("RH405");
    }
  });

  test("a partition in which something is left is not dropped, nor one of this month or the last", async () => {
    for (const months of [16, 15, 3, 1, 0]) {
      expect(await one("select audit.drop_partition($1)", [monthsAgo(months)]), String(months)).toBe(false);
    }
    expect(await partitions()).toEqual(expect.arrayContaining([16, 15, 3, 0].map(partitionOf)));
    expect(await eventsOf(tenant)).toBe(335);
  });

  test("nothing is erased of the event that vouches", async () => {
    await keepFor(database, tenant, 12);
    await expire();
    await seal(database);
    const event = await one<string>("select id from audit.events where action = 'audit.expired'");
    await expect(
      database.admin.query("select audit.erase_fields($1, $2, '{detail.expired}', 'x')", [tenant, event]),
    ).rejects.toMatchObject({ code: "RH400" });
  });
});

describe("an export of a trail of which months are over", () => {
  let file: string;
  let key: string;
  const run = (...args: string[]) => rowhouse(["audit", ...args], folder, commandSettings(database));
  const verified = (path: string) => verifyExport(path, { keys: [readVerifier(key)] });
  beforeEach(async () => {
    await keepFor(database, tenant, 14);
    await expireAll();
    file = join(folder, `${tenant}.jsonl`);
    key = (await run("key", "--tenant", tenant)).out.trim();
    expect((await run("export", tenant, file)).code).toBe(0);
  });

  test("verifies with nothing but the file and a key", async () => {
    expect(await verified(file)).toMatchObject({
      problems: [],
      expired: { leaves: 328, from: monthName(17), to: monthName(15) },
    });
    const text = readFileSync(file, "utf8");
    expect(text).toContain("Falcon 3");
    expect(text).not.toContain("Falcon 12");
  });

  test("is found out where an event was taken from it, or the one that vouches", async () => {
    const lines = readFileSync(file, "utf8").split("\n");
    const without = async (which: (line: string) => boolean) => {
      writeFileSync(`${file}.cut`, lines.filter((line) => !which(line)).join("\n"));
      return (await verified(`${file}.cut`)).problems.map(({ code, leaf, lastLeaf }) => [
        code,
        leaf,
        lastLeaf,
      ]);
    };
    expect(await without((line) => line.startsWith('{"index":330,'))).toEqual([
      ["event_missing", 330, undefined],
    ]);
    expect(await without((line) => line.startsWith('{"index":328,'))).toEqual([
      ["event_missing", 328, undefined],
    ]);
    const found = await without((line) => line.includes("audit.expired"));
    expect(found[0]).toEqual(["event_missing", 0, 327]);
  });
});
