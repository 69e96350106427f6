import type pg from "pg";
import { inColumns } from "../columns.ts";
import { UsageError } from "../failures.ts";
import { parseArguments } from "../inspected.ts";
import { asOperator } from "../user/as_operator.ts";

/** A row of `auth.list_model_prices()`: micro-units for a million tokens. */
export interface Price {
  readonly model: string;
  readonly input_micros: number;
  readonly cached_input_micros: number;
  readonly output_micros: number;
  readonly reasoning_micros: number;
  readonly updated_at: Date;
}

/** `rowhouse model price list [--json]` */
export async function listPrices(args: string[]): Promise<0> {
  const { values, positionals } = parseArguments(args, { json: { type: "boolean" } });
  if (positionals.length > 0)
    throw new UsageError(`"model price list" takes no argument "${positionals[0]}"`);
  await asOperator(async ({ client }) => {
    const prices = await pricesOf(client);
    console.log(values.json ? JSON.stringify(prices, null, 2) : inWords(prices));
  });
  return 0;
}

/** What is known, by the name of the model. A price has at most thirteen digits, which a number holds. */
export async function pricesOf(client: pg.Client): Promise<Price[]> {
  const { rows } = await client.query<Price>(
    `select model, input_micros::float8, cached_input_micros::float8, output_micros::float8, reasoning_micros::float8, updated_at
     from auth.list_model_prices()`,
  );
  return rows;
}

/** With the price of a million tokens in the currency itself, as providers write it. */
export function inWords(prices: readonly Price[]): string {
  if (prices.length === 0) return "no price";
  return inColumns([
    ["model", "input", "cached input", "output", "reasoning", "since"],
    ...prices.map((price) => [
      price.model,
      inUnits(price.input_micros),
      inUnits(price.cached_input_micros),
      inUnits(price.output_micros),
      inUnits(price.reasoning_micros),
      price.updated_at.toISOString().slice(0, 10),
    ]),
  ]);
}

const inUnits = (micros: number): string => `${micros} (${micros / 1_000_000})`;
