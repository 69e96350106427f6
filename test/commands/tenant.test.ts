import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rowhouse } from "../support/command_line.ts";
import { commandSettings, createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember, createPerson, createTenant, signUp, type Tenant } from "../support/people.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
let acme: Tenant;
let folder: string;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database);
  acme = await createTenant(database, { slug: "acme" });
  folder = mkdtempSync(join(tmpdir(), "rowhouse-tenant-"));
});
afterAll(async () => {
  await server.close();
  await database.drop();
  rmSync(folder, { recursive: true });
});

const tenant = (...args: string[]) => rowhouse(["tenant", ...args], folder, commandSettings(database));
const one = async (sql: string, ...values: unknown[]) => (await database.admin.query(sql, values)).rows[0];
const shown = async (which: string) => JSON.parse((await tenant("show", which, "--json")).out);
const refused = (code: 1 | 2, sentence: string) => ({
  code,
  out: "",
  err: expect.stringContaining(sentence),
});
const NOBODY = "00000000-0000-0000-0000-000000000000";

describe("tenant", () => {
  test("says what it can, and what its verbs take", async () => {
    const { code, out } = await rowhouse(["help", "tenant"], folder);
    expect(code).toBe(0);
    for (const verb of [
      "list",
      "show",
      "create",
      "suspend",
      "resume",
      "limit",
      "export",
      "import",
      "erase",
    ]) {
      expect(out).toMatch(new RegExp(`^rowhouse tenant ${verb} `, "m"));
    }
    for (const option of [
      "--seats",
      "--keys",
      "--requests",
      "--requests-per-day",
      "--grace",
      "--every-way",
    ]) {
      expect(out).toContain(option);
    }
    expect(out).toMatch(/^Status: 0 done, 1 not done .* 2 it could not run\.$/m);
  });

  test("wants a verb that it knows", async () => {
    expect(await tenant()).toMatchObject(refused(2, "list, show, create"));
    expect(await tenant("evict", "acme")).toMatchObject(refused(2, 'cannot "evict"'));
    // What every object has is no verb.
    expect(await tenant("toString")).toMatchObject(refused(2, 'cannot "toString"'));
  });

  test.each(["show", "suspend", "resume", "limit"])(
    "%s knows when there is none, and wants one",
    async (verb) => {
      const reason = verb === "suspend" ? ["--reason", "a ticket"] : [];
      const say = (...args: string[]) => tenant(verb, ...args, ...reason);
      const nowhere = "no tenant has the slug or id";
      expect(await Promise.all([say("nowhere"), say(NOBODY), say("' or true --")])).toMatchObject([
        refused(1, `${nowhere} "nowhere"`),
        refused(1, `${nowhere} "${NOBODY}"`),
        refused(1, `${nowhere} "' or true --"`),
      ]);
      expect(await Promise.all([say(), say("acme", "globex"), say("acme", "--forever")])).toMatchObject([
        refused(2, "wants one slug or id"),
        refused(2, "wants one slug or id"),
        refused(2, "--forever"),
      ]);
    },
  );
});

