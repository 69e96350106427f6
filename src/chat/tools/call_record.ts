import type pg from "pg";
import type { OfferedTool } from "./offered_tool.ts";

/** A turn that tools are called in, and what it is settled with. */
export interface CallingTurn {
  readonly id: string;
  readonly tenantId: string;
  readonly settlement: Buffer;
}

/** Why a tool is not called (auth.open_tool_call()). */
export type CallRefusal = "ended" | "removed" | "changed";

/** How a call went, and whether anybody was asked, as the trail has it (auth.note_tool_call()). */
export type CallOutcome = "ok" | "failed" | "refused" | "cut" | "denied";
export type CallApproval = "not_asked" | "given" | "denied";

/**
 * Whether a tool may be called now: the database looks afresh at who asked, and at the tool.
 *
 * @param listed what its MCP server says of it at this moment
 * @throws {pg.DatabaseError}
 */
export async function openCall(
  auth: Pick<pg.Pool, "query">,
  turn: CallingTurn,
  tool: OfferedTool,
  listed: object | null,
): Promise<CallRefusal | null> {
  const { rows } = await auth.query<{ refusal: CallRefusal | null }>({
    name: "open_tool_call",
    text: "select auth.open_tool_call($1, $2, $3, $4, $5, $6) as refusal",
    values: [
      turn.tenantId,
      turn.id,
      turn.settlement,
      tool.id,
      tool.fingerprint,
      listed && JSON.stringify(listed),
    ],
  });
  return rows[0]!.refusal;
}

/** Writes down how a call went: never what it was called with, nor what came of it. @throws {pg.DatabaseError} */
export async function noteCall(
  auth: Pick<pg.Pool, "query">,
  turn: CallingTurn,
  tool: Pick<OfferedTool, "id" | "name">,
  facts: { readonly outcome: CallOutcome; readonly approval: CallApproval; readonly milliseconds: number },
): Promise<void> {
  await auth.query({
    name: "note_tool_call",
    text: "select auth.note_tool_call($1, $2, $3, $4, $5, $6, $7, $8)",
    values: [
      turn.tenantId,
      turn.id,
      turn.settlement,
      tool.id,
      tool.name,
      facts.outcome,
      facts.approval,
      Math.round(facts.milliseconds),
    ],
  });
}
