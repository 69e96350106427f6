import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createApiKeys } from "../../../src/auth/api_key.ts";
import { actors } from "../../support/acting_as.ts";
import { type Chat, type Headers, metadataIn, openStream, startChat } from "../../support/chatting.ts";
import { bring, readAll } from "../../support/library.ts";
import { createMember, createTenant, type Member, type Tenant } from "../../support/people.ts";

let chat: Chat;
let tenant: Tenant;
let person: Member;
beforeAll(async () => {
  chat = await startChat("stall");
  chat.provider.reply = () => "one two three four five six seven eight";
});
beforeEach(async () => {
  tenant = await createTenant(chat.database);
  person = await createMember(chat.database, { tenant, role: "member" });
});
afterAll(() => chat.close());

const session = () => chat.headersOf(person);

/** A key of the person's own. */
async function key(): Promise<Headers> {
  const { secret } = createApiKeys();
  await chat.database.admin.query(
    `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes) values ($1, $2, 'Mine', sha256($3), '{chat}')`,
    [person.tenantId, person.userId, createHash("sha256").update(secret).digest()],
  );
  return { "X-API-Key": secret };
}

/** Changes something of the person, $1, as the operator would. */
const change = (sql: string) => () => chat.database.admin.query(sql, [person.userId]);

test.each<[string, () => Promise<Headers>, () => Promise<unknown>, string]>([
  ["a sign-out", session, async () => chat.server.post("/auth/logout", {}, await session()), "session_ended"],
  [
    "a revoked key",
    key,
    change("update auth.api_keys set revoked_at = now() where user_id = $1"),
    "api_key_revoked",
  ],
  ["a ban", session, change("update app.users set status = 'banned' where id = $1"), "user_banned"],
  [
    "a removed membership",
    session,
    change("update app.memberships set status = 'removed' where user_id = $1"),
    "membership_removed",
  ],
  [
    "a suspended company",
    session,
    change(
      "update app.tenants set status = 'suspended' where id = (select tenant_id from app.memberships where user_id = $1)",
    ),
    "tenant_suspended",
  ],
  [
    "a role without the permission",
    session,
    change(
      "update app.roles set permissions = array_remove(permissions, 'chat') where tenant_id = (select tenant_id from app.memberships where user_id = $1)",
    ),
    "permission_denied",
  ],
])("%s cuts the stream, and what it cost is settled", async (_, credential, revoke, code) => {
  const stream = await openStream(`${chat.server.url}/chat`, {
    method: "POST",
    headers: { ...(await credential()), "Content-Type": "application/json" },
    body: JSON.stringify({ content: "Go on for ever" }),
  });
  await stream.says("four");
  const { turnId } = metadataIn(stream.said());
  const began = performance.now();
  await revoke();
  const said = await stream.ended();
  console.info(`${_}: ${Math.round(performance.now() - began)} ms`);
  expect(said).toContain(`"code":"${code}"`);
  expect(said).toContain('"type":"error"');
  const { rows } = await chat.database.admin.query(
    `select turn.outcome, turn.held_micros::int as held, event.output_tokens, event.estimated
     from auth.turns as turn join app.usage_events as event on event.turn_id = turn.id where turn.id = $1`,
    [turnId],
  );
  expect(rows).toMatchObject([{ outcome: "stopped", held: 0, output_tokens: 4, estimated: true }]);
});

/** A document of a colleague's that answers what is asked, for a team that the person is in, or for the company. */
async function document(visibility: "team" | "tenant"): Promise<string> {
  const { admin } = chat.database;
  let team: string | null = null;
  if (visibility === "team") {
    const { rows } = await admin.query(
      "insert into app.teams (tenant_id, name) values ($1, 'Red') returning id",
      [tenant.tenantId],
    );
    team = rows[0].id as string;
    for (const { userId } of [person, tenant.owner]) {
      await admin.query("insert into app.team_members (tenant_id, team_id, user_id) values ($1, $2, $3)", [
        tenant.tenantId,
        team,
        userId,
      ]);
    }
  }
  const text = "Going on for ever is what the lighthouse does.";
  const [row] = await actors(chat.database.app)(tenant.owner).rows<{ id: string }>(bring, [
    "Lighthouse",
    text,
    visibility,
    team,
  ]);
  await readAll(chat.database);
  return row!.id;
}

test.each<[string, "team" | "tenant", string]>([
  ["is deleted", "tenant", "delete from app.documents where id = $1"],
  ["is narrowed", "tenant", "update app.documents set visibility = 'private' where id = $1"],
  [
    "is another team's from now on",
    "team",
    `with other as (
       insert into app.teams (tenant_id, name) select tenant_id, 'Blue' from app.documents where id = $1 returning id
     )
     update app.documents set team_id = (select id from other) where id = $1`,
  ],
  [
    "is of a team that the person left",
    "team",
    "delete from app.team_members where user_id = $2 and team_id = (select team_id from app.documents where id = $1)",
  ],
  [
    "is the company's, whose documents the person's role does not read any more",
    "tenant",
    "update app.roles set permissions = array_remove(permissions, 'read_documents') where name = 'member' and tenant_id = (select tenant_id from app.documents where id = $1)",
  ],
])("an answer is cut when a document that it rests on %s", async (_, visibility, sql) => {
  const id = await document(visibility);
  const stream = await openStream(`${chat.server.url}/chat`, {
    method: "POST",
    headers: { ...(await session()), "Content-Type": "application/json" },
    body: JSON.stringify({ content: "What does the lighthouse do?" }),
  });
  await stream.says("four");
  const { turnId, messageId } = metadataIn(stream.said());
  expect(JSON.stringify(chat.provider.requests.at(-1)!.body)).toContain("Going on for ever");
  await chat.database.admin.query(sql, sql.includes("$2") ? [id, person.userId] : [id]);
  const said = await stream.ended();
  expect(said).toContain('"code":"not_found"');
  const { rows } = await chat.database.admin.query(
    `select turn.outcome, turn.held_micros::int as held, event.output_tokens, message.status, message.error_code
     from auth.turns as turn join app.usage_events as event on event.turn_id = turn.id
     join app.messages as message on message.turn_id = turn.id where turn.id = $1 and message.id = $2`,
    [turnId, messageId],
  );
  expect(rows).toEqual([
    { outcome: "stopped", held: 0, output_tokens: 4, status: "stopped", error_code: "not_found" },
  ]);
});

test.each([
  ["is deleted", "delete from app.conversations where id = $1", '"code":"not_found"'],
  ["is discarded", "select app.discard_conversation($1)", '"type":"abort"'],
])("an answer is cut when its conversation %s", async (_, sql, end) => {
  const stream = await openStream(`${chat.server.url}/chat`, {
    method: "POST",
    headers: { ...(await session()), "Content-Type": "application/json" },
    body: JSON.stringify({ content: "Go on for ever" }),
  });
  await stream.says("four");
  const { turnId, conversationId } = metadataIn(stream.said());
  await actors(chat.database.app)(person).rows(sql, [conversationId]);
  expect(await stream.ended()).toContain(end);
  const { rows } = await chat.database.admin.query(
    "select outcome, output_tokens from app.usage_events where turn_id = $1",
    [turnId],
  );
  expect(rows).toEqual([{ outcome: "stopped", output_tokens: 4 }]);
});
