import * as v from "valibot";
import { name as tenantName, slug as tenantSlug } from "../../http/fields.ts";
import { UsageError } from "../failures.ts";
import { parseArguments } from "../inspected.ts";
import { asOperator, findPerson } from "../user/as_operator.ts";
import { oneTenant } from "./which_tenant.ts";

/** `rowhouse tenant create SLUG --owner ADDRESS|ID`: status 1 where the slug is taken, or nobody is meant. */
export async function createTenant(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, {
    owner: { type: "string" },
    name: { type: "string" },
    json: { type: "boolean" },
  });
  const slug = oneTenant("create", positionals);
  if (!v.safeParse(tenantSlug, slug).success) {
    throw new UsageError(`"${slug}" is no slug: 1 to 63 lower-case letters, digits and inner hyphens`);
  }
  const name = v.safeParse(tenantName, values.name ?? slug);
  if (!name.success || !/\S/.test(name.output)) throw new UsageError("--name has from 1 to 200 characters");
  const named = values.owner;
  if (named === undefined) throw new UsageError('"tenant create" wants an --owner, who has an account');
  return asOperator(async ({ client }) => {
    const owner = await findPerson(client, named);
    if (owner === null) return 1;
    const { rows } = await client.query<{ outcome: "ok" | "slug_taken"; id: string | null }>(
      "select outcome, id from auth.found_tenant($1, $2, $3)",
      [slug, name.output, owner],
    );
    const { outcome, id } = rows[0]!;
    if (outcome !== "ok") {
      console.error(`rowhouse: a tenant has the slug "${slug}"`);
      return 1;
    }
    console.log(values.json ? JSON.stringify({ id, slug, name: name.output }) : `${slug} is there: ${id}`);
    return 0;
  });
}
