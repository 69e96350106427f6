import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { accept, arm } from "../support/invitations.ts";
import { createMember, createPerson, createSession, type Member } from "../support/people.ts";
import { buildTenant, type TenantFixture } from "../support/tenants.ts";

// An invitation may promise teams, by the rule of who brings people into one, asked when it is made and when it is accepted.

let database: TestDatabase;
let globex: TenantFixture;
let acme: TenantFixture;
let actingAs: ReturnType<typeof actors>;
/** Teams of Acme's that nobody is in, but Support, which `lead` leads. */
let support: string;
let sales: string;
/** Manages users and no teams, and leads Support. */
let lead: Member;

beforeAll(async () => {
  database = await createDatabase();
  actingAs = actors(database.app);
  globex = await buildTenant(database, "globex");
});
afterAll(() => database.drop());

const admin = (sql: string, values: unknown[]) => database.admin.query(sql, values);
const newAddress = () => `guest.${randomBytes(5).toString("hex")}@example.com`;
const call = "select id from app.invite_member($1, $2, 7, $3, $4)";
const resend = "select id from app.resend_invitation($1)";

async function newTeam(tenant: TenantFixture, name: string): Promise<string> {
  const { rows } = await admin("insert into app.teams (tenant_id, name) values ($1, $2) returning id", [
    tenant.tenantId,
    name,
  ]);
  return rows[0].id;
}

beforeEach(async () => {
  acme = await buildTenant(database, `acme-${randomBytes(4).toString("hex")}`);
  [support, sales] = [await newTeam(acme, "Support"), await newTeam(acme, "Sales")];
  await admin(
    "insert into app.roles (tenant_id, name, permissions) values ($1, 'personnel', '{chat,manage_users}')",
    [acme.tenantId],
  );
  lead = await createMember(database, { tenant: acme, role: "personnel" });
  await admin(
    "insert into app.team_members (tenant_id, team_id, user_id, role) values ($1, $2, $3, 'lead')",
    [acme.tenantId, support, lead.userId],
  );
});

/** Invites, and gives the mail its link. */
async function invite(inviter: Member, email: string, teams: readonly string[], led: readonly string[] = []) {
  const [made] = await actingAs(inviter).rows<{ id: string }>(call, [email, acme.roleIds.helper, teams, led]);
  return { id: made!.id, link: await arm(database, made!.id) };
}
async function someone() {
  const person = await createPerson(database);
  return { ...person, ...(await createSession(database, person, null)) };
}
const invited = async () =>
  (await admin("select from app.invitations where tenant_id = $1", [acme.tenantId])).rowCount;
/** Which teams somebody is in, as what. */
async function placesOf(userId: string): Promise<string[]> {
  const { rows } = await admin(
    `select team.name || ' ' || place.role as place
     from app.team_members as place join app.teams as team on team.id = place.team_id
     where place.user_id = $1 order by 1`,
    [userId],
  );
  return rows.map(({ place }) => place);
}

describe("inviting into a team", () => {
  test("is for who leads it, and who manages teams", async () => {
    const before = await invited();
    const to = (teams: string[], led: string[] = []) => [newAddress(), acme.roleIds.helper, teams, led];
    await actingAs(lead)
      .inVain()
      .expect(call, to([support]))
      .toReach(1);
    await actingAs(lead)
      .inVain()
      .expect(call, to([], [support]))
      .toReach(1);
    await actingAs(acme.admin)
      .inVain()
      .expect(call, to([support, sales]))
      .toReach(1);
    for (const [teams, led] of [
      [[sales], []],
      [[], [sales]],
      [[support, sales], []],
    ] as const) {
      await actingAs(lead)
        .expect(call, to([...teams], [...led]))
        .toBeRefused("RH403", "manage_teams");
    }
    await actingAs(acme.member)
      .expect(call, to([support]))
      .toBeRefused("RH403", "manage_users");
    expect(await invited()).toBe(before);
  });

  test("takes more than what was granted for a time, and more than a lead's key", async () => {
    await admin(
      `insert into app.grants (tenant_id, user_id, permission, reason, granted_by, ends_at)
       values ($1, $2, 'manage_teams', 'For an hour', $3, now() + interval '1 hour')`,
      [acme.tenantId, lead.userId, acme.owner.userId],
    );
    await actingAs(lead)
      .expect(call, [newAddress(), acme.roleIds.helper, [sales], []])
      .toBeRefused("RH403", "manage_teams");
    const digest = randomBytes(32);
    await admin(
      `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes)
       values ($1, $2, 'A key', sha256($3), '{chat,manage_users}')`,
      [acme.tenantId, lead.userId, digest],
    );
    await actingAs({ ...lead, digest })
      .expect(call, [newAddress(), acme.roleIds.helper, [support], []])
      .toBeRefused("RH403", "manage_teams");
  });

  test("names no team of next door, none that is not there, and no more than a hundred", async () => {
    const before = await invited();
    const inviting = (teams: (string | null)[]) =>
      actingAs(acme.owner).expect(call, [newAddress(), acme.roleIds.helper, teams, []]);
    await inviting([globex.member.teamId]).toBeRefused("23503");
    await inviting(["01900000-0000-7000-8000-000000000000"]).toBeRefused("23503");
    await inviting([null]).toBeRefused("23502");
    const { rows } = await admin("select array_agg(uuidv7()) as ids from generate_series(1, 101)", []);
    await inviting(rows[0].ids).toBeRefused("RH400");
    expect(await invited()).toBe(before);
  });

  test("names a team once, and to lead it is to be in it", async () => {
    const { id } = await invite(acme.owner, newAddress(), [support, support, sales], [sales]);
    await actingAs(acme.owner)
      .expect("select from app.invitation_teams where invitation_id = $1 and role = 'member'", [id])
      .toReach(1);
    await actingAs(acme.owner)
      .expect("select from app.invitation_teams where invitation_id = $1 and role = 'lead'", [id])
      .toReach(1);
    for (const who of [acme.member, acme.viewer, globex.owner])
      await actingAs(who)
        .expect("select from app.invitation_teams where invitation_id = $1", [id])
        .toReach(0);
  });
});

