import type { PgCondition } from "postgraphile/@dataplan/pg";
import { type SQL, sql } from "postgraphile/pg-sql2";

const FILTER = "AuditSeverityFilter";
const SEVERITY = "AuditEventSeverity";

interface Severities {
  readonly equalTo?: string;
  readonly in?: readonly string[];
}

/**
 * `auditEvents(filter: {severity: {in: [HIGH, CRITICAL]}})`: what is graver than daily work, by indexes that have nothing else in
 * them. PostgreSQL uses such an index where the statement says which values are asked for, so they stand in its text.
 */
export const SeverityFilterPlugin: GraphileConfig.Plugin = {
  name: "SeverityFilterPlugin",
  version: "1.0.0",
  schema: {
    hooks: {
      init(_, build) {
        const { GraphQLList, GraphQLNonNull } = build.graphql;
        build.registerInputObjectType(
          FILTER,
          {},
          () => {
            const severity = build.getInputTypeByName(SEVERITY);
            return {
              description: "How severe an event is to be.",
              fields: {
                equalTo: { description: "Exactly as severe.", type: severity },
                in: { description: "One of these.", type: new GraphQLList(new GraphQLNonNull(severity)) },
              },
            };
          },
          "SeverityFilterPlugin",
        );
        return _;
      },
      GraphQLInputObjectType_fields(fields, build, { scope, fieldWithHooks }) {
        if (!scope.isPgConnectionFilter || scope.pgCodec?.extensions?.pg?.name !== "audit_events")
          return fields;
        return build.extend(
          fields,
          {
            severity: fieldWithHooks({ fieldName: "severity", isPgConnectionFilterField: true }, () => ({
              description: "How severe it is.",
              type: build.getInputTypeByName(FILTER),
              apply(condition: PgCondition, { equalTo, in: several }: Severities) {
                const column = sql`${condition.alias}.severity`;
                if (equalTo != null) condition.where(sql`${column} = ${text(equalTo)}`);
                if (several != null) {
                  // Of none there is none.
                  const list = several.length > 0 ? sql.join(several.map(text), ", ") : sql`null`;
                  condition.where(sql`${column} in (${list})`);
                }
              },
            })),
          },
          "A severity is found by an index of its own",
        );
      },
    },
  },
};

/** One of the values that the enum has: it stands in the statement as it is. */
const text = (severity: string): SQL => sql`${sql.literal(severity)}::text`;
