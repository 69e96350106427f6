import pg from "pg";
import { UsageError } from "../failures.ts";
import { parseArguments } from "../inspected.ts";
import { progressLine } from "../progress_line.ts";
import { asOperator, change } from "../user/as_operator.ts";
import { reasonOf } from "../user/ban.ts";
import { findTenant, oneTenant } from "./which_tenant.ts";

/** What `jobs.erase_tenant()` says that it did. */
interface Step {
  readonly step: "none" | "more" | "waiting" | "erased";
  readonly tenant?: string;
  readonly rows?: number;
  readonly objects?: number;
  readonly counts?: Readonly<Record<string, number>>;
  readonly digest?: string;
}

/**
 * `rowhouse tenant erase SLUG|ID --reason TEXT --yes`: closes it and erases all that it owns, without a grace. It can be broken
 * off and run again; the job goes on with it too. Status 1 where there is none.
 */
export async function eraseTenant(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, {
    reason: { type: "string" },
    yes: { type: "boolean" },
    json: { type: "boolean" },
  });
  const named = oneTenant("erase", positionals);
  const reason = reasonOf(values.reason);
  if (reason === null) throw new UsageError('"tenant erase" wants a --reason, for the trail');
  if (!values.yes) throw new UsageError(`nothing brings "${named}" back: export it first, then say --yes`);
  return asOperator(async ({ client }) => {
    const id = await findTenant(client, named);
    if (id === null) return 1;
    try {
      await client.query("select auth.begin_erasure($1, $2)", [id, reason]);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && error.code === "RH490")) throw error;
      console.error(`rowhouse: ${error.message}: ${error.detail}`);
      return 1;
    }
    const progress = progressLine();
    let rows = 0;
    for (;;) {
      const { done } = await change<{ done: Step }>(client, "select jobs.erase_tenant() as done", []);
      if (done.tenant === id) rows += done.rows ?? 0;
      progress(rows, null, "rows erased");
      if (done.step === "erased" && done.tenant === id) {
        progress(rows, rows, "rows erased");
        console.log(
          values.json
            ? JSON.stringify({ tenant: id, counts: done.counts, digest: done.digest })
            : `${named} is erased; the certificate is tenant.erased in the trail, digest ${done.digest}`,
        );
        return 0;
      }
      if (done.step === "waiting") {
        progress(rows, rows, "rows erased");
        console.log(
          `the rows of ${named} are gone, and ${done.objects} objects in the storage wait for the job delete_objects; ` +
            "the certificate follows when the last of them is gone",
        );
        return 0;
      }
      if (done.step === "none") {
        progress(rows, rows, "rows erased");
        const { rows: left } = await client.query("select auth.find_tenant($1) as id", [id]);
        if (left[0]?.id) {
          console.error(
            `rowhouse: a legal hold was placed over ${named}; the erasure goes on when it is released`,
          );
          return 1;
        }
        // The job was faster, and wrote the certificate.
        console.log(`${named} is erased; the certificate is tenant.erased in the trail`);
        return 0;
      }
    }
  });
}
