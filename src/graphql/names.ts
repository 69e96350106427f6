/** Words that have no singular: somebody's preferences are one row. */
const alwaysPlural = /preferences$/i;

/**
 * Names and ways in that PostGraphile would choose otherwise.
 *
 * - A row's own `id` is its id in the API, in links, in tokens and in the audit trail alike. (By default
 *   PostGraphile calls it `rowId`, to keep `id` for identifiers of its own, which are switched off.)
 * - One row is changed and removed by its primary key only, and fetched by it or by another unique key that has the smart
 *   tag `lookup` (`membershipByUserId`): one row is found by its index, where a filter would walk the list's.
 * - A function that lists rows may be called as the list is: the smart tag `fieldName`.
 */
export const NamesPlugin: GraphileConfig.Plugin = {
  name: "NamesPlugin",
  version: "1.0.0",
  inflection: {
    replace: {
      _attributeName(previous, _preset, details) {
        return previous?.({ ...details, skipRowId: true }) ?? details.attributeName;
      },
      singularize(previous, _preset, text) {
        return alwaysPlural.test(text) ? text : (previous?.(text) ?? text);
      },
      customQueryField(previous, _preset, details) {
        return details.resource.extensions?.tags?.fieldName ?? previous?.(details) ?? details.resource.name;
      },
    },
  },
  schema: {
    entityBehavior: {
      pgResourceUnique: {
        override: {
          provides: ["primaryKeysAndLookups"],
          callback(behavior, [, unique]) {
            if (unique.isPrimary) return behavior;
            return unique.extensions?.tags?.lookup ? [behavior, "-update", "-delete"] : [behavior, "-*"];
          },
        },
      },
    },
  },
};
