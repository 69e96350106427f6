import { readFileSync } from "node:fs";
import {
  buildSchema,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
} from "postgraphile/graphql";
import { afterAll, beforeAll, expect, test } from "vitest";
import { graphqlSchema } from "../../src/development/graphql_schema.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
let printed: string;
let schema: GraphQLSchema;

beforeAll(async () => {
  database = await createDatabase({ application: false });
  printed = await graphqlSchema(database.appUrl);
  schema = buildSchema(printed);
});
afterAll(() => database.drop());

test("schema.graphql is what the database says (else: npm run generate)", () => {
  expect(readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8")).toBe(printed);
});

const names = (type: string): string[] => {
  const found = schema.getType(type);
  if (!isObjectType(found) && !isInputObjectType(found)) throw new Error(`there is no ${type}`);
  return Object.keys(found.getFields()).sort();
};

test("these are the ways in", () => {
  expect(names("Query")).toEqual([
    "analytics",
    "apiKey",
    "apiKeys",
    "auditCheckpoint",
    "auditConsistency",
    "auditEvent",
    "auditEventTypes",
    "auditEvents",
    "auditProof",
    "budget",
    "budgets",
    "conversation",
    "conversations",
    "curatedAnswer",
    "curatedAnswerFor",
    "curatedAnswers",
    "discardedConversations",
    "document",
    "documentChunk",
    "documentVersion",
    "documents",
    "domain",
    "domains",
    "frequentQuestions",
    "grant",
    "grants",
    "invitation",
    "invitations",
    "legalHolds",
    "me",
    "membership",
    "membershipByUserId",
    "memberships",
    "memories",
    "memory",
    "message",
    "messageFeedback",
    "modelPrice",
    "modelPrices",
    "modelProvider",
    "myConversations",
    "myFrequentQuestions",
    "myIdentities",
    "myMembership",
    "myPasskeys",
    "myPermissions",
    "myPreferences",
    "myProfile",
    "mySessions",
    "myTenant",
    "myTenants",
    "myTools",
    "myUsage",
    "permission",
    "permissions",
    "permissionsOf",
    "role",
    "roleByName",
    "roles",
    "searchConversations",
    "searchMembers",
    "searchPassages",
    "shareLink",
    "shareLinks",
    "supportAccesses",
    "systemPromptPreview",
    "team",
    "teamByName",
    "teamConversations",
    "teamMember",
    "teams",
    "tenantDefaults",
    "tool",
    "toolServer",
    "toolServers",
    "tools",
    "usageEvent",
    "usageEvents",
    "webhookDeliveries",
    "webhookDelivery",
    "webhookEndpoint",
    "webhookEndpoints",
    "webhookEventType",
    "webhookEventTypes",
    "whoCan",
  ]);
  expect(names("Mutation")).toEqual([
    "addDomain",
    "approveTool",
    "createApiKey",
    "createBudget",
    "createConversation",
    "createCuratedAnswer",
    "createDocument",
    "createGrant",
    "createMemory",
    "createMessage",
    "createMessageFeedback",
    "createRole",
    "createShareLink",
    "createTeam",
    "createTeamMember",
    "createTool",
    "createToolServer",
    "createWebhookEndpoint",
    "deleteBudget",
    "deleteConversation",
    "deleteCuratedAnswer",
    "deleteDocument",
    "deleteDomain",
    "deleteGrant",
    "deleteMemory",
    "deleteMessageFeedback",
    "deleteMyPreferences",
    "deleteRole",
    "deleteTeam",
    "deleteTeamMember",
    "deleteTenant",
    "deleteTool",
    "deleteToolServer",
    "deleteWebhookEndpoint",
    "discardConversation",
    "endSupportAccess",
    "forgetMemories",
    "inviteMember",
    "leaveTeam",
    "leaveTenant",
    "openShareLink",
    "reactivateMember",
    "refreshToolServer",
    "reindexDocument",
    "removeMember",
    "removeModelProvider",
    "removePasskey",
    "renamePasskey",
    "replaceDocument",
    "resendInvitation",
    "resendWebhookDelivery",
    "restoreConversation",
    "revokeAllSessions",
    "revokeApiKey",
    "revokeInvitation",
    "revokeOtherSessions",
    "revokeSession",
    "revokeShareLink",
    "rotateApiKey",
    "rotateWebhookSecret",
    "sendTestEvent",
    "setModelProvider",
    "setMyPreferences",
    "setTenantDefaults",
    "setToolSecret",
    "shareConversation",
    "suspendMember",
    "transferOwnership",
    "unlinkIdentity",
    "updateApiKey",
    "updateBudget",
    "updateConversation",
    "updateCuratedAnswer",
    "updateDocument",
    "updateDomain",
    "updateMembership",
    "updateMemory",
    "updateMessageFeedback",
    "updateRole",
    "updateTeam",
    "updateTeamMember",
    "updateTenant",
    "updateTool",
    "updateToolServer",
    "updateUser",
    "updateWebhookEndpoint",
    "useProfile",
    "verifyDomain",
  ]);
});

test("column grants are the inputs: nobody writes tenant, owner, id, author or time", () => {
  expect(names("ConversationInput")).toEqual(["teamId", "title"]);
  expect(names("TeamMemberInput")).toEqual(["role", "teamId", "userId"]);
  expect(names("TeamMemberPatch")).toEqual(["role"]);
  expect(names("GrantInput")).toEqual(["endsAt", "permission", "reason", "userId"]);
  expect(names("ConversationPatch")).toEqual(["pinnedAt", "status", "title"]);
  expect(names("MemoryInput")).toEqual(["content"]);
  expect(names("MemoryPatch")).toEqual(["content"]);
  expect(names("CuratedAnswerInput")).toEqual([
    "active",
    "answer",
    "documentIds",
    "language",
    "messageId",
    "question",
    "teamId",
  ]);
  expect(names("CuratedAnswerPatch")).toEqual([
    "active",
    "answer",
    "documentIds",
    "language",
    "question",
    "teamId",
  ]);
  expect(names("CreateShareLinkInput")).toEqual(["clientMutationId", "conversationId", "days", "messageId"]);
  expect(names("OpenShareLinkInput")).toEqual(["clientMutationId", "secret"]);
  expect(names("MessageInput")).toEqual(["content", "conversationId", "parentId"]);
  expect(names("RoleInput")).toEqual(["description", "name", "permissions"]);
  expect(names("MembershipPatch")).toEqual(["avatarUrl", "displayName", "isOwner", "roleId", "status"]);
  expect(names("TenantPatch")).toEqual([
    "accentColor",
    "allowsGuests",
    "auditRetentionMonths",
    "brandColor",
    "brandName",
    "fingerprint",
    "fingerprintNetwork",
    "language",
    "logoUrl",
    "name",
    "requiresSecondFactor",
    "sessionIdleMinutes",
    "sessionLifetimeMinutes",
    "signInWays",
    "singleSession",
    "supportAccess",
  ]);
  expect(names("ToolInput")).toEqual([
    "approval",
    "description",
    "inputSchema",
    "method",
    "name",
    "path",
    "serverId",
  ]);
  expect(names("ToolPatch")).toEqual(["active", "approval", "description", "inputSchema", "method", "path"]);
  expect(names("ToolServerInput")).toEqual(["kind", "name", "teamId", "url"]);
  expect(names("ToolServerPatch")).toEqual(["active", "teamId"]);
  expect(names("SetToolSecretInput")).toEqual(["clientMutationId", "header", "secret", "serverId"]);
  expect(names("UserPatch")).toEqual(["locale", "name"]);
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type)) expect(Object.keys(type.getFields())).not.toContain("tenantId");
  }
});

