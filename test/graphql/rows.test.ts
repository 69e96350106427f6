import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let api: GraphQLHouse;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  api = await startGraphQL(database);
});
afterAll(async () => {
  await api.close();
  await database.drop();
});
afterEach(() => {
  // What nobody expected is in the log as a masked error.
  expect(api.logged).toEqual([]);
  api.refusals.length = 0;
});

const count = async (table: string, where: string, values: unknown[]): Promise<number> =>
  (await database.admin.query(`select from ${table} where ${where}`, values)).rowCount ?? 0;

describe("conversations and messages", () => {
  test("are begun, renamed, archived, written into and deleted by their member", async () => {
    const begun = await api.ask(
      acme.member,
      `mutation { createConversation(input: {conversation: {title: "Holidays"}}) { conversation { id title status userId member { displayName } } } }`,
    );
    const { id } = begun.data.createConversation.conversation;
    expect(begun.data.createConversation.conversation).toEqual({
      id,
      title: "Holidays",
      status: "OPEN",
      userId: acme.member.userId,
      member: { displayName: acme.member.name },
    });

    const written = await api.ask(
      acme.member,
      `mutation ($id: ID!) { createMessage(input: {message: {conversationId: $id, content: "How many days?"}}) { message { content role conversation { title } } } }`,
      { id },
    );
    expect(written.data.createMessage.message).toEqual({
      content: "How many days?",
      role: "USER",
      conversation: { title: "Holidays" },
    });

    const changed = await api.ask(
      acme.member,
      `mutation ($id: ID!) { updateConversation(input: {id: $id, patch: {title: "Leave", status: ARCHIVED}}) { conversation { title status messages { nodes { content } } } } }`,
      { id },
    );
    expect(changed.data.updateConversation.conversation).toEqual({
      title: "Leave",
      status: "ARCHIVED",
      messages: { nodes: [{ content: "How many days?" }] },
    });

    const gone = await api.ask(
      acme.member,
      `mutation ($id: ID!) { deleteConversation(input: {id: $id}) { conversation { id } } }`,
      { id },
    );
    expect(gone.data.deleteConversation.conversation).toEqual({ id });
    expect(await count("app.conversations", "id = $1", [id])).toBe(0);
    expect(await count("app.messages", "conversation_id = $1", [id])).toBe(0);
  });

  test("are seen by their member and by who may view all chats, by nobody else", async () => {
    const query = "{ conversations { nodes { id } } myConversations { nodes { id } } }";
    const ids = (nodes: { id: string }[]) => nodes.map(({ id }) => id).sort();
    const everybody = [acme.owner, acme.admin, acme.member, acme.colleague, acme.viewer];
    const byOwner = await api.ask(acme.owner, query);
    expect(ids(byOwner.data.conversations.nodes)).toEqual(everybody.map((one) => one.conversationId).sort());
    expect(ids(byOwner.data.myConversations.nodes)).toEqual([acme.owner.conversationId]);
    const byMember = await api.ask(acme.member, query);
    expect(ids(byMember.data.conversations.nodes)).toEqual([acme.member.conversationId]);
    const byViewer = await api.ask(acme.viewer, query);
    expect(byViewer.data).toEqual({ conversations: { nodes: [] }, myConversations: { nodes: [] } });
  });

  test("are listed of one member, and of nobody whose conversations one may not see", async () => {
    const of = (person: { digest: Buffer }, userId: string) =>
      api.ask(
        person,
        "query ($id: ID!) { conversations(filter: {userId: {equalTo: $id}}, orderBy: ID_DESC) { nodes { userId } } }",
        { id: userId },
      );
    const seen = async (...given: Parameters<typeof of>) => (await of(...given)).data.conversations.nodes;
    expect(await seen(acme.owner, acme.member.userId)).toEqual([{ userId: acme.member.userId }]);
    expect(await seen(acme.member, acme.member.userId)).toEqual([{ userId: acme.member.userId }]);
    expect(await seen(acme.member, acme.colleague.userId)).toEqual([]);
    expect(await seen(acme.owner, globex.member.userId)).toEqual([]);
  });

  test("a message moves its conversation to the top, and is one event of the trail", async () => {
    const begin = async (title: string) =>
      (
        await api.ask(
          acme.member,
          "mutation ($title: String!) { createConversation(input: {conversation: {title: $title}}) { conversation { id } } }",
          { title },
        )
      ).data.createConversation.conversation.id as string;
    const first = await begin("First");
    const second = await begin("Second");
    const newest = async () =>
      (await api.ask(acme.member, "{ myConversations(first: 1, orderBy: UPDATED_AT_DESC) { nodes { id } } }"))
        .data.myConversations.nodes[0].id;
    expect(await newest()).toBe(second);
    await api.ask(
      acme.member,
      `mutation ($id: ID!) { createMessage(input: {message: {conversationId: $id, content: "Again"}}) { message { id } } }`,
      { id: first },
    );
    expect(await newest()).toBe(first);
    expect(await count("audit.events", "row_id = $1 and action = 'update'", [first])).toBe(0);
    for (const id of [first, second]) {
      await api.ask(
        acme.member,
        "mutation ($id: ID!) { deleteConversation(input: {id: $id}) { clientMutationId } }",
        { id },
      );
    }
  });

  test("blank messages, and messages into archived conversations, are refused by name", async () => {
    const { data } = await api.ask(
      acme.member,
      `mutation { createConversation(input: {conversation: {title: "Old"}}) { conversation { id } } }`,
    );
    const { id } = data.createConversation.conversation;
    const write = (content: string) =>
      api.ask(
        acme.member,
        "mutation ($m: MessageInput!) { createMessage(input: {message: $m}) { message { id } } }",
        { m: { conversationId: id, content } },
      );
    for (const blank of [" ", "\n\t", "\u00a0", "\u200b\u200d", "\ufeff \u3000", "\u2800"]) {
      expect((await write(blank)).codes).toEqual(["MESSAGE_BLANK"]);
    }
    const archive = `mutation ($id: ID!, $status: ConversationStatus!) {
      updateConversation(input: {id: $id, patch: {status: $status}}) { conversation { status } } }`;
    await api.ask(acme.member, archive, { id, status: "ARCHIVED" });
    expect((await write("Anybody here?")).codes).toEqual(["CONVERSATION_ARCHIVED"]);
    expect(await count("app.messages", "conversation_id = $1", [id])).toBe(0);
    await api.ask(acme.member, archive, { id, status: "OPEN" });
    expect((await write("Anybody here?")).codes).toEqual([]);
    expect(await count("app.messages", "conversation_id = $1", [id])).toBe(1);
  });
});

