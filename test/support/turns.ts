import { createHash, randomBytes } from "node:crypto";
import type pg from "pg";
import type { TestDatabase } from "./database.ts";
import { type Actor, inDoor } from "./in_door.ts";

/** What context.begin_turn() hands out. */
export interface Turn {
  readonly tenant_id: string;
  readonly turn_id: string;
  readonly replayed: boolean;
  readonly conversation_id: string | null;
  readonly question_id: string | null;
  readonly answer_id: string | null;
  readonly answered_by: string;
  readonly history: { id: string; role: string; content: string }[];
  readonly asker: Record<string, unknown>;
  readonly provider: Record<string, unknown> | null;
  readonly held_micros: string;
}

/** The arguments of context.begin_turn() by name, but for its secret. */
export type Question = Readonly<Record<string, unknown>>;

const sha256 = (of: Buffer | string): Buffer => createHash("sha256").update(of).digest();

/** An Idempotency-Key as the server hands it down. */
export const idempotency = (key: string, request: string) => ({
  key: sha256(key).toString("hex"),
  request: sha256(request).toString("hex"),
});

/** A statement that begins a turn, and its values. */
export function begin(question: Question, secret: Buffer = randomBytes(32)): [string, unknown[]] {
  const given = Object.entries({ ...question, settlement: sha256(secret) }).map(
    ([name, value]) =>
      [
        name,
        value !== null && typeof value === "object" && !Buffer.isBuffer(value)
          ? JSON.stringify(value)
          : value,
      ] as const,
  );
  const names = given.map(([name], at) => `${name} => $${at + 1}`);
  return [`select * from context.begin_turn(${names.join(", ")})`, given.map(([, value]) => value)];
}

/** Begins turns as callers and settles them as the server does. */
export function turns({ app, auth }: Pick<TestDatabase, "app" | "auth">) {
  const secrets = new Map<string, Buffer>();
  return {
    /** Begins a turn; throws the refusal if there is one. */
    async begin(actor: Actor, question: Question): Promise<Turn> {
      const secret = randomBytes(32);
      const outcome = await inDoor(app, actor, ...begin(question, secret), true);
      if ("refusal" in outcome) throw outcome.refusal;
      const turn = outcome.rows[0] as unknown as Turn;
      if (!turn.replayed) secrets.set(turn.turn_id, secret);
      return turn;
    },
    /** Ends a turn; whether it was this call that did it. */
    async settle(
      turn: Pick<Turn, "tenant_id" | "turn_id">,
      end: Readonly<Record<string, unknown>> & { outcome?: string } = {},
      secret: Buffer = secrets.get(turn.turn_id)!,
    ): Promise<boolean> {
      const { outcome = "complete", ...rest } = end;
      const given = Object.entries(rest);
      const { rows } = await (auth as pg.Pool).query(
        `select auth.settle_turn($1, $2, $3, $4${given.map(([name], at) => `, ${name} => $${at + 5}`).join("")}) as first`,
        [
          turn.tenant_id,
          turn.turn_id,
          sha256(secret),
          outcome,
          ...given.map(([, value]) => (typeof value === "object" ? JSON.stringify(value) : value)),
        ],
      );
      return rows[0].first;
    },
    /** Why turns must end, by turn; only of those that must. */
    async watch(...watched: Pick<Turn, "tenant_id" | "turn_id">[]): Promise<Record<string, string>> {
      const { rows } = await (auth as pg.Pool).query("select * from auth.watch_turns($1, $2)", [
        watched.map(({ tenant_id }) => tenant_id),
        watched.map(({ turn_id }) => turn_id),
      ]);
      return Object.fromEntries(rows.map(({ turn_id, reason }) => [turn_id, reason]));
    },
  };
}
