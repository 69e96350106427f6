import type pg from "pg";
import type { TestDatabase } from "./database.ts";
import { furnishedGuest } from "./guests.ts";
import { type Actor, inDoor } from "./in_door.ts";
import { buildTenants, type TenantFixture, type TenantMember } from "./tenants.ts";

/** Who tries. `nobody` is connected as rowhouse_app and has not come through the door. */
export const WHO = ["owner", "admin", "member", "viewer", "guest", "nobody"] as const;
type Who = (typeof WHO)[number];

/** Whose row is tried: one's own, a colleague's, another tenant's. */
const WHOSE = ["own", "colleague's", "other tenant's"] as const;
type Whose = (typeof WHOSE)[number];

/** A tenant with a visitor. */
export interface VisitedTenant extends TenantFixture {
  readonly guest: TenantMember;
}

/** How the matrix finds a row of each table, and what it writes there. */
interface Subject {
  /** The condition that finds the row that belongs to somebody. */
  readonly row: (person: TenantMember, tenant: TenantFixture) => string;
  /** A column to update with its own value; one that is granted, if any is. */
  readonly column: string;
  /** A row to insert, with the columns that are granted, if any are; `tenant` forges the tenant's column. */
  readonly insert: (person: TenantMember, tenant: TenantFixture) => Readonly<Record<string, string>>;
  /** The column that says whose the row is; '' where there is none. */
  readonly tenant: string;
}

const quoted = (value: string): string => `'${value}'`;