describe("tenant list", () => {
  test("shows the newest first, with members and seats, by status and part of a slug or name", async () => {
    const globex = await createTenant(database, { slug: "globex" });
    await createMember(database, { tenant: globex, role: "member" });
    await database.admin.query("update app.tenants set seats = 5 where slug = 'globex'");
    const { code, out, err } = await tenant("list");
    expect([code, err]).toEqual([0, ""]);
    const [head, first] = out.split("\n");
    expect(head).toMatch(/^id +slug +name +status +members +since$/);
    expect(first).toMatch(
      new RegExp(`^${globex.tenantId} +globex +The globex company +active +2 of 5 +\\d{4}-\\d\\d-\\d\\d$`),
    );
    const slugs = async (...args: string[]) =>
      JSON.parse((await tenant("list", "--json", ...args)).out).map(({ slug }: { slug: string }) => slug);
    expect(await slugs("--search", "GLOB")).toEqual(["globex"]);
    expect(await slugs("--search", "the acme comp")).toEqual(["acme"]);
    // What a pattern means elsewhere, is a letter here.
    expect(await slugs("--search", "%")).toEqual([]);
    expect(await slugs("--status", "suspended")).toEqual([]);
    expect((await tenant("list", "--status", "suspended")).out).toBe("no tenant\n");
  });

  test("as JSON has ids, times and limits as they are", async () => {
    const [row] = JSON.parse((await tenant("list", "--json", "--search", "acme")).out);
    expect(row).toEqual({
      id: acme.tenantId,
      slug: "acme",
      name: "The acme company",
      status: "active",
      members: 1,
      seats: null,
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      erased_from: null,
    });
  });

  test("says from when on one is erased", async () => {
    await createTenant(database, { slug: "leaving" });
    await database.admin.query(
      `with closed as (update app.tenants set status = 'closed' where slug = 'leaving' returning id)
       insert into auth.tenant_deletions (id, due_at) select id, '2099-01-02T03:04:05Z' from closed`,
    );
    const { out } = await tenant("list", "--status", "closed");
    expect(out).toMatch(/ closed, erased from 2099-01-02 on +1 /);
  });

  test("says on stderr that there are more than it shows", async () => {
    const { code, out, err } = await tenant("list", "--limit", "1");
    expect([code, out.trimEnd().split("\n").length]).toEqual([0, 2]);
    expect(err).toContain("the newest 1; there are more");
  });

  test("takes no other status, number or argument", async () => {
    expect(await tenant("list", "--status", "sleepy")).toMatchObject(refused(2, "active"));
    const limits = ["0", "-1", "10001", "many"];
    const said = await Promise.all(limits.map((limit) => tenant("list", `--limit=${limit}`)));
    expect(said).toMatchObject(limits.map(() => refused(2, "from 1 to 10000")));
    expect(await tenant("list", "acme")).toMatchObject(refused(2, 'no argument "acme"'));
  });
});

describe("tenant show", () => {
  test("tells by slug or id how it stands, who owns it and what it uses", async () => {
    const own = await createTenant(database, { slug: "shown" });
    await createMember(database, { tenant: own, role: "member" });
    await database.admin.query(
      "insert into auth.request_counts (id, day, count) values ($1, (now() at time zone 'UTC')::date, 41)",
      [own.tenantId],
    );
    const { code, out } = await tenant("show", "shown");
    expect(code).toBe(0);
    for (const line of [
      `id +${own.tenantId}`,
      "slug +shown",
      "status +active",
      `owned by +${own.owner.email.replaceAll(".", "\\.")}`,
      "members +2, no limit",
      "API keys +0, no limit",
      "sessions +2",
      "requests +no limit",
      "requests today +41, no limit",
      "sign-in +every way",
      "grace +30 days",
    ]) {
      expect(out).toMatch(new RegExp(`^${line}$`, "m"));
    }
    expect(await shown(own.tenantId)).toMatchObject({
      id: own.tenantId,
      owners: [own.owner.email],
      members: 2,
      requestsToday: 41,
      limits: { seats: null, keys: null, requestsPerMinute: null, requestsPerDay: null, graceDays: 30 },
      signInWays: null,
      deletion: null,
    });
  });

  test("tells nothing that people said, and no secret", async () => {
    await database.admin.query(
      "insert into app.conversations (tenant_id, user_id, title) values ($1, $2, 'a secret plan')",
      [acme.tenantId, acme.owner.userId],
    );
    const words = (await tenant("show", "acme")).out + JSON.stringify(await shown("acme"));
    expect(words).not.toMatch(/secret plan|digest/);
  });
});

