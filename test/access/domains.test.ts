import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { verifyDomainsBy } from "../../src/jobs/verify_domains.ts";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";
import { createMember, createSession, facts, type Session } from "../support/people.ts";
import { buildTenant, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;
beforeAll(async () => {
  database = await createDatabase();
  globex = await buildTenant(database, "globex");
  actingAs = actors(database.app);
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.admin.query("delete from app.domains");
  acme = await buildTenant(database, `acme-${randomBytes(4).toString("hex")}`);
});

interface Domain {
  readonly id: string;
  readonly domain: string;
  readonly challenge: string;
}

const admin = (sql: string, values: unknown[] = []) => database.admin.query(sql, values);
const newDomain = () => `d${randomBytes(4).toString("hex")}.example`;

async function add(
  given: { domain?: string; admits?: boolean; role?: "member" | "viewer" } = {},
): Promise<Domain> {
  const { domain = newDomain(), admits = true, role = "member" } = given;
  const [made] = await actingAs(acme.admin).rows<Domain>(
    "select id, domain, challenge from app.add_domain($1, $2, $3)",
    [domain, acme.roleIds[role], admits],
  );
  return made!;
}

/** The DNS, as it should be: each name with its texts, or an answer that does not come. */
const dns = (zone: Record<string, string[]> | "down") => async (name: string) => {
  if (zone === "down") throw Object.assign(new Error("queryTxt ETIMEOUT"), { code: "ETIMEOUT" });
  return zone[name] ?? [];
};
const run = (zone: Parameters<typeof dns>[0]) => verifyDomainsBy(dns(zone), jobContext(database));
const ask = (id: string) =>
  actingAs(acme.admin).expect("select id from app.verify_domain($1)", [id]).toReach(1);
const zoneOf = ({ domain, challenge }: Domain) => ({
  [`_rowhouse-challenge.${domain}`]: ["v=spf1 -all", challenge],
});

async function proven(given?: Parameters<typeof add>[0]): Promise<Domain> {
  const made = await add(given);
  await ask(made.id);
  await run(zoneOf(made));
  return made;
}
const isProven = async ({ id }: Domain) =>
  (await admin("select verified_at is not null as proven from app.domains where id = $1", [id])).rows[0]
    .proven;

/** Somebody with an address there, who is in no company. */
async function personAt(domain: string): Promise<Session & { userId: string; email: string }> {
  const email = `p${randomBytes(4).toString("hex")}@${domain}`;
  const { rows } = await admin("insert into app.users (email, name) values ($1, 'A Person') returning id", [
    email,
  ]);
  const person = { userId: rows[0].id as string, email, name: "A Person" };
  return { ...person, ...(await createSession(database, person, null)) };
}
const join = (who: { digest: Buffer }, slug = acme.slug): Promise<string> =>
  database.auth
    .query("select outcome from auth.join_tenant($1, $2, $3)", [who.digest, slug, facts])
    .then(({ rows }) => rows[0].outcome)
    .catch((error) => error.code);

describe("a domain", () => {
  test("is added, changed, seen and removed by who manages users, within their tenant", async () => {
    const made = await add();
    for (const person of [acme.member, acme.viewer]) {
      await actingAs(person)
        .expect("select app.add_domain($1, $2)", [newDomain(), acme.roleIds.viewer])
        .toBeRefused("RH403", "manage_users");
      await actingAs(person).expect("select from app.domains where id = $1", [made.id]).toReach(1);
    }
    const digest = randomBytes(32);
    await admin(
      "insert into auth.api_keys (tenant_id, role_id, name, digest, scopes) values ($1, $2, 'A key', sha256($3), '{chat}')",
      [acme.tenantId, acme.roleIds.admin, digest],
    );
    for (const other of [globex.owner, { digest }])
      await actingAs(other).expect("select from app.domains where id = $1", [made.id]).toReach(0);
    const mine = [made.id];
    for (const sql of [
      "update app.domains set admits = true where id = $1",
      "delete from app.domains where id = $1",
    ]) {
      await actingAs(globex.owner).expect(sql, mine).toReach(0);
    }
    await actingAs(globex.owner).expect("select app.verify_domain($1)", mine).toBeRefused("RH404");
    await actingAs(acme.member)
      .expect("update app.domains set admits = true where id = $1", mine)
      .toBeRefused("RH403", "manage_users");
    await actingAs(acme.member)
      .expect("delete from app.domains where id = $1", mine)
      .toBeRefused("RH403", "manage_users");
    await actingAs(acme.admin).expect("delete from app.domains where id = $1", mine).toReach(1);
  });

  test("is said to be proven by nobody but the DNS", async () => {
    const { id } = await add();
    for (const set of [
      "verified_at = now()",
      "challenge = repeat('0', 40)",
      "checked_at = now()",
      "failures = 0",
      "domain = 'other.example'",
    ]) {
      await actingAs(acme.owner)
        .expect(`update app.domains set ${set} where id = $1`, [id])
        .toBeRefused("42501");
    }
    await actingAs(acme.owner)
      .expect(`insert into app.domains (domain, role_id, verified_at) values ('x.example', $1, now())`, [
        acme.roleIds.viewer,
      ])
      .toBeRefused("42501");
    await actingAs(acme.owner)
      .expect("select jobs.note_domain($1, $2, true)", [acme.tenantId, id])
      .toBeRefused("42501");
  });

  test("is no mail provider's, and nothing but a domain", async () => {
    for (const domain of ["gmail.com", "GMX.de", " outlook.com ", "proton.me"]) {
      await actingAs(acme.admin)
        .expect("select app.add_domain($1, $2)", [domain, acme.roleIds.viewer])
        .toBeRefused("RH474");
    }
    for (const domain of [
      "",
      "com",
      "acme..example",
      "acme.example.",
      "127.0.0.1",
      "acme example",
      "*.example",
      "аcme.example",
      "a@b.example",
      `${"a".repeat(64)}.example`,
    ]) {
      await actingAs(acme.admin)
        .expect("select app.add_domain($1, $2)", [domain, acme.roleIds.viewer])
        .toBeRefused("23514");
    }
    expect((await add({ domain: " Acme.Example " })).domain).toBe("acme.example");
  });

  test("gives no role that holds more than who chooses it, nor one of next door", async () => {
    await admin(
      "insert into app.roles (tenant_id, name, permissions) values ($1, 'personnel', '{chat,manage_users}')",
      [acme.tenantId],
    );
    const manager = await createMember(database, { tenant: acme, role: "personnel" });
    const made = await add();
    await actingAs(manager)
      .expect("select app.add_domain($1, $2)", [newDomain(), acme.roleIds.admin])
      .toBeRefused("RH403");
    await actingAs(manager)
      .expect("update app.domains set role_id = $2 where id = $1", [made.id, acme.roleIds.admin])
      .toBeRefused("RH403");
    await actingAs(acme.admin)
      .expect("update app.domains set role_id = $2 where id = $1", [made.id, acme.roleIds.admin])
      .toReach(1);
    // What an administrator opened for administrators, a manager of users does not touch.
    await actingAs(manager)
      .expect("update app.domains set admits = true where id = $1", [made.id])
      .toBeRefused("RH403");
    await actingAs(acme.admin)
      .expect("update app.domains set role_id = $2 where id = $1", [made.id, globex.roleIds.helper])
      .toBeRefused("23503");
  });

  test("lets nobody in at the hands of who signed in long ago", async () => {
    const { id } = await add({ admits: false });
    const since =
      "update auth.sessions set authenticated_at = now() - $2 * interval '1 minute' where user_id = $1";
    await admin(since, [acme.admin.userId, 11]);
    await actingAs(acme.admin)
      .expect("select id from app.add_domain($1, $2)", [newDomain(), acme.roleIds.member])
      .toBeRefused("RH440");
    await actingAs(acme.admin)
      .expect("update app.domains set admits = true where id = $1", [id])
      .toBeRefused("RH440");
    // To have it looked up, or to shut it, takes no more than the permission.
    await ask(id);
    await actingAs(acme.admin).inVain().expect("delete from app.domains where id = $1", [id]).toReach(1);
    await admin(since, [acme.admin.userId, 0]);
  });

  test("is one of twenty", async () => {
    await admin(
      "insert into app.domains (tenant_id, domain, role_id) select $1, 'n' || n || '.example', $2 from generate_series(1, 20) as n",
      [acme.tenantId, acme.roleIds.viewer],
    );
    await actingAs(acme.admin)
      .expect("select app.add_domain($1, $2)", [newDomain(), acme.roleIds.viewer])
      .toBeRefused("RH475");
  });
});

describe("the proof in the DNS", () => {
  test("is looked for when somebody asks, and has to be the very challenge", async () => {
    const made = await add();
    expect(await run(zoneOf(made))).toEqual({ looked: 0, proven: 0 });
    for (const zone of [
      {},
      { [made.domain]: [made.challenge] },
      { [`_rowhouse-challenge.${made.domain}`]: [`${made.challenge}0`, ""] },
    ]) {
      await ask(made.id);
      expect(await run(zone)).toEqual({ looked: 1, proven: 0 });
    }
    await ask(made.id);
    expect(await run(zoneOf(made))).toEqual({ looked: 1, proven: 1 });
    expect(await isProven(made)).toBe(true);
    expect(await run(zoneOf(made))).toEqual({ looked: 0, proven: 0 });
  });

  test("of another company's claim of the same domain is another challenge", async () => {
    const mine = await proven();
    const [theirs] = await actingAs(globex.admin).rows<Domain>(
      "select id, domain, challenge from app.add_domain($1, $2, true)",
      [mine.domain, globex.roleIds.member],
    );
    expect(theirs!.challenge).not.toBe(mine.challenge);
    await actingAs(globex.admin).expect("select id from app.verify_domain($1)", [theirs!.id]).toReach(1);
    await run(zoneOf(mine));
    expect([await isProven(mine), await isProven(theirs!)]).toEqual([true, false]);
    expect(await join(await personAt(mine.domain), "globex")).toBe("cannot_join");
  });

  test("is looked for once a week, and may be missing for two days", async () => {
    const made = await proven();
    const later = (days: number) =>
      admin("update app.domains set checked_at = checked_at - $1 * interval '1 day'", [days]);
    await later(6.9);
    expect(await run({})).toMatchObject({ looked: 0 });
    await later(0.2);
    expect(await run("down")).toEqual({ looked: 1, proven: 1 });
    for (const [days, still] of [
      [7.1, true],
      [1.1, true],
      [1.1, false],
    ] as const) {
      await later(days);
      expect(await run({})).toMatchObject({ looked: 1 });
      expect(await isProven(made), `${days}`).toBe(still);
    }
    await later(30);
    expect(await run({})).toMatchObject({ looked: 0 });
    await ask(made.id);
    await run(zoneOf(made));
    expect(await isProven(made)).toBe(true);
  });

  test("that was found again counts from the beginning", async () => {
    const made = await proven();
    for (const zone of [{}, {}, zoneOf(made), {}, {}]) {
      await admin("update app.domains set checked_at = now() - interval '8 days'");
      await run(zone);
    }
    expect(await isProven(made)).toBe(true);
  });
});

describe("joining", () => {
  test("is for people with a proven address in the domain, with its role and nothing more", async () => {
    const { domain } = await proven({ role: "viewer" });
    const person = await personAt(domain);
    expect(await join(person)).toBe("ok");
    expect(await join(person)).toBe("already_member");
    const { rows } = await admin(
      "select tenant_id, role_id, is_owner, status from app.memberships where user_id = $1",
      [person.userId],
    );
    expect(rows).toEqual([
      { tenant_id: acme.tenantId, role_id: acme.roleIds.viewer, is_owner: false, status: "active" },
    ]);
  });

  test("has one refusal for whatever speaks against it", async () => {
    const { domain, id } = await proven();
    const [closed, unproven] = [await proven({ admits: false }), await add()];
    for (const [address, slug] of [
      [domain, "nowhere"],
      [domain, "globex"],
      [`mail.${domain}`, acme.slug],
      [domain.replace("example", "com"), acme.slug],
      [`x${domain}`, acme.slug],
      [closed.domain, acme.slug],
      [unproven.domain, acme.slug],
    ] as const) {
      expect(await join(await personAt(address), slug), `${address} ${slug}`).toBe("cannot_join");
    }
    const person = await personAt(domain);
    await admin("update app.tenants set status = 'suspended' where id = $1", [acme.tenantId]);
    expect(await join(person)).toBe("cannot_join");
    await admin("update app.tenants set status = 'active' where id = $1", [acme.tenantId]);
    await actingAs(acme.admin).expect("delete from app.domains where id = $1", [id]).toReach(1);
    expect(await join(person)).toBe("cannot_join");
  });

  test("is not for who was removed or suspended, nor for a key or a dead session", async () => {
    const { domain } = await proven();
    const person = await personAt(domain);
    expect(await join(person)).toBe("ok");
    for (const status of ["suspended", "removed"]) {
      await admin("update app.memberships set status = $2 where user_id = $1", [person.userId, status]);
      expect(await join(person)).toBe("cannot_join");
    }
    expect(await join({ digest: randomBytes(32) })).toBe("unknown");
    await admin("update auth.sessions set ended_at = now(), end_reason = 'logout' where id = $1", [
      person.sessionId,
    ]);
    expect(await join(person)).toBe("ended");
  });

  test("gives each seat once", async () => {
    const { domain } = await proven();
    await admin("update app.tenants set seats = 7 where id = $1", [acme.tenantId]);
    const people = [];
    for (let n = 0; n < 8; n++) people.push(await personAt(domain));
    const outcomes = await Promise.all([...people, people[0]!].map((person) => join(person)));
    expect(outcomes.filter((outcome) => outcome === "ok")).toHaveLength(2);
    expect(
      (await admin("select from app.memberships where tenant_id = $1 and status = 'active'", [acme.tenantId]))
        .rowCount,
    ).toBe(7);
  });
});
