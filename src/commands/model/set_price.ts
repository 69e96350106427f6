import { UsageError } from "../failures.ts";
import { parseArguments } from "../inspected.ts";
import { asOperator } from "../user/as_operator.ts";
import { inWords, pricesOf } from "./list_prices.ts";

/** A million of the currency for a million tokens. */
const MOST = 1_000_000_000_000;

/** `rowhouse model price set MODEL --input N --output N [--cached-input N] [--reasoning N]`: enters a price, or changes it. */
export async function setPrice(args: string[]): Promise<0> {
  const { values, positionals } = parseArguments(args, {
    input: { type: "string" },
    output: { type: "string" },
    "cached-input": { type: "string" },
    reasoning: { type: "string" },
    json: { type: "boolean" },
  });
  const model = oneModel("set", positionals);
  if (values.input === undefined || values.output === undefined) {
    throw new UsageError('"model price set" wants --input and --output, in micro-units for a million tokens');
  }
  const price = [
    microsOf("input", values.input),
    microsOf("output", values.output),
    microsOf("cached-input", values["cached-input"]),
    microsOf("reasoning", values.reasoning),
  ];
  await asOperator(async ({ client }) => {
    await client.query("select auth.set_model_price($1, $2, $3, $4, $5)", [model, ...price]);
    const stored = (await pricesOf(client)).filter((known) => known.model === model);
    console.log(values.json ? JSON.stringify(stored[0], null, 2) : inWords(stored));
  });
  return 0;
}

/** `rowhouse model price remove MODEL`: status 1 where there was none. */
export async function removePrice(args: string[]): Promise<0 | 1> {
  const model = oneModel("remove", parseArguments(args, {}).positionals);
  return asOperator(async ({ client }) => {
    const { rows } = await client.query<{ there: boolean }>("select auth.remove_model_price($1) as there", [
      model,
    ]);
    if (rows[0]!.there)
      console.log(`${model} has no price any more: where there is a budget it answers nobody`);
    else console.error(`rowhouse: "${model}" has no price`);
    return rows[0]!.there ? 0 : 1;
  });
}

function oneModel(verb: string, positionals: readonly string[]): string {
  const [model, ...more] = positionals;
  if (model === undefined || more.length > 0) throw new UsageError(`"model price ${verb}" wants one model`);
  if (!/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$/.test(model))
    throw new UsageError(`"${model}" is no name of a model`);
  return model;
}

function microsOf(option: string, given: string | undefined): number | null {
  if (given === undefined) return null;
  const micros = /^\d{1,13}$/.test(given) ? Number(given) : -1;
  if (micros >= 0 && micros <= MOST) return micros;
  throw new UsageError(
    `--${option} is a whole number from 0 to ${MOST}, in micro-units for a million tokens, not "${given}"`,
  );
}
