import { UsageError } from "./failures.ts";
import { listPrices } from "./model/list_prices.ts";
import { removePrice, setPrice } from "./model/set_price.ts";

const verbs: Readonly<Record<string, (args: string[]) => Promise<0 | 1>>> = {
  list: listPrices,
  set: setPrice,
  remove: removePrice,
};

/** `rowhouse model price list|set|remove`: what models cost, for the whole installation. Status 1 where there was no price. */
export async function model(args: string[]): Promise<0 | 1> {
  const [thing, verb, ...rest] = args;
  const names = Object.keys(verbs).join(", ");
  if (thing !== "price") throw new UsageError('"model" wants price, as in "model price list"');
  if (verb === undefined) throw new UsageError(`"model price" wants one of ${names}`);
  if (!Object.hasOwn(verbs, verb)) throw new UsageError(`"model price" cannot "${verb}": it can ${names}`);
  return verbs[verb]!(rest);
}