describe("what is not there, or not theirs, is NOT_FOUND", () => {
  const others = (): [string, string][] => [
    ["a colleague's", acme.colleague.conversationId],
    ["another tenant's", globex.member.conversationId],
    ["nobody's", "00000000-0000-7000-8000-000000000000"],
  ];

  test("fetched by id", async () => {
    for (const [whose, id] of others()) {
      const { status, data, codes, errors } = await api.ask(
        acme.member,
        `query ($id: ID!) { mine: me { id } theirs: conversation(id: $id) { title } }`,
        { id },
      );
      expect([status, codes], whose).toEqual([200, ["NOT_FOUND"]]);
      expect(errors[0]?.path).toEqual(["theirs"]);
      expect(data).toEqual({ mine: { id: acme.member.userId }, theirs: null });
    }
  });

  test.each(["membership", "message", "role", "auditEvent"])("%s, too", async (field) => {
    const { codes } = await api.ask(
      acme.owner,
      `query ($id: ID!) { ...on Query { ${field}(id: $id) { id } } }`,
      {
        id: globex.member.conversationId,
      },
    );
    expect(codes).toEqual(["NOT_FOUND"]);
  });

  test("a permission that the catalogue does not have", async () => {
    expect((await api.ask(acme.owner, `{ permission(name: "fly") { name } }`)).codes).toEqual(["NOT_FOUND"]);
  });

  test("updated or deleted: nothing changes", async () => {
    for (const [whose, id] of others()) {
      const before = await database.admin.query("select * from app.conversations where id = $1", [id]);
      const update = `mutation ($id: ID!) { updateConversation(input: {id: $id, patch: {title: "taken"}}) { clientMutationId } }`;
      const remove = `mutation ($id: ID!) { deleteConversation(input: {id: $id}) { clientMutationId } }`;
      for (const mutation of [update, remove]) {
        const { codes, data } = await api.ask(acme.member, mutation, { id });
        expect([codes, Object.values(data)], whose).toEqual([["NOT_FOUND"], [null]]);
      }
      const after = await database.admin.query("select * from app.conversations where id = $1", [id]);
      expect(after.rows).toEqual(before.rows);
    }
  });

  test("a message into somebody else's conversation", async () => {
    for (const [whose, id] of others()) {
      const before = await count("app.messages", "conversation_id = $1", [id]);
      const { codes } = await api.ask(
        acme.member,
        `mutation ($id: ID!) { createMessage(input: {message: {conversationId: $id, content: "psst"}}) { message { id } } }`,
        { id },
      );
      expect(codes, whose).toEqual(["NOT_FOUND"]);
      expect(await count("app.messages", "conversation_id = $1", [id])).toBe(before);
    }
  });
});

