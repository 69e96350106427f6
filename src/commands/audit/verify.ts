import type { Expired } from "../../audit/expiry.ts";
import { inWords } from "../../audit/problem.ts";
import { sealedTenants, verifyDatabase } from "../../audit/verify_database.ts";
import { verifyExport } from "../../audit/verify_export.ts";
import type { Trust, Verdict } from "../../audit/verify_tree.ts";
import { UsageError } from "../failures.ts";
import { parseArguments } from "../inspected.ts";
import { progressLine } from "../progress_line.ts";
import { asAuditor } from "./as_auditor.ts";
import { type GivenTrust, trustFor, trustOf } from "./trust.ts";
import { sealedTenant } from "./which_tree.ts";

/**
 * `rowhouse audit verify [FILE]`: whether the sealed trail is what was sealed. Status 1 where it is not, and the first bad leaf is
 * the first line.
 */
export async function verify(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, {
    tenant: { type: "string" },
    key: { type: "string", multiple: true },
    checkpoints: { type: "string", multiple: true },
    proof: { type: "string" },
    database: { type: "string" },
    json: { type: "boolean" },
  });
  const [file, ...more] = positionals;
  if (more.length > 0) throw new UsageError(`"audit verify" takes no argument "${more[0]}"`);
  const trust = trustOf(values.key, values.checkpoints);
  if (file === undefined) {
    return tell(await inDatabase(values.database, values.tenant, trust), trust, values.json);
  }
  if (trust.inS3) throw new UsageError("a file is verified with checkpoints in a file");
  if (values.tenant ?? values.database)
    throw new UsageError("a file is verified without a database, and says whose it is");
  if (trust.keys === null)
    throw new UsageError("a file is verified with --key: what it says of its own key proves nothing");
  const progress = progressLine();
  const onLeaf = (done: number, total: number): void => progress(done, total, "leaves verified");
  const verdict = await verifyExport(file, trust, onLeaf, values.proof);
  return tell([{ ...verdict, waiting: 0 }], trust, values.json);
}

type Told = Verdict & { readonly waiting: number };

function inDatabase(url: string | undefined, named: string | undefined, given: GivenTrust): Promise<Told[]> {
  return asAuditor(url, async (client) => {
    const tenants = named === undefined ? await sealedTenants(client) : [await sealedTenant(client, named)];
    const verdicts: Told[] = [];
    const progress = progressLine();
    for (const [place, tenant] of tenants.entries()) {
      const which = tenants.length > 1 ? ` (tree ${place + 1} of ${tenants.length})` : "";
      const trust = await trustFor(given, [tenant]);
      verdicts.push(
        await verifyDatabase(client, tenant, trust, (done, total) =>
          progress(done, total, `leaves verified${which}`),
        ),
      );
    }
    return verdicts;
  });
}

function tell(verdicts: readonly Told[], trust: Trust, json = false): 0 | 1 {
  const sound = verdicts.every(({ problems }) => problems.length === 0);
  if (json) {
    console.log(JSON.stringify(verdicts, null, 2));
    return sound ? 0 : 1;
  }
  for (const { tenant, size, signed, expired, waiting, problems, part } of verdicts) {
    for (const problem of problems) console.log(inWords(problem));
    const unsigned = size > signed ? `, ${size - signed} of them not signed yet` : "";
    const over = expired ? `, ${expired.leaves} of them expired${monthsOf(expired)}` : "";
    const later = waiting > 0 ? `; ${waiting} more to be sealed` : "";
    const state = problems.length === 0 ? "verified" : `${problems.length} problems`;
    const which = part ? `${part.events} of ` : "";
    console.log(`tenant ${tenant}: ${which}${size} leaves${over}${unsigned}${later}: ${state}`);
  }
  if (trust.keys === null) {
    console.log(
      "The keys are those that the database names. --key compares with one that you have from elsewhere.",
    );
  }
  return sound ? 0 : 1;
}

/** ` (2025-01 … 2025-03)`. */
function monthsOf({ from, to }: Expired): string {
  if (from === null || to === null) return "";
  return from === to ? ` (${from})` : ` (${from} … ${to})`;
}
