import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createApiKeys } from "../../../src/auth/api_key.ts";
import { type Chat, type Headers, metadataIn, openStream, startChat } from "../../support/chatting.ts";
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
