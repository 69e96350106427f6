import pg from "pg";
import { isUuid } from "../../uuid.ts";
import { inColumns } from "../columns.ts";
import { UsageError } from "../failures.ts";
import { oneOf, parseArguments } from "../inspected.ts";
import { asOperator, findPerson } from "../user/as_operator.ts";
import { asAuditor } from "./as_auditor.ts";
import { sealedTenant } from "./which_tree.ts";

/** A row of `audit.list_holds()`. */
interface Hold {
  readonly id: string;
  readonly tenant_id: string;
  /** Null of a tenant that was erased, and of the platform. */
  readonly slug: string | null;
  readonly user_id: string | null;
  readonly reason: string;
  readonly placed_by: string;
  readonly placed_at: Date;
  readonly released_by: string | null;
  readonly released_at: Date | null;
  readonly release_reason: string | null;
}

const verbs: Readonly<Record<string, (args: string[]) => Promise<0 | 1>>> = { place, release, list };

/** `rowhouse audit hold place|release|list`: what must not go. */
export function hold(args: string[]): Promise<0 | 1> {
  const [verb = "", ...rest] = args;
  if (!Object.hasOwn(verbs, verb))
    throw new UsageError(`"audit hold" wants one of ${Object.keys(verbs).join(", ")}`);
  return verbs[verb]!(rest);
}

/** `rowhouse audit hold place TENANT [--user WHO] --reason TEXT`: prints its id. Status 1 where there is nobody of that name. */
async function place(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, {
    user: { type: "string" },
    reason: { type: "string" },
  });
  const [named, ...more] = positionals;
  if (named === undefined || more.length > 0) throw new UsageError('"audit hold place" wants one slug or id');
  if (!values.reason) throw new UsageError('"audit hold place" wants a --reason');
  const tenant = await asAuditor(undefined, (client) => sealedTenant(client, named));
  return asOperator(async ({ client }) => {
    const person = values.user === undefined ? null : await findPerson(client, values.user);
    if (values.user !== undefined && person === null) return 1;
    return told(async () => {
      const { rows } = await client.query<{ id: string }>("select audit.place_hold($1, $2, $3) as id", [
        tenant,
        person,
        values.reason,
      ]);
      console.log(rows[0]!.id);
    });
  });
}

/** `rowhouse audit hold release ID --reason TEXT`: it stays on record. Status 1 where no such hold stands. */
function release(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, { reason: { type: "string" } });
  const [id = "", ...more] = positionals;
  if (!isUuid(id) || more.length > 0) throw new UsageError('"audit hold release" wants the id of a hold');
  if (!values.reason) throw new UsageError('"audit hold release" wants a --reason');
  return asOperator(({ client }) =>
    told(async () => {
      await client.query("select audit.release_hold($1, $2)", [id, values.reason]);
      console.log("it is released; what waited for it is asked about again within a week");
    }),
  );
}

/** `rowhouse audit hold list [--tenant TENANT] [--standing]`: the newest first. */
async function list(args: string[]): Promise<0> {
  const { values, positionals } = parseArguments(args, {
    tenant: { type: "string" },
    standing: { type: "boolean" },
    format: { type: "string" },
  });
  if (positionals.length > 0) throw new UsageError(`"audit hold list" takes no argument "${positionals[0]}"`);
  const format = oneOf("format", ["table", "json"] as const, values.format) ?? "table";
  const named = values.tenant;
  const tenant =
    named === undefined ? null : await asAuditor(undefined, (client) => sealedTenant(client, named));
  await asOperator(async ({ client }) => {
    const { rows } = await client.query<Hold>("select * from audit.list_holds($1, $2)", [
      tenant,
      values.standing ?? false,
    ]);
    console.log(format === "json" ? JSON.stringify(rows, null, 2) : table(rows));
  });
  return 0;
}

function table(holds: readonly Hold[]): string {
  if (holds.length === 0) return "nothing is held";
  const minute = (date: Date): string => date.toISOString().slice(0, 16).concat("Z");
  return inColumns([
    ["id", "tenant", "of", "placed", "by", "reason", "released"],
    ...holds.map((one) => [
      one.id,
      one.slug ?? one.tenant_id,
      one.user_id ?? "everybody",
      minute(one.placed_at),
      one.placed_by,
      one.reason,
      one.released_at ? `${minute(one.released_at)} by ${one.released_by}: ${one.release_reason}` : "",
    ]),
  ]);
}

/** Does it; what the database refuses is told. */
async function told(work: () => Promise<void>): Promise<0 | 1> {
  try {
    await work();
    return 0;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && ["RH400", "RH404"].includes(error.code ?? ""))) throw error;
    console.error(`rowhouse: ${error.message}`);
    return 1;
  }
}
