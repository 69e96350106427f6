import type pg from "pg";
import { inColumns } from "../columns.ts";
import { oneOf, parseArguments } from "../inspected.ts";
import { asOperator, findPerson, onePerson } from "./as_operator.ts";

/** What `auth.describe_person()` answers. */
interface Described {
  readonly id: string;
  /** null for a guest. */
  readonly email: string | null;
  readonly name: string;
  readonly locale: string;
  readonly status: string;
  readonly createdAt: string;
  readonly lastSeenAt: string | null;
  readonly sessions: number;
  readonly password: { readonly kind: string; readonly changedAt: string } | null;
  readonly identities: readonly {
    readonly provider: string;
    readonly issuer: string;
    readonly lastUsedAt: string;
  }[];
  readonly totp: boolean;
  readonly passkeys: number;
  readonly recoveryCodesLeft: number;
  readonly apiKeys: number;
  readonly memberships: readonly {
    readonly tenant: string;
    readonly tenantStatus: string;
    readonly role: string;
    readonly owner: boolean;
    readonly status: string;
  }[];
}

/** `rowhouse user show ADDRESS|ID`: where they belong and how they come in. Status 1 for nobody. */
export async function showPerson(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, { format: { type: "string" } });
  const named = onePerson("show", positionals);
  const format = oneOf("format", ["text", "json"] as const, values.format) ?? "text";
  return asOperator(async ({ client }) => {
    const id = await findPerson(client, named);
    if (id === null) return 1;
    const person = await describePerson(client, id);
    console.log(format === "json" ? JSON.stringify(person, null, 2) : inWords(person));
    return 0;
  });
}

/** @param id of somebody who is there */
export async function describePerson(client: pg.Client, id: string): Promise<Described> {
  const { rows } = await client.query<{ person: Described }>("select auth.describe_person($1) as person", [
    id,
  ]);
  return rows[0]!.person;
}

function inWords(person: Described): string {
  const { password, identities, memberships } = person;
  return inColumns([
    ["id", person.id],
    ["e-mail", person.email ?? "none: a guest"],
    ["name", person.name],
    ["language", person.locale],
    ["status", person.status],
    ["since", person.createdAt],
    ["last seen", person.lastSeenAt ?? "never"],
    ["password", password === null ? "none" : `${password.kind}, of ${password.changedAt}`],
    ...identities.map(({ provider, issuer, lastUsedAt }) => [
      "signs in with",
      `${provider} (${issuer}), last on ${lastUsedAt}`,
    ]),
    ["second factor", person.totp ? `TOTP; ${person.recoveryCodesLeft} recovery codes left` : "none"],
    ["passkeys", String(person.passkeys)],
    ["sessions", String(person.sessions)],
    ["API keys", String(person.apiKeys)],
    ...memberships.map(({ tenant, tenantStatus, role, owner, status }) => [
      "company",
      [
        `${tenant}: ${role}${owner ? ", owner" : ""}`,
        ...(status === "active" ? [] : [`membership ${status}`]),
        ...(tenantStatus === "active" ? [] : [`company ${tenantStatus}`]),
      ].join("; "),
    ]),
  ]);
}
