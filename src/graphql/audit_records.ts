import type { PgResource, PgSelectSingleStep } from "postgraphile/@dataplan/pg";
import { connection, type FieldArgs, type Step } from "postgraphile/grafast";

const STATE = "AuditedRecordState";

/** What audit.record_as_of() answers, and what it means. */
const STATES: Readonly<Record<string, string>> = {
  present: "It was there.",
  absent: "It was not there yet.",
  deleted: "It was not there any more.",
  unrecorded:
    "The trail says nothing of that time: it has no change of the record, or only later ones of one that was there before.",
};

const RECORD = "Which record.";

/**
 * `auditRecordHistory(record: {table: "app.roles", id: "…"})`, the changes of one row in pages like any list of events, and
 * `auditRecordAsOf(record: …, at: …)`, the row as it was at a moment.
 */
export const AuditRecordsPlugin: GraphileConfig.Plugin = {
  name: "AuditRecordsPlugin",
  version: "1.0.0",
  schema: {
    hooks: {
      init(_, build) {
        build.registerEnumType(
          STATE,
          {},
          () => ({
            description: "Whether a record was there at a moment.",
            values: Object.fromEntries(
              Object.entries(STATES).map(([value, description]) => [
                build.inflection.constantCase(value),
                { value, description },
              ]),
            ),
          }),
          "AuditRecordsPlugin",
        );
        return _;
      },
      GraphQLObjectType_fields(fields, build, { Self, fieldWithHooks }) {
        if (Self.name !== "Query") return fields;
        const { GraphQLNonNull } = build.graphql;
        const { audit_events: events, audit_record_as_of: asOf } = build.input.pgRegistry.pgResources;
        if (!events || !asOf) throw new Error("the schema lacks the trail");
        const record = {
          description: RECORD,
          type: new GraphQLNonNull(build.getInputTypeByName("AuditedRecord")),
        };
        return build.extend(
          fields,
          {
            auditRecordHistory: fieldWithHooks(
              { fieldName: "auditRecordHistory", isPgFieldConnection: true, pgFieldResource: events },
              () => ({
                description:
                  "What became of one record: each insert, update and delete of it, with what it changed; needs view_audit.",
                type: build.getOutputTypeByName(build.inflection.tableConnectionType(events.codec)),
                args: { record },
                plan(_: Step, args: FieldArgs) {
                  const $events = (events as PgResource).find({
                    table_name: args.getRaw(["record", "table"]),
                    row_id: args.getRaw(["record", "id"]),
                  });
                  // A read is an event of its record too, and changes nothing.
                  $events.where(build.sql`${$events.alias}.action in ('insert', 'update', 'delete')`);
                  return connection($events);
                },
              }),
            ),
            auditRecordAsOf: fieldWithHooks({ fieldName: "auditRecordAsOf" }, () => ({
              description: asOf.description,
              type: build.getOutputTypeByName("AuditedState"),
              args: {
                record,
                at: {
                  description: "The moment.",
                  type: new GraphQLNonNull(build.getInputTypeByName("Datetime")),
                },
              },
              plan(_: Step, args: FieldArgs) {
                const given: Readonly<Record<string, Step>> = {
                  table_name: args.getRaw(["record", "table"]),
                  row_id: args.getRaw(["record", "id"]),
                  moment: args.getRaw("at"),
                };
                return (asOf as PgResource).execute(
                  (asOf.parameters ?? []).map(({ name, codec }) => ({
                    name: name ?? undefined,
                    pgCodec: codec,
                    step: given[name ?? ""]!,
                  })),
                );
              },
            })),
          },
          "The history of one record, and its state at a moment",
        );
      },
      GraphQLObjectType_fields_field(field, build, { Self, scope }) {
        if (Self.name !== "AuditedState" || scope.fieldName !== "state") return field;
        const { GraphQLNonNull } = build.graphql;
        return {
          ...field,
          type: new GraphQLNonNull(build.getOutputTypeByName(STATE)),
          plan: ($state: Step) => ($state as PgSelectSingleStep).get("state"),
        };
      },
    },
  },
};
