import { callFunction, type Job, type JobContext } from "./job.ts";
import { type ResolveTxt, resolveTxt } from "./resolve_txt.ts";

/** Names that are looked up in one run. Each company has twenty at most, and the others' turn comes with the next minute. */
const MOST = 100;

interface Due {
  readonly tenant_id: string;
  readonly id: string;
  readonly domain: string;
  readonly challenge: string;
}

/**
 * Looks in the DNS for the proofs of domains: of those that somebody asked for, and of proven ones once a week. What
 * becomes of an answer, the database decides (`jobs.note_domain`); what the DNS said is kept nowhere.
 */
export const verifyDomains: Job = (context) => verifyDomainsBy(resolveTxt, context);

/** The same with another DNS. */
export async function verifyDomainsBy(
  resolve: ResolveTxt,
  context: JobContext,
): Promise<{ looked: number; proven: number }> {
  const due = await callFunction<readonly Due[]>(
    context,
    "select coalesce(jsonb_agg(due), '[]') from jobs.due_domains($1) as due",
    [MOST],
  );
  const found = await Promise.all(due.map((one) => look(resolve, one)));
  let proven = 0;
  for (const [place, { tenant_id, id }] of due.entries()) {
    const values = [tenant_id, id, found[place]];
    if (await callFunction<boolean | null>(context, "select jobs.note_domain($1, $2, $3)", values))
      proven += 1;
  }
  return { looked: due.length, proven };
}

/** Whether the challenge is there; null where the DNS does not say. */
function look(resolve: ResolveTxt, { domain, challenge }: Due): Promise<boolean | null> {
  return resolve(`_rowhouse-challenge.${domain}`).then(
    (texts) => texts.some((text) => text.trim() === challenge),
    () => null,
  );
}
