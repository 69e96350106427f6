import type { TenantSample } from "./skewed_tenants.ts";

/** What somebody asks of the API, and the most rows that one scan may look at for it. */
export interface Operation {
  /** Documents that cost alike: a list in each of its orders, with each of its filters. */
  readonly documents: (tenant: TenantSample) => readonly string[];
  /** Makes the row that each document is about, where it does not outlive it; its key is the variable `$made`, a name that nothing has `$unused`. */
  readonly make?: string;
  /** Rows of any one scan, if it begins at its index and ends at the limit; 1 unless it says otherwise. */
  readonly rows?: number;
  /** Who may ask it; everybody unless it says otherwise. */
  readonly as?: readonly Asking[];
}

/** An administrator, a member with a quarter of all conversations, and one with three. */
export const ASKING = ["admin", "many", "few"] as const;
export type Asking = (typeof ASKING)[number];

const PAGE = 20;
/** A page, and the row that tells whether there is another. */
const rows = PAGE + 1;
const info = "pageInfo { hasNextPage hasPreviousPage }";
const COUNTED = 10_001;
const counts = "totalCount totalCountIsExact";

/** A list in both directions of each order and both ways through it, with each of the filters or none. */
function lists(list: string, orders: readonly string[], filters: readonly string[], node: string): string[] {
  return orders.flatMap((order) =>
    ["ASC", "DESC"].flatMap((direction) =>
      ["first", "last"].flatMap((end) =>
        filters.map((filter) => {
          const given = `${end}: ${PAGE}, orderBy: ${order}_${direction}${filter && `, filter: {${filter}}`}`;
          return `{ ${list}(${given}) { edges { cursor node { ${node} } } ${info} } }`;
        }),
      ),
    ),
  );
}

/** The same, inside of one row. */
const within = (row: string, documents: readonly string[]): string[] =>
  documents.map((document) => `{ ${row} ${document} }`);

const conversation = "id title status updatedAt";
const ofMember = (tenant: TenantSample): string => `userId: {equalTo: "${tenant.many.userId}"}`;
const trailFilters = (tenant: TenantSample): string[] => [
  `action: {equalTo: "insert"}`,
  `record: {table: "app.conversations", id: "3"}`,
  `actorId: {equalTo: "${tenant.many.userId}"}`,
  "actorKind: {equalTo: SESSION}",
  `requestId: {equalTo: "request-3"}`,
  `at: {greaterThan: "2020-01-01T00:00:00Z", lessThan: "2100-01-01T00:00:00Z"}`,
];
const own = `mutation { createConversation(input: {conversation: {title: "Made to be changed"}}) { conversation { id } } }`;

const role = "mutation ($unused: String!) { createRole(input: {role: {name: $unused}}) { role { id } } }";

