import { type GrafastInputFieldConfig, SafeError } from "postgraphile/grafast";

/**
 * `filter: null` and `filter: {}` are no filter, as a client has them that fills in variables. Within a filter a null is
 * refused: whoever forgot a value would otherwise get every row, and nothing here means "is not set".
 */
export const FilterNullsPlugin: GraphileConfig.Plugin = {
  name: "FilterNullsPlugin",
  version: "1.0.0",
  schema: {
    hooks: {
      GraphQLInputObjectType_fields_field(field, _build, { scope, Self }) {
        const { apply } = field as GrafastInputFieldConfig;
        const filters = scope.isPgConnectionFilterField || scope.isPgConnectionFilterOperator;
        if (!filters || !apply) return field;
        return {
          ...field,
          apply: ((target, value, info) => {
            if (value === null) {
              throw new SafeError(
                `${scope.fieldName} of ${Self.name} takes a value: leave out what you do not compare.`,
                {
                  code: "INVALID_INPUT",
                  field: scope.fieldName,
                  rule: "not_null",
                },
              );
            }
            return apply(target, value, info);
          }) satisfies typeof apply,
        };
      },
    },
  },
};
