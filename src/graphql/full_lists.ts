import {
  GraphQLList,
  GraphQLNonNull,
  type GraphQLType,
  isListType,
  isNonNullType,
} from "postgraphile/graphql";

/** No list of the API has holes: rows are there or not, and no array of ours holds a null. */
export const FullListsPlugin: GraphileConfig.Plugin = {
  name: "FullListsPlugin",
  version: "1.0.0",
  schema: {
    hooks: {
      GraphQLObjectType_fields_field(field, _build, { scope, Self }) {
        const inEdge = Self.name.endsWith("Edge") && ["node", "cursor"].includes(scope.fieldName);
        return {
          ...field,
          type: full(inEdge && !isNonNullType(field.type) ? new GraphQLNonNull(field.type) : field.type),
        };
      },
      GraphQLInputObjectType_fields_field(field) {
        return { ...field, type: full(field.type) };
      },
    },
  },
};

function full<Type extends GraphQLType>(type: Type): Type {
  if (isNonNullType(type)) return new GraphQLNonNull(full(type.ofType)) as unknown as Type;
  if (!isListType(type) || isNonNullType(type.ofType)) return type;
  return new GraphQLList(new GraphQLNonNull(full(type.ofType))) as unknown as Type;
}
