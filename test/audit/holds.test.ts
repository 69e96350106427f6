import { rmSync } from "node:fs";
import type pg from "pg";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { deleteAccounts } from "../../src/jobs/delete_accounts.ts";
import { eraseTenants } from "../../src/jobs/erase_tenants.ts";
import { expireAudit } from "../../src/jobs/expire_audit.ts";
import { expireConversations } from "../../src/jobs/expire_conversations.ts";
import { expireGuests } from "../../src/jobs/expire_guests.ts";
import { actors } from "../support/acting_as.ts";
import { makeFolder, rowhouse } from "../support/command_line.ts";
import { commandSettings, createDatabase, type TestDatabase } from "../support/database.ts";
import { furnishedGuest } from "../support/guests.ts";
import { jobContext } from "../support/jobs.ts";
import { happened, keepFor, monthsAgo } from "../support/old_events.ts";
import { seal, unguarded } from "../support/sealing.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;
const folder = makeFolder();

beforeEach(async () => {
  await database?.drop();
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

const one = async <T>(sql: string, values: unknown[] = []): Promise<T> =>
  (await database.admin.query({ text: sql, values, rowMode: "array" })).rows[0]?.[0] as T;
const place = (tenant: TenantFixture, person: string | null = null, reason = "Case 44"): Promise<string> =>
  one("select audit.place_hold($1, $2, $3)", [tenant.tenantId, person, reason]);
const release = (hold: string) => one("select audit.release_hold($1, 'It is settled')", [hold]);
const events = async (action: string) =>
  (
    await database.admin.query(
      "select tenant_id, detail, actor_id from audit.events where action = $1 order by id",
      [action],
    )
  ).rows;

describe("while a hold stands, of the trail", () => {
  /** Sealed events of sixteen months ago, with nothing younger before them. */
  beforeEach(async () => {
    await keepFor(database, acme.tenantId, 12);
    await database.admin.query("select audit.create_partition($1)", [monthsAgo(17)]);
    await unguarded(
      database,
      `update audit.events set at = '${monthsAgo(17)}'::timestamp at time zone 'UTC' where tenant_id = '${acme.tenantId}'`,
    );
    await happened(database, acme.tenantId, 16, 5);
    await seal(database);
  });
  const expire = () => expireAudit(jobContext(database));
  const left = () =>
    one<number>("select count(*)::int from audit.events where tenant_id = $1", [acme.tenantId]);

  test("nothing is declared to be over, and when it is released, it is", async () => {
    const hold = await place(acme, acme.member.userId);
    expect(await expire()).toEqual({ removed: 0, declared: 0, dropped: 0 });
    await release(hold);
    expect(await expire()).not.toMatchObject({ declared: 0 });
  });

  test("nothing goes that was declared to be over before", async () => {
    expect(await expire()).not.toMatchObject({ declared: 0 });
    await seal(database);
    const hold = await place(acme);
    const before = await left();
    expect(await expire()).toEqual({ removed: 0, declared: 0, dropped: 0 });
    expect(await left()).toBe(before);
    await release(hold);
    expect(await expire()).not.toMatchObject({ removed: 0 });
  });

  test("nothing is dropped by hand, and nothing is erased", async () => {
    const hold = await place(acme);
    const event = await one<string>("select event_id from audit.leaves where tenant_id = $1 limit 1", [
      acme.tenantId,
    ]);
    for (const call of [
      `select audit.drop_before('${acme.tenantId}', '${monthsAgo(1)}', 'x')`,
      `select audit.erase_fields('${acme.tenantId}', '${event}', '{ip}', 'x')`,
    ]) {
      await expect(database.admin.query(call), call).rejects.toMatchObject({ code: "RH490", detail: hold });
    }
    await release(hold);
    await database.admin
      .query("select audit.erase_fields($1, $2, '{ip}', 'x')", [acme.tenantId, event])
      .catch((error: pg.DatabaseError) => expect(error.code).toBe("RH400"));
    const dropped = await rowhouse(
      ["audit", "drop", "--tenant", "acme", "--before", monthsAgo(1).slice(0, 7), "--reason", "x", "--yes"],
      folder,
      commandSettings(database),
    );
    expect(dropped.code).toBe(0);
  });

  test("a hold over the company next door is none", async () => {
    await place(globex);
    expect(await expire()).not.toMatchObject({ declared: 0 });
  });

  test("whoever places one waits for what is being removed, and after that nothing is", async () => {
    await expire();
    await seal(database);
    const worker = await database.worker.connect();
    try {
      await worker.query("begin");
      expect(await worker.query("select jobs.expire_audit(2) as step")).toMatchObject({
        rows: [{ step: { step: "removed", events: 2 } }],
      });
      let placed = false;
      const placing = place(acme).then(() => {
        placed = true;
      });
      await waitsForLock();
      expect(placed).toBe(false);
      await worker.query("commit");
      await placing;
    } finally {
      worker.release();
    }
    const before = await left();
    expect(await expire()).toEqual({ removed: 0, declared: 0, dropped: 0 });
    expect(await left()).toBe(before);
  });

  test("whoever removes waits for one that is being placed, and finds it", async () => {
    await expire();
    await seal(database);
    const operator = await database.admin.connect();
    try {
      await operator.query("begin");
      await operator.query("select audit.place_hold($1, null, 'x')", [acme.tenantId]);
      const expiring = expire();
      await waitsForLock();
      await operator.query("commit");
      expect(await expiring).toEqual({ removed: 0, declared: 0, dropped: 0 });
    } finally {
      operator.release();
    }
  });

  /** Until somebody in this database waits for an advisory lock. */
  async function waitsForLock(): Promise<void> {
    await expect
      .poll(() =>
        one(
          "select count(*)::int from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and wait_event = 'advisory'",
        ),
      )
      .toBe(1);
  }
});

describe("while a hold stands over a company", () => {
  const due = () =>
    database.admin.query(
      `insert into auth.tenant_deletions (id, asked_at, due_at) values ($1, now() - interval '2 days', now() - interval '1 day')`,
      [acme.tenantId],
    );
  const rows = () =>
    one<number>("select count(*)::int from app.messages where tenant_id = $1", [acme.tenantId]);
  const run = () => eraseTenants(jobContext(database));

  test("its erasure waits, and its trail says for what; and that of the next one goes on", async () => {
    const hold = await place(acme);
    await due();
    await database.admin.query(
      "insert into auth.tenant_deletions (id, asked_at, due_at) values ($1, now() - interval '2 days', now() - interval '1 hour')",
      [globex.tenantId],
    );
    const before = await rows();
    expect(await run()).toMatchObject({ erased: 1 });
    expect(await rows()).toBe(before);
    expect(await events("tenant.erasure_held")).toEqual([
      { tenant_id: acme.tenantId, actor_id: null, detail: { hold, due_at: expect.any(String) } },
    ]);
    await release(hold);
    expect(await run()).toMatchObject({ erased: 0 });
    await database.admin.query("update auth.tenant_deletions set due_at = now() - interval '1 second'");
    expect(await run()).toMatchObject({ erased: 1 });
    // Its holds outlive it.
    expect(
      await one("select count(*)::int from audit.legal_holds where tenant_id = $1", [acme.tenantId]),
    ).toBe(1);
  });

  test("an erasure that has begun stops where it is, and goes on when it is released", async () => {
    await due();
    await database.admin.query("select jobs.erase_tenant(1)");
    const hold = await place(acme, acme.colleague.userId);
    const before = await rows();
    expect(await run()).toEqual({ erased: 0, rows: 0 });
    expect(await rows()).toBe(before);
    await release(hold);
    expect(await run()).toMatchObject({ erased: 1 });
  });

  test("the operator does not erase it, and is told of the hold", async () => {
    const hold = await place(acme);
    await expect(
      database.admin.query("select auth.begin_erasure($1, 'x')", [acme.tenantId]),
    ).rejects.toMatchObject({
      code: "RH490",
      detail: hold,
    });
    const told = await rowhouse(
      ["tenant", "erase", "acme", "--reason", "x", "--yes"],
      folder,
      commandSettings(database),
    );
    expect(told).toMatchObject({ code: 1, err: expect.stringContaining(hold) });
    expect(await one("select status from app.tenants where id = $1", [acme.tenantId])).toBe("active");
  });

  test("the accounts of its members wait, and the trail says for what", async () => {
    const hold = await place(acme);
    for (const person of [acme.member, globex.member]) {
      await database.admin.query(
        "insert into auth.deletions (user_id, asked_at, due_at) values ($1, now() - interval '15 days', now() - interval '1 day')",
        [person.userId],
      );
    }
    expect(await deleteAccounts(jobContext(database))).toEqual({ deleted: 1, postponed: 1 });
    expect(await one("select status from app.users where id = $1", [acme.member.userId])).toBe("active");
    expect(await one("select status from app.users where id = $1", [globex.member.userId])).toBe("deleted");
    expect(await events("auth.account_deletion_held")).toEqual([
      { tenant_id: expect.any(String), actor_id: acme.member.userId, detail: { hold } },
    ]);
    // Asked about again in a week.
    expect(await deleteAccounts(jobContext(database))).toEqual({ deleted: 0, postponed: 0 });
    await release(hold);
    await database.admin.query("update auth.deletions set due_at = now() - interval '1 second'");
    expect(await deleteAccounts(jobContext(database))).toEqual({ deleted: 1, postponed: 0 });
  });

  test("what is in the bin for thirty days stays there", async () => {
    const hold = await place(acme);
    for (const { conversationId } of [acme.member, globex.member]) {
      await unguarded(
        database,
        `update app.conversations set deleted_at = now() - interval '31 days' where id = '${conversationId}'`,
      );
    }
    const expire = () => expireConversations(jobContext(database));
    expect(await expire()).toEqual({ deleted: 1 });
    expect(await isThere(acme.member.conversationId)).toBe(true);
    await release(hold);
    expect(await expire()).toEqual({ deleted: 1 });
  });

  test("its guests stay, with what they said", async () => {
    const hold = await place(acme);
    const guest = await furnishedGuest(database, acme);
    await database.admin.query("delete from auth.api_keys where user_id = $1", [guest.userId]);
    await database.admin.query("update app.users set created_at = now() - interval '80 days' where id = $1", [
      guest.userId,
    ]);
    await database.admin.query("delete from auth.sessions where user_id = $1", [guest.userId]);
    expect(await expireGuests(jobContext(database))).toEqual({ forgotten: 0 });
    await release(hold);
    expect(await expireGuests(jobContext(database))).toEqual({ forgotten: 1 });
  });

  test("its people delete neither conversations nor documents, and are told so", async () => {
    const hold = await place(acme);
    const document = await documentOf(acme);
    const attempts: [string, string][] = [
      ["delete from app.conversations where id = $1", acme.member.conversationId],
      ["delete from app.documents where id = $1", document],
    ];
    for (const [sql, id] of attempts)
      await actingAs(acme.member).expect(sql, [id]).toBeRefused("RH490", hold);
    expect(await isThere(acme.member.conversationId)).toBe(true);
    await actingAs(globex.member)
      .expect("delete from app.conversations where id = $1", [globex.member.conversationId])
      .toReach(1);
    await release(hold);
    for (const [sql, id] of attempts) await actingAs(acme.member).expect(sql, [id]).toReach(1);
  });

  test("not even its owner's superuser deletes what was said by accident", async () => {
    const hold = await place(acme);
    for (const table of ["conversations", "messages"]) {
      await expect(
        database.admin.query(`delete from app.${table} where tenant_id = $1`, [acme.tenantId]),
      ).rejects.toMatchObject({ code: "RH490", detail: hold });
    }
  });
});

describe("while a hold stands over one person", () => {
  test("what is theirs stays, and what is their colleagues' goes as ever", async () => {
    const hold = await place(acme, acme.member.userId);
    await actingAs(acme.member)
      .expect("delete from app.conversations where id = $1", [acme.member.conversationId])
      .toBeRefused("RH490", hold);
    await actingAs(acme.colleague)
      .expect("delete from app.conversations where id = $1", [acme.colleague.conversationId])
      .toReach(1);
  });

  test("their account waits, and a colleague's does not", async () => {
    await place(acme, acme.member.userId);
    for (const person of [acme.member, acme.colleague]) {
      await database.admin.query(
        "insert into auth.deletions (user_id, asked_at, due_at) values ($1, now() - interval '15 days', now() - interval '1 day')",
        [person.userId],
      );
    }
    expect(await deleteAccounts(jobContext(database))).toEqual({ deleted: 1, postponed: 1 });
    expect(await one("select status from app.users where id = $1", [acme.member.userId])).toBe("active");
  });

  test("another hold goes on when one is released", async () => {
    const [first, second] = [await place(acme, acme.member.userId), await place(acme)];
    await release(first);
    await actingAs(acme.member)
      .expect("delete from app.conversations where id = $1", [acme.member.conversationId])
      .toBeRefused("RH490", second);
  });
});

describe("a hold", () => {
  test("is placed and released by the operator alone", async () => {
    const hold = await place(acme);
    for (const call of [
      `select audit.place_hold('${acme.tenantId}', null, 'x')`,
      `select audit.release_hold('${hold}', 'x')`,
      "select * from audit.list_holds(null, false)",
      `select audit.hold_of('${acme.tenantId}')`,
      "select audit.heed_holds()",
      "insert into audit.legal_holds (tenant_id, reason) values (context.tenant_id(), 'x')",
      "update audit.legal_holds set released_at = now()",
      "select * from audit.legal_holds",
    ]) {
      for (const person of [acme.owner, acme.admin, acme.member, null]) {
        await actingAs(person).expect(call).toBeRefused("42501");
      }
      for (const role of ["worker", "auth"] as const) {
        await expect(database[role].query(call), `${role}: ${call}`).rejects.toMatchObject({ code: "42501" });
      }
    }
    expect(await one("select count(*)::int from audit.legal_holds where released_at is null")).toBe(1);
  });

  test("needs a reason, somebody and something; and is released once", async () => {
    const nobody = "00000000-0000-7000-8000-000000000000";
    for (const [tenant, person, reason, code] of [
      [acme.tenantId, null, " ", "RH400"],
      [acme.tenantId, null, null, "RH400"],
      [acme.tenantId, null, "x".repeat(501), "RH400"],
      [nobody, null, "x", "RH404"],
      [acme.tenantId, globex.member.userId, "x", "RH404"],
    ]) {
      await expect(
        database.admin.query("select audit.place_hold($1, $2, $3)", [tenant, person, reason]),
      ).rejects.toMatchObject({ code });
    }
    const hold = await place(acme);
    await expect(database.admin.query("select audit.release_hold($1, ' ')", [hold])).rejects.toMatchObject({
      code: "RH400",
    });
    await release(hold);
    await expect(release(hold)).rejects.toMatchObject({ code: "RH404" });
  });

  test("stays as it was placed, and is never deleted, not even by a slip of the owner's", async () => {
    const hold = await place(acme);
    for (const attack of [
      "delete from audit.legal_holds",
      "truncate audit.legal_holds",
      "update audit.legal_holds set reason = 'Nothing'",
      `update audit.legal_holds set tenant_id = '${globex.tenantId}'`,
    ]) {
      await expect(database.admin.query(attack), attack).rejects.toMatchObject({ code: "RH405" });
    }
    await release(hold);
    await expect(
      database.admin.query(
        "update audit.legal_holds set released_at = null, released_by = null, release_reason = null",
      ),
    ).rejects.toMatchObject({ code: "RH405" });
  });

  test("is in the trail of its company: who placed it, over whom and why, and who released it", async () => {
    const hold = await place(acme, acme.member.userId);
    await release(hold);
    const told = { tenant_id: acme.tenantId, actor_id: null };
    expect(await events("audit.hold_placed")).toEqual([
      { ...told, detail: { hold, user_id: acme.member.userId, reason: "Case 44" } },
    ]);
    expect(await events("audit.hold_released")).toEqual([
      { ...told, detail: { hold, user_id: acme.member.userId, reason: "It is settled" } },
    ]);
  });

  test("is seen by who reads the company's trail, and by nobody else", async () => {
    const hold = await place(acme, acme.member.userId);
    const seen = (who: TenantFixture["owner"]) =>
      actingAs(who).rows<{ id: string }>("select * from app.legal_holds()");
    expect(await seen(acme.admin)).toEqual([
      {
        id: hold,
        user_id: acme.member.userId,
        reason: "Case 44",
        placed_by: "postgres",
        placed_at: expect.any(Date),
        released_by: null,
        released_at: null,
        release_reason: null,
        stands: true,
      },
    ]);
    expect(await seen(globex.owner)).toEqual([]);
    for (const who of [acme.member, acme.viewer]) {
      await actingAs(who).expect("select app.legal_holds()").toBeRefused("RH403", "view_audit");
    }
    await actingAs(null).expect("select app.legal_holds()").toBeRefused("RH403", "view_audit");
  });

  test("is placed, listed and released by command", async () => {
    const run = (...args: string[]) =>
      rowhouse(["audit", "hold", ...args], folder, commandSettings(database));
    const placed = await run("place", "acme", "--user", acme.member.email, "--reason", "Case 45");
    expect(placed.code).toBe(0);
    const id = placed.out.trim();
    const listed = await run("list", "--tenant", "acme", "--standing", "--format", "json");
    expect(JSON.parse(listed.out)).toMatchObject([
      { id, slug: "acme", user_id: acme.member.userId, reason: "Case 45" },
    ]);
    expect((await run("list")).out).toContain("Case 45");
    expect(await run("release", id, "--reason", "Settled")).toMatchObject({ code: 0 });
    expect((await run("list", "--standing")).out).toBe("nothing is held\n");
    expect(await run("release", id, "--reason", "Settled")).toMatchObject({ code: 1 });
    expect(await run("place", "acme", "--user", globex.member.email, "--reason", "x")).toMatchObject({
      code: 1,
    });
    expect(await run("place", "acme", "--user", "nobody@acme.example", "--reason", "x")).toMatchObject({
      code: 1,
    });
    for (const args of [
      ["place", "acme"],
      ["place", "--reason", "x"],
      ["release", "x", "--reason", "x"],
      ["release", id],
      ["drop"],
      [],
    ]) {
      expect(await run(...args), args.join(" ")).toMatchObject({ code: 2 });
    }
  });
});

const isThere = async (conversation: string): Promise<boolean> =>
  (await one<number>("select count(*)::int from app.conversations where id = $1", [conversation])) === 1;

/** A private one of the member's. */
const documentOf = (tenant: TenantFixture): Promise<string> =>
  one(
    `insert into app.documents (tenant_id, user_id, title, visibility, file_name, media_type, size_bytes, sha256)
     values ($1, $2, 'Plans', 'private', 'plans.txt', 'text/plain', 1, encode(sha256('x'), 'hex')) returning id`,
    [tenant.tenantId, tenant.member.userId],
  );
