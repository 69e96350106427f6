import type { SealedEvent } from "./leaf.ts";
import { membersOf } from "./members.ts";

/** A leaf with its event, all as text: what is compared must be what is stored. */
export type Row = (string | null)[];

/**
 * The columns of an event that are fields of its leaf as they are, in the order in which they are read. Times are told in UTC,
 * whatever the session's zone, and `ip` as PostgreSQL shows it.
 */
export const TEXTS = [
  "tenant_id",
  "id",
  "at",
  "action",
  "severity",
  "table_name",
  "actor_kind",
  "actor_id",
  "credential_id",
  "impersonator_id",
  "database_role",
  "row_id",
  "request_id",
  "ip",
  "user_agent",
] as const;
/** Those that are JSON already, and those whose members are fields of their own. */
export const JSONS = ["transaction_id", "row_key"] as const;
export const OBJECTS = ["old_row", "new_row", "detail"] as const;

/** The same as they are asked for, of an `event`. */
export const COLUMNS = [
  ...TEXTS.map((name) =>
    name === "at"
      ? `to_char(event.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
      : name === "ip"
        ? "to_json(event.ip) #>> '{}'"
        : `event.${name}::text`,
  ),
  ...JSONS.map((name) => `event.${name}::text`),
  ...OBJECTS.map((name) => `event.${name}::text`),
].join(", ");

/** What is asked for of a `leaf` and its `event` where a function gives both: a {@link LeafRow}. */
export const LEAF_COLUMNS = `leaf.index::text, leaf.kept, array[leaf.event_id::text, leaf.salt::text, event.id::text, null, ${COLUMNS}] as row`;

/** The row is that of {@link eventOf} without the index. */
export interface LeafRow {
  readonly index: string;
  readonly row: Row;
  readonly kept: Erased | null;
}

/** What is left of an event from which something was erased. */
export type Erased = Required<Pick<SealedEvent, "salts" | "commitments">>;

/** A leaf with its event; null where that is gone. */
export function leafOf({ index, row, kept }: LeafRow): {
  readonly index: number;
  readonly eventId: string;
  readonly event: SealedEvent | null;
} {
  const event = row[2] === null ? null : eventOf([index, ...row], kept ?? undefined);
  return { index: Number(index), eventId: row[0]!, event };
}

/** An event from a row: five columns of its leaf (the third is the salt), and {@link COLUMNS}. */
export function eventOf(row: Row, erased: Erased | undefined): SealedEvent {
  const fields: Record<string, string> = {};
  let place = 5;
  for (const name of TEXTS) {
    const value = row[place++]!;
    if (value !== null) fields[name] = JSON.stringify(value);
  }
  for (const name of JSONS) {
    const value = row[place++]!;
    if (value !== null) fields[name] = value;
  }
  const [before, after, detail] = OBJECTS.map((name) => whole(name, row[place++]!, fields));
  for (const [member, value] of after!) {
    fields[before!.get(member) === value ? `row.${member}` : `new_row.${member}`] = value;
  }
  for (const [member, value] of before!)
    if (after!.get(member) !== value) fields[`old_row.${member}`] = value;
  for (const [member, value] of detail!) fields[`detail.${member}`] = value;
  return { fields, salt: row[2]!, ...erased };
}

/** The members of an object; any other value is a field itself, and has none. */
function whole(
  name: string,
  value: string | null,
  fields: Record<string, string>,
): ReadonlyMap<string, string> {
  if (value === null) return NONE;
  if (value.startsWith("{") && value !== "{}") return new Map(membersOf(value));
  fields[name] = value;
  return NONE;
}
const NONE: ReadonlyMap<string, string> = new Map();
