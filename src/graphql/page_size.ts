import { type FieldArgs, lambda, type Step } from "postgraphile/grafast";

/** Rows on a page if the query does not say. */
export const DEFAULT_PAGE = 50;
/** Most rows on a page; limits.ts refuses more. */
export const MAX_PAGE = 100;

interface Page extends Step {
  setFirst(first: Step<number | null>): void;
}

/**
 * Every list comes in pages, also where the query asks for no size or says `first: null`. Pages follow
 * one another by cursor: `offset` is taken away, because it reads whatever it skips.
 */
export const PageSizePlugin: GraphileConfig.Plugin = {
  name: "PageSizePlugin",
  version: "1.0.0",
  schema: {
    hooks: {
      GraphQLObjectType_fields_field_args: {
        after: ["PgFirstLastBeforeAfterArgsPlugin"],
        callback(args, _build, { scope }) {
          // A list that has no pages is short, and comes whole.
          if (scope.isPgFieldSimpleCollection) {
            const { first: _first, offset: _offset, ...others } = args;
            return others;
          }
          if (!(scope.isPgFieldConnection && args.first)) return args;
          const { first, offset: _offset, ...others } = args;
          // The field's plan below sets the size, because it depends on `last` too.
          return { ...others, first: { ...first, applyPlan: undefined } };
        },
      },
      GraphQLObjectType_fields_field(field, _build, { scope }) {
        const { plan } = field;
        if (!(scope.isPgFieldConnection && plan)) return field;
        return {
          ...field,
          plan($parent: Step, args: FieldArgs, info) {
            const $page = plan($parent, args, info) as Page;
            const backwards = info.field.args.some(({ name }) => name === "last");
            $page.setFirst(
              backwards
                ? lambda([args.getRaw("first"), args.getRaw("last")] as const, pageSize, true)
                : lambda(args.getRaw("first"), (first) => pageSize([first, null]), true),
            );
            return $page;
          },
        };
      },
    },
  },
};

function pageSize([first, last]: readonly [number | null | undefined, number | null | undefined]):
  | number
  | null {
  return first ?? (last == null ? DEFAULT_PAGE : null);
}
