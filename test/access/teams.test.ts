import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createGuest } from "../support/guests.ts";
import { createMember, type Member } from "../support/people.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

// Acme has a team with somebody who leads it and somebody who is in it; everybody else is outside.

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let lead: Member;
let mate: Member;
let team: string;
let conversation: string;
let message: string;
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
  lead = await createMember(database, { tenant: acme, role: "member" });
  mate = await createMember(database, { tenant: acme, role: "member" });
});
afterAll(() => database.drop());

let number = 0;
beforeEach(async () => {
  const [made] = await actingAs(acme.admin).rows<{ id: string }>(
    "insert into app.teams (name) values ($1) returning id",
    [`Team ${++number}`],
  );
  team = made!.id;
  await actingAs(acme.admin).rows(join, [team, lead.userId, "lead"]);
  await actingAs(lead).rows(join, [team, mate.userId, "member"]);
  const [begun] = await actingAs(mate).rows<{ id: string }>(
    "insert into app.conversations (title, team_id) values ('Ours', $1) returning id",
    [team],
  );
  conversation = begun!.id;
  const [said] = await actingAs(mate).rows<{ id: string }>(
    "insert into app.messages (conversation_id, content) values ($1, 'What we think') returning id",
    [conversation],
  );
  message = said!.id;
});

const join = "insert into app.team_members (team_id, user_id, role) values ($1, $2, $3) returning *";
const leave = "delete from app.team_members where team_id = $1 and user_id = $2";

/** How many rows of the team somebody reads: of its conversation, of the message in it, and of its list. */
async function reads(who: Member): Promise<number[]> {
  const counts: number[] = [];
  for (const [sql, id] of [
    ["select from app.conversations where id = $1", conversation],
    ["select from app.messages where id = $1", message],
    ["select from app.team_conversations($1)", team],
  ]) {
    counts.push((await actingAs(who).rows(sql!, [id])).length);
  }
  return counts;
}

describe("what belongs to a team", () => {
  test("is read by who is in it, and by who reads everything", async () => {
    for (const who of [mate, lead, acme.admin]) expect(await reads(who)).toEqual([1, 1, 1]);
    for (const who of [acme.member, acme.viewer, globex.owner]) expect(await reads(who)).toEqual([0, 0, 0]);
  });

  test("is out of reach from the next transaction on for who left, also what they wrote themselves", async () => {
    await actingAs(lead).expect(leave, [team, mate.userId]).toReach(1);
    expect(await reads(mate)).toEqual([0, 0, 0]);
    await actingAs(mate)
      .expect("update app.conversations set title = 'Mine' where id = $1", [conversation])
      .toReach(0);
    await actingAs(mate).expect("delete from app.conversations where id = $1", [conversation]).toReach(0);
    await actingAs(mate)
      .expect("insert into app.messages (conversation_id, content) values ($1, 'And another thing')", [
        conversation,
      ])
      .toBeRefused("42501");
    expect(await reads(lead)).toEqual([1, 1, 1]);
    await actingAs(lead).rows(join, [team, mate.userId, "member"]);
    expect(await reads(mate)).toEqual([1, 1, 1]);
  });

  test("is read within the transaction that began before somebody left, and in none after", async () => {
    const client = await database.app.connect();
    try {
      await client.query("begin");
      await client.query("select context.enter($1)", [lead.digest]);
      await actingAs(acme.admin).expect(leave, [team, lead.userId]).toReach(1);
      await client.query("commit");
      await client.query("begin");
      await client.query("select context.enter($1)", [lead.digest]);
      const { rowCount } = await client.query("select from app.messages where id = $1", [message]);
      expect(rowCount).toBe(0);
    } finally {
      await client.query("rollback");
      client.release();
    }
  });

  test("is written by nobody but who began it", async () => {
    await actingAs(lead)
      .expect("update app.conversations set title = 'x' where id = $1", [conversation])
      .toReach(0);
    await actingAs(lead).expect("delete from app.conversations where id = $1", [conversation]).toReach(0);
    await actingAs(lead)
      .expect("insert into app.messages (conversation_id, content) values ($1, 'x')", [conversation])
      .toBeRefused("23503");
  });

  test("goes into one's own teams only, and stays there", async () => {
    const begin = "insert into app.conversations (title, team_id) values ('x', $1)";
    await actingAs(acme.member).expect(begin, [team]).toBeRefused("42501");
    await actingAs(mate).expect(begin, [globex.member.teamId]).toBeRefused("42501");
    await actingAs(mate).expect("update app.conversations set team_id = null").toBeRefused("42501");
    await actingAs(mate)
      .expect("insert into app.messages (conversation_id, content, team_id) values ($1, 'x', null)", [
        conversation,
      ])
      .toBeRefused("42501");
  });

  test("goes back to who began it when the team is no more", async () => {
    await actingAs(acme.admin).expect("delete from app.teams where id = $1", [team]).toReach(1);
    expect((await reads(mate)).slice(0, 2)).toEqual([1, 1]);
    expect((await reads(lead)).slice(0, 2)).toEqual([0, 0]);
  });

  test("takes the permission to chat", async () => {
    await actingAs(acme.admin).rows(join, [team, acme.viewer.userId, "member"]);
    expect(await reads(acme.viewer)).toEqual([0, 0, 0]);
  });

  test("is found by an index of the team's, by who is in it and by who is in none", async () => {
    for (const who of [mate, acme.member]) {
      const client = await database.app.connect();
      try {
        await client.query("begin; set local enable_seqscan = off");
        await client.query("select context.enter($1)", [who.digest]);
        const { rows } = await client.query(
          `explain (costs off) select from app.team_conversations('${team}') order by updated_at, id limit 10`,
        );
        const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
        expect(plan).toMatch(/Index.*Scan using conversations_of_team/);
        expect(plan).toMatch(/Index Cond: .*team_id = /);
      } finally {
        await client.query("rollback");
        client.release();
      }
    }
  });
});

