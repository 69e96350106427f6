import { digest } from "../../auth/session_secrets.ts";
import { createSupportCredential } from "../../auth/support_credential.ts";
import { UsageError } from "../failures.ts";
import { parseArguments } from "../inspected.ts";
import { asOperator, change } from "../user/as_operator.ts";
import { reasonOf } from "../user/ban.ts";

const USUAL = 60;
const MOST = 480;

/** Why nobody is let in, by the outcome of `auth.open_support()`. */
const REFUSALS: Readonly<Record<string, string>> = {
  no_tenant: "there is no such company",
  tenant_suspended: "the company is suspended: nobody there could see you; resume it first",
  tenant_closed: "the company is closed",
  support_off: "the company lets no support in: one of its admins has to allow it (supportAccess)",
  support_reads: "the company lets support look only: come without --write, or ask one of its admins",
  no_member: "no active member with an account has that address there",
};

/**
 * `rowhouse support enter SLUG --reason TEXT`: prints on stdout what opens the door, and on stderr until when. Status 1 where
 * the company, or the state that it is in, lets nobody in.
 */
export async function enterTenant(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, {
    reason: { type: "string" },
    as: { type: "string" },
    minutes: { type: "string" },
    write: { type: "boolean" },
    operator: { type: "string" },
  });
  const [slug, ...more] = positionals;
  if (slug === undefined || more.length > 0)
    throw new UsageError('"support enter" wants one company, by its slug');
  const reason = reasonOf(values.reason);
  if (reason === null) throw new UsageError('"support enter" wants a --reason, which the company reads');
  const minutes = minutesOf(values.minutes);
  const credential = createSupportCredential();
  return asOperator(async ({ client }) => {
    const { outcome, access, expires_at } = await change<{
      outcome: string;
      access: string;
      expires_at: Date;
    }>(client, "select outcome, access, expires_at from auth.open_support($1, $2, $3, $4, $5, $6, $7)", [
      slug,
      values.as ?? null,
      digest(credential),
      reason,
      minutes,
      values.write ?? false,
      values.operator ?? null,
    ]);
    if (outcome !== "ok") {
      console.error(`rowhouse: ${REFUSALS[outcome] ?? outcome}`);
      return 1;
    }
    console.log(credential);
    const whom = values.as === undefined ? "" : ` as ${values.as}`;
    const what = values.write ? "and may change things" : "to look";
    console.error(
      `rowhouse: you are in ${slug}${whom} ${what}, until ${expires_at.toISOString()}; its owners are told. To leave: rowhouse support end ${access}`,
    );
    return 0;
  });
}

function minutesOf(given: string | undefined): number {
  if (given === undefined) return USUAL;
  const minutes = /^\d{1,3}$/.test(given) ? Number(given) : 0;
  if (minutes < 1 || minutes > MOST)
    throw new UsageError(`--minutes is a number from 1 to ${MOST}, not "${given}"`);
  return minutes;
}