/** Every table of the schema app. A contract test compares this list with the catalogue. */
export const SUBJECTS: Readonly<Record<string, Subject>> = {
  tenants: {
    row: (_, tenant) => `id = '${tenant.tenantId}'`,
    column: "name",
    insert: () => ({ slug: quoted("new-tenant"), name: quoted("New") }),
    tenant: "id",
  },
  users: {
    row: (person) => `id = '${person.userId}'`,
    column: "name",
    insert: () => ({ email: quoted("new@example.com"), name: quoted("New") }),
    tenant: "",
  },
  permissions: {
    row: () => "name = 'chat'",
    column: "description",
    insert: () => ({ name: quoted("new_permission"), description: quoted("New") }),
    tenant: "",
  },
  roles: {
    row: (_, tenant) => `id = '${tenant.roleIds.helper}'`,
    column: "description",
    insert: () => ({ name: quoted("new role"), permissions: quoted("{}") }),
    tenant: "tenant_id",
  },
  memberships: {
    row: (person) => `id = '${person.membershipId}'`,
    column: "display_name",
    insert: (person, tenant) => ({
      user_id: quoted(person.userId),
      role_id: quoted(tenant.roleIds.viewer),
      display_name: quoted("New"),
    }),
    tenant: "tenant_id",
  },
  teams: {
    row: (person) => `id = '${person.teamId}'`,
    column: "description",
    insert: () => ({ name: quoted("New team") }),
    tenant: "tenant_id",
  },
  team_members: {
    row: (person) => `id = '${person.teamMemberId}'`,
    column: "role",
    insert: (person) => ({ team_id: quoted(person.teamId), user_id: quoted(person.userId) }),
    tenant: "tenant_id",
  },
  grants: {
    row: (person) => `id = '${person.grantId}'`,
    column: "reason",
    insert: (person) => ({
      user_id: quoted(person.userId),
      permission: quoted("chat"),
      reason: quoted("New"),
      ends_at: "now() + interval '1 day'",
    }),
    tenant: "tenant_id",
  },
  invitations: {
    row: (_, tenant) => `tenant_id = '${tenant.tenantId}'`,
    column: "status",
    insert: (person, tenant) => ({
      email: quoted("new@example.com"),
      role_id: quoted(tenant.roleIds.viewer),
      invited_by: quoted(person.userId),
      expires_at: "now()",
    }),
    tenant: "tenant_id",
  },
  invitation_teams: {
    row: (_, tenant) => `tenant_id = '${tenant.tenantId}'`,
    column: "role",
    insert: (person, tenant) => ({
      invitation_id: `(select id from app.invitations where tenant_id = '${tenant.tenantId}')`,
      team_id: quoted(person.teamId),
    }),
    tenant: "tenant_id",
  },
  domains: {
    row: (_, tenant) => `tenant_id = '${tenant.tenantId}'`,
    column: "admits",
    insert: (_, tenant) => ({ domain: quoted("new.example"), role_id: quoted(tenant.roleIds.helper) }),
    tenant: "tenant_id",
  },
  conversations: {
    row: (person) => `id = '${person.conversationId}'`,
    column: "title",
    insert: () => ({ title: quoted("New") }),
    tenant: "tenant_id",
  },
  messages: {
    row: (person) => `id = '${person.messageId}'`,
    column: "content",
    insert: (person) => ({ conversation_id: quoted(person.conversationId), content: quoted("New") }),
    tenant: "tenant_id",
  },
  documents: {
    row: (person) => `id = '${person.userId}'`,
    column: "title",
    insert: () => ({ title: quoted("New"), media_type: quoted("text/plain") }),
    tenant: "tenant_id",
  },
  document_versions: {
    row: (person) => `document_id = '${person.userId}'`,
    column: "version",
    insert: (person) => ({
      document_id: quoted(person.userId),
      version: "2",
      created_by: quoted(person.userId),
      media_type: quoted("text/plain"),
      size_bytes: "1",
      sha256: "repeat('0', 64)",
    }),
    tenant: "tenant_id",
  },
  document_contents: {
    row: (person) => `document_id = '${person.userId}'`,
    column: "piece",
    insert: (person) => ({
      document_id: quoted(person.userId),
      version: "1",
      piece: "2",
      content: quoted("New"),
    }),
    tenant: "tenant_id",
  },
  document_chunks: {
    row: (person) => `document_id = '${person.userId}'`,
    column: "content",
    insert: (person) => ({
      document_id: quoted(person.userId),
      version: "1",
      attempt: "1",
      ordinal: "1",
      starts_at: "0",
      ends_at: "3",
      language: quoted("en"),
      content: quoted("New"),
    }),
    tenant: "tenant_id",
  },
  user_profiles: {
    row: (person) => `user_id = '${person.userId}'`,
    column: "enabled",
    insert: () => ({ enabled: "false" }),
    tenant: "tenant_id",
  },
  memories: {
    row: (person) => `user_id = '${person.userId}'`,
    column: "content",
    insert: () => ({ content: quoted("Likes tea.") }),
    tenant: "tenant_id",
  },
  curated_answers: {
    row: (person) => `user_id = '${person.userId}'`,
    column: "answer",
    insert: () => ({ question: quoted("When is tea?"), answer: quoted("At four.") }),
    tenant: "tenant_id",
  },
  share_links: {
    row: (person) => `user_id = '${person.userId}'`,
    column: "expires_at",
    insert: (person) => ({
      conversation_id: quoted(person.conversationId),
      message_id: quoted(person.messageId),
      expires_at: "now()",
    }),
    tenant: "tenant_id",
  },
  message_feedback: {
    row: (person) => `id = '${person.feedbackId}'`,
    column: "comment",
    insert: (person) => ({ message_id: quoted(person.messageId), rating: quoted("down") }),
    tenant: "tenant_id",
  },
  model_prices: {
    row: () => "model = 'a-model'",
    column: "input_micros",
    insert: () => ({
      model: quoted("new"),
      input_micros: "1",
      cached_input_micros: "1",
      output_micros: "1",
      reasoning_micros: "1",
    }),
    tenant: "",
  },
  usage_events: {
    row: (person) => `id = '${person.usageId}'`,
    column: "outcome",
    insert: (person) => ({
      turn_id: "uuidv7()",
      user_id: quoted(person.userId),
      generator: quoted("model"),
      model: quoted("new"),
      outcome: quoted("complete"),
    }),
    tenant: "tenant_id",
  },
  usage_days: {
    row: (person) => `user_id = '${person.userId}'`,
    column: "turns",
    insert: (person) => ({
      day: "'2026-01-01'",
      user_id: quoted(person.userId),
      generator: quoted("model"),
      model: quoted("new"),
    }),
    tenant: "tenant_id",
  },
  budgets: {
    row: (person) => `id = '${person.budgetId}'`,
    column: "cap_micros",
    insert: () => ({ level: quoted("tenant"), cap_micros: "1" }),
    tenant: "tenant_id",
  },
  user_preferences: {
    row: (person) => `id = '${person.preferencesId}'`,
    column: "tone",
    insert: () => ({ tone: quoted("formal") }),
    tenant: "tenant_id",
  },
  tenant_preferences: {
    row: (_, tenant) => `id = '${tenant.defaultsId}'`,
    column: "tone",
    insert: () => ({ tone: quoted("formal") }),
    tenant: "tenant_id",
  },
  api_keys: {
    row: (person) => `id = '${person.apiKeyId}'`,
    column: "name",
    insert: () => ({ name: quoted("New"), scopes: quoted("{chat}") }),
    tenant: "tenant_id",
  },
  tool_servers: {
    row: (person) => `id = '${person.userId}'`,
    column: "active",
    insert: () => ({ kind: quoted("http"), name: quoted("new"), url: quoted("https://tools.example/") }),
    tenant: "tenant_id",
  },
  tools: {
    row: (person) => `id = '${person.userId}'`,
    column: "description",
    insert: (person) => ({
      server_id: quoted(person.userId),
      name: quoted("new"),
      description: quoted("New"),
      input_schema: quoted('{"type": "object"}'),
      method: quoted("GET"),
      path: quoted("/new"),
    }),
    tenant: "tenant_id",
  },
  webhook_event_types: {
    row: () => "name = 'member.joined'",
    column: "description",
    insert: () => ({ name: quoted("new.event"), description: quoted("New") }),
    tenant: "",
  },
  webhook_endpoints: {
    row: (person) => `id = '${person.webhookEndpointId}'`,
    column: "description",
    insert: () => ({ url: quoted("https://example.com/"), events: quoted("{member.joined}") }),
    tenant: "tenant_id",
  },
  webhook_deliveries: {
    row: (person) => `id = '${person.webhookDeliveryId}'`,
    column: "state",
    insert: (person) => ({
      endpoint_id: quoted(person.webhookEndpointId),
      type: quoted("member.joined"),
      data: quoted("{}"),
    }),
    tenant: "tenant_id",
  },
  audit_streams: {
    row: (person) => `id = '${person.auditStreamId}'`,
    column: "description",
    insert: () => ({ url: quoted("https://example.com/"), format: quoted("ocsf") }),
    tenant: "tenant_id",
  },
  audit_events: {
    row: (person) =>
      `table_name = 'app.memberships' and action = 'insert' and row_key ->> 'id' = '${person.membershipId}'`,
    column: "action",
    insert: () => ({ action: quoted("forged"), actor_kind: quoted("system") }),
    tenant: "tenant_id",
  },
};

