import pg from "pg";
import { CommandError, UsageError } from "../failures.ts";
import { parseArguments } from "../inspected.ts";
import { asOperator } from "../user/as_operator.ts";

/** A row of `audit.current_retention()`. */
interface Retention {
  readonly least_months: number;
  readonly platform_months: number | null;
}

/**
 * `rowhouse audit retention [--least N] [--platform N|none]`: months below which no tenant's trail may be kept, and months for the
 * trail of no tenant, and of those that were erased. Without an option it only shows them.
 */
export async function retention(args: string[]): Promise<0> {
  const { values, positionals } = parseArguments(args, {
    least: { type: "string" },
    platform: { type: "string" },
  });
  if (positionals.length > 0) throw new UsageError(`"audit retention" takes no argument "${positionals[0]}"`);
  const least = values.least === undefined ? undefined : monthsOf("least", values.least);
  const platform =
    values.platform === undefined
      ? undefined
      : values.platform === "none"
        ? null
        : monthsOf("platform", values.platform);
  await asOperator(async ({ client }) => {
    const { rows } = await client.query<Retention>("select * from audit.current_retention()");
    let now = rows[0]!;
    if (least !== undefined || platform !== undefined) {
      const wanted = [least ?? now.least_months, platform === undefined ? now.platform_months : platform];
      try {
        now = (await client.query<Retention>("select * from audit.set_retention($1, $2)", wanted)).rows[0]!;
      } catch (error) {
        if (!(error instanceof pg.DatabaseError && error.code === "23514")) throw error;
        throw new CommandError("the platform's trail is kept for no shorter than the least", {
          cause: error,
        });
      }
    }
    console.log(`least     ${now.least_months} months`);
    console.log(
      `platform  ${now.platform_months === null ? "without end" : `${now.platform_months} months`}`,
    );
  });
  return 0;
}

function monthsOf(option: string, given: string): number {
  const months = /^\d{1,4}$/.test(given) ? Number(given) : 0;
  if (months < 1 || months > 1200) {
    throw new UsageError(
      `--${option} is a number of months from 1 to 1200${option === "platform" ? ', or "none"' : ""}, not "${given}"`,
    );
  }
  return months;
}
