import { UsageError } from "./failures.ts";
import { banPerson, unbanPerson } from "./user/ban.ts";
import { importPeople } from "./user/import.ts";
import { invite } from "./user/invite.ts";
import { listPeople } from "./user/list.ts";
import { resetPerson } from "./user/reset.ts";
import { showPerson } from "./user/show.ts";

const verbs: Readonly<Record<string, (args: string[]) => Promise<0 | 1>>> = {
  list: listPeople,
  show: showPerson,
  invite,
  ban: banPerson,
  unban: unbanPerson,
  reset: resetPerson,
  import: importPeople,
};

/**
 * `rowhouse user list|show|invite|ban|unban|reset|import`: what an operator does to people. Status 1 where it was not done,
 * because nobody is meant, or because of who they are; each verb says more.
 */
export async function user(args: string[]): Promise<0 | 1> {
  const [verb, ...rest] = args;
  const names = Object.keys(verbs);
  if (verb === undefined) throw new UsageError(`"user" wants one of ${names.join(", ")}`);
  if (!Object.hasOwn(verbs, verb))
    throw new UsageError(`"user" cannot "${verb}": it can ${names.join(", ")}`);
  return verbs[verb]!(rest);
}