/** One line of the matrix: what each of WHO gets. */
export interface Line {
  readonly table: string;
  /** For example: `update other tenant's`. */
  readonly attempt: string;
  readonly cells: readonly string[];
}

/**
 * Tries every command of every table as everybody, in transactions that are rolled back.
 *
 * A cell is `yes` (it reached the row), `–` (it reached nothing), or the SQLSTATE of the refusal with the missing
 * permission where one is named; `42501` is a missing grant or a policy that said no.
 */
export async function tryMatrix(app: pg.Pool, home: VisitedTenant, abroad: VisitedTenant): Promise<Line[]> {
  const lines: Line[] = [];
  for (const [table, subject] of Object.entries(SUBJECTS)) {
    for (const { attempt, sql } of attempts(table, subject, home, abroad)) {
      const cells: string[] = [];
      for (const who of WHO) cells.push(await cell(app, actor(home, who), sql(self(home, who))));
      lines.push({ table, attempt, cells });
    }
  }
  return lines;
}

function* attempts(table: string, subject: Subject, home: VisitedTenant, abroad: TenantFixture) {
  const { row, column, tenant } = subject;
  const find = (whose: Whose, me: TenantMember): string =>
    whose === "own"
      ? row(me, home)
      : whose === "colleague's"
        ? row(home.colleague, home)
        : row(abroad.member, abroad);
  const insert = (columns: Readonly<Record<string, string>>): string =>
    `insert into app.${table} (${Object.keys(columns)}) values (${Object.values(columns)})`;

  for (const whose of WHOSE) {
    yield {
      attempt: `select ${whose}`,
      sql: (me: TenantMember) => `select from app.${table} where ${find(whose, me)}`,
    };
  }
  yield { attempt: "insert", sql: (me: TenantMember) => insert(subject.insert(me, home)) };
  if (tenant !== "") {
    yield {
      attempt: "insert into the other tenant",
      sql: (me: TenantMember) => insert({ ...subject.insert(me, home), [tenant]: quoted(abroad.tenantId) }),
    };
  }
  for (const whose of WHOSE) {
    yield {
      attempt: `update ${whose}`,
      sql: (me: TenantMember) => `update app.${table} set ${column} = ${column} where ${find(whose, me)}`,
    };
  }
  if (tenant !== "") {
    yield {
      attempt: "move own to the other tenant",
      sql: (me: TenantMember) =>
        `update app.${table} set ${tenant} = ${quoted(abroad.tenantId)} where ${find("own", me)}`,
    };
  }
  for (const whose of WHOSE) {
    yield {
      attempt: `delete ${whose}`,
      sql: (me: TenantMember) => `delete from app.${table} where ${find(whose, me)}`,
    };
  }
  if (["api_keys", "audit_events", "share_links"].includes(table)) return; // a view: there is nothing to truncate
  yield { attempt: "truncate", sql: () => `truncate app.${table} cascade` };
}

const actor = (home: VisitedTenant, who: Who): Actor | null => (who === "nobody" ? null : home[who]);
const self = (home: VisitedTenant, who: Who): TenantMember => (who === "nobody" ? home.member : home[who]);

async function cell(app: pg.Pool, who: Actor | null, sql: string): Promise<string> {
  const outcome = await inDoor(app, who, sql, [], false);
  if (!("refusal" in outcome)) return outcome.count > 0 ? "yes" : "–";
  const { code, detail } = outcome.refusal;
  return code === "RH403" ? `${code} ${detail}` : (code ?? outcome.refusal.message);
}

