import { UsageError } from "../failures.ts";
import { parseArguments } from "../inspected.ts";
import { asOperator } from "../user/as_operator.ts";
import { describeTenant, inWords } from "./show.ts";
import { findTenant, oneTenant } from "./which_tenant.ts";

/** What each option counts, from least to most, storage in MiB; `none` takes the limit away, where there can be none. */
const LIMITS = {
  seats: { least: 1, most: 1_000_000, none: true },
  keys: { least: 0, most: 1_000_000, none: true },
  requests: { least: 1, most: 1_000_000, none: true },
  "requests-per-day": { least: 1, most: 1_000_000_000, none: true },
  storage: { least: 0, most: 9_999_999, none: true, unit: 1024 ** 2 },
  grace: { least: 0, most: 365, none: false },
} as const;

/** `rowhouse tenant limit SLUG|ID [--seats N|none] …`: what its plan allows. Without an option it only shows it. */
export async function limitTenant(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, {
    seats: { type: "string" },
    keys: { type: "string" },
    requests: { type: "string" },
    "requests-per-day": { type: "string" },
    storage: { type: "string" },
    grace: { type: "string" },
    "every-way": { type: "boolean" },
    json: { type: "boolean" },
  });
  const named = oneTenant("limit", positionals);
  const limits: Record<string, number | null> = {};
  for (const [option, range] of Object.entries(LIMITS)) {
    const given = values[option as keyof typeof LIMITS];
    if (given !== undefined) limits[option] = numberOf(option, given, range);
  }
  if (values["every-way"]) limits.ways = null;
  return asOperator(async ({ client }) => {
    const id = await findTenant(client, named);
    if (id === null) return 1;
    if (Object.keys(limits).length > 0) await client.query("select auth.limit_tenant($1, $2)", [id, limits]);
    const tenant = await describeTenant(client, id);
    console.log(values.json ? JSON.stringify(tenant, null, 2) : inWords(tenant));
    return 0;
  });
}

function numberOf(
  option: string,
  given: string,
  {
    least,
    most,
    none,
    unit = 1,
  }: { readonly least: number; readonly most: number; readonly none: boolean; readonly unit?: number },
): number | null {
  if (none && given === "none") return null;
  const number = /^\d{1,10}$/.test(given) ? Number(given) : -1;
  if (number < least || number > most) {
    throw new UsageError(
      `--${option} is a number from ${least} to ${most}${none ? ', or "none"' : ""}, not "${given}"`,
    );
  }
  return number * unit;
}
