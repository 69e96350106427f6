import {
  buildSchema,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isObjectType,
} from "postgraphile/graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { graphqlSchema } from "../../src/development/graphql_schema.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { buildTenant, type TenantFixture } from "../support/tenants.ts";

// Every list of the API, in each of its orders, forwards and backwards, in pages smaller than what is equal in a row: the
// list says which rows there are, and a walk must meet each of them once.

const PAGE = 5;

let database: TestDatabase;
let acme: TenantFixture;
let api: GraphQLHouse;
let schema: GraphQLSchema;
/** An invitation into every team. */
let invitation: string;
/** When there was all that is walked through. */
let before: string;

beforeAll(async () => {
  database = await createDatabase({ application: false });
  acme = await buildTenant(database, "acme");
  schema = buildSchema(await graphqlSchema(database.appUrl));
  api = await startGraphQL(database);
  const { admin } = database;
  // Rows that are equal in what they are ordered by: one statement is one moment.
  await admin.query(
    "insert into app.conversations (tenant_id, user_id, title, team_id) select $1, $2, n, $3 from generate_series(1, 7) as n",
    [acme.tenantId, acme.owner.userId, acme.owner.teamId],
  );
  await admin.query(
    `insert into app.messages (tenant_id, user_id, conversation_id, content)
     select tenant_id, user_id, id, n from app.conversations cross join generate_series(1, 7) as n where id = $1`,
    [acme.owner.conversationId],
  );
  await admin.query(
    `insert into app.webhook_deliveries (tenant_id, endpoint_id, type, data)
     select $1, $2, 'role.changed', '{}' from generate_series(1, 12)`,
    [acme.tenantId, acme.owner.webhookEndpointId],
  );
  // Past the trail, which has as many events as a page is to hold.
  const client = await admin.connect();
  await client.query("set session_replication_role = replica");
  await client.query(
    "insert into app.conversations (tenant_id, user_id, title, deleted_at) select $1, $2, n, now() from generate_series(1, 7) as n",
    [acme.tenantId, acme.owner.userId],
  );
  await client.query(
    "insert into app.roles (tenant_id, name) select $1, 'role ' || n from generate_series(1, 8) as n",
    [acme.tenantId],
  );
  await client.query(
    `with team as (
       insert into app.teams (tenant_id, name) values ($1, 'Another') returning *
     ), place as (
       insert into app.team_members (tenant_id, team_id, user_id) select tenant_id, id, $2 from team
     )
     insert into app.grants (tenant_id, user_id, permission, reason, granted_by, ends_at)
     values ($1, $2, 'chat', 'Again', $2, now() + interval '1 hour')`,
    [acme.tenantId, acme.owner.userId],
  );
  await client.query(
    `insert into app.invitations (tenant_id, email, role_id, invited_by, expires_at)
     select $1, 'guest' || n || '@example.com', $2, $3, now() + interval '7 days' from generate_series(1, 12) as n`,
    [acme.tenantId, acme.roleIds.member, acme.owner.userId],
  );
  const { rows } = await client.query<{ id: string }>(
    "select id from app.invitations where tenant_id = $1 order by id limit 1",
    [acme.tenantId],
  );
  invitation = rows[0]!.id;
  await client.query(
    `insert into app.invitation_teams (tenant_id, invitation_id, team_id)
     select tenant_id, $2, id from app.teams where tenant_id = $1 on conflict do nothing`,
    [acme.tenantId, invitation],
  );
  await client.query(
    "insert into app.domains (tenant_id, domain, role_id) select $1, 'd' || n || '.example', $2 from generate_series(1, 12) as n",
    [acme.tenantId, acme.roleIds.member],
  );
  await client.query(
    `with document as (
       insert into app.documents (tenant_id, id, user_id, visibility, title, media_type, version)
       select $1, case n when 1 then $2 else uuidv7() end, $2, 'tenant', 'Document ' || n, 'text/plain', 12
       from generate_series(1, 12) as n returning *
     )
     insert into app.document_versions (tenant_id, document_id, version, created_by, media_type, size_bytes, sha256, visibility, user_id)
     select tenant_id, id, n, user_id, media_type, 0, repeat('0', 64), visibility, user_id
     from document, generate_series(1, 12) as n where id = $2`,
    [acme.tenantId, acme.owner.userId],
  );
  await client.query(
    `insert into app.message_feedback (tenant_id, message_id, user_id, rating)
     select $1, $2, uuidv7(), 'up' from generate_series(1, 12)`,
    [acme.tenantId, acme.owner.messageId],
  );
  await client.query(
    `insert into app.tool_servers (tenant_id, id, kind, name, url)
     select $1, case n when 1 then $2 else uuidv7() end, 'http', 's' || n, 'https://tools.example' from generate_series(1, 12) as n`,
    [acme.tenantId, acme.owner.userId],
  );
  await client.query(
    `insert into app.tools (tenant_id, server_id, name, description, input_schema, method, path)
     select $1, $2, 't' || n, 'Does something.', '{"type": "object"}', 'GET', '' from generate_series(1, 12) as n`,
    [acme.tenantId, acme.owner.userId],
  );
  await client.query(
    "insert into app.memories (tenant_id, user_id, content) select $1, $2, n from generate_series(1, 12) as n",
    [acme.tenantId, acme.owner.userId],
  );
  await client.query(
    `insert into app.curated_answers (tenant_id, user_id, question, answer, stems)
     select $1, $2, 'Question ' || n, n, uuidv7() from generate_series(1, 12) as n`,
    [acme.tenantId, acme.owner.userId],
  );
  await client.query(
    `insert into auth.share_links (tenant_id, user_id, conversation_id, message_id, digest, expires_at)
     select $1, $2, $3, $4, sha256(convert_to(n::text, 'UTF8')), now() + interval '1 day' from generate_series(1, 12) as n`,
    [acme.tenantId, acme.owner.userId, acme.owner.conversationId, acme.owner.messageId],
  );
  await client.query(
    "insert into app.budgets (tenant_id, level, model, cap_micros) select $1, 'model', 'm' || n, 1 from generate_series(1, 12) as n",
    [acme.tenantId],
  );
  await client.query(
    `insert into app.usage_events (tenant_id, turn_id, user_id, generator, model, outcome)
     select $1, uuidv7(), $2, 'model', 'm', 'complete' from generate_series(1, 12)`,
    [acme.tenantId, acme.owner.userId],
  );
  await client.query("select auth.set_model_price('m' || n, 1, 1) from generate_series(1, 12) as n");
  client.release(true);
  // Events with and without an actor, a record and a request, several of them at once.
  await admin.query(
    `insert into audit.events (tenant_id, at, action, severity, detail, actor_kind, actor_id, request_id)
     select $1, date_trunc('hour', now()) + n / 4 * interval '1 microsecond', 'auth.login', 'informational', '{}', 'session',
       case when n % 3 > 0 then $2::uuid end, case when n % 2 = 0 then 'r' end
     from generate_series(1, 12) as n`,
    [acme.tenantId, acme.owner.userId],
  );
  before = (await database.admin.query("select to_json(clock_timestamp()) as now")).rows[0].now;
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

interface List {
  /** How to come to it: `{ conversations(…) { … } }`, or inside of one row. */
  readonly path: readonly string[];
  readonly orders: readonly string[];
}

/** Every connection that a query can reach: those of the root, and those of a row that the root finds by its key. */
function lists(): List[] {
  const found: List[] = [];
  const look = (fields: Record<string, GraphQLField<unknown, unknown>>, path: string[]): void => {
    for (const [name, field] of Object.entries(fields)) {
      const type = getNamedType(field.type);
      const order = field.args.find((argument) => argument.name === "orderBy");
      if (order) {
        const orders = getNamedType(order.type);
        if (!isEnumType(orders)) throw new Error(`${name} has no enum of orders`);
        found.push({ path: [...path, name], orders: orders.getValues().map((value) => value.name) });
      } else if (
        path.length === 0 &&
        isObjectType(type) &&
        field.args.some((argument) => argument.name === "id")
      ) {
        look(type.getFields(), [name]);
      }
    }
  };
  look(schema.getQueryType()!.getFields(), []);
  return found;
}

interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: Readonly<Record<string, unknown>> }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean };
}

