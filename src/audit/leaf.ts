import { hash } from "node:crypto";

/**
 * The fields of an event by name, each as JSON text: as PostgreSQL writes jsonb, and texts quoted. A member of `old_row`,
 * `new_row` or `detail` is a field of its own, such as `new_row.email`; what both rows have is one, such as `row.email`.
 */
export type EventFields = Readonly<Record<string, string>>;

/** What a leaf needs to be made again: what is left of the event, and what commits to the rest. */
export interface SealedEvent {
  readonly fields: EventFields;
  /** The salt of the event; null where something of it was erased. */
  readonly salt: string | null;
  /** Where it was: the salts of the fields that stayed, and what commits to those that did not. */
  readonly salts?: Readonly<Record<string, string>>;
  readonly commitments?: Readonly<Record<string, string>>;
}

/** Fields that stand in the leaf as they are: nothing in them is of a person but ids. */
const PLAIN: ReadonlySet<string> = new Set([
  "tenant_id",
  "id",
  "at",
  "transaction_id",
  "action",
  "severity",
  "table_name",
  "actor_kind",
  "actor_id",
  "credential_id",
  "impersonator_id",
  "database_role",
]);

/** The salt of one field, from the event's; it tells nothing of those of others. */
export function fieldSalt(salt: string, name: string): string {
  return hash("sha256", `${salt} ${quoted(name)}`, "hex");
}

/** What stands in a leaf for a value. */
export function commitment(salt: string, value: string): string {
  return hash("sha256", `${salt} ${value}`, "base64");
}

/** An event as its leaf has it: version 1 of the encoding (docs/audit/sealing.md). A field without any salt is left out. */
export function leafText({ fields, salt, salts = {}, commitments = {} }: SealedEvent): string {
  const lines: string[] = [];
  for (const name in fields) {
    if (name in commitments) continue;
    const value = fields[name]!;
    if (PLAIN.has(name)) {
      lines.push(`${quoted(name)} ${value}\n`);
      continue;
    }
    const own = salt === null ? salts[name] : fieldSalt(salt, name);
    if (own !== undefined) lines.push(`${quoted(name)} ${commitment(own, value)}\n`);
  }
  for (const name in commitments) lines.push(`${quoted(name)} ${commitments[name]}\n`);
  return `rowhouse audit event v1\n${sortedByBytes(lines).join("")}`;
}

/** The hash of a leaf (RFC 6962 section 2.1). */
export function leafHash(text: string): Buffer {
  return hash("sha256", `\0${text}`, "buffer");
}

/** By their UTF-8. JavaScript compares UTF-16, which is the same order where all is ASCII. */
function sortedByBytes(lines: string[]): string[] {
  if (/^[\0-\x7f]*$/.test(lines.join(""))) return lines.sort();
  return lines.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}

/** Names as JSON: there are as many as columns, and each is asked for again and again. */
const known = new Map<string, string>();
/** Names beyond which there is no end of them: those of details may be anything. */
const MOST = 10_000;

function quoted(name: string): string {
  const before = known.get(name);
  if (before !== undefined) return before;
  const made = JSON.stringify(name);
  if (known.size < MOST) known.set(name, made);
  return made;
}