const enumValues = (type: string): string[] => {
  const found = schema.getType(type);
  if (!isEnumType(found)) throw new Error(`there is no enum ${type}`);
  return found
    .getValues()
    .map(({ name }) => name)
    .sort();
};

test("closed values are enums, the values those that the database allows", () => {
  expect(enumValues("ConversationStatus")).toEqual(["ARCHIVED", "OPEN"]);
  expect(enumValues("MembershipStatus")).toEqual(["ACTIVE", "REMOVED", "SUSPENDED"]);
  expect(enumValues("TenantStatus")).toEqual(["ACTIVE", "CLOSED", "SUSPENDED"]);
  expect(enumValues("UserStatus")).toEqual(["ACTIVE", "BANNED", "DELETED"]);
  expect(enumValues("MessageRole")).toEqual(["ASSISTANT", "USER"]);
  expect(enumValues("TeamRole")).toEqual(["LEAD", "MEMBER"]);
  expect(enumValues("Tone")).toEqual(["CONCISE", "FORMAL", "FRIENDLY", "NEUTRAL"]);
  expect(enumValues("Fingerprint")).toEqual(["EXACT", "FAMILY", "OFF"]);
  expect(enumValues("ActorKind")).toEqual(["API_KEY", "GUEST", "SESSION", "SIGN_IN", "SUPPORT", "SYSTEM"]);
  expect(enumValues("WebhookDeliveryState")).toEqual(["DEAD", "DELIVERED", "PENDING"]);
  expect(enumValues("WebhookDisabledReason")).toEqual(["FAILING", "GONE"]);
});

