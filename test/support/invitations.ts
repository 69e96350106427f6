import { createHash, randomBytes } from "node:crypto";

import type { TestDatabase } from "./database.ts";
import { inDoor } from "./in_door.ts";
import { facts, type Member, type Session } from "./people.ts";

/** An invitation as its inviter sees it. */
export interface Invited {
  readonly id: string;
  readonly email: string;
  /** What the link of its mail has: made here as the server makes it when it sends the mail. */
  readonly link: Buffer;
}

type Pools = Pick<TestDatabase, "admin" | "app" | "auth">;

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Invites an address, and gives its mail the link. */
export async function invite(
  pools: Pools,
  inviter: Pick<Member, "digest">,
  email: string,
  roleId: string,
  days = 7,
): Promise<Invited> {
  const outcome = await inDoor(
    pools.app,
    inviter,
    "select id, email from app.invite_member($1, $2, $3)",
    [email, roleId, days],
    true,
  );
  if ("refusal" in outcome) throw outcome.refusal;
  const made = outcome.rows[0] as { id: string; email: string };
  return { ...made, link: await arm(pools, made.id) };
}

/** What the server does when it sends the newest mail of an invitation. */
export async function arm({ admin, auth }: Pools, invitation: string): Promise<Buffer> {
  const link = sha256(randomBytes(32).toString("base64url"));
  const { rows } = await admin.query<{ id: string }>(
    "select id from auth.mail_tokens where invitation = $1 order by created_at desc, id desc limit 1",
    [invitation],
  );
  await auth.query("select auth.arm_link($1, $2)", [rows[0]!.id, link]);
  return link;
}

/** Accepts, signed in or as a newcomer; returns the outcome, or the SQLSTATE of what was raised. */
export async function accept(
  { auth }: Pick<Pools, "auth">,
  link: Buffer,
  who: Session | { readonly name: string } | null,
): Promise<string> {
  const newcomer = who !== null && "name" in who && !("digest" in who) ? who.name : null;
  return auth
    .query<{ outcome: string }>("select outcome from auth.accept_invitation($1, $2, $3, $4, 'en', $5)", [
      link,
      who !== null && "digest" in who ? who.digest : null,
      newcomer,
      newcomer === null ? null : "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
      facts,
    ])
    .then(({ rows }) => rows[0]!.outcome)
    .catch((error: { code?: string }) => error.code ?? String(error));
}
