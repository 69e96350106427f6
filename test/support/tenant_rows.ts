import { createHash } from "node:crypto";
import type { Pool } from "pg";

type Admin = Pick<Pool, "query">;

/** How many rows a tenant has in each table with a tenant_id, the trail aside, and a digest over all that they hold. */
export async function rowsOf(
  admin: Admin,
  tenantId: string,
): Promise<Record<string, { count: number; digest: string }>> {
  const { rows: tables } = await admin.query<{ name: string }>(
    `select format('%I.%I', home.nspname, kind.relname) as name
     from context.tenant_tables() as known join pg_class as kind on kind.oid = known
     join pg_namespace as home on home.oid = kind.relnamespace order by 1`,
  );
  const found: Record<string, { count: number; digest: string }> = {};
  for (const { name, key } of [
    ...tables.map((table) => ({ ...table, key: "tenant_id" })),
    { name: "app.tenants", key: "id" },
  ]) {
    const { rows } = await admin.query<{ row: string }>(
      `select to_jsonb(own)::text as row from ${name} as own where ${key} = $1 order by 1`,
      [tenantId],
    );
    const digest = createHash("sha256")
      .update(rows.map(({ row }) => row).join("\n"))
      .digest("hex");
    found[name] = { count: rows.length, digest };
  }
  return found;
}

/** Conversations with messages, made past the API. */
export async function talk(
  admin: Admin,
  member: { tenantId: string; userId: string },
  conversations: number,
  messagesEach: number,
): Promise<void> {
  await admin.query(
    `with made as (
       insert into app.conversations (tenant_id, user_id, title)
       select $1, $2, 'About "things" – ' || n from generate_series(1, $3::integer) as n returning id
     )
     insert into app.messages (tenant_id, user_id, conversation_id, content)
     select $1, $2, made.id, 'Zeile' || E'\\n\\t"\\\\ 🙂 ' || n from made, generate_series(1, $4::integer) as n`,
    [member.tenantId, member.userId, conversations, messagesEach],
  );
}
