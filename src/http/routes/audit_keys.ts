import type { Middleware } from "koa";
import type pg from "pg";
import { keyVerifier } from "../../audit/audit_key.ts";
import { writeVerifier } from "../../audit/note.ts";
import { auditKeySet } from "../contract/answers.ts";
import { operation } from "../contract/operation.ts";

export const auditKeysOperation = operation({
  method: "get",
  path: "/.well-known/audit-keys.json",
  area: "Reference",
  summary: "The public keys of the audit trail's checkpoints",
  answers: {
    200: {
      says: "The keys, the first first; the last one signs. Each endorses the next.",
      body: auditKeySet,
    },
  },
  refusals: ["database_unavailable", "not_acceptable"],
});

interface Row {
  readonly number: number;
  readonly origin: string;
  readonly public_key: Buffer;
  readonly endorsement: string | null;
  readonly created_at: Date;
}

/** Milliseconds for which nobody asks the database again: they hardly ever change, and anybody may ask. */
const FRESH = 60_000;

/**
 * `GET /.well-known/audit-keys.json`: the keys that checkpoints of the trail are checked with, as verifiers of signed notes take
 * them (C2SP signed-note). Whoever trusts nobody here has one from before.
 */
export function auditKeys(database: Pick<pg.Pool, "query">): Middleware {
  let body = "";
  let asked = Number.NEGATIVE_INFINITY;
  return async (ctx) => {
    if (performance.now() - asked > FRESH) {
      const { rows } = await database.query<Row>("select * from audit.public_keys()");
      const keys = rows.map(({ number, origin, public_key, endorsement, created_at: createdAt }) => {
        const key = writeVerifier(keyVerifier({ id: "", number, origin, public_key, endorsement }));
        return { number, key, endorsement, createdAt };
      });
      body = JSON.stringify({ keys });
      asked = performance.now();
    }
    ctx.set("Cache-Control", "public, max-age=300");
    ctx.body = body;
    ctx.type = "application/json";
  };
}