/** Two tenants, each with a visitor. */
export async function buildVisitedTenants(
  pools: Pick<TestDatabase, "admin" | "auth">,
): Promise<{ acme: VisitedTenant; globex: VisitedTenant }> {
  const { acme, globex } = await buildTenants(pools);
  await pools.admin.query("select auth.set_model_price('a-model', 1, 1)");
  const visited = {
    acme: { ...acme, guest: await furnishedGuest(pools, acme) },
    globex: { ...globex, guest: await furnishedGuest(pools, globex) },
  };
  await addDocuments(pools.admin);
  return visited;
}

/** Gives everybody, or one, a private document, whose key is theirs, with a part of each kind, a profile, a memory, a link, an answer and a tool. */
export async function addDocuments(admin: pg.Pool, userId: string | null = null): Promise<void> {
  const add = (sql: string) => admin.query(sql, [userId]);
  const theirs = "where user_id = coalesce($1, user_id)";
  await add(
    `with document as (
         insert into app.documents (tenant_id, id, user_id, title, media_type, version, status, due_at)
         select tenant_id, user_id, user_id, 'Notes', 'text/plain', 1, 'ready', null from app.memberships ${theirs} returning *
     ), called as (
         insert into app.tool_servers (tenant_id, id, kind, name, url, active)
         select tenant_id, id, 'http', right(replace(id::text, '-', ''), 20), 'https://tools.example', false from document returning *
     ), remembered as (
         insert into app.memories (tenant_id, user_id, content) select tenant_id, user_id, 'Likes tea.' from document
     )
     insert into app.user_profiles (tenant_id, user_id) select tenant_id, user_id from document`,
  );
  await add(
    `with written as (
         insert into app.curated_answers (tenant_id, user_id, question, answer, stems)
         select tenant_id, user_id, 'When is tea?', 'At four.', uuidv7() from app.memberships ${theirs}
     )
     insert into auth.share_links (tenant_id, user_id, conversation_id, message_id, digest, expires_at)
     select tenant_id, user_id, conversation_id, id, sha256(convert_to(id::text, 'UTF8')), now() + interval '30 days'
     from app.messages ${theirs}`,
  );
  await add(
    `insert into app.tools (tenant_id, id, server_id, name, description, input_schema, method, path)
     select tenant_id, id, id, 'look', 'Looks something up.', '{"type": "object"}', 'GET', '/look'
     from app.tool_servers ${theirs.replaceAll("user_id", "id")}`,
  );
  const parts = "tenant_id, document_id, version, visibility, user_id";
  await add(
    `insert into app.document_versions (${parts}, created_by, media_type, size_bytes, sha256)
     select tenant_id, id, 1, visibility, user_id, user_id, media_type, 1, repeat('0', 64) from app.documents ${theirs}`,
  );
  await add(
    `insert into app.document_contents (${parts}, piece, content)
     select tenant_id, id, 1, visibility, user_id, 1, 'x' from app.documents ${theirs}`,
  );
  await add(
    `insert into app.document_chunks (${parts}, attempt, ordinal, live, starts_at, ends_at, language, content, sha256, search)
     select tenant_id, id, 1, visibility, user_id, 1, 0, true, 0, 1, 'en', 'x', repeat('0', 64), '' from app.documents ${theirs}`,
  );
}

/** The page db/policy-matrix.md, tried in a database that has no tenants yet. */
export async function policyMatrix(pools: { admin: pg.Pool; app: pg.Pool; auth: pg.Pool }): Promise<string> {
  const { acme, globex } = await buildVisitedTenants(pools);
  return printMatrix(await tryMatrix(pools.app, acme, globex));
}

/** The matrix as the Markdown page db/policy-matrix.md. */
export function printMatrix(lines: readonly Line[]): string {
  const page = [
    "# Who can do what",
    "",
    "Generated by trying (`npm run generate`): every command, on every table of the API, as everybody, against rows of",
    "their own, of a colleague and of another tenant. A change of this page is a change of what people can do.",
    "",
    "- **yes**: it reached the row",
    "- **–**: it reached nothing, as if the row were not there",
    "- **RH403** *permission*: refused, and told which permission is missing",
    "- **42501**: refused: no grant for the command or the column, or a policy's check said no",
    "- **nobody** is connected as `rowhouse_app` and has not come through the door",
    "",
  ];
  for (const table of Object.keys(SUBJECTS)) {
    page.push(`## app.${table}`, "", `| | ${WHO.join(" | ")} |`, `|---|${WHO.map(() => "---").join("|")}|`);
    for (const line of lines.filter((one) => one.table === table)) {
      page.push(`| ${line.attempt} | ${line.cells.join(" | ")} |`);
    }
    page.push("");
  }
  return page.join("\n");
}
