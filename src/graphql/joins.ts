/**
 * What belongs to the rows of a function (the `member` of `conversations`) is joined to them, in the same statement.
 * PostGraphile takes a function's rows to come in an order of their own, which a join could spoil, and asks for what belongs
 * to them afterwards, by keys in a JSON text. To read those is not leakproof: behind row security PostgreSQL does it after
 * the policies and without an index, for every row of the tenant. Our lists always name their order (orders.ts).
 */
export const JoinsPlugin: GraphileConfig.Plugin = {
  name: "JoinsPlugin",
  version: "1.0.0",
  gather: {
    hooks: {
      pgProcedures_PgResourceOptions(_info, { resourceOptions }) {
        resourceOptions.hasImplicitOrder = false;
      },
    },
  },
};
