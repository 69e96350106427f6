import { sqlValueWithCodec, TYPES } from "postgraphile/@dataplan/pg";
import { sql } from "postgraphile/pg-sql2";
import { auditEventFilter } from "./audit_event_filter.ts";

interface AuditedRecord {
  readonly table: string;
  readonly id: string;
}

/** `auditEvents(filter: {record: {table: "app.conversations", id: "…"}})`: what became of one row, by one index. */
export const RecordFilterPlugin = auditEventFilter<AuditedRecord>("RecordFilterPlugin", {
  field: "record",
  description: "What became of one row.",
  type: "AuditedRecord",
  of: "A row whose changes the trail has.",
  fields: ({ graphql: { GraphQLNonNull, GraphQLString } }) => ({
    table: {
      description: "Its table, with the schema: `app.conversations`.",
      type: new GraphQLNonNull(GraphQLString),
    },
    id: { description: "Its key within the tenant.", type: new GraphQLNonNull(GraphQLString) },
  }),
  apply(condition, { table, id }) {
    const { alias } = condition;
    condition.where(sql`${alias}.table_name = ${sqlValueWithCodec(table, TYPES.text)}`);
    condition.where(sql`${alias}.row_id = ${sqlValueWithCodec(id, TYPES.text)}`);
  },
  why: "A record is found by its table and its key together",
});
