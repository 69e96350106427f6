import { readFileSync } from "node:fs";
import { buildSchema, type GraphQLSchema, isInputObjectType, isObjectType } from "postgraphile/graphql";
import { afterAll, beforeAll, expect, test } from "vitest";
import { graphqlSchema } from "../../src/development/graphql_schema.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
let printed: string;
let schema: GraphQLSchema;

beforeAll(async () => {
  database = await createDatabase();
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
    "auditEvent",
    "auditEvents",
    "conversation",
    "conversations",
    "me",
    "membership",
    "memberships",
    "message",
    "myConversations",
    "myMembership",
    "myPermissions",
    "myPreferences",
    "myTenant",
    "permission",
    "permissions",
    "role",
    "roles",
  ]);
  expect(names("Mutation")).toEqual([
    "createConversation",
    "createMessage",
    "createRole",
    "deleteConversation",
    "deleteMyPreferences",
    "deleteRole",
    "setMyPreferences",
    "updateConversation",
    "updateMembership",
    "updateRole",
    "updateTenant",
    "updateUser",
  ]);
});

test("column grants are the inputs: nobody writes tenant, owner, id, author or time", () => {
  expect(names("ConversationInput")).toEqual(["title"]);
  expect(names("ConversationPatch")).toEqual(["status", "title"]);
  expect(names("MessageInput")).toEqual(["content", "conversationId"]);
  expect(names("RoleInput")).toEqual(["description", "name", "permissions"]);
  expect(names("MembershipPatch")).toEqual(["avatarUrl", "displayName", "isOwner", "roleId", "status"]);
  expect(names("TenantPatch")).toEqual(["name"]);
  expect(names("UserPatch")).toEqual(["locale", "name"]);
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type)) expect(Object.keys(type.getFields())).not.toContain("tenantId");
  }
});

test("filters know only operators that an index serves and row security lets it", () => {
  const operators = new Set(
    Object.values(schema.getTypeMap())
      .filter((type) => /^(UUID|String|Datetime)Filter$/.test(type.name))
      .flatMap((type) => names(type.name)),
  );
  expect([...operators].sort()).toEqual([
    "equalTo",
    "greaterThan",
    "greaterThanOrEqualTo",
    "in",
    "lessThan",
    "lessThanOrEqualTo",
  ]);
});

test("every column that can be filtered by is the first of an index, after tenant_id", async () => {
  const { rows } = await database.admin.query<{ column: string }>(`
    select distinct class.relname || '.' || attribute.attname as column
    from pg_index as index
    join pg_class as class on class.oid = index.indrelid
    join pg_attribute as tenant on tenant.attrelid = class.oid and tenant.attnum = index.indkey[0]
    join pg_attribute as attribute on attribute.attrelid = class.oid and attribute.attnum = index.indkey[1]
    where tenant.attname = 'tenant_id'`);
  const indexed = new Set(rows.map(({ column }) => column));
  const tables: Record<string, string> = {
    RoleFilter: "roles",
    MembershipFilter: "memberships",
    ConversationFilter: "conversations",
    MessageFilter: "messages",
    AuditEventFilter: "events",
  };
  const filters = Object.keys(schema.getTypeMap()).filter(
    (name) => name.endsWith("Filter") && !/^(UUID|String|Datetime)Filter$/.test(name),
  );
  expect(filters.sort()).toEqual(Object.keys(tables).sort());
  for (const filter of filters) {
    for (const field of names(filter)) {
      const column = field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      expect([...indexed]).toContain(`${tables[filter]}.${column}`);
    }
  }
});

test("everything in the API says what it is", () => {
  for (const type of ["AuditEvent", "Conversation", "Membership", "Message", "Role", "Tenant", "User"]) {
    expect(schema.getType(type)?.description, type).toBeTruthy();
  }
});
