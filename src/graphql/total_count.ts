import {
  type PgSelectQueryBuilder,
  PgSelectStep,
  pgWhereConditionSpecListToSQL,
  TYPES,
} from "postgraphile/@dataplan/pg";
import { first, lambda, list, type Step } from "postgraphile/grafast";
import type { GraphQLField } from "postgraphile/graphql";
import { type SQL, sql } from "postgraphile/pg-sql2";

/** Rows to which a list is counted. */
export const MAX_COUNT = 10_000;

const BOUND = MAX_COUNT.toLocaleString("en");
const counting = { counts: true };

/** Whether a field of the schema takes counting the rows of a list. */
export const isCount = (field: GraphQLField<unknown, unknown>): boolean =>
  field.extensions.counts === counting.counts;

/**
 * How many rows a list has, counted to {@link MAX_COUNT}: PostGraphile's own `totalCount` reads the whole list, and lists
 * grow with use. `totalCount` keeps the name and type that clients know, stays at the bound, and can be shown by who
 * does not care; `totalCountIsExact` beside it says, as `hasNextPage` does for the page, that there is more.
 */
export const TotalCountPlugin: GraphileConfig.Plugin = {
  name: "TotalCountPlugin",
  version: "1.0.0",
  schema: {
    hooks: {
      GraphQLObjectType_fields(fields, build, { scope, fieldWithHooks }) {
        if (!scope.isPgConnectionRelated || !scope.isConnectionType) return fields;
        const { GraphQLBoolean, GraphQLInt, GraphQLNonNull } = build.graphql;
        const counts = {
          totalCount: fieldWithHooks(
            { fieldName: "totalCount", isPgConnectionTotalCountField: true },
            () => ({
              description: `How many there are on all pages together, counted to ${BOUND}: a list can be longer than anybody would wait for. Where totalCountIsExact is false there are more; say "${BOUND}+".`,
              type: new GraphQLNonNull(GraphQLInt),
              extensions: counting,
              plan: ($connection: Connection) =>
                lambda(count($connection), (rows) => Math.min(rows, MAX_COUNT), true),
            }),
          ),
          totalCountIsExact: fieldWithHooks({ fieldName: "totalCountIsExact" }, () => ({
            description: `Whether totalCount is how many there are; false where there are more than ${BOUND}.`,
            type: new GraphQLNonNull(GraphQLBoolean),
            extensions: counting,
            plan: ($connection: Connection) => lambda(count($connection), (rows) => rows <= MAX_COUNT, true),
          })),
        };
        return build.extend(fields, counts, "A list is counted to a bound");
      },
    },
  },
};

interface Connection extends Step {
  getSubplan(): PgSelectStep;
  cloneSubplanWithoutPagination(mode: "aggregate"): PgSelectStep;
}

/** What @dataplan/pg keeps to itself of a select, in 1.0. */
interface Innards {
  from: SQL;
  readonly conditions: SQL[];
  readonly applyDepIds: number[];
  getDep(id: number): Step<Apply | readonly Apply[] | null>;
}

/** What an argument of a list does to its query. */
type Apply = (query: Query) => void;
type Query = Pick<PgSelectQueryBuilder, "alias" | "where" | "orderBy" | "setOrderIsUnique">;
type Condition = Parameters<Query["where"]>[0];
type Order = Parameters<Query["orderBy"]>[0];

/** The rows of a connection, one more than the bound at most; once for both fields. */
function count($connection: Connection): Step<number> {
  return $connection.operationPlan.cacheStep($connection, "boundedCount", "", () => {
    const $rows = $connection.cloneSubplanWithoutPagination("aggregate");
    bound($rows, PgSelectStep.getStaticInfo($connection.getSubplan()).orders);
    // Not `singleAsRecord`, which would keep it out of the statement of a function's rows.
    return $rows.row(first($rows, true)).select(sql`count(*)`, TYPES.int, true);
  });
}

/**
 * Moves what an aggregate reads, with all its conditions, into a subquery with a limit. In the order of the list: an index
 * is that order, so rows are read off it until there are enough, where without an order they might all be collected first.
 */
function bound($rows: PgSelectStep, orders: readonly Order[]): void {
  const { alias } = $rows;
  const innards = $rows as unknown as Innards;
  const { from } = innards;
  const conditions = innards.conditions.splice(0);
  const $applies = list(innards.applyDepIds.splice(0).map((id) => innards.getDep(id)));
  const $rest = lambda($applies, (applies) => whereAndOrder(alias, conditions, orders, applies.flat()));
  innards.from = sql`(
select from ${from} as ${alias}${$rows.deferredSQL($rest)}
limit ${sql.literal(MAX_COUNT + 1)}
)`;
}

/** The conditions and the order that the plan has, and what the arguments of the list add. */
function whereAndOrder(
  alias: SQL,
  planned: readonly Condition[],
  ordered: readonly Order[],
  applies: readonly (Apply | null)[],
): SQL {
  const conditions = [...planned];
  const orders = [...ordered];
  const query: Query = {
    alias,
    where: (condition) => conditions.push(condition),
    orderBy: (order) => orders.push(order),
    setOrderIsUnique() {},
  };
  for (const apply of applies) apply?.(query);
  const where = pgWhereConditionSpecListToSQL(alias, conditions) ?? sql.true;
  const orderBy = sql.join(
    orders.map((order) => orderToSQL(alias, order)),
    ", ",
  );
  return sql`\nwhere ${where}\norder by ${orderBy}`;
}

/** Orders of ours are by columns: orders.ts. */
function orderToSQL(alias: SQL, order: Order): SQL {
  const { attribute, direction } = order as { attribute: string; direction: "ASC" | "DESC" };
  return sql`${alias}.${sql.identifier(attribute)} ${direction === "ASC" ? sql`asc` : sql`desc`}`;
}
