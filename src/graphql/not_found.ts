import { type FieldArgs, type ObjectStep, SafeError, type Step, sideEffect } from "postgraphile/grafast";
import {
  type DocumentNode,
  type ExecutionResult,
  type FieldNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  isNonNullType,
  type OperationDefinitionNode,
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
            refuseMissing($payload.getStepForKey("result"));
            return $payload;
          },
        };
      },
    },
  },
};

/** Where the step gives null there is no row, and the mutation says so. */
export function refuseMissing($row: Step): void {
  sideEffect($row, (row) => {
    if (row == null) throw new SafeError(message, extensions);
  });
}

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
  const { data, errors = [] } = result;
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== "query" || !data) return result;
  const missing = rowsByKey(operation, schema, document)
    .filter(([key]) => data[key] === null && !errors.some(({ path }) => path?.[0] === key))
    .map(([key, field]) => new GraphQLError(message, { nodes: field, path: [key], extensions }));
  return missing.length === 0 ? result : { ...result, errors: [...errors, ...missing] };
}

/** The fields of an operation's root that ask for one row by its key, by their keys in the answer. */
type RowsByKey = readonly (readonly [key: string, field: FieldNode])[];

const known = new WeakMap<OperationDefinitionNode, RowsByKey>();

function rowsByKey(
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
  document: DocumentNode,
): RowsByKey {
  const remembered = known.get(operation);
  if (remembered) return remembered;
  const fields = schema.getQueryType()?.getFields() ?? {};
  const found = new Map<string, FieldNode>();
  const look = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === "Field") {
        const key = selection.alias?.value ?? selection.name.value;
        const byKey = fields[selection.name.value]?.args.some(({ type }) => isNonNullType(type));
        if (byKey && !found.has(key)) found.set(key, selection);
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
  const rows = [...found];
  known.set(operation, rows);
  return rows;
}
