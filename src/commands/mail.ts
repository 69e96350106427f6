import { isUuid } from "../uuid.ts";
import { asWorker } from "./as_worker.ts";
import { inColumns } from "./columns.ts";
import { UsageError } from "./failures.ts";
import { oneOf, parseArguments } from "./inspected.ts";

/** A row of `jobs.list_mails()`. */
interface WaitingMail {
  readonly id: string;
  readonly template: string;
  readonly recipient: string;
  readonly state: string;
  readonly attempts: number;
  readonly next_attempt_at: Date | null;
  readonly last_error: string | null;
  readonly created_at: Date;
}

/**
 * `rowhouse mail list|retry`: mails that were not sent, and another chance for those that were given up. Status 1 if a
 * mail that was named cannot be retried, because there is none of that id that was given up.
 */
export async function mail(args: string[]): Promise<0 | 1> {
  const [verb, ...rest] = args;
  if (verb === "list") return list(rest);
  if (verb === "retry") return retry(rest);
  throw new UsageError(verb === undefined ? '"mail" wants list or retry' : `"mail" cannot "${verb}"`);
}

async function list(args: string[]): Promise<0> {
  const { values, positionals } = parseArguments(args, { format: { type: "string" } });
  if (positionals.length > 0) throw new UsageError(`"mail list" takes no argument "${positionals[0]}"`);
  const format = oneOf("format", ["table", "json"] as const, values.format) ?? "table";
  await asWorker(async (client) => {
    const { rows } = await client.query<WaitingMail>("select * from jobs.list_mails()");
    console.log(format === "json" ? JSON.stringify(rows, null, 2) : table(rows));
  });
  return 0;
}

async function retry(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, { dead: { type: "boolean" } });
  if (values.dead === true ? positionals.length > 0 : positionals.length === 0) {
    throw new UsageError('"mail retry" wants the ids of mails, or --dead for all that were given up');
  }
  const odd = positionals.find((id) => !isUuid(id));
  if (odd !== undefined) throw new UsageError(`"${odd}" is no id of a mail`);

  return asWorker(async (client) => {
    const ids = values.dead
      ? (
          await client.query<{ id: string }>("select id from jobs.list_mails() where state = 'dead'")
        ).rows.map(({ id }) => id)
      : positionals;
    let refused = 0;
    for (const id of ids) {
      const { rows } = await client.query<{ done: boolean }>("select jobs.retry_mail($1) as done", [id]);
      if (rows[0]?.done) console.log(`mail ${id} is tried again`);
      else {
        refused += 1;
        console.error(`rowhouse: no mail ${id} was given up`);
      }
    }
    if (ids.length === 0) console.log("no mail was given up");
    return refused === 0 ? 0 : 1;
  });
}

function table(mails: readonly WaitingMail[]): string {
  if (mails.length === 0) return "every mail was sent";
  const rows = [
    ["id", "mail", "to", "state", "attempts", "next attempt", "last error"],
    ...mails.map(({ id, template, recipient, state, attempts, next_attempt_at, last_error }) => [
      id,
      template,
      recipient,
      state,
      String(attempts),
      next_attempt_at?.toISOString() ?? "",
      last_error?.split("\n")[0] ?? "",
    ]),
  ];
  return inColumns(rows);
}