describe("leaving a team", () => {
  const go = "select id from app.leave_team($1)";
  const places = async (who: Member) =>
    (
      await database.admin.query("select from app.team_members where team_id = $1 and user_id = $2", [
        team,
        who.userId,
      ])
    ).rowCount;

  test("takes no permission and no fresh sign-in, and bites at once", async () => {
    await database.admin.query(
      "update auth.sessions set authenticated_at = now() - interval '1 day' where user_id = $1",
      [mate.userId],
    );
    await actingAs(mate).expect(go, [team]).toReach(1);
    expect(await reads(mate)).toEqual([0, 0, 0]);
    expect(await places(lead)).toBe(1);
    const { rows } = await database.admin.query(
      `select actor_kind, actor_id from audit.events
       where table_name = 'app.team_members' and action = 'delete' and old_row ->> 'team_id' = $1`,
      [team],
    );
    expect(rows).toEqual([{ actor_kind: "session", actor_id: mate.userId }]);
  });

  test("is for everybody who is in it, the last lead as well: then managers of teams have it in hand", async () => {
    await actingAs(lead).expect(go, [team]).toReach(1);
    expect(await places(lead)).toBe(0);
    await actingAs(lead).expect(join, [team, lead.userId, "lead"]).toBeRefused("RH403", "manage_teams");
    await actingAs(acme.admin).rows(join, [team, lead.userId, "lead"]);
    expect(await reads(lead)).toEqual([1, 1, 1]);
  });

  test("is done once, of a team that one is in, and of none next door", async () => {
    await actingAs(mate).expect(go, [team]).toReach(1);
    await actingAs(mate).expect(go, [team]).toBeRefused("RH404");
    await actingAs(acme.colleague).expect(go, [team]).toBeRefused("RH404");
    await actingAs(acme.colleague).expect(go, [globex.member.teamId]).toBeRefused("RH404");
    await actingAs(await createGuest(database, acme))
      .expect(go, [acme.member.teamId])
      .toBeRefused("RH404");
    expect(await places(lead)).toBe(1);
  });

  test("is done by nobody's key, and by nobody outside the door", async () => {
    const digest = Buffer.from(mate.userId.replaceAll("-", "").padEnd(64, "a"), "hex");
    await database.admin.query(
      `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes)
       values ($1, $2, 'A key', sha256($3), '{chat}')`,
      [mate.tenantId, mate.userId, digest],
    );
    await actingAs({ ...mate, digest })
      .expect(go, [team])
      .toBeRefused("RH403", "session");
    await expect(database.app.query(go, [team])).rejects.toMatchObject({ code: "RH403" });
    expect(await places(mate)).toBe(1);
  });
});