describe("who lacks the permission hears which", () => {
  test("a viewer who begins a conversation", async () => {
    const { status, codes, errors } = await api.ask(
      acme.viewer,
      `mutation { createConversation(input: {conversation: {title: "?"}}) { conversation { id } } }`,
    );
    expect([status, codes, errors[0]?.extensions.permission]).toEqual([200, ["PERMISSION_DENIED"], "chat"]);
    expect(api.refusals).toEqual([["RH403", "chat"]]);
    expect(await count("app.conversations", "user_id = $1", [acme.viewer.userId])).toBe(1);
  });

  test("a member who makes a role, changes one and removes one", async () => {
    const before = (await database.admin.query("select * from app.roles order by id")).rows;
    for (const mutation of [
      `createRole(input: {role: {name: "mine", permissions: ["chat"]}}) { role { id } }`,
      `updateRole(input: {id: "${acme.roleIds.helper}", patch: {name: "mine"}}) { role { id } }`,
      `deleteRole(input: {id: "${acme.roleIds.helper}"}) { role { id } }`,
    ]) {
      const { codes, errors } = await api.ask(acme.member, `mutation { ${mutation} }`);
      expect([codes, errors[0]?.extensions.permission]).toEqual([["PERMISSION_DENIED"], "manage_roles"]);
    }
    expect((await database.admin.query("select * from app.roles order by id")).rows).toEqual(before);
  });

  test("a member who gives themselves a role", async () => {
    const { codes, errors } = await api.ask(
      acme.member,
      `mutation ($id: ID!, $role: ID!) { updateMembership(input: {id: $id, patch: {roleId: $role}}) { membership { id } } }`,
      { id: acme.member.membershipId, role: acme.roleIds.admin },
    );
    expect([codes, errors[0]?.extensions.permission]).toEqual([["PERMISSION_DENIED"], "manage_users"]);
  });

  test("a member who renames the tenant", async () => {
    const { codes, errors } = await api.ask(
      acme.member,
      `mutation ($id: ID!) { updateTenant(input: {id: $id, patch: {name: "Mine"}}) { tenant { name } } }`,
      { id: acme.tenantId },
    );
    expect([codes, errors[0]?.extensions.permission]).toEqual([["PERMISSION_DENIED"], "manage_tenant"]);
  });

  test("what row security refuses without a word of its own", async () => {
    const { codes } = await api.ask(
      acme.owner,
      `mutation ($id: ID!) { updateRole(input: {id: $id, patch: {name: "x"}}) { role { id } } }`,
      { id: acme.roleIds.admin },
    );
    expect(codes).toEqual(["NOT_FOUND"]);
  });
});

