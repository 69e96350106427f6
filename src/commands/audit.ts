import { checkpoint } from "./audit/checkpoint.ts";
import { drop } from "./audit/drop.ts";
import { erase } from "./audit/erase.ts";
import { exportTree } from "./audit/export.ts";
import { hold } from "./audit/hold.ts";
import { key } from "./audit/key.ts";
import { report } from "./audit/report.ts";
import { retention } from "./audit/retention.ts";
import { verify } from "./audit/verify.ts";
import { UsageError } from "./failures.ts";

const verbs: Readonly<Record<string, (args: string[]) => Promise<0 | 1>>> = {
  verify,
  export: exportTree,
  checkpoint,
  key,
  erase,
  report,
  drop,
  hold,
  retention,
};

/** `rowhouse audit verify|export|checkpoint|key|erase|report|drop|hold|retention`: the sealed trail. Each verb says more. */
export async function audit(args: string[]): Promise<0 | 1> {
  const [verb, ...rest] = args;
  const names = Object.keys(verbs);
  if (verb === undefined) throw new UsageError(`"audit" wants one of ${names.join(", ")}`);
  if (!Object.hasOwn(verbs, verb))
    throw new UsageError(`"audit" cannot "${verb}": it can ${names.join(", ")}`);
  return verbs[verb]!(rest);
}
