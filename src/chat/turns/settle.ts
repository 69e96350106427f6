import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { isUnavailable } from "../../database/unavailable.ts";
import type { Embedded } from "../provider/embed.ts";
import type { Usage } from "../provider/events.ts";

/** How a turn ended. */
export interface End {
  readonly outcome: "complete" | "stopped" | "failed";
  readonly content: string;
  readonly parts: readonly object[];
  readonly usage: Usage | null;
  readonly firstTokenMs: number | null;
  readonly totalMs: number;
  readonly finishReason: string | null;
  readonly errorCode: string | null;
  readonly provenance: object;
  /** Calls that wait for the word of whoever asked: `{id, toolId, fingerprint, callId}`. */
  readonly approvals?: readonly object[];
}

/** What a model took, as auth.settle_turn() is told it. */
export const spentOf = (usage: Usage | null): object =>
  usage === null
    ? {}
    : {
        inputTokens: usage.input,
        cachedInputTokens: usage.cachedInput,
        outputTokens: usage.output,
        reasoningTokens: usage.reasoning,
        estimated: usage.estimated,
      };

/** Milliseconds between attempts while the database is away. After the last, jobs.sweep_holds() has to find the turn. */
const PAUSES = [100, 500, 1_000, 2_000, 4_000];

/**
 * Ends a turn in the database, whose own word it is that it does so once: a repetition changes nothing.
 *
 * @param embedding what embedding the question took; null where nobody did
 * @throws {pg.DatabaseError}
 */
export async function settleTurn(
  auth: Pick<pg.Pool, "query">,
  turn: { readonly tenantId: string; readonly id: string; readonly settlement: Buffer },
  end: End,
  embedding: Embedded["usage"] | null = null,
): Promise<void> {
  const { usage, firstTokenMs, totalMs } = end;
  const spent = {
    ...spentOf(usage),
    ...(embedding !== null && {
      embedding: { inputTokens: embedding.input, estimated: embedding.estimated },
    }),
    ...(firstTokenMs !== null && { firstTokenMs }),
    totalMs,
  };
  const statement = {
    name: "settle_turn",
    text: `select auth.settle_turn($1, $2, $3, $4, content => $5, parts => $6, usage => $7, finish_reason => $8,
      error_code => $9, provenance => $10, approvals => $11)`,
    values: [
      turn.tenantId,
      turn.id,
      turn.settlement,
      end.outcome,
      end.content,
      JSON.stringify(end.parts),
      JSON.stringify(spent),
      end.finishReason,
      end.errorCode,
      JSON.stringify(end.provenance),
      JSON.stringify(end.approvals ?? []),
    ],
  };
  for (const pause of [...PAUSES, null]) {
    try {
      await auth.query(statement);
      return;
    } catch (error) {
      if (pause === null || !isUnavailable(error)) throw error;
      await sleep(pause);
    }
  }
}