/** One page of a list, asked for by the tenant's owner. */
async function page({ path }: List, given: string): Promise<Page> {
  const keys: Record<string, string> = {
    conversation: acme.owner.conversationId,
    // The paging's first document has the key of its owner.
    document: acme.owner.userId,
    membership: acme.owner.membershipId,
    message: acme.owner.messageId,
    role: acme.roleIds.member,
    webhookEndpoint: acme.owner.webhookEndpointId,
    team: acme.owner.teamId,
    // The paging's first tool server has the key of its owner.
    toolServer: acme.owner.userId,
    invitation,
  };
  const list = path.at(-1)!;
  const node =
    list === "modelPrices" ? "model" : ["permissions", "webhookEventTypes"].includes(list) ? "name" : "id";
  const team = list === "teamConversations" ? `teamId: "${acme.owner.teamId}", ` : "";
  // Whoever reads the trail is in it: it is walked as it was before.
  const until = list === "auditEvents" ? `filter: {at: {lessThan: "${before}"}}, ` : "";
  const selection = `${list}(${team}${until}${given}) { edges { cursor node { ${node} } } pageInfo { hasNextPage hasPreviousPage } }`;
  const query = path.length === 1 ? selection : `${path[0]}(id: "${keys[path[0]!]}") { ${selection} }`;
  const { data, errors } = await api.ask(acme.owner, `{ ${query} }`);
  expect(errors, `${path.join(".")}(${given})`).toEqual([]);
  return path.length === 1 ? data[list] : data[path[0]!][list];
}

