import { UsageError } from "../failures.ts";
import { parseArguments } from "../inspected.ts";
import { asAuditor } from "./as_auditor.ts";
import { sealedTenant } from "./which_tree.ts";

/**
 * `rowhouse audit checkpoint [TENANT]`: the last checkpoint of a tree, or of each, one signed note after the other. Status 1
 * where there is none.
 */
export async function checkpoint(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, { database: { type: "string" } });
  const [named, ...more] = positionals;
  if (more.length > 0) throw new UsageError('"audit checkpoint" wants one slug or id, or none for all');
  return asAuditor(values.database, async (client) => {
    const tenant = named === undefined ? null : await sealedTenant(client, named);
    const { rows } = await client.query<{ note: string }>(
      `select signed.note || array_to_string(signed.cosignatures, '') as note
       from audit.trees as tree
       join audit.checkpoints as signed on signed.tenant_id = tree.tenant_id and signed.size = tree.signed_size
       where $1::uuid is null or tree.tenant_id = $1 order by tree.tenant_id`,
      [tenant],
    );
    process.stdout.write(rows.map(({ note }) => note).join(""));
    if (rows.length === 0) console.error("rowhouse: nothing of the trail is sealed and signed yet");
    return rows.length === 0 ? 1 : 0;
  });
}
