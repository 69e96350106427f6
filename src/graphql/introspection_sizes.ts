import { type GraphQLSchema, isEnumType, isInputObjectType, isObjectType } from "postgraphile/graphql";

/** Types that are counted. An application may have any number, and its tools must be able to ask for all of them once. */
const MOST_TYPES = 250;

/**
 * How long the lists are in which the schema describes itself, by the name of their field: all of its types (250 at most), and for each
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
    ["types", Math.min(types.length, MOST_TYPES)],
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
