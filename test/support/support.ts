import { createHash, randomBytes } from "node:crypto";
import type { TestDatabase } from "./database.ts";
import type { Actor } from "./in_door.ts";

/** The operator, inside a company. */
export interface Visitor extends Actor {
  readonly accessId: string;
}

/** Lets the operator into a company, the way `rowhouse support enter` does. */
export async function enterForSupport(
  { admin }: Pick<TestDatabase, "admin">,
  slug: string,
  given: { as?: string; minutes?: number; write?: boolean; reason?: string } = {},
): Promise<Visitor> {
  const { outcome, ...visitor } = await tryForSupport({ admin }, slug, given);
  if (outcome !== "ok") throw new Error(`support cannot enter ${slug}: ${outcome}`);
  return visitor;
}

/** The same, with what came of it. */
export async function tryForSupport(
  { admin }: Pick<TestDatabase, "admin">,
  slug: string,
  { as, minutes = 60, write = false, reason = "Ticket 4711" }: Parameters<typeof enterForSupport>[2] = {},
): Promise<Visitor & { outcome: string }> {
  const digest = createHash("sha256").update(randomBytes(32)).digest();
  const { rows } = await admin.query<{ outcome: string; access: string }>(
    "select outcome, access from auth.open_support($1, $2, $3, $4, $5, $6, 'olga')",
    [slug, as ?? null, digest, reason, minutes, write],
  );
  const { outcome, access } = rows[0]!;
  return { outcome, digest, accessId: access };
}
