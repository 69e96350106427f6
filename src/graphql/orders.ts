import type { PgCodecWithAttributes, PgSelectQueryBuilder } from "postgraphile/@dataplan/pg";
import type { GraphQLEnumType, GraphQLEnumValueConfigMap } from "postgraphile/graphql";

/**
 * In which orders a list can be had: those that the smart tag `orders` of its table names, each by one column and, for what
 * is equal there, by the key, in the same direction. So an index on (tenant_id, column, key) is the order itself, and a page
 * is read from where it begins to where it ends, whatever the tenant's size. One order at a time, not a list of them,
 * because no index serves every combination; and every list has one, because without it cursors are numbers of rows.
 *
 * Only columns that are never null: PostGraphile's conditions for the page after a cursor lose rows, or never end, where
 * nulls stand beside values (`applyConditionFromCursor` in @dataplan/pg 1.0, steps/pgSelect: its
 * `useAIsNullAndBIsNotNull` takes the nulls for first where they are last, and the other way round).
 */
export const OrdersPlugin: GraphileConfig.Plugin = {
  name: "OrdersPlugin",
  version: "1.0.0",
  schema: {
    hooks: {
      GraphQLEnumType_values(values, build, { scope }) {
        if (!scope.isPgRowSortEnum || !scope.pgCodec) return values;
        return ordersOf(scope.pgCodec as PgCodecWithAttributes, build);
      },
      GraphQLObjectType_fields_field_args: {
        after: ["PgConnectionArgOrderByPlugin"],
        callback(args, build, { scope }) {
          const { orderBy, ...others } = args;
          const codec = scope.pgFieldResource?.codec ?? scope.pgFieldCodec;
          if (!scope.isPgFieldConnection || !orderBy || !codec) return args;
          const { GraphQLNonNull } = build.graphql;
          const type = build.getTypeByName(build.inflection.orderByType(build.inflection.tableType(codec)));
          const orders = type as GraphQLEnumType;
          return {
            ...others,
            orderBy: {
              ...orderBy,
              description: "In which order; what is equal there follows by its key.",
              type: new GraphQLNonNull(orders),
              defaultValue: orders.getValues()[0]?.value,
            },
          };
        },
      },
    },
  },
};

const directions = [
  ["asc", "ASC", "smallest or oldest"],
  ["desc", "DESC", "greatest or newest"],
] as const;

type Values = GraphQLEnumValueConfigMap;

function ordersOf(codec: PgCodecWithAttributes, build: GraphileBuild.Build): Values {
  const uniques = build.pgTableResource(codec)?.uniques ?? [];
  const key = uniques.find(({ isPrimary }) => isPrimary)?.attributes ?? [];
  const tag = codec.extensions?.tags?.orders;
  const columns = tag === undefined ? key.slice(0, 1) : [tag].flat().map(String);
  const values: Values = {};
  for (const column of columns) {
    const isUnique = uniques.some(({ attributes }) => attributes.join() === column);
    const parts = isUnique ? [column] : [column, ...key];
    for (const part of parts) {
      if (!codec.attributes[part]?.notNull) {
        throw new Error(`${codec.name} cannot be ordered by ${part}, which may be null`);
      }
    }
    const field = build.inflection.attribute({ codec, attributeName: column });
    for (const [variant, direction, first] of directions) {
      values[build.inflection.orderByAttributeEnum({ codec, attributeName: column, variant })] = {
        description: `By \`${field}\`, the ${first} first.`,
        extensions: {
          grafast: {
            apply(query: PgSelectQueryBuilder) {
              for (const attribute of parts) query.orderBy({ attribute, direction });
              query.setOrderIsUnique();
            },
          },
        },
      };
    }
  }
  return values;
}
