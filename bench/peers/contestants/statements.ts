/**
 * What the hand-written server runs, and pgbench too. Without row security the tenant is the first parameter of each
 * statement that a bearer runs; with it there is one less.
 */
export function statements(rowSecurity: boolean) {
  const [where, and, parameter] = rowSecurity
    ? ["", "where", (n: number) => `$${n}`]
    : ["where tenant_id = $1", "where tenant_id = $1 and", (n: number) => `$${n + 1}`];
  return {
    read: `select id, title, updated_at as "updatedAt" from plain.conversations ${and} id = ${parameter(1)}`,
    list: `select id, title, updated_at as "updatedAt" from plain.conversations ${where}
      order by id desc limit ${parameter(1)}`,
    nested: `select id, title, updated_at as "updatedAt",
        (select json_agg(message) from (
          select id, role, content from plain.messages
          ${and} conversation_id = conversations.id order by id desc limit ${parameter(2)}
        ) as message) as messages
      from plain.conversations ${where} order by id desc limit ${parameter(1)}`,
    create: rowSecurity
      ? `insert into plain.conversations (title) values ($1) returning id, title, updated_at as "updatedAt"`
      : `insert into plain.conversations (tenant_id, title, user_id) values ($1, $2, $3)
         returning id, title, updated_at as "updatedAt"`,
    login: `select users.id, passwords.hash, members.tenant_id from plain.users
      join plain_private.passwords on passwords.user_id = users.id
      join plain_private.members on members.user_id = users.id
      where users.email = $1 limit 1`,
    openSession: `insert into plain_private.sessions (tenant_id, user_id, refresh_digest) values ($1, $2, $3)`,
    refresh: `update plain_private.sessions set refresh_digest = $2, expires_at = now() + interval '7 days'
      where refresh_digest = $1 and expires_at > now() and ended_at is null
      returning user_id, tenant_id`,
  };
}
