import type pg from "pg";

/** A kind of event, as audit.event_types has it. */
export interface EventType {
  readonly action: string;
  /** Empty for a named event. */
  readonly table_name: string;
  readonly severity: string;
  readonly meaning: string;
}

/** The catalogue of a database without an application. */
export async function eventTypes(admin: Pick<pg.Pool, "query">): Promise<EventType[]> {
  const { rows } = await admin.query<EventType>(
    `select action, table_name, severity, meaning from audit.event_types
     order by table_name collate "C", array_position('{read,insert,update,delete}', action), action collate "C"`,
  );
  return rows;
}

/** docs/audit/events.md: every kind of event that the trail can hold. */
export function eventsPage(types: readonly EventType[]): string {
  const named = types.filter(({ table_name }) => table_name === "");
  const read = types.filter(({ action }) => action === "read");
  const tables = [...new Set(types.filter(isChange).map(({ table_name }) => table_name))];
  return `# What can be in the trail

Generated (\`npm run generate\`) from the catalogue of events, [\`audit.event_types\`](../../db/schema/audit/event_types.sql): ${types.length} kinds,
${named.length} of them with a name of their own. Every event has the severity that stands here; the trail takes no event that is not in the catalogue,
and a test finds what is in it and never written. Holders of \`view_audit\` have it as \`auditEventTypes\` in GraphQL.

| severity | what to do about one | OCSF \`severity_id\` |
|---|---|---|
| informational | nothing: daily work | 1 |
| low | nothing at once: others live with it, or it was a slip | 2 |
| medium | look at it in a review | 3 |
| high | look at it now | 4 |
| critical | make sure that it was meant: it cannot be taken back, or touches what all of this rests on | 5 |

## Named events

| action | severity | meaning |
|---|---|---|
${named.map(({ action, severity, meaning }) => `| \`${action}\` | ${severity} | ${meaning} |`).join("\n")}

## Readings of what is another's

| action | table | severity | meaning |
|---|---|---|---|
${read.map(({ table_name, severity, meaning }) => `| \`read\` | \`${table_name}\` | ${severity} | ${meaning} |`).join("\n")}

## Changes of rows

What the trail keeps of each column, and why, is in [\`tracked_tables.sql\`](../../db/schema/audit/tracked_tables.sql). A table of your own comes in
with [\`tenancy.protect()\`](../your-own-tables.md): \`insert\` and \`update\` are informational there, \`delete\` is low.

| table | a row is | \`insert\` | \`update\` | \`delete\` |
|---|---|---|---|---|
${tables.map((table) => changesOf(table, types)).join("\n")}
`;
}

const isChange = ({ action }: EventType): boolean => ["insert", "update", "delete"].includes(action);

function changesOf(table: string, types: readonly EventType[]): string {
  const of = (action: string) => types.find((one) => one.table_name === table && one.action === action)!;
  const severities = ["insert", "update", "delete"].map((action) => of(action).severity);
  const row = of("insert").meaning.replace(/^Added: (.*)\.$/, "$1");
  return `| \`${table}\` | ${row} | ${severities.join(" | ")} |`;
}
