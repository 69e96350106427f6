import { TYPES } from "postgraphile/@dataplan/pg";

/**
 * What a filter may say: that a column has one value, or that a time lies in a range. More could not be read off an index
 * in the order of the list: a page of it would cost as much as the tenant is large.
 */
export const FiltersPlugin: GraphileConfig.Plugin = {
  name: "FiltersPlugin",
  version: "1.0.0",
  after: ["PgConnectionArgFilterOperatorsPlugin"],
  schema: {
    hooks: {
      GraphQLInputObjectType_fields(fields, _build, { scope: { pgConnectionFilterOperators: operators } }) {
        if (!operators) return fields;
        const isTime = operators.pgCodecs.includes(TYPES.timestamptz);
        return Object.fromEntries(Object.entries(fields).filter(([name]) => (name === "equalTo") !== isTime));
      },
    },
  },
};
