import type { GraphQLFieldConfigMap } from "postgraphile/graphql";

/** What can be watched: a row by its key, with the name, the argument and the type that the field has in Query. */
export const WATCHED = ["conversation", "document"] as const;

export type Watched = (typeof WATCHED)[number];

/**
 * The Subscription type. Each field is that of Query, because a subscription is the query of the same text, asked again
 * whenever what it names has changed.
 */
export const SubscriptionsPlugin: GraphileConfig.Plugin = {
  name: "SubscriptionsPlugin",
  version: "1.0.0",
  schema: {
    hooks: {
      GraphQLObjectType(type, _build, { scope }) {
        if (!scope.isRootSubscription) return type;
        return {
          ...type,
          description:
            "What can be watched. The answer is that of the query of the same text, at once and again whenever it is another; it comes as an event stream.",
        };
      },
      GraphQLObjectType_fields(fields, build, { scope }) {
        if (!scope.isRootSubscription) return fields;
        const query = build.getTypeByName("Query");
        if (!build.graphql.isObjectType(query)) throw new Error("the schema has no Query to subscribe to");
        const asked: GraphQLFieldConfigMap<unknown, unknown> = query.toConfig().fields;
        const watched = Object.fromEntries(WATCHED.map((name) => [name, asked[name]!]));
        return build.extend(fields, watched, "What can be watched");
      },
    },
  },
};
