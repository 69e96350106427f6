/**
 * Names and ways in that PostGraphile would choose otherwise.
 *
 * - A row's own `id` is its id in the API, in links, in tokens and in the audit trail alike. (By default
 *   PostGraphile calls it `rowId`, to keep `id` for identifiers of its own, which are switched off.)
 * - One row is fetched, changed and removed by its primary key only; other unique keys are filters.
 */
export const NamesPlugin: GraphileConfig.Plugin = {
  name: "NamesPlugin",
  version: "1.0.0",
  inflection: {
    replace: {
      _attributeName(previous, _preset, details) {
        return previous?.({ ...details, skipRowId: true }) ?? details.attributeName;
      },
    },
  },
  schema: {
    entityBehavior: {
      pgResourceUnique: {
        override: {
          provides: ["primaryKeysOnly"],
          callback: (behavior, [, unique]) => (unique.isPrimary ? behavior : [behavior, "-*"]),
        },
      },
    },
  },
};
