import { type GraphQLSchema, isEnumType, isInputObjectType, isObjectType } from "postgraphile/graphql";

/**
 * How long the lists are in which the schema describes itself, by the name of their field: all of its types, and for each
 * type the average of its fields, values and so on, rounded up.
 */
export function introspectionSizes(schema: GraphQLSchema): ReadonlyMap<string, number> {
  const known = sizes.get(schema);
  if (known) return known;
  const types = Object.values(schema.getTypeMap());
  const fields = types.filter(isObjectType).flatMap((type) => Object.values(type.getFields()));
  const inputFields = types.filter(isInputObjectType).flatMap((type) => Object.values(type.getFields()));
  const values = types.filter(isEnumType).flatMap((type) => type.getValues());
  const counted = new Map([
    ["types", types.length],
    ["directives", schema.getDirectives().length],
    ["fields", Math.ceil(fields.length / types.length)],
    ["inputFields", Math.ceil(inputFields.length / types.length)],
    ["enumValues", Math.ceil(values.length / types.length)],
    ["args", Math.ceil(fields.flatMap(({ args }) => args).length / fields.length)],
  ]);
  sizes.set(schema, counted);
  return counted;
}

const sizes = new WeakMap<GraphQLSchema, ReadonlyMap<string, number>>();
