import type { PgCondition } from "postgraphile/@dataplan/pg";
import type { GraphQLInputFieldConfig } from "postgraphile/graphql";

/** What somebody asks for of `auditEvents` with a field of its filter. */
interface AuditEventFilter<Asked> {
  readonly field: string;
  /** Of the field. */
  readonly description: string;
  /** The input type, what it says of itself, and its fields. */
  readonly type: string;
  readonly of: string;
  readonly fields: (build: GraphileBuild.Build) => Record<string, GraphQLInputFieldConfig>;
  /** Adds what is asked for to the statement. */
  readonly apply: (condition: PgCondition, asked: Asked) => void;
  /** Why it is not among the filters that columns have by themselves. */
  readonly why: string;
}

/** A plugin that adds a field to the filter of `auditEvents`, with an input type of its own. */
export function auditEventFilter<Asked>(
  plugin: string,
  { field, description, type, of, fields, apply, why }: AuditEventFilter<Asked>,
): GraphileConfig.Plugin {
  return {
    name: plugin,
    version: "1.0.0",
    schema: {
      hooks: {
        init(_, build) {
          build.registerInputObjectType(type, {}, () => ({ description: of, fields: fields(build) }), plugin);
          return _;
        },
        GraphQLInputObjectType_fields(known, build, { scope, fieldWithHooks }) {
          if (!scope.isPgConnectionFilter || scope.pgCodec?.extensions?.pg?.name !== "audit_events")
            return known;
          return build.extend(
            known,
            {
              [field]: fieldWithHooks({ fieldName: field, isPgConnectionFilterField: true }, () => ({
                description,
                type: build.getInputTypeByName(type),
                apply,
              })),
            },
            why,
          );
        },
      },
    },
  };
}