describe("tenant create", () => {
  test("makes one that somebody owns, by address or id, with the roles of any other", async () => {
    const person = await createPerson(database);
    const made = await tenant(
      "create",
      "fresh",
      "--owner",
      person.email.toUpperCase(),
      "--name",
      "Fresh Ltd",
    );
    expect([made.code, made.err]).toEqual([0, ""]);
    const { id } = await one("select id from app.tenants where slug = 'fresh'");
    expect(made.out).toBe(`fresh is there: ${id}\n`);
    expect(await shown("fresh")).toMatchObject({
      name: "Fresh Ltd",
      status: "active",
      owners: [person.email],
    });
    expect(
      await one("select array_agg(name order by name) as roles from app.roles where tenant_id = $1", id),
    ).toEqual({ roles: ["admin", "guest", "member", "viewer"] });

    const { out } = await tenant("create", "fresher", "--owner", person.userId, "--json");
    expect(JSON.parse(out)).toEqual({ id: expect.any(String), slug: "fresher", name: "fresher" });
  });

  test("makes nothing where the slug is taken or nobody is meant", async () => {
    const count = async () => (await one("select count(*)::integer as count from app.tenants")).count;
    const before = await count();
    expect(await tenant("create", "acme", "--owner", acme.owner.email)).toMatchObject(
      refused(1, 'a tenant has the slug "acme"'),
    );
    expect(await tenant("create", "other", "--owner", "nobody@example.com")).toMatchObject(
      refused(1, "nobody has"),
    );
    expect(await tenant("create", "other")).toMatchObject(refused(2, "wants an --owner"));
    const slugs = ["Other", "-other", "o ther", "ö", "x".repeat(64)];
    const create = (...args: string[]) => tenant("create", "--owner", acme.owner.email, ...args);
    expect(await Promise.all(slugs.map((slug) => create("--", slug)))).toMatchObject(
      slugs.map(() => refused(2, "is no slug")),
    );
    const names = ["", " ", "x".repeat(201)];
    expect(await Promise.all(names.map((name) => create("other", "--name", name)))).toMatchObject(
      names.map(() => refused(2, "--name")),
    );
    expect(await count()).toBe(before);
  });
});

describe("tenant suspend and resume", () => {
  test("shut it at once, and open it again with the sessions that it had, with the reason in the trail", async () => {
    const { login, headers } = await signUp(server, { tenant: { name: "Late", slug: "late" } });
    const me = () => server.post("/graphql", { query: "{ me { id } }" }, headers);
    expect((await me()).status).toBe(200);
    expect(await tenant("suspend", "late", "--reason", "unpaid")).toMatchObject({
      code: 0,
      out: "late is suspended: nobody comes in, with a session or a key\n",
    });
    expect(await me()).toMatchObject({
      status: 401,
      body: { errors: [{ extensions: { code: "TENANT_SUSPENDED" } }] },
    });
    expect(await tenant("suspend", "late", "--reason", "unpaid")).toMatchObject(
      refused(1, "suspended already"),
    );
    expect(await tenant("resume", login.tenant!.id, "--reason", "paid")).toMatchObject({
      code: 0,
      out: `${login.tenant!.id} is open again\n`,
    });
    expect((await me()).status).toBe(200);
    expect(await tenant("resume", "late")).toMatchObject(refused(1, "late is open"));
    const { rows } = await database.admin.query(
      `select action, detail ->> 'reason' as reason, detail ->> 'outcome' as outcome from audit.events
       where tenant_id = $1 and action in ('tenant.suspended', 'tenant.resumed') order by at`,
      [login.tenant!.id],
    );
    expect(rows).toEqual([
      { action: "tenant.suspended", reason: "unpaid", outcome: "ok" },
      { action: "tenant.suspended", reason: "unpaid", outcome: "already" },
      { action: "tenant.resumed", reason: "paid", outcome: "ok" },
      { action: "tenant.resumed", reason: null, outcome: "already" },
    ]);
  });

  test("wants a reason that says something", async () => {
    expect(await tenant("suspend", "acme")).toMatchObject(refused(2, "wants a --reason"));
    for (const reason of ["", "x".repeat(501)]) {
      expect((await tenant("suspend", "acme", "--reason", reason)).code).toBe(2);
    }
    expect(await shown("acme")).toMatchObject({ status: "active" });
  });

  test("leave one that its owner deleted closed, or bring it back before the erasure begins", async () => {
    const own = await createTenant(database, { slug: "regretted" });
    await database.admin.query(
      `with closed as (update app.tenants set status = 'closed' where id = $1 returning id)
       insert into auth.tenant_deletions (id, asked_by, due_at) select id, $2, now() + interval '30 days' from closed`,
      [own.tenantId, own.owner.userId],
    );
    expect(await tenant("suspend", "regretted", "--reason", "a ticket")).toMatchObject(
      refused(1, "is closed"),
    );
    expect((await tenant("show", "regretted")).out).toMatch(/^erased +from \d{4}-.* on$/m);
    await database.admin.query("update auth.tenant_deletions set began_at = now() where id = $1", [
      own.tenantId,
    ]);
    expect(await tenant("resume", "regretted")).toMatchObject(refused(1, "being erased"));
    await database.admin.query("update auth.tenant_deletions set began_at = null where id = $1", [
      own.tenantId,
    ]);
    expect(await tenant("resume", "regretted")).toMatchObject({ code: 0, out: "regretted is open again\n" });
    expect(await shown("regretted")).toMatchObject({ status: "active", deletion: null });
  });
});