const camelCase = (column: string): string =>
  column.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

test("every column that a CHECK closes is an enum in the API", async () => {
  const { rows } = await database.admin.query<{ field: string }>(`
    select relname || '.' || attname as field
    from pg_constraint
    join pg_class on pg_class.oid = conrelid and relnamespace = 'app'::regnamespace
    join pg_attribute on attrelid = conrelid and array[attnum] = conkey
    where contype = 'c' and pg_get_constraintdef(pg_constraint.oid) ~ '= ANY \\(ARRAY\\['`);
  const types: Record<string, string> = {
    message_feedback: "MessageFeedback",
    usage_days: "UsageEvent", // Not in the API itself: analytics adds it up.
    usage_events: "UsageEvent",
    user_preferences: "Preferences",
    invitation_teams: "InvitationTeam",
    team_members: "TeamMember",
    tenant_preferences: "DefaultPreferences",
    tool_servers: "ToolServer",
    webhook_deliveries: "WebhookDelivery",
    webhook_endpoints: "WebhookEndpoint",
  };
  expect(rows.length).toBeGreaterThan(5);
  for (const { field } of rows) {
    const [table, column] = field.split(".") as [string, string];
    const named = types[table] ?? table.charAt(0).toUpperCase() + table.slice(1, -1);
    const type = schema.getType(named);
    if (!isObjectType(type)) throw new Error(`there is no ${named}`);
    expect(isEnumType(getNamedType(type.getFields()[camelCase(column)]!.type)), field).toBe(true);
  }
});

test("no list has holes: entries are never null", () => {
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith("__") || !(isObjectType(type) || isInputObjectType(type))) continue;
    for (const { name, type: given } of Object.values(type.getFields())) {
      const list = getNullableType(given);
      if (isListType(list)) expect(isNonNullType(list.ofType), `${type.name}.${name}`).toBe(true);
    }
  }
});

test("ids are of type ID, and what generated code has no type for is documented", () => {
  const scalars = Object.values(schema.getTypeMap()).filter(
    (type) => isScalarType(type) && !isSpecifiedScalarType(type),
  );
  expect(scalars.map(({ name }) => name).sort()).toEqual([
    "Base64EncodedBinary",
    "BigInt",
    "Cursor",
    "Date",
    "Datetime",
    "InternetAddress",
    "JSON",
  ]);
  for (const scalar of scalars) expect(scalar.description).toBeTruthy();
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith("__") || !isObjectType(type)) continue;
    for (const { name, type: given } of Object.values(type.getFields())) {
      if (isObjectType(getNamedType(given))) continue;
      if (/^id$|[a-z]Id$/.test(name) && !["clientMutationId", "requestId", "rowId"].includes(name)) {
        expect(String(getNamedType(given)), `${type.name}.${name}`).toBe("ID");
      }
    }
  }
});

test("what is one's own is changed without an id", () => {
  const mine = Object.keys(schema.getMutationType()!.getFields()).filter((name) => name.includes("My"));
  expect(mine.sort()).toEqual(["deleteMyPreferences", "setMyPreferences"]);
  for (const name of mine) {
    expect(names(`${name.charAt(0).toUpperCase()}${name.slice(1)}Input`)).not.toContain("id");
  }
});

test("a filter asks for one value, or for a stretch of time", () => {
  for (const type of ["IDFilter", "StringFilter", "ActorKindFilter"])
    expect(names(type)).toEqual(["equalTo"]);
  expect(names("AuditSeverityFilter")).toEqual(["equalTo", "in"]);
  expect(names("DatetimeFilter")).toEqual([
    "greaterThan",
    "greaterThanOrEqualTo",
    "lessThan",
    "lessThanOrEqualTo",
  ]);
});

