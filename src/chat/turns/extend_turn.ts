import type pg from "pg";
import type { Code } from "../../http/codes.ts";
import { catalogued, type ErrorCatalogue } from "../../http/error_catalogue.ts";
import type { CallingTurn } from "../tools/call_record.ts";
import { stopped, TurnEnded } from "../turn_ended.ts";

/**
 * Holds what a further step of a turn may cost, before the model is asked again.
 *
 * @throws {TurnEnded} where a budget has no room for it, or the turn is over
 * @throws {pg.DatabaseError}
 */
export async function extendTurn(
  auth: Pick<pg.Pool, "query">,
  turn: CallingTurn,
  most: { readonly input: number; readonly output: number },
  catalogue: ErrorCatalogue,
): Promise<void> {
  try {
    const { rows } = await auth.query<{ on: boolean }>({
      name: "extend_turn",
      text: 'select auth.extend_turn($1, $2, $3, $4, $5) as "on"',
      values: [turn.tenantId, turn.id, turn.settlement, most.input, most.output],
    });
    if (!rows[0]!.on) throw stopped("stopped");
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code !== "RH450" && code !== "RH451") throw error;
    const { name, meaning } = catalogued(catalogue, code, "")!;
    throw new TurnEnded("budget", name as Code, meaning);
  }
}
