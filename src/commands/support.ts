import { UsageError } from "./failures.ts";
import { endSupport } from "./support/end.ts";
import { enterTenant } from "./support/enter.ts";
import { listSupport } from "./support/list.ts";

const verbs: Readonly<Record<string, (args: string[]) => Promise<0 | 1>>> = {
  enter: enterTenant,
  list: listSupport,
  end: endSupport,
};

/** `rowhouse support enter|list|end`: the operator inside a company. Status 1 where it was not done; each verb says more. */
export async function support(args: string[]): Promise<0 | 1> {
  const [verb, ...rest] = args;
  const names = Object.keys(verbs);
  if (verb === undefined) throw new UsageError(`"support" wants one of ${names.join(", ")}`);
  if (!Object.hasOwn(verbs, verb))
    throw new UsageError(`"support" cannot "${verb}": it can ${names.join(", ")}`);
  return verbs[verb]!(rest);
}