describe("accepting", () => {
  test("makes somebody a member of the teams too, and the door lets them in at once", async () => {
    const person = await someone();
    const { link } = await invite(lead, person.email, [support]);
    expect(await placesOf(person.userId)).toEqual([]);
    expect(await accept(database, link, person)).toBe("ok");
    expect(await placesOf(person.userId)).toEqual(["Support member"]);
    const inside = await createSession(database, person, acme.slug);
    const [claims] = await actingAs(inside).rows<{ teams: string[] }>("select context.teams() as teams", []);
    expect(claims!.teams).toEqual([support]);
    const { rows } = await admin(
      `select actor_id from audit.events where table_name = 'app.team_members' and action = 'insert'
         and new_row ->> 'user_id' = $1`,
      [person.userId],
    );
    expect(rows).toEqual([{ actor_id: person.userId }]);
  });

  test("makes an account that is in the teams, and leads those that it was to lead", async () => {
    const email = newAddress();
    const { link } = await invite(acme.owner, email, [support], [sales]);
    expect(await accept(database, link, { name: "A Guest" })).toBe("ok");
    const { rows } = await admin("select id from app.users where email = $1", [email]);
    expect(await placesOf(rows[0].id)).toEqual(["Sales lead", "Support member"]);
  });

  test("brings a removed member into the named teams, and back into no other", async () => {
    const { member } = acme;
    await admin("update app.memberships set status = 'removed' where id = $1", [member.membershipId]);
    const elsewhere = await createSession(database, member, null);
    const { link } = await invite(acme.owner, member.email, [sales]);
    expect(await accept(database, link, elsewhere)).toBe("ok");
    expect(await placesOf(member.userId)).toEqual(["Sales member"]);
  });

  test.each([
    ["leads the team no more", "update app.team_members set role = 'member' where user_id = $1"],
    ["left the team", "delete from app.team_members where user_id = $1"],
  ])("lets nobody in where the inviter %s, until somebody who may sends it again", async (_, change) => {
    const person = await someone();
    const { id, link } = await invite(lead, person.email, [support]);
    await admin(change, [lead.userId]);
    expect(await accept(database, link, person)).toBe("inviter_may_not");
    const { rowCount } = await admin("select from app.memberships where user_id = $1", [person.userId]);
    expect([rowCount, await placesOf(person.userId)]).toEqual([0, []]);
    await actingAs(lead).expect(resend, [id]).toBeRefused("RH403", "manage_teams");
    expect(await accept(database, link, person)).toBe("inviter_may_not");
    await actingAs(acme.owner).expect(resend, [id]).toReach(1);
    expect(await accept(database, await arm(database, id), person)).toBe("ok");
    expect(await placesOf(person.userId)).toEqual(["Support member"]);
  });

  test("lets nobody in where the inviter manages teams no more, but does where they lead all of them", async () => {
    const [first, second] = [await someone(), await someone()];
    const invitations = [
      await invite(acme.admin, first.email, [support, sales]),
      await invite(acme.admin, second.email, [support]),
    ];
    await admin(
      `update app.memberships as one set role_id = role.id from app.roles as role
       where one.id = $1 and role.tenant_id = one.tenant_id and role.name = 'personnel'`,
      [acme.admin.membershipId],
    );
    await admin(
      "insert into app.team_members (tenant_id, team_id, user_id, role) values ($1, $2, $3, 'lead')",
      [acme.tenantId, support, acme.admin.userId],
    );
    expect(await accept(database, invitations[0]!.link, first)).toBe("inviter_may_not");
    expect(await accept(database, invitations[1]!.link, second)).toBe("ok");
  });

  test("leaves out a team that is no more", async () => {
    const person = await someone();
    const { link } = await invite(acme.owner, person.email, [support, sales]);
    await actingAs(acme.owner).expect("delete from app.teams where id = $1", [support]).toReach(1);
    expect(await accept(database, link, person)).toBe("ok");
    expect(await placesOf(person.userId)).toEqual(["Sales member"]);
  });

  test("and removing the team at the same time do not get in each other's way", async () => {
    for (let round = 0; round < 10; round++) {
      const person = await someone();
      const team = await newTeam(acme, `Round ${round}`);
      const { link } = await invite(acme.owner, person.email, [team]);
      const [outcome] = await Promise.all([
        accept(database, link, person),
        actingAs(acme.owner).expect("delete from app.teams where id = $1", [team]).toReach(1),
      ]);
      expect(outcome).toBe("ok");
      expect(await placesOf(person.userId)).toEqual([]);
    }
  });

  test("takes what it was sent with, also after it was sent again", async () => {
    const person = await someone();
    const { id } = await invite(acme.owner, person.email, [support], [sales]);
    await actingAs(acme.owner).expect(resend, [id]).toReach(1);
    expect(await accept(database, await arm(database, id), person)).toBe("ok");
    expect(await placesOf(person.userId)).toEqual(["Sales lead", "Support member"]);
  });
});
