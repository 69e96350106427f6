import type { PrivilegeEvent } from "./changes.ts";
import { TELLING_COLUMNS } from "./changes.ts";
import type { ReportFacts } from "./facts.ts";

/** A change of privilege as somebody reads it. */
export interface DescribedChange {
  readonly at: Date;
  /** What kind of change it was. */
  readonly what: string;
  /** Whom or what it is about. */
  readonly whom: string;
  /** What it was and what it is, a line each; null: there was nothing, or is no more. */
  readonly before: readonly string[] | null;
  readonly after: readonly string[] | null;
  readonly who: string;
}

type Row = Readonly<Record<string, unknown>>;
type Names = Pick<ReportFacts, "people" | "roles" | "keys" | "support">;

const NAMES: Readonly<Record<string, string>> = {
  "app.memberships": "member",
  "app.roles": "role",
  "app.grants": "grant for a time",
  "auth.api_keys": "API key",
  "app.domains": "domain",
  "app.tenants": "rules of the company",
  "auth.totp_factors": "second factor",
  "auth.passkeys": "passkey",
};
const VERBS: Readonly<Record<string, string>> = { insert: "new", update: "changed", delete: "removed" };
const ACTIONS: Readonly<Record<string, string>> = {
  "auth.banned": "account banned",
  "auth.unbanned": "account let in again",
  "auth.reset": "sign-in reset by the operator",
};

/** Puts changes into words, with the names that ids have now. */
export function describer(facts: Names): (event: PrivilegeEvent) => DescribedChange {
  const people = new Map(facts.people.rows.map(({ id, name }) => [id, name]));
  const roles = new Map(facts.roles.map(({ id, name }) => [id, name]));
  const keys = new Map(facts.keys.rows.map(({ id, name }) => [id, name]));
  const operators = new Map(facts.support.map(({ id, operator }) => [id, operator]));

  const shown = (column: string, value: unknown): string => {
    if (value === null || value === undefined) return "none";
    if (Array.isArray(value)) return value.length === 0 ? "none" : value.join(", ");
    if (column === "role_id") return roles.get(String(value)) ?? `a role that is gone (${value})`;
    if (column === "user_id") return people.get(String(value)) ?? String(value);
    if (typeof value === "boolean") return value ? "yes" : "no";
    return String(value).replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d).*\+00:00$/, "$1 $2 UTC");
  };
  const told = (table: string, row: Row | null, other: Row | null): string[] | null => {
    if (row === null) return null;
    return (TELLING_COLUMNS[table] ?? [])
      .filter((column) => Object.hasOwn(row, column))
      .filter((column) =>
        other === null
          ? row[column] !== null && row[column] !== false
          : JSON.stringify(row[column]) !== JSON.stringify(other[column]),
      )
      .map(
        (column) => `${column.replace(/_id$|_at$/, "").replaceAll("_", " ")}: ${shown(column, row[column])}`,
      );
  };
  const whom = (event: PrivilegeEvent): string => {
    const row = event.newRow ?? event.oldRow;
    const person = event.subjectName ?? people.get(event.subjectId ?? "") ?? null;
    switch (event.table) {
      case "app.roles":
      case "app.tenants":
        return String(row?.name ?? "");
      case "auth.api_keys":
        return person === null ? `${row?.name} (the company's own)` : `${row?.name} (of ${person})`;
      case "app.domains":
        return String(row?.domain ?? "");
      default:
        return person ?? "somebody whose account is gone";
    }
  };
  const who = (event: PrivilegeEvent): string => {
    if (event.actorKind === "support")
      return `support: ${operators.get(event.impersonatorId ?? "") ?? event.impersonatorId}`;
    const name = event.actorName ?? event.actorId;
    if (event.actorKind === "api_key") {
      const key = `key ${keys.get(event.credentialId ?? "") ?? event.credentialId}`;
      return event.actorName === null ? key : `${name}, by ${key}`;
    }
    return name ?? `operator or job, as ${event.databaseRole}`;
  };
  return (event) => ({
    at: event.at,
    what:
      event.table === null
        ? (ACTIONS[event.action] ?? event.action)
        : `${NAMES[event.table] ?? event.table} ${VERBS[event.action]}`,
    whom: whom(event),
    before: event.table === null ? null : told(event.table, event.oldRow, event.newRow),
    after:
      event.table === null
        ? Object.entries(event.detail ?? {})
            .filter(([name]) => name === "reason")
            .map(([name, value]) => `${name}: ${value}`)
        : told(event.table, event.newRow, event.oldRow),
    who: who(event),
  });
}