const keyOf = ({ node }: Page["edges"][number]): string => String(Object.values(node)[0]);

async function walk(list: List, order: string, forwards: boolean, rows = PAGE): Promise<string[]> {
  const met: string[] = [];
  let from = "";
  for (;;) {
    const size = forwards ? `first: ${rows}` : `last: ${rows}`;
    const { edges, pageInfo } = await page(list, `orderBy: ${order}, ${size}${from}`);
    const keys = edges.map(keyOf);
    met.push(...(forwards ? keys : keys.toReversed()));
    if (met.length > 500) throw new Error("a walk without an end");
    if (!(forwards ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) return met;
    const edge = edges.at(forwards ? -1 : 0)!;
    from = forwards ? `, after: "${edge.cursor}"` : `, before: "${edge.cursor}"`;
  }
}

describe("a walk through a list meets each row once, in every order, both ways", () => {
  test("and these are the lists", () => {
    expect(lists().map(({ path }) => path.join("."))).toEqual([
      "apiKeys",
      "auditEvents",
      "budgets",
      "conversation.messages",
      "conversations",
      "curatedAnswers",
      "discardedConversations",
      "document.versions",
      "documents",
      "domains",
      "grants",
      "invitation.teams",
      "invitations",
      "membership.grants",
      "membership.teams",
      "memberships",
      "memories",
      "message.feedback",
      "modelPrices",
      "myConversations",
      "permissions",
      "role.memberships",
      "roles",
      "shareLinks",
      "team.members",
      "teamConversations",
      "teams",
      "toolServer.tools",
      "toolServers",
      "tools",
      "usageEvents",
      "webhookDeliveries",
      "webhookEndpoint.deliveries",
      "webhookEndpoints",
      "webhookEventTypes",
    ]);
  });

  test("each of them", async () => {
    for (const list of lists()) {
      const whole = await walk(list, list.orders[0]!, true, 100);
      expect(whole.length, list.path.join(".")).toBeGreaterThan(1);
      const walks = new Map<string, string[]>();
      for (const order of list.orders) {
        const forwards = await walk(list, order, true);
        const name = `${list.path.join(".")} by ${order}`;
        expect(forwards.toSorted(), name).toEqual(whole.toSorted());
        expect((await walk(list, order, false)).toReversed(), name).toEqual(forwards);
        walks.set(order, forwards);
      }
      for (const [order, forwards] of walks) {
        const opposite = order.replace(/_ASC$/, "_DESC");
        expect(walks.get(opposite), opposite).toEqual(order === opposite ? forwards : forwards.toReversed());
      }
    }
  });

  test("the trail too where some have no actor: those who have one, and those who have none, are all met", async () => {
    const trail = lists().find(({ path }) => path.join() === "auditEvents")!;
    const met = await walk(trail, "AT_ASC", true);
    const { rows } = await database.admin.query<{ id: string; actor_id: string | null }>(
      "select id, actor_id from audit.events where tenant_id = $1 and at < $2 order by at, id",
      [acme.tenantId, before],
    );
    expect(new Set(rows.map(({ actor_id }) => actor_id === null)).size).toBe(2);
    expect(met).toEqual(rows.map(({ id }) => id));
  });
});
