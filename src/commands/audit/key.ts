import { treeVerifier } from "../../audit/audit_key.ts";
import { databaseKeys } from "../../audit/database_tree.ts";
import { writeVerifier } from "../../audit/note.ts";
import { ownKeys, rotateKey } from "../../audit/own_keys.ts";
import { masterKeys } from "../../auth/encryption.ts";
import { loadEnvironmentFile, readConfig } from "../../config.ts";
import { asWorker } from "../as_worker.ts";
import { CommandError, UsageError } from "../failures.ts";
import { parseArguments } from "../inspected.ts";
import { asAuditor } from "./as_auditor.ts";
import { sealedTenant } from "./which_tree.ts";

/**
 * `rowhouse audit key [rotate]`: the public keys of checkpoints, the newest last, or the one as it is named for a tenant's tree;
 * `rotate` has a new one sign, which the one before it endorses.
 */
export async function key(args: string[]): Promise<0> {
  const { values, positionals } = parseArguments(args, {
    database: { type: "string" },
    tenant: { type: "string" },
  });
  const [verb, ...more] = positionals;
  if ((verb !== undefined && verb !== "rotate") || more.length > 0) {
    throw new UsageError(`"audit key" takes no argument "${more[0] ?? verb}"`);
  }
  if (verb === "rotate") await rotate();
  await asAuditor(values.database, async (client) => {
    const tenant = values.tenant === undefined ? null : await sealedTenant(client, values.tenant);
    const known = await databaseKeys(client);
    if (known.length === 0)
      throw new CommandError("there is no key yet: the first run of the job seal_audit makes one");
    for (const one of known) {
      const verifier =
        tenant === null
          ? { name: one.origin, kind: "note" as const, publicKey: one.public_key }
          : treeVerifier(one, tenant);
      console.log(writeVerifier(verifier));
    }
  });
  return 0;
}

async function rotate(): Promise<void> {
  loadEnvironmentFile();
  const config = readConfig();
  const keys = masterKeys(config);
  await asWorker(async (client) => {
    await ownKeys(client, keys, config.audit.origin);
    const next = await rotateKey(client, keys, config.audit.origin);
    if (next === null)
      throw new CommandError("another key was made at the same moment; this one was dropped");
  });
}
