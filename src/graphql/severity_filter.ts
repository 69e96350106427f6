import { type SQL, sql } from "postgraphile/pg-sql2";
import { auditEventFilter } from "./audit_event_filter.ts";

const SEVERITY = "AuditEventSeverity";

interface Severities {
  readonly equalTo?: string;
  readonly in?: readonly string[];
}

/**
 * `auditEvents(filter: {severity: {in: [HIGH, CRITICAL]}})`: what is graver than daily work, by indexes that have nothing else in
 * them. PostgreSQL uses such an index where the statement says which values are asked for, so they stand in its text.
 */
export const SeverityFilterPlugin = auditEventFilter<Severities>("SeverityFilterPlugin", {
  field: "severity",
  description: "How severe it is.",
  type: "AuditSeverityFilter",
  of: "How severe an event is to be.",
  fields(build) {
    const { GraphQLList, GraphQLNonNull } = build.graphql;
    const severity = build.getInputTypeByName(SEVERITY);
    return {
      equalTo: { description: "Exactly as severe.", type: severity },
      in: { description: "One of these.", type: new GraphQLList(new GraphQLNonNull(severity)) },
    };
  },
  apply(condition, { equalTo, in: several }) {
    const column = sql`${condition.alias}.severity`;
    if (equalTo != null) condition.where(sql`${column} = ${text(equalTo)}`);
    if (several != null) {
      // Of none there is none.
      const list = several.length > 0 ? sql.join(several.map(text), ", ") : sql`null`;
      condition.where(sql`${column} in (${list})`);
    }
  },
  why: "A severity is found by an index of its own",
});

/** One of the values that the enum has: it stands in the statement as it is. */
const text = (severity: string): SQL => sql`${sql.literal(severity)}::text`;
