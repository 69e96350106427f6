import type { PgCodec } from "postgraphile/@dataplan/pg";

/**
 * Everything in the API says what it is. The words are the database's (`db/schema/comments.sql`); PostGraphile leaves
 * arguments and what functions take and give without them, so what has the name of a column is described as the column,
 * and what a mutation gives as the row that it is. Any other argument says what it is by a smart tag of its function:
 * `resetArgument` is about `reset`.
 */
export const DescriptionsPlugin: GraphileConfig.Plugin = {
  name: "DescriptionsPlugin",
  version: "1.0.0",
  schema: {
    hooks: {
      GraphQLObjectType_fields_field(field, _build, { scope }) {
        if (field.description || !scope.isMutationPayload) return field;
        return { ...field, description: scope.pgCodec?.description };
      },
      GraphQLObjectType_fields_field_args_arg(argument, build, { scope }) {
        if (argument.description) return argument;
        if (scope.argName === "after") {
          return {
            ...argument,
            description: "Only what comes after this key: the last one of the page before.",
          };
        }
        const told = scope.pgFieldResource?.extensions?.tags?.[`${scope.argName}Argument` as keyof object];
        return {
          ...argument,
          description:
            typeof told === "string" ? told : columnNamed(scope.argName, scope.pgFieldResource?.codec, build),
        };
      },
      GraphQLInputObjectType_fields_field(field, build, { scope, Self }) {
        if (field.description || !scope.isMutationInput) return field;
        const mutation = Object.values(build.pgResources).find(
          ({ parameters, extensions }) =>
            parameters && build.inflection.upperCamelCase(`${extensions?.pg?.name}-input`) === Self.name,
        );
        const told = mutation?.extensions?.tags?.[`${scope.fieldName}Argument` as keyof object];
        return {
          ...field,
          description: typeof told === "string" ? told : columnNamed(scope.fieldName, mutation?.codec, build),
        };
      },
    },
  },
};

/** The description of the column that the API calls so, in rows of this codec. */
function columnNamed(
  name: string,
  codec: PgCodec | undefined,
  build: GraphileBuild.Build,
): string | undefined {
  return Object.entries(codec?.attributes ?? {}).find(
    ([attributeName]) => codec && build.inflection.attribute({ codec, attributeName } as never) === name,
  )?.[1].description;
}
