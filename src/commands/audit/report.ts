import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import type { ReportFacts } from "../../audit/report/facts.ts";
import { gatherFacts } from "../../audit/report/gather_facts.ts";
import { printReport } from "../../audit/report/page/page.ts";
import { BadPeriod, type Period, readPeriod } from "../../audit/report/period.ts";
import { PLATFORM } from "../../audit/tree_source.ts";
import { projectRoot } from "../../database/migrations.ts";
import { CommandError, UsageError } from "../failures.ts";
import { parseArguments } from "../inspected.ts";
import { progressLine } from "../progress_line.ts";
import { writeWhole } from "../write_whole.ts";
import { asAuditor } from "./as_auditor.ts";
import { trustFor, trustOf } from "./trust.ts";
import { sealedTenant } from "./which_tree.ts";

/**
 * `rowhouse audit report TENANT --from DAY [--to DAY]`: who has access to a company and what became of it, as a document for whoever
 * reviews it. That it was made is in the trail before it is there. Status 1 where the trail is not what was sealed; the document is
 * made all the same, and says so.
 */
export async function report(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, {
    tenant: { type: "string" },
    from: { type: "string" },
    to: { type: "string" },
    "time-zone": { type: "string" },
    out: { type: "string" },
    json: { type: "boolean" },
    key: { type: "string", multiple: true },
    checkpoints: { type: "string", multiple: true },
    database: { type: "string" },
  });
  const [named, ...more] = [...(values.tenant === undefined ? [] : [values.tenant]), ...positionals];
  if (named === undefined || more.length > 0) throw new UsageError('"audit report" wants one slug or id');
  const { from } = values;
  if (from === undefined) throw new UsageError('"audit report" wants --from, a day such as 2026-10-01');
  const given = trustOf(values.key, values.checkpoints);
  const progress = progressLine();
  return asAuditor(values.database, async (client) => {
    const period = await periodOf(client, {
      from,
      to: values.to ?? new Date().toISOString(),
      timeZone: values["time-zone"] ?? "UTC",
    });
    const tenant = await sealedTenant(client, named);
    const facts = await gatherFacts(client, {
      tenant,
      period,
      trust: await trustFor(given, [tenant, PLATFORM]),
      software: softwareVersion(),
      onLeaf: (done, total) => progress(done, total, "leaves verified"),
    });
    if (facts === null) throw new CommandError(`there is no company "${named}", or it was erased`);
    const format = values.json ? "json" : "html";
    const text = values.json ? `${JSON.stringify(facts, null, 2)}\n` : printReport(facts);
    await record(client, facts, format, text);
    const out = values.out ?? (values.json ? "-" : fileName(facts));
    if (out === "-") process.stdout.write(text);
    else {
      await writeWhole(out, text, "another report, or what is left of one");
      console.log(`the access review of ${facts.tenant.slug} is in ${out}: ${summary(facts)}`);
    }
    return facts.verified ? 0 : 1;
  });
}

async function periodOf(client: pg.Client, given: Parameters<typeof readPeriod>[1]): Promise<Period> {
  try {
    return await readPeriod(client, given);
  } catch (error) {
    if (error instanceof BadPeriod) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

/** Commits that this text was made, before anybody has it. */
async function record(client: pg.Client, facts: ReportFacts, format: string, text: string): Promise<void> {
  const detail = {
    from: facts.period.from,
    to: facts.period.to,
    format,
    sha256: createHash("sha256").update(text).digest("hex"),
    verified: facts.verified,
    findings: facts.findings.length,
  };
  try {
    await client.query("begin read write");
    await client.query("select audit.record_report($1, $2)", [facts.tenant.id, detail]);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => {});
    if (!(error instanceof pg.DatabaseError && error.code === "25006")) throw error;
    throw new CommandError(
      `${error.message}; that a review was made is written into the trail, so it takes a database that can be written to`,
      { cause: error },
    );
  }
}

function fileName({ tenant, period }: ReportFacts): string {
  const [from, to] = [period.from, period.to].map((at) => at.toISOString().slice(0, 10));
  return `access-review-${tenant.slug}-${from}-${to}.html`;
}

function summary({ findings, verified }: ReportFacts): string {
  const what = findings.length === 1 ? "1 thing" : `${findings.length} things`;
  return `${what} to look at, the trail is ${verified ? "verified" : "NOT verified"}`;
}

function softwareVersion(): string {
  const manifest = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as { version: string };
  return `Rowhouse ${manifest.version}`;
}