describe("tenant limit", () => {
  test("sets each limit by itself, takes it away, and shows how it stands", async () => {
    await createTenant(database, { slug: "small" });
    const { code, out } = await tenant(
      ..."limit small --seats 25 --keys 10 --requests 600 --requests-per-day 100000 --storage 500 --grace 7".split(
        " ",
      ),
    );
    expect(code).toBe(0);
    for (const line of [
      "members +1 of 25",
      "API keys +0 of 10",
      "requests +600 a minute and key",
      "requests today +0 of 100000",
      "documents +0\\.0 of 500 MiB",
      "grace +7 days",
    ]) {
      expect(out).toMatch(new RegExp(`^${line}$`, "m"));
    }
    const json = await tenant("limit", "small", "--seats", "none", "--requests-per-day", "none", "--json");
    expect(JSON.parse(json.out).limits).toEqual({
      seats: null,
      keys: 10,
      requestsPerMinute: 600,
      requestsPerDay: null,
      storage: 500 * 1024 ** 2,
      graceDays: 7,
    });
    // Without an option it only shows.
    expect(JSON.parse((await tenant("limit", "small", "--json")).out)).toEqual(await shown("small"));
    const { count } = await one(
      `select count(*)::integer as count from audit.events
       where table_name = 'app.tenants' and action = 'update' and tenant_id = (select id from app.tenants where slug = 'small')`,
    );
    expect(count).toBe(2);
  });

  test("opens every way in, where the admins shut theirs", async () => {
    await createTenant(database, { slug: "locked" });
    await database.admin.query("update app.tenants set sign_in_ways = '{gone}' where slug = 'locked'");
    expect((await tenant("show", "locked")).out).toMatch(/^sign-in +gone$/m);
    expect((await tenant("limit", "locked", "--every-way")).out).toMatch(/^sign-in +every way$/m);
  });

  test("takes no number beyond what can be, and changes nothing", async () => {
    const before = await shown("acme");
    const wrong = [
      ["--seats=0", "from 1 to 1000000"],
      ["--seats=1000001", "from 1 to 1000000"],
      ["--keys=-1", "from 0 to 1000000"],
      ["--requests=0", "from 1 to 1000000"],
      ["--requests=6e2", "from 1 to 1000000"],
      ["--requests-per-day=0", "from 1 to 1000000000"],
      ["--requests-per-day=1000000001", "from 1 to 1000000000"],
      ["--requests-per-day=99999999999", "from 1 to 1000000000"],
      ["--grace=366", "from 0 to 365"],
      ["--grace=none", "from 0 to 365"],
    ] as const;
    const said = await Promise.all(wrong.map(([option]) => tenant("limit", "acme", option)));
    expect(said).toMatchObject(wrong.map(([, range]) => refused(2, range)));
    expect(await shown("acme")).toEqual(before);
  });

  test("that is below what is in use takes nobody's seat away", async () => {
    const own = await createTenant(database, { slug: "crowded" });
    const member = await createMember(database, { tenant: own, role: "member" });
    expect((await tenant("limit", "crowded", "--seats", "1")).out).toMatch(/^members +2 of 1$/m);
    expect(await one("select status from app.memberships where user_id = $1", member.userId)).toEqual({
      status: "active",
    });
  });
});
