import { type FieldArgs, type ObjectStep, SafeError, type Step, sideEffect } from "postgraphile/grafast";
import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  isNonNullType,
  type SelectionSetNode,
} from "postgraphile/graphql";

const extensions = { code: "NOT_FOUND" };
const message = "There is no such row that you may see.";

/** An update that reaches no row says so; PostGraphile would answer null, as if that were the row. */
export const NotFoundPlugin: GraphileConfig.Plugin = {
  name: "NotFoundPlugin",
  version: "1.0.0",
  schema: {
    hooks: {
      GraphQLObjectType_fields_field(field, _build, { scope }) {
        const { plan } = field;
        if (scope.fieldBehaviorScope !== "constraint:resource:update" || !plan) return field;
        return {
          ...field,
          plan($parent: Step, args: FieldArgs, info) {
            const $payload = plan($parent, args, info) as ObjectStep<{ result: Step }>;
            sideEffect($payload.getStepForKey("result"), (row) => {
              if (row == null) throw new SafeError(message, extensions);
            });
            return $payload;
          },
        };
      },
    },
  },
};

/**
 * A single row that was asked for by its key and came back null becomes an error too. Only fields of the
 * root: a reference to a row that the caller may not see stays null, because the row around it is there.
 */
export function withNotFound(
  result: ExecutionResult,
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
): ExecutionResult {
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== "query" || !result.data) return result;
  const fields = schema.getQueryType()?.getFields() ?? {};
  const explained = new Set(result.errors?.map(({ path }) => path?.[0]));
  const missing: GraphQLError[] = [];

  const look = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === "Field") {
        const key = selection.alias?.value ?? selection.name.value;
        const byKey = fields[selection.name.value]?.args.some(({ type }) => isNonNullType(type));
        if (!byKey || result.data?.[key] !== null || explained.has(key)) continue;
        explained.add(key);
        missing.push(new GraphQLError(message, { nodes: selection, path: [key], extensions }));
      } else if (selection.kind === "InlineFragment") {
        look(selection.selectionSet);
      } else {
        for (const definition of document.definitions) {
          if (definition.kind === "FragmentDefinition" && definition.name.value === selection.name.value) {
            look(definition.selectionSet);
          }
        }
      }
    }
  };
  look(operation.selectionSet);
  return missing.length === 0 ? result : { ...result, errors: [...(result.errors ?? []), ...missing] };
}