describe("everything else that can be written", () => {
  test("roles: made, changed, removed; one that somebody has stays", async () => {
    const made = await api.ask(
      acme.owner,
      `mutation { createRole(input: {role: {name: "support", description: "Helps", permissions: ["view_all_chats", "chat"]}}) { role { id permissions builtIn } } }`,
    );
    const { id } = made.data.createRole.role;
    expect(made.data.createRole.role).toEqual({
      id,
      permissions: ["chat", "view_all_chats"],
      builtIn: false,
    });
    const changed = await api.ask(
      acme.owner,
      `mutation ($id: ID!) { updateRole(input: {id: $id, patch: {permissions: ["chat"]}}) { role { permissions } } }`,
      { id },
    );
    expect(changed.data.updateRole.role).toEqual({ permissions: ["chat"] });

    await database.admin.query("update app.memberships set role_id = $1 where id = $2", [
      id,
      acme.colleague.membershipId,
    ]);
    const remove = `mutation ($id: ID!) { deleteRole(input: {id: $id}) { role { name } } }`;
    expect((await api.ask(acme.owner, remove, { id })).codes).toEqual(["CONFLICT"]);
    await database.admin.query("update app.memberships set role_id = $1 where id = $2", [
      acme.roleIds.member,
      acme.colleague.membershipId,
    ]);
    expect((await api.ask(acme.owner, remove, { id })).data.deleteRole.role).toEqual({ name: "support" });
  });

  test("a name that is taken is a conflict, a permission that is none is invalid", async () => {
    const make = (name: string, permission: string) =>
      api.ask(
        acme.owner,
        `mutation ($role: RoleInput!) { createRole(input: {role: $role}) { role { id } } }`,
        { role: { name, permissions: [permission] } },
      );
    expect((await make("helper", "chat")).codes).toEqual(["CONFLICT"]);
    expect((await make("pilot", "fly")).codes).toEqual(["INVALID_INPUT"]);
  });

  test("how colleagues see one, one's own name, the tenant's name", async () => {
    const { data } = await api.ask(
      acme.owner,
      `mutation ($membership: ID!, $user: ID!, $tenant: ID!) {
        updateMembership(input: {id: $membership, patch: {displayName: "The boss", avatarUrl: "https://example.com/b.png"}}) { membership { displayName user { email } role { name } } }
        updateUser(input: {id: $user, patch: {name: "B. Oss", locale: "de-CH"}}) { user { name locale } }
        updateTenant(input: {id: $tenant, patch: {name: "Acme Ltd"}}) { tenant { name slug } }
      }`,
      { membership: acme.owner.membershipId, user: acme.owner.userId, tenant: acme.tenantId },
    );
    expect(data).toEqual({
      updateMembership: {
        membership: { displayName: "The boss", user: { email: acme.owner.email }, role: { name: "admin" } },
      },
      updateUser: { user: { name: "B. Oss", locale: "de-CH" } },
      updateTenant: { tenant: { name: "Acme Ltd", slug: "acme" } },
    });
  });

  test("preferences: set, set in part, removed", async () => {
    const set = (fields: string) =>
      api.ask(
        acme.viewer,
        `mutation { setMyPreferences(input: {${fields}}) { preferences { id language tone } } }`,
      );
    const first = await set(`language: "fr", tone: FORMAL`);
    const { id } = first.data.setMyPreferences.preferences;
    expect((await set("tone: CONCISE")).data.setMyPreferences.preferences).toEqual({
      id,
      language: "fr",
      tone: "CONCISE",
    });
    expect((await set("tone: RUDE")).codes).toEqual(["INVALID_QUERY"]);
    const remove = "mutation { deleteMyPreferences(input: {}) { preferences { id } } }";
    expect((await api.ask(acme.viewer, remove)).data.deleteMyPreferences.preferences).toEqual({ id });
    expect((await api.ask(acme.viewer, remove)).data.deleteMyPreferences.preferences).toBeNull();
    expect((await api.ask(acme.viewer, "{ myPreferences { tone toneSource } }")).data).toEqual({
      myPreferences: { tone: "NEUTRAL", toneSource: "built_in" },
    });
  });

  test("the last owner stays one", async () => {
    const { codes } = await api.ask(
      globex.owner,
      `mutation ($id: ID!) { updateMembership(input: {id: $id, patch: {isOwner: false}}) { membership { id } } }`,
      { id: globex.owner.membershipId },
    );
    expect(codes).toEqual(["LAST_OWNER"]);
    expect(await count("app.memberships", "id = $1 and is_owner", [globex.owner.membershipId])).toBe(1);
  });
});