/** Twenty things and more that applications ask for all day. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  "me, my membership, its role": {
    documents: () => ["{ me { name email membership { displayName role { name } } } }"],
  },
  "my tenant, permissions, preferences": {
    documents: () => ["{ myTenant { name } myPermissions myPreferences { language tone } }"],
  },
  "a conversation by its key": {
    documents: (tenant) => [`{ conversation(id: "${tenant.longConversationId}") { ${conversation} } }`],
    as: ["admin", "many"],
  },
  "one column of a row by its key": {
    documents: (tenant) => [
      `{ conversation(id: "${tenant.longConversationId}") { updatedAt } }`,
      `{ message(id: "${tenant.fewMessageId}") { conversationId } }`,
      `{ auditEvent(id: "01900000-0000-7000-8000-000000000000") { action } }`,
      `{ role(id: "${tenant.memberRoleId}") { name } }`,
    ],
    as: ["admin"],
  },
  "a message, its conversation, its member": {
    documents: (tenant) => [
      `{ message(id: "${tenant.fewMessageId}") { content conversation { title member { displayName } } } }`,
    ],
    as: ["admin", "few"],
  },
  "a membership by its user, user and role": {
    documents: (tenant) => [
      `{ membershipByUserId(userId: "${tenant.few.userId}") { displayName user { name } role { name } } }`,
    ],
  },
  "`conversations`": {
    documents: (tenant) => lists("conversations", ["ID", "UPDATED_AT"], ["", ofMember(tenant)], conversation),
    rows,
  },
  "`myConversations`": {
    documents: () => lists("myConversations", ["ID", "UPDATED_AT"], [""], conversation),
    rows,
  },
  "20 `conversations` with 20 messages each": {
    documents: () => [
      `{ conversations(first: ${PAGE}, orderBy: UPDATED_AT_DESC) { nodes { ${conversation} member { displayName }
          messages(last: ${PAGE}) { nodes { role content createdAt } } } } }`,
    ],
    rows: PAGE * PAGE,
  },
  "`messages` of a long conversation": {
    documents: (tenant) =>
      within(
        `conversation(id: "${tenant.longConversationId}")`,
        lists("messages", ["ID"], [""], "id role content"),
      ),
    rows,
    as: ["admin", "many"],
  },
  "`memberships`, users and roles": {
    documents: (tenant) =>
      lists(
        "memberships",
        ["ID"],
        ["", `roleId: {equalTo: "${tenant.memberRoleId}"}`],
        "displayName role { name } user { name }",
      ),
    rows,
  },
  "`memberships` of a role": {
    documents: (tenant) =>
      within(`role(id: "${tenant.memberRoleId}")`, lists("memberships", ["ID"], [""], "displayName")),
    rows,
  },
  "`roles`, `permissions`": {
    documents: () => [
      ...lists("roles", ["ID", "NAME"], [""], "name permissions"),
      ...lists("permissions", ["NAME"], [""], "name"),
    ],
    rows,
  },
  "`auditEvents`, newest first, with actors": {
    documents: () => [
      `{ auditEvents(first: ${PAGE}, orderBy: AT_DESC) { nodes { at action actor { displayName } } ${info} } }`,
    ],
    rows,
    as: ["admin"],
  },
  "`auditEvents`, with each filter": {
    documents: (tenant) => lists("auditEvents", ["AT"], ["", ...trailFilters(tenant)], "at action"),
    rows,
  },
  "`conversations`, counted": {
    documents: (tenant) =>
      ["", `(filter: {${ofMember(tenant)}})`].map((given) => `{ conversations${given} { ${counts} } }`),
    rows: COUNTED,
  },
  "`myConversations`, `memberships`, `roles`, counted": {
    documents: () => ["myConversations", "memberships", "roles"].map((list) => `{ ${list} { ${counts} } }`),
    rows: COUNTED,
  },
  "`messages` of a long conversation, counted": {
    documents: (tenant) => [
      `{ conversation(id: "${tenant.longConversationId}") { messages(first: 1) { ${counts} } } }`,
    ],
    rows: COUNTED,
    as: ["admin", "many"],
  },
  "20 `conversations` with their messages counted": {
    documents: () => [
      `{ conversations(first: ${PAGE}) { nodes { ${conversation} messages(first: 1) { ${counts} } } } }`,
    ],
    rows: PAGE * COUNTED,
  },
  "`auditEvents`, counted with each filter": {
    documents: (tenant) =>
      ["", ...trailFilters(tenant)].map((filter) => `{ auditEvents(filter: {${filter}}) { ${counts} } }`),
    rows: COUNTED,
    as: ["admin"],
  },
  "create a conversation": {
    documents: () => [
      `mutation { createConversation(input: {conversation: {title: "Made"}}) { conversation { id title member { displayName } } } }`,
    ],
  },
  "write a message": {
    documents: () => [
      `mutation ($made: ID!) { createMessage(input: {message: {conversationId: $made, content: "Hello"}}) { message { id conversation { updatedAt } } } }`,
    ],
    make: own,
  },
  "rename a conversation": {
    documents: () => [
      `mutation ($made: ID!) { updateConversation(input: {id: $made, patch: {title: "Renamed"}}) { conversation { title updatedAt } } }`,
    ],
    make: own,
  },
  "delete a conversation": {
    documents: () => [
      `mutation ($made: ID!) { deleteConversation(input: {id: $made}) { conversation { title } } }`,
    ],
    make: own,
  },
  "change one's own membership": {
    documents: () => [
      `mutation ($made: ID!) { updateMembership(input: {id: $made, patch: {displayName: "Renamed"}}) { membership { displayName } } }`,
    ],
    make: "{ myMembership { id } }",
  },
  "change a role": {
    documents: () => [
      `mutation ($made: ID!) { updateRole(input: {id: $made, patch: {permissions: ["chat"]}}) { role { name } } }`,
    ],
    make: role,
    as: ["admin"],
  },
  "delete a role": {
    documents: () => [`mutation ($made: ID!) { deleteRole(input: {id: $made}) { role { name } } }`],
    make: role,
    as: ["admin"],
  },
  "set one's preferences": {
    documents: () => [`mutation { setMyPreferences(input: {tone: FORMAL}) { preferences { tone } } }`],
  },
};
