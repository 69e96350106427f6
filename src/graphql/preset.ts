import { PgSimplifyInflectionPreset } from "@graphile/simplify-inflection";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { PostGraphileConnectionFilterPreset } from "postgraphile-plugin-connection-filter";
import { NamesPlugin } from "./names.ts";
import { NotFoundPlugin } from "./not_found.ts";
import { PageSizePlugin } from "./page_size.ts";
import { SmartTagsPlugin } from "./smart_tags.ts";
import { TenantKeysPlugin } from "./tenant_keys.ts";

export const schemaPreset: GraphileConfig.Preset = {
  extends: [PostGraphileAmberPreset, PgSimplifyInflectionPreset, PostGraphileConnectionFilterPreset],
  plugins: [TenantKeysPlugin, NamesPlugin, SmartTagsPlugin, PageSizePlugin, NotFoundPlugin],
  disablePlugins: [
    // Identifiers across types, and the fields that only Relay 1 asked for.
    "NodePlugin",
    "AddNodeInterfaceToSuitableTypesPlugin",
    "QueryQueryPlugin",
    "MutationPayloadQueryPlugin",
    "PgMutationPayloadEdgePlugin",
    // It asks that an index begins with the column; ours begin with tenant_id. The smart tags say it.
    "PgIndexBehaviorsPlugin",
    // `filter` says all that `condition` does.
    "PgConditionArgumentPlugin",
    "PgConditionCustomFieldsPlugin",
    "PgConnectionArgFilterLogicalOperatorsPlugin",
  ],
  schema: {
    connectionFilterAllowedOperators: [
      "equalTo",
      "in",
      "lessThan",
      "lessThanOrEqualTo",
      "greaterThan",
      "greaterThanOrEqualTo",
    ],
    connectionFilterArrays: false,
    connectionFilterComputedColumns: false,
    connectionFilterSetofFunctions: false,
    connectionFilterLogicalOperators: false,
    defaultBehavior: "-list -filterBy -orderBy",
  },
};