test("one knows who and where one is, and what one may do", async () => {
  const { data } = await api.ask(
    globex.viewer,
    "{ me { email } myTenant { slug } myMembership { role { name } user { name } } myPermissions permissions { nodes { name } } }",
  );
  expect(data).toMatchObject({
    me: { email: globex.viewer.email },
    myTenant: { slug: "globex" },
    myMembership: { role: { name: "viewer" }, user: { name: globex.viewer.name } },
    myPermissions: ["view_analytics"],
  });
  expect(data.permissions.nodes).toContainEqual({ name: "chat" });
});

test("of colleagues one sees the membership, not the user", async () => {
  const { data } = await api.ask(acme.member, "{ memberships { nodes { displayName user { email } } } }");
  expect(data.memberships.nodes).toHaveLength(5);
  expect(data.memberships.nodes.filter(({ user }: { user: unknown }) => user !== null)).toEqual([
    { displayName: acme.member.name, user: { email: acme.member.email } },
  ]);
});

test("the trail is read by who may view it, with the changes just made", async () => {
  const query = `{ auditEvents(filter: {action: {equalTo: "delete"}}, first: 100) { nodes { action at actorKind actorId } } }`;
  const { data } = await api.ask(acme.admin, query);
  expect(data.auditEvents.nodes).toContainEqual(
    expect.objectContaining({ action: "delete", actorKind: "SESSION", actorId: acme.member.userId }),
  );
  expect((await api.ask(acme.member, query)).data.auditEvents.nodes).toEqual([]);
});

describe("forged fields are no fields", () => {
  test.each([
    `createConversation(input: {conversation: {title: "x", tenantId: "GLOBEX"}}) { conversation { id } }`,
    `createConversation(input: {conversation: {title: "x", id: "GLOBEX"}}) { conversation { id } }`,
    `createConversation(input: {conversation: {title: "x", userId: "GLOBEX"}}) { conversation { id } }`,
    `createMessage(input: {message: {content: "x", conversationId: "GLOBEX", role: "assistant"}}) { message { id } }`,
    `createRole(input: {role: {name: "x", builtIn: true}}) { role { id } }`,
    `updateTenant(input: {id: "GLOBEX", patch: {status: "active"}}) { tenant { id } }`,
    `updateUser(input: {id: "GLOBEX", patch: {email: "a@example.com"}}) { user { id } }`,
    `createMembership(input: {membership: {displayName: "x"}}) { membership { id } }`,
    `deleteMembership(input: {id: "GLOBEX"}) { membership { id } }`,
    `updateMessage(input: {id: "GLOBEX", patch: {content: "x"}}) { message { id } }`,
    `createAuditEvent(input: {auditEvent: {action: "x"}}) { auditEvent { id } }`,
  ])("%s", async (mutation) => {
    const { status, codes, text } = await api.ask(
      acme.owner,
      `mutation { ${mutation.replaceAll("GLOBEX", globex.tenantId)} }`,
    );
    expect([status, new Set(codes)]).toEqual([400, new Set(["INVALID_QUERY"])]);
    expect(text).not.toContain("Did you mean");
  });

  test("nor in variables", async () => {
    const { status, codes } = await api.ask(
      acme.member,
      "mutation ($c: ConversationInput!) { createConversation(input: {conversation: $c}) { conversation { id } } }",
      { c: { title: "x", tenantId: globex.tenantId } },
    );
    expect([status, codes]).toEqual([400, ["INVALID_INPUT"]]);
    expect(await count("app.conversations", "tenant_id = $1 and title = 'x'", [globex.tenantId])).toBe(0);
  });
});
