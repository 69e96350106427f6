import { PgSimplifyInflectionPreset } from "@graphile/simplify-inflection";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { PostGraphileConnectionFilterPreset } from "postgraphile-plugin-connection-filter";
import { ApiKeysPlugin } from "./api_keys.ts";
import { ClosedValuesPlugin } from "./closed_values.ts";
import { DescriptionsPlugin } from "./descriptions.ts";
import { FilterNullsPlugin } from "./filter_nulls.ts";
import { FiltersPlugin } from "./filters.ts";
import { FullListsPlugin } from "./full_lists.ts";
import { IdentifiersPlugin } from "./identifiers.ts";
import { JoinsPlugin } from "./joins.ts";
import { ModelProviderPlugin } from "./model_provider.ts";
import { NamesPlugin } from "./names.ts";
import { NotFoundPlugin } from "./not_found.ts";
import { OrdersPlugin } from "./orders.ts";
import { PageSizePlugin } from "./page_size.ts";
import { ReadingsPlugin } from "./readings.ts";
import { RecordFilterPlugin } from "./record_filter.ts";
import { RequiredArgumentsPlugin } from "./required_arguments.ts";
import { SeverityFilterPlugin } from "./severity_filter.ts";
import { ShareLinksPlugin } from "./share_links.ts";
import { SmartTagsPlugin } from "./smart_tags.ts";
import { SubscriptionsPlugin } from "./subscriptions/fields.ts";
import { TenantKeysPlugin } from "./tenant_keys.ts";
import { ToolServersPlugin } from "./tool_servers.ts";
import { TotalCountPlugin } from "./total_count.ts";
import { WebhookSecretsPlugin } from "./webhook_secrets.ts";

export const schemaPreset: GraphileConfig.Preset = {
  extends: [PostGraphileAmberPreset, PgSimplifyInflectionPreset, PostGraphileConnectionFilterPreset],
  plugins: [
    TenantKeysPlugin,
    NamesPlugin,
    SmartTagsPlugin,
    IdentifiersPlugin,
    ClosedValuesPlugin,
    FullListsPlugin,
    OrdersPlugin,
    JoinsPlugin,
    FiltersPlugin,
    RecordFilterPlugin,
    SeverityFilterPlugin,
    DescriptionsPlugin,
    PageSizePlugin,
    TotalCountPlugin,
    NotFoundPlugin,
    ApiKeysPlugin,
    WebhookSecretsPlugin,
    ShareLinksPlugin,
    ModelProviderPlugin,
    ToolServersPlugin,
    RequiredArgumentsPlugin,
    FilterNullsPlugin,
    ReadingsPlugin,
    SubscriptionsPlugin,
  ],
  disablePlugins: [
    // Identifiers across types, and the fields that only Relay 1 asked for.
    "NodePlugin",
    "AddNodeInterfaceToSuitableTypesPlugin",
    "QueryQueryPlugin",
    "MutationPayloadQueryPlugin",
    "PgMutationPayloadEdgePlugin",
    // It asks that an index begins with the column; ours begin with tenant_id. The smart tags say it.
    "PgIndexBehaviorsPlugin",
    // An order is one of those that OrdersPlugin makes.
    "PgOrderByPrimaryKeyPlugin",
    "PgConnectionArgOrderByDefaultValuePlugin",
    // It reads the whole list; TotalCountPlugin to a bound.
    "PgConnectionTotalCountPlugin",
    // `filter` says all that `condition` does.
    "PgConditionArgumentPlugin",
    "PgConditionCustomFieldsPlugin",
    "PgConnectionArgFilterLogicalOperatorsPlugin",
  ],
  schema: {
    connectionFilterAllowedOperators: [
      "equalTo",
      "lessThan",
      "lessThanOrEqualTo",
      "greaterThan",
      "greaterThanOrEqualTo",
    ],
    connectionFilterAllowEmptyObjectInput: true,
    // Of a whole filter; within one, FilterNullsPlugin refuses it.
    connectionFilterAllowNullInput: true,
    connectionFilterArrays: false,
    connectionFilterComputedColumns: false,
    connectionFilterSetofFunctions: false,
    connectionFilterLogicalOperators: false,
    defaultBehavior: "-list -filterBy -orderBy",
  },
};
