import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { furnishedGuest } from "../support/guests.ts";
import { enterForSupport } from "../support/support.ts";
import { buildTenants, type TenantFixture, type TenantMember } from "../support/tenants.ts";
import { turns } from "../support/turns.ts";

// Links to conversations: who makes and opens them, what they show to whom, and what ends them.

let database: TestDatabase;
let api: GraphQLHouse;
let acme: TenantFixture;
let globex: TenantFixture;
let guest: TenantMember;
let actingAs: ReturnType<typeof actors>;
let turn: ReturnType<typeof turns>;
beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  guest = await furnishedGuest(database, acme);
  actingAs = actors(database.app);
  turn = turns(database);
  api = await startGraphQL(database);
});
beforeEach(async () => {
  await database.admin.query("delete from auth.share_links");
  await database.admin.query("delete from app.documents");
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

type Who = Parameters<GraphQLHouse["ask"]>[0];
interface Asked {
  readonly conversation_id: string;
  readonly question_id: string;
  readonly answer_id: string;
}

/** A question and its answer, resting on some documents. */
async function asked(
  who: TenantMember,
  content: string,
  { sources = [], ...more }: { sources?: readonly string[]; [key: string]: unknown } = {},
): Promise<Asked> {
  const begun = await turn.begin(who, { content, ...more });
  await turn.settle(begun, {
    content: `Said of ${content}`,
    parts: sources.map((documentId, at) => ({
      type: "data-citation",
      id: documentId,
      data: { number: at + 1, passageId: documentId, documentId, title: "Tea" },
    })),
    provenance: { sources: sources.map((documentId) => ({ documentId, version: 1 })) },
  });
  return begun as Asked;
}

async function documentOf(who: TenantMember, visibility: string, teamId: string | null = null) {
  const { rows } = await database.admin.query<{ id: string }>(
    `insert into app.documents (tenant_id, user_id, visibility, team_id, title, media_type, version, status, due_at)
     values ($1, $2, $3, $4, 'Tea', 'text/plain', 1, 'ready', null) returning id`,
    [who.tenantId, who.userId, visibility, teamId],
  );
  return rows[0]!.id;
}

const CREATE = `mutation ($conversationId: ID!, $messageId: ID, $days: Int) {
  createShareLink(input: {conversationId: $conversationId, messageId: $messageId, days: $days}) {
    secret shareLink { id conversationId messageId teamId expiresAt revokedAt conversation { title } }
  }
}`;
const OPEN = `mutation ($secret: String!) {
  openShareLink(input: {secret: $secret}) {
    sharedConversation {
      linkId title sharedBy sharedAt expiresAt
      messages { id role content withheld citations generator model createdAt }
    }
  }
}`;

const create = (
  who: Who,
  { conversation_id: conversationId }: Pick<Asked, "conversation_id">,
  more: object = {},
) => api.ask(who, CREATE, { conversationId, ...more });
async function linkTo(who: Who, place: Pick<Asked, "conversation_id">, more: object = {}) {
  const { data, errors } = await create(who, place, more);
  expect(errors).toEqual([]);
  return data.createShareLink as { secret: string; shareLink: { id: string; messageId: string } };
}
const open = (who: Who, secret: string) => api.ask(who, OPEN, { secret });
async function shown(who: Who, secret: string) {
  const { data, errors } = await open(who, secret);
  expect(errors).toEqual([]);
  return data.openShareLink.sharedConversation;
}
const contents = async (who: Who, secret: string): Promise<(string | null)[]> =>
  (await shown(who, secret)).messages.map(({ content }: { content: string | null }) => content);
const events = async () =>
  (
    await database.admin.query(
      "select actor_id, detail from audit.events where action = 'share_link.opened' order by at, id",
    )
  ).rows;

describe("a colleague with the secret reads the conversation as it stood", () => {
  test("from the first message to the newest, and nothing that was said since", async () => {
    const first = await asked(acme.member, "When is tea?");
    const { secret, shareLink } = await linkTo(acme.member, first);
    expect(shareLink).toMatchObject({
      conversationId: first.conversation_id,
      messageId: first.answer_id,
      teamId: null,
      revokedAt: null,
      conversation: { title: "When is tea?" },
    });
    await asked(acme.member, "And a secret?", { conversation: first.conversation_id });
    const before = (await events()).length;
    expect(await shown(acme.colleague, secret)).toEqual({
      linkId: shareLink.id,
      title: "When is tea?",
      sharedBy: acme.member.name,
      sharedAt: expect.any(String),
      expiresAt: expect.any(String),
      messages: [
        {
          id: first.question_id,
          role: "USER",
          content: "When is tea?",
          withheld: false,
          citations: [],
          generator: null,
          model: null,
          createdAt: expect.any(String),
        },
        {
          id: first.answer_id,
          role: "ASSISTANT",
          content: "Said of When is tea?",
          withheld: false,
          citations: [],
          generator: "EXTRACTIVE",
          model: "extractive",
          createdAt: expect.any(String),
        },
      ],
    });
    expect((await events()).slice(before)).toEqual([
      {
        actor_id: acme.colleague.userId,
        detail: { link: shareLink.id, conversation: first.conversation_id, owner: acme.member.userId },
      },
    ]);
  });

  test("up to an earlier message, along its own branch", async () => {
    const first = await asked(acme.member, "When is tea?");
    const left = await asked(acme.member, "Green tea?", { conversation: first.conversation_id });
    await asked(acme.member, "Black tea?", {
      conversation: first.conversation_id,
      parent: first.answer_id,
    });
    const { secret } = await linkTo(acme.member, first, { messageId: left.answer_id });
    expect(await contents(acme.colleague, secret)).toEqual([
      "When is tea?",
      "Said of When is tea?",
      "Green tea?",
      "Said of Green tea?",
    ]);
  });

  test("and is themselves again afterwards, in the same transaction", async () => {
    const { secret } = await linkTo(acme.member, await asked(acme.member, "When is tea?"));
    const digest = `sha256(convert_to('${secret}', 'UTF8'))`;
    const [row] = await actingAs(acme.colleague).rows(
      `with before as materialized (select context.claims() as claims),
         opened as materialized (select (app.open_share_link(${digest})).shared_by from before)
       select opened.shared_by, before.claims = context.claims() as same, context.user_id() as me from before, opened`,
    );
    expect(row).toEqual({ shared_by: acme.member.name, same: true, me: acme.colleague.userId });
  });

  test("with a key of theirs too", async () => {
    const { secret } = await linkTo(acme.member, await asked(acme.member, "When is tea?"));
    const digest = (await database.admin.query("select sha256(convert_to($1, 'UTF8')) as x", ["a key"]))
      .rows[0].x;
    await database.admin.query(
      "insert into auth.api_keys (tenant_id, user_id, name, digest, scopes) values ($1, $2, 'Reads', sha256($3), '{chat}')",
      [acme.tenantId, acme.colleague.userId, digest],
    );
    expect(await contents({ digest }, secret)).toEqual(["When is tea?", "Said of When is tea?"]);
  });
});

describe("there is no such link", () => {
  const refused = async (who: Who, secret: string) => {
    const before = await events();
    expect((await open(who, secret)).codes).toEqual(["NOT_FOUND"]);
    expect(await events()).toEqual(before);
  };
  /** Opens it once, so that what refuses it is what was changed, and then no more. */
  async function ends(change: (link: { secret: string; id: string; asked: Asked }) => Promise<unknown>) {
    const place = await asked(acme.member, "When is tea?");
    const { secret, shareLink } = await linkTo(acme.member, place);
    await shown(acme.colleague, secret);
    await change({ secret, id: shareLink.id, asked: place });
    await refused(acme.colleague, secret);
  }
  const change = (sql: string, values: unknown[] = []) => database.admin.query(sql, values);

  test("for the company next door, whoever asks there", async () => {
    const { secret } = await linkTo(acme.member, await asked(acme.member, "When is tea?"));
    for (const who of [globex.owner, globex.admin, globex.member]) await refused(who, secret);
  });
  test("with a secret that is invented, cut or the digest of the right one", async () => {
    const { secret } = await linkTo(acme.member, await asked(acme.member, "When is tea?"));
    const { rows } = await change("select encode(digest, 'hex') as digest from auth.share_links");
    for (const wrong of ["", "rh_sl_", secret.slice(0, -1), secret.toUpperCase(), rows[0].digest])
      await refused(acme.colleague, wrong);
  });
  test("once it is revoked, which is for good and at once", () =>
    ends(async ({ id }) => {
      const { data } = await api.ask(
        acme.member,
        "mutation ($id: ID!) { revokeShareLink(input: {id: $id}) { shareLink { revokedAt } } }",
        { id },
      );
      expect(data.revokeShareLink.shareLink.revokedAt).toEqual(expect.any(String));
    }));
  test("once its time is over", () =>
    ends(({ id }) => change("update auth.share_links set expires_at = now() where id = $1", [id])));
  test("once the conversation is in the bin, and again when it is back", async () => {
    const place = await asked(acme.member, "When is tea?");
    const { secret } = await linkTo(acme.member, place);
    await actingAs(acme.member).rows("select app.discard_conversation($1)", [place.conversation_id]);
    await refused(acme.colleague, secret);
    await actingAs(acme.member).rows("select app.restore_conversation($1)", [place.conversation_id]);
    expect(await contents(acme.colleague, secret)).toHaveLength(2);
  });
  test("once the conversation is deleted, and no row of the link is left", () =>
    ends(async ({ id, asked: { conversation_id } }) => {
      await actingAs(acme.member)
        .expect(`delete from app.conversations where id = '${conversation_id}'`)
        .toReach(1);
      expect((await change("select from auth.share_links where id = $1", [id])).rowCount).toBe(0);
    }));
  test.each([
    ["was removed", "update app.memberships set status = 'removed' where user_id = $1"],
    ["is suspended", "update app.memberships set status = 'suspended' where user_id = $1"],
    ["is banned", "update app.users set status = 'banned' where id = $1"],
    [
      "may not chat any more",
      "update app.memberships as place set role_id = role.id from app.roles as role where place.user_id = $1 and role.tenant_id = place.tenant_id and role.name = 'viewer'",
    ],
  ])("once whoever shares it %s", async (_, sql) => {
    try {
      await ends(() => change(sql, [acme.member.userId]));
    } finally {
      await change("update app.users set status = 'active' where id = $1", [acme.member.userId]);
      await change("update app.memberships set status = 'active', role_id = $2 where user_id = $1", [
        acme.member.userId,
        acme.roleIds.member,
      ]);
      await change(
        "insert into app.team_members (tenant_id, team_id, user_id) values ($1, $2, $3) on conflict do nothing",
        [acme.tenantId, acme.member.teamId, acme.member.userId],
      );
    }
  });
  test("once the conversation moved to a team, and for its members neither", () =>
    ends(({ asked: { conversation_id } }) =>
      actingAs(acme.member).rows("select app.share_conversation($1, $2)", [
        conversation_id,
        acme.member.teamId,
      ]),
    ));
});

describe("what is a team's stays there", () => {
  async function teamLink() {
    const { rows } = await database.admin.query<{ id: string }>(
      "insert into app.teams (tenant_id, name) values ($1, 'Tea ' || uuidv7()) returning id",
      [acme.tenantId],
    );
    const teamId = rows[0]!.id;
    const enter = (who: TenantMember) =>
      database.admin.query("insert into app.team_members (tenant_id, team_id, user_id) values ($1, $2, $3)", [
        acme.tenantId,
        teamId,
        who.userId,
      ]);
    const leave = (who: TenantMember) =>
      database.admin.query("delete from app.team_members where team_id = $1 and user_id = $2", [
        teamId,
        who.userId,
      ]);
    await enter(acme.member);
    const place = await asked(acme.member, "When is tea?", { team: teamId });
    return { teamId, enter, leave, place, ...(await linkTo(acme.member, place)) };
  }

  test("its link opens for whoever is in the team, while they are and whoever shares it is", async () => {
    const { secret, enter, leave } = await teamLink();
    for (const who of [acme.colleague, acme.admin, acme.owner])
      expect((await open(who, secret)).codes).toEqual(["NOT_FOUND"]);
    await enter(acme.colleague);
    expect(await contents(acme.colleague, secret)).toHaveLength(2);
    await leave(acme.colleague);
    expect((await open(acme.colleague, secret)).codes).toEqual(["NOT_FOUND"]);
    await enter(acme.colleague);
    await leave(acme.member);
    expect((await open(acme.colleague, secret)).codes).toEqual(["NOT_FOUND"]);
  });
  test("taken back from the team, or with the team gone, it opens for nobody", async () => {
    const { secret, enter, place, teamId } = await teamLink();
    await enter(acme.colleague);
    await actingAs(acme.member).rows("select app.share_conversation($1, null)", [place.conversation_id]);
    for (const who of [acme.colleague, acme.admin])
      expect((await open(who, secret)).codes).toEqual(["NOT_FOUND"]);
    await database.admin.query("delete from app.teams where id = $1", [teamId]);
    for (const who of [acme.colleague, acme.admin])
      expect((await open(who, secret)).codes).toEqual(["NOT_FOUND"]);
    expect((await database.admin.query("select from auth.share_links")).rowCount).toBe(0);
  });
  test("whoever left the team makes no link to what they began there", async () => {
    const { leave, place } = await teamLink();
    await leave(acme.member);
    expect((await create(acme.member, place)).codes).toEqual(["NOT_FOUND"]);
  });
});

describe("an answer is withheld that rests on what the reader may not read", () => {
  const HIDDEN = [true, true];
  const isWithheld = async (who: Who, secret: string): Promise<boolean[]> =>
    (await shown(who, secret)).messages
      .filter(({ role }: { role: string }) => role === "ASSISTANT")
      .map(
        ({ withheld, content, citations }: { withheld: boolean; content: unknown; citations: unknown[] }) => {
          expect([content === null, withheld && citations.length > 0]).toEqual([withheld, false]);
          return withheld;
        },
      );

  test("somebody's own document: told to whose it is, and to nobody else", async () => {
    const own = await documentOf(acme.member, "private");
    const { secret } = await linkTo(
      acme.member,
      await asked(acme.member, "When is tea?", { sources: [own] }),
    );
    expect(await isWithheld(acme.member, secret)).toEqual([false]);
    for (const who of [acme.colleague, acme.admin, acme.owner])
      expect(await isWithheld(who, secret)).toEqual([true]);
  });
  test("the company's document is told, with its citation; once it is narrowed or deleted, it is not", async () => {
    const document = await documentOf(acme.admin, "tenant");
    const { secret } = await linkTo(
      acme.member,
      await asked(acme.member, "When is tea?", { sources: [document] }),
    );
    expect((await shown(acme.colleague, secret)).messages[1]).toMatchObject({
      withheld: false,
      citations: [{ number: 1, documentId: document, title: "Tea" }],
    });
    await database.admin.query("update app.documents set visibility = 'private' where id = $1", [document]);
    expect(await isWithheld(acme.colleague, secret)).toEqual([true]);
    await database.admin.query("delete from app.documents where id = $1", [document]);
    expect(await isWithheld(acme.member, secret)).toEqual([true]);
  });
  test("a team's document is told to its members", async () => {
    const document = await documentOf(acme.member, "team", acme.member.teamId);
    const { secret } = await linkTo(
      acme.member,
      await asked(acme.member, "When is tea?", { sources: [document] }),
    );
    expect(await isWithheld(acme.colleague, secret)).toEqual([false]);
    await database.admin.query("delete from app.team_members where user_id = $1", [acme.colleague.userId]);
    expect(await isWithheld(acme.colleague, secret)).toEqual([true]);
    await database.admin.query(
      "insert into app.team_members (tenant_id, team_id, user_id) values ($1, $2, $3)",
      [acme.tenantId, acme.colleague.teamId, acme.colleague.userId],
    );
  });
  test("and so is every answer after it, which was given with it in mind", async () => {
    const own = await documentOf(acme.member, "private");
    const first = await asked(acme.member, "When is tea?");
    const conversation = first.conversation_id;
    await asked(acme.member, "What do my notes say?", { conversation, sources: [own] });
    await asked(acme.member, "Say that again.", { conversation });
    const { secret } = await linkTo(acme.member, first);
    expect(await isWithheld(acme.colleague, secret)).toEqual([false, ...HIDDEN]);
    expect(await contents(acme.colleague, secret)).toEqual([
      "When is tea?",
      "Said of When is tea?",
      "What do my notes say?",
      null,
      "Say that again.",
      null,
    ]);
  });
  test("and one of which nobody knows what it rests on", async () => {
    const place = await asked(acme.member, "When is tea?");
    await database.admin.query("update app.messages set provenance = null where id = $1", [place.answer_id]);
    const { secret } = await linkTo(acme.member, place);
    expect(await isWithheld(acme.colleague, secret)).toEqual([true]);
  });
  test("what was thought for an answer is not shown", async () => {
    const place = await asked(acme.member, "When is tea?");
    await database.admin.query(
      `update app.messages set parts = '[{"type": "reasoning", "text": "zzthought"}]' where id = $1`,
      [place.answer_id],
    );
    const { secret } = await linkTo(acme.member, place);
    expect(JSON.stringify(await shown(acme.colleague, secret))).not.toContain("zzthought");
  });
});

describe("whose conversation it is makes and revokes links, and nobody else", () => {
  test("nobody for another's: not a colleague, not an administrator, not next door", async () => {
    const place = await asked(acme.member, "When is tea?");
    for (const who of [acme.colleague, acme.admin, acme.owner, globex.owner])
      expect((await create(who, place)).codes).toEqual(["NOT_FOUND"]);
    const { shareLink } = await linkTo(acme.member, place);
    const { rows } = await database.admin.query("select * from auth.share_links");
    for (const who of [acme.colleague, acme.admin, acme.owner, globex.owner]) {
      const revoke = "mutation ($id: ID!) { revokeShareLink(input: {id: $id}) { clientMutationId } }";
      expect((await api.ask(who, revoke, { id: shareLink.id })).codes).toEqual(["NOT_FOUND"]);
      await actingAs(who).expect("select from app.share_links").toReach(0);
    }
    expect((await database.admin.query("select * from auth.share_links")).rows).toEqual(rows);
  });
  test("not up to a message of another conversation, of another branch's future, or one that is being written", async () => {
    const [place, other] = [await asked(acme.member, "When is tea?"), await asked(acme.member, "Else?")];
    const neighbour = await asked(globex.member, "When is tea?");
    const running = await turn.begin(acme.member, { content: "Now?", conversation: place.conversation_id });
    for (const messageId of [other.answer_id, neighbour.answer_id, running.answer_id])
      expect((await create(acme.member, place, { messageId })).codes).toEqual(["NOT_FOUND"]);
    expect((await linkTo(acme.member, place)).shareLink.messageId).toBe(running.question_id);
  });
  test("not of what is in the bin", async () => {
    const place = await asked(acme.member, "When is tea?");
    await actingAs(acme.member).rows("select app.discard_conversation($1)", [place.conversation_id]);
    expect((await create(acme.member, place)).codes).toEqual(["NOT_FOUND"]);
  });
  test.each([0, 366, -1])("not for %d days", async (days) => {
    const { codes, errors } = await create(acme.member, await asked(acme.member, "When is tea?"), { days });
    expect([codes, errors[0]!.message]).toEqual([["INVALID_INPUT"], "a link is good for 1 to 365 days"]);
  });
  test("a hundred at a time, and a revoked one makes room", async () => {
    const place = await asked(acme.member, "When is tea?");
    await database.admin.query(
      `insert into auth.share_links (tenant_id, user_id, conversation_id, message_id, digest, expires_at)
       select $1, $2, $3, $4, sha256(convert_to(n::text, 'UTF8')), now() + interval '1 day' from generate_series(1, 100) as n`,
      [acme.tenantId, acme.member.userId, place.conversation_id, place.answer_id],
    );
    expect((await create(acme.member, place)).codes).toEqual(["LIMIT_REACHED"]);
    await actingAs(acme.member).rows(
      "select app.revoke_share_link((select id from app.share_links limit 1))",
    );
    await linkTo(acme.member, place);
  });
  test("what was over for a month goes when the next is made", async () => {
    const place = await asked(acme.member, "When is tea?");
    const { shareLink } = await linkTo(acme.member, place);
    await database.admin.query("update auth.share_links set expires_at = now() - interval '31 days'");
    await linkTo(acme.member, place);
    await actingAs(acme.member).expect(`select from app.share_links where id = '${shareLink.id}'`).toReach(0);
    await actingAs(acme.member).expect("select from app.share_links").toReach(1);
  });
  test("a guest makes none and opens none; who may not chat neither", async () => {
    const place = await asked(acme.member, "When is tea?");
    const { secret } = await linkTo(acme.member, place);
    expect((await create(guest, { conversation_id: guest.conversationId })).codes).toEqual([
      "ACCOUNT_REQUIRED",
    ]);
    expect((await open(guest, secret)).codes).toEqual(["ACCOUNT_REQUIRED"]);
    for (const answer of [await open(acme.viewer, secret), await create(acme.viewer, place)])
      expect(answer.codes).toEqual(["PERMISSION_DENIED"]);
  });
  test("nor does the operator's support for whoever it is in as; what they open, support opens in its own name", async () => {
    const { secret, shareLink } = await linkTo(acme.member, await asked(acme.member, "When is tea?"));
    const place = await asked(acme.colleague, "Mine?");
    const support = await enterForSupport(database, acme.slug, { as: acme.colleague.email });
    expect((await create(support, place)).codes).toEqual(["SESSION_REQUIRED"]);
    expect(await contents(support, secret)).toHaveLength(2);
    const { rows } = await database.admin.query(
      "select impersonator_id from audit.events where action = 'share_link.opened' and detail ->> 'link' = $1",
      [shareLink.id],
    );
    expect(rows).toEqual([{ impersonator_id: support.accessId }]);
    const revoke = "mutation ($id: ID!) { revokeShareLink(input: {id: $id}) { clientMutationId } }";
    const { shareLink: own } = await linkTo(acme.colleague, place);
    expect((await api.ask(support, revoke, { id: own.id })).codes).toEqual(["SUPPORT_READ_ONLY"]);
  });
  test("nobody writes a link, or reads a digest, past the calls", async () => {
    await linkTo(acme.member, await asked(acme.member, "When is tea?"));
    for (const sql of [
      "insert into auth.share_links (conversation_id) values (uuidv7())",
      "update auth.share_links set expires_at = 'infinity'",
      "update app.share_links set expires_at = 'infinity'",
      "delete from auth.share_links",
      "select digest from auth.share_links",
    ])
      await actingAs(acme.member).expect(sql).toBeRefused("42501");
    await actingAs(null).expect("select from app.share_links").toReach(0);
    await actingAs(null).expect("select app.open_share_link('x')").toBeRefused("RH403");
  });
});

test("the secret is in no statement, no log, no trail and no table; only its digest's digest is kept", async () => {
  const { secret } = await linkTo(acme.member, await asked(acme.member, "When is tea?"));
  await shown(acme.colleague, secret);
  const said = JSON.stringify([
    api.statements.map(({ text, values }) => [text, values.map(String)]),
    api.logged,
    (await database.admin.query("select detail, old_row, new_row from audit.events")).rows,
  ]);
  expect(said).not.toContain(secret);
  const { rows } = await database.admin.query(
    "select digest = sha256(sha256(convert_to($1, 'UTF8'))) as kept from auth.share_links",
    [secret],
  );
  expect(rows).toEqual([{ kept: true }]);
});