/** The table behind a type of the API. */
const tables: Readonly<Record<string, string>> = {
  ApiKey: "auth.api_keys",
  AuditEvent: "audit.events",
  Budget: "app.budgets",
  Conversation: "app.conversations",
  CuratedAnswer: "app.curated_answers",
  Document: "app.documents",
  DocumentVersion: "app.document_versions",
  Domain: "app.domains",
  Grant: "app.grants",
  Invitation: "app.invitations",
  InvitationTeam: "app.invitation_teams",
  Membership: "app.memberships",
  Memory: "app.memories",
  Message: "app.messages",
  MessageFeedback: "app.message_feedback",
  ModelPrice: "app.model_prices",
  Permission: "app.permissions",
  Role: "app.roles",
  ShareLink: "auth.share_links",
  Team: "app.teams",
  TeamMember: "app.team_members",
  Tool: "app.tools",
  ToolServer: "app.tool_servers",
  UsageEvent: "app.usage_events",
  WebhookDelivery: "app.webhook_deliveries",
  WebhookEndpoint: "app.webhook_endpoints",
  WebhookEventType: "app.webhook_event_types",
};

const columnOf = (field: string): string =>
  field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The columns that lead an index of a table, after tenant_id, in order. */
async function indexes(table: string): Promise<string[][]> {
  const { rows } = await database.admin.query<{ columns: string[] }>(
    `select array(
       select attname::text from unnest(indkey) with ordinality as part (number, place)
       join pg_attribute on attrelid = indrelid and attnum = part.number
       where attname <> 'tenant_id' order by place
     ) as columns
     from pg_index where indrelid = $1::regclass and indexprs is null
       -- Daily work is what is left when one reads by the time.
       and (indpred is null or indexrelid = 'audit.events_by_severity'::regclass)`,
    [table],
  );
  return rows.map(({ columns }) => columns);
}

test("every order, and every filter with every order, is an index of its own", async () => {
  const lists = Object.keys(schema.getTypeMap()).filter((name) => name.endsWith("OrderBy"));
  expect(lists.map((name) => name.replace("OrderBy", "")).sort()).toEqual(Object.keys(tables));
  for (const [type, table] of Object.entries(tables)) {
    const having = await indexes(table);
    const orders = new Set(
      enumValues(`${type}OrderBy`).map((name) => name.replace(/_(ASC|DESC)$/, "").toLowerCase()),
    );
    const filter = schema.getType(`${type}Filter`);
    const filters = isInputObjectType(filter) ? Object.keys(filter.getFields()).map(columnOf) : [];
    for (const by of [
      [],
      ...filters.map((column) => (column === "record" ? ["table_name", "row_id"] : [column])),
    ]) {
      for (const order of orders) {
        // A role's, a permission's or a model's name is unique by itself.
        const unique = order === "name" || order === "model";
        const wanted = [...new Set([...by, order, ...(unique ? [] : ["id"])])].join();
        expect(
          having.map((columns) => columns.join()).filter((columns) => columns.startsWith(wanted)),
          `${table}: ${wanted}`,
        ).not.toEqual([]);
      }
    }
  }
});

test("no order is by a column that may be null", async () => {
  for (const [type, table] of Object.entries(tables)) {
    for (const order of enumValues(`${type}OrderBy`)) {
      const { rows } = await database.admin.query(
        "select attnotnull from pg_attribute where attrelid = $1::regclass and attname = $2",
        [table, order.replace(/_(ASC|DESC)$/, "").toLowerCase()],
      );
      expect(rows, `${table} ${order}`).toEqual([{ attnotnull: true }]);
    }
  }
});

test("everything in the API says what it is: types, fields, arguments and values", () => {
  const silent: string[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith("__") || (isScalarType(type) && isSpecifiedScalarType(type))) continue;
    if (!type.description) silent.push(type.name);
    if (isEnumType(type)) {
      for (const { name, description } of type.getValues()) {
        if (!description) silent.push(`${type.name}.${name}`);
      }
    }
    if (!isObjectType(type) && !isInputObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (!field.description) silent.push(`${type.name}.${field.name}`);
      for (const argument of "args" in field ? field.args : []) {
        if (!argument.description) silent.push(`${type.name}.${field.name}(${argument.name})`);
      }
    }
  }
  expect(silent).toEqual([]);
});
