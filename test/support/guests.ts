import { createHash, randomBytes, randomUUID } from "node:crypto";
import { createApiKeys } from "../../src/auth/api_key.ts";
import type { TestDatabase } from "./database.ts";
import { facts, type Member, type Tenant } from "./people.ts";
import type { Answer, TestServer } from "./server.ts";
import { addRows, type TenantMember } from "./tenants.ts";

type Pools = Pick<TestDatabase, "admin" | "auth">;

/** The page that the widget is in. */
export const PAGE = "https://shop.example";

/** A publishable key of the tenant's own that lets guests in; the tenant takes them from now on. */
export async function createGuestKey(
  { admin }: Pick<TestDatabase, "admin">,
  tenantId: string,
  { opensGuests = true }: { opensGuests?: boolean } = {},
): Promise<{ id: string; key: string; headers: Record<string, string> }> {
  const key = createApiKeys().publishable;
  await admin.query("update app.tenants set allows_guests = true where id = $1", [tenantId]);
  const { rows } = await admin.query<{ id: string }>(
    `insert into auth.api_keys (tenant_id, kind, role_id, name, beginning, digest, scopes, origins, opens_guests)
     select tenant_id, 'publishable', id, 'The widget', left($2, 10), sha256(sha256(convert_to($2, 'UTF8'))), '{chat}',
       array[$3], $4
     from app.roles where tenant_id = $1 and name = 'guest' returning id`,
    [tenantId, key, PAGE, opensGuests],
  );
  return { id: rows[0]!.id, key, headers: { Authorization: `Bearer ${key}`, Origin: PAGE } };
}

/** A guest of the tenant, signed in, made the way the server makes them. */
export async function createGuest(pools: Pools, tenant: Pick<Tenant, "tenantId">): Promise<Member> {
  const { key } = await createGuestKey(pools, tenant.tenantId);
  const session = { sessionId: randomUUID(), handle: randomBytes(32).toString("base64url") };
  const digest = createHash("sha256").update(session.handle).digest();
  const { rows } = await pools.auth.query<{ outcome: string; result: { user: { id: string } } }>(
    "select outcome, result from auth.open_guest(sha256(convert_to($1, 'UTF8')), 'Guest', 'en', 1000000, $2, $3, $4)",
    [key, session.sessionId, digest, { ...facts, origin: PAGE }],
  );
  const { outcome, result } = rows[0]!;
  if (outcome !== "ok") throw new Error(`no guest: ${outcome}`);
  const userId = result.user.id;
  const membership = await pools.admin.query<{ id: string }>(
    "select id from app.memberships where user_id = $1",
    [userId],
  );
  return {
    ...session,
    digest,
    userId,
    email: "",
    name: "Guest",
    tenantId: tenant.tenantId,
    membershipId: membership.rows[0]!.id,
  };
}

/** A guest with one row of everything that a member can have. */
export async function furnishedGuest(pools: Pools, tenant: Pick<Tenant, "tenantId">): Promise<TenantMember> {
  return addRows(pools, await createGuest(pools, tenant));
}

/** What a widget does first. */
export async function openGuest(
  server: Pick<TestServer, "post">,
  key: { headers: Record<string, string> },
  body: object = {},
): Promise<Answer & { bearer: Record<string, string> }> {
  const answer = await server.post("/auth/guest", body, key.headers);
  return { ...answer, bearer: { Authorization: `Bearer ${answer.body.access_token}` } };
}