describe("who is in a team", () => {
  test("is said by its leads and by managers of teams, and by nobody else", async () => {
    for (const who of [mate, acme.member, acme.viewer]) {
      await actingAs(who)
        .expect(join, [team, acme.member.userId, "member"])
        .toBeRefused("RH403", "manage_teams");
      await actingAs(who)
        .expect("update app.team_members set role = 'lead' where team_id = $1 and user_id = $2", [
          team,
          mate.userId,
        ])
        .toBeRefused("RH403", "manage_teams");
      await actingAs(who).expect(leave, [team, lead.userId]).toBeRefused("RH403", "manage_teams");
    }
    await actingAs(lead).inVain().rows(join, [team, acme.member.userId, "lead"]);
    await actingAs(acme.admin).inVain().rows(join, [team, acme.member.userId, "lead"]);
  });

  test("is not for who leads another team, or led this one", async () => {
    await actingAs(lead)
      .expect(join, [acme.member.teamId, lead.userId, "member"])
      .toBeRefused("RH403", "manage_teams");
    await actingAs(acme.admin)
      .expect("update app.team_members set role = 'member' where team_id = $1 and user_id = $2", [
        team,
        lead.userId,
      ])
      .toReach(1);
    await actingAs(lead)
      .expect(join, [team, acme.member.userId, "member"])
      .toBeRefused("RH403", "manage_teams");
  });

  test("is nobody from next door, no guest, and nobody who was removed", async () => {
    const add = (userId: string) => actingAs(acme.admin).expect(join, [team, userId, "member"]);
    await add(globex.member.userId).toBeRefused("23503");
    const abroad = [globex.member.teamId, acme.member.userId, "member"];
    await actingAs(acme.admin).expect(join, abroad).toBeRefused("23503");
    await actingAs(lead).expect(join, abroad).toBeRefused("RH403", "manage_teams");
    await add((await createGuest(database, acme)).userId).toBeRefused("RH403", "account");
    const gone = await createMember(database, { tenant: acme, role: "member" });
    await actingAs(acme.admin).rows(join, [team, gone.userId, "member"]);
    const membership = "update app.memberships set status = $2 where id = $1";
    await actingAs(acme.admin).expect(membership, [gone.membershipId, "removed"]).toReach(1);
    await add(gone.userId).toBeRefused("RH400");
    await actingAs(acme.admin).expect(membership, [gone.membershipId, "active"]).toReach(1);
    expect(await reads(gone)).toEqual([0, 0, 0]);
  });

  test("is seen by colleagues, and by nobody else", async () => {
    const look = "select from app.team_members where team_id = $1";
    await actingAs(acme.viewer).expect(look, [team]).toReach(2);
    await actingAs(globex.owner).expect(look, [team]).toReach(0);
    await actingAs(await createGuest(database, acme))
      .expect(look, [team])
      .toReach(0);
  });

  test("is nobody in more than a hundred teams", async () => {
    await database.admin.query(
      `with made as (
         insert into app.teams (tenant_id, name) select $1, 'Many ' || n from generate_series(1, 100) as n returning *
       )
       insert into app.team_members (tenant_id, team_id, user_id) select tenant_id, id, $2 from made`,
      [acme.tenantId, acme.colleague.userId],
    );
    await actingAs(lead).expect(join, [team, acme.colleague.userId, "member"]).toBeRefused("RH400");
  });
});

test("a key is in the teams of its owner, and leads none", async () => {
  const digest = Buffer.from(lead.userId.replaceAll("-", "").padEnd(64, String(number % 10)), "hex");
  await database.admin.query(
    `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes)
     values ($1, $2, 'A key', sha256($3), '{chat}')`,
    [lead.tenantId, lead.userId, digest],
  );
  const key = { ...lead, digest };
  expect(await reads(key)).toEqual([1, 1, 1]);
  await actingAs(key).expect(join, [team, acme.member.userId, "member"]).toBeRefused("RH403", "manage_teams");
});

test("teams are made by managers of teams, renamed by their leads too, and removed by managers only", async () => {
  for (const who of [lead, mate, acme.viewer]) {
    await actingAs(who)
      .expect("insert into app.teams (name) values ('x')")
      .toBeRefused("RH403", "manage_teams");
    await actingAs(who)
      .expect("delete from app.teams where id = $1", [team])
      .toBeRefused("RH403", "manage_teams");
  }
  const rename = "update app.teams set description = 'x' where id = $1";
  await actingAs(lead).expect(rename, [team]).toReach(1);
  await actingAs(mate).expect(rename, [team]).toBeRefused("RH403", "manage_teams");
  await actingAs(acme.admin)
    .expect("insert into app.teams (name) values ($1)", [`Team ${number}`])
    .toBeRefused("23505");
});

test("the context says which teams, and what was not sealed there is refused", async () => {
  const client = await database.app.connect();
  try {
    await client.query("begin");
    await client.query('select context.enter($1, \'{"request_id": "a b c"}\')', [mate.digest]);
    const { rows } = await client.query("select context.claims() as claims");
    expect(rows[0].claims).toMatchObject({ teams: expect.arrayContaining([team]), request_id: "a b c" });
    await client.query(
      "select set_config('rowhouse.context', replace(current_setting('rowhouse.context'), $1, $2), true)",
      [team, acme.member.teamId],
    );
    await expect(client.query("select context.teams()")).rejects.toMatchObject({ code: "RH403" });
  } finally {
    await client.query("rollback");
    client.release();
  }
});
