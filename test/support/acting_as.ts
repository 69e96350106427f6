import type pg from "pg";
import { expect } from "vitest";
import { type Actor, inDoor } from "./in_door.ts";

/**
 * Tests that read as sentences: `await actingAs(member).expect("delete from app.roles").toBeRefused("RH403")`.
 *
 * Each expectation is one transaction that enters through the door, and it commits, unless
 * `actingAs(somebody).inVain()` says that nothing should stay.
 *
 * @param app a pool of the role rowhouse_app
 */
export function actors(app: pg.Pool) {
  return (actor: Actor | null) => acting(app, actor, true);
}

function acting(app: pg.Pool, actor: Actor | null, commit: boolean) {
  const attempt = (sql: string, values: unknown[] = []) => inDoor(app, actor, sql, values, commit);
  return {
    /** The same person, in transactions that are rolled back. */
    inVain: () => acting(app, actor, false),
    /** What comes of a statement, refusal or not. */
    attempt,
    /** The rows of a statement that must not be refused. */
    async rows<Row = Record<string, unknown>>(sql: string, values?: unknown[]): Promise<Row[]> {
      const outcome = await attempt(sql, values);
      if ("refusal" in outcome) throw outcome.refusal;
      return outcome.rows as unknown as Row[];
    },
    expect: (sql: string, values?: unknown[]) => ({
      /** It affects (or returns) so many rows. */
      async toReach(count: number): Promise<void> {
        const outcome = await attempt(sql, values);
        if ("refusal" in outcome) throw outcome.refusal;
        expect(outcome.count, sql).toBe(count);
      },
      /** It is refused with this SQLSTATE and, where given, this detail. */
      async toBeRefused(code: string, detail?: string): Promise<void> {
        const outcome = await attempt(sql, values);
        if (!("refusal" in outcome)) {
          throw new Error(`not refused, but reached ${outcome.count} rows: ${sql}`);
        }
        expect([outcome.refusal.code, outcome.refusal.message]).toEqual([code, expect.any(String)]);
        if (detail !== undefined) expect(outcome.refusal.detail).toBe(detail);
      },
    }),
  };
}
