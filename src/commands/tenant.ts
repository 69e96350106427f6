import { UsageError } from "./failures.ts";
import { createTenant } from "./tenant/create.ts";
import { eraseTenant } from "./tenant/erase.ts";
import { exportToFile } from "./tenant/export.ts";
import { importFromFile } from "./tenant/import.ts";
import { limitTenant } from "./tenant/limit.ts";
import { listTenants } from "./tenant/list.ts";
import { showTenant } from "./tenant/show.ts";
import { resumeTenant, suspendTenant } from "./tenant/suspend.ts";

const verbs: Readonly<Record<string, (args: string[]) => Promise<0 | 1>>> = {
  list: listTenants,
  show: showTenant,
  create: createTenant,
  suspend: suspendTenant,
  resume: resumeTenant,
  limit: limitTenant,
  export: exportToFile,
  import: importFromFile,
  erase: eraseTenant,
};

/**
 * `rowhouse tenant list|show|create|suspend|resume|limit|export|import|erase`: what an operator does to tenants. Status 1 where it
 * was not done, because none is meant, or because of how it stands; each verb says more.
 */
export async function tenant(args: string[]): Promise<0 | 1> {
  const [verb, ...rest] = args;
  const names = Object.keys(verbs);
  if (verb === undefined) throw new UsageError(`"tenant" wants one of ${names.join(", ")}`);
  if (!Object.hasOwn(verbs, verb))
    throw new UsageError(`"tenant" cannot "${verb}": it can ${names.join(", ")}`);
  return verbs[verb]!(rest);
}
