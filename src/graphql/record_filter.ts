import { type PgCondition, sqlValueWithCodec, TYPES } from "postgraphile/@dataplan/pg";
import { sql } from "postgraphile/pg-sql2";

const RECORD = "AuditedRecord";

interface AuditedRecord {
  readonly table: string;
  readonly id: string;
}

/** `auditEvents(filter: {record: {table: "app.conversations", id: "…"}})`: what became of one row, by one index. */
export const RecordFilterPlugin: GraphileConfig.Plugin = {
  name: "RecordFilterPlugin",
  version: "1.0.0",
  schema: {
    hooks: {
      init(_, build) {
        const { GraphQLNonNull, GraphQLString } = build.graphql;
        build.registerInputObjectType(
          RECORD,
          {},
          () => ({
            description: "A row whose changes the trail has.",
            fields: {
              table: {
                description: "Its table, with the schema: `app.conversations`.",
                type: new GraphQLNonNull(GraphQLString),
              },
              id: { description: "Its key within the tenant.", type: new GraphQLNonNull(GraphQLString) },
            },
          }),
          "RecordFilterPlugin",
        );
        return _;
      },
      GraphQLInputObjectType_fields(fields, build, { scope, fieldWithHooks }) {
        if (!scope.isPgConnectionFilter || scope.pgCodec?.extensions?.pg?.name !== "audit_events")
          return fields;
        return build.extend(
          fields,
          {
            record: fieldWithHooks({ fieldName: "record", isPgConnectionFilterField: true }, () => ({
              description: "What became of one row.",
              type: build.getInputTypeByName(RECORD),
              apply(condition: PgCondition, value: AuditedRecord) {
                const { alias } = condition;
                condition.where(sql`${alias}.table_name = ${sqlValueWithCodec(value.table, TYPES.text)}`);
                condition.where(sql`${alias}.row_id = ${sqlValueWithCodec(value.id, TYPES.text)}`);
              },
            })),
          },
          "A record is found by its table and its key together",
        );
      },
    },
  },
};
