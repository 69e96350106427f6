import {
  type ArgumentNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getOperationAST,
  isListType,
  isObjectType,
  type SelectionSetNode,
} from "postgraphile/graphql";
import { DEFAULT_PAGE, MAX_PAGE } from "./page_size.ts";

/** What one request may ask for. */
export const LIMITS = {
  /** Lexical tokens of a document: validation takes time that grows with their square. */
  tokens: 2_000,
  /** Fields within fields. */
  depth: 12,
  /** Each may take a connection of its own. Aliases count. */
  rootFields: 10,
  /** Fields in the answer, if every page were full. */
  cost: 25_000,
} as const;

interface Walk {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly schema: GraphQLSchema;
  cost: number;
}

/**
 * Measures a valid operation before it is planned.
 *
 * @returns the first limit it breaks, with `extensions.code` SUBSCRIPTIONS_NOT_SUPPORTED,
 *   TOO_MANY_ROOT_FIELDS, TOO_DEEP, TOO_COSTLY or PAGE_TOO_LARGE; else null
 */
export function brokenLimit(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  variableValues: Readonly<Record<string, unknown>> | null | undefined,
): GraphQLError | null {
  const operation = getOperationAST(document, operationName);
  if (!operation) return null;
  if (operation.operation === "subscription") {
    return refusal("SUBSCRIPTIONS_NOT_SUPPORTED", "Subscriptions are not supported.");
  }
  const root = schema.getRootType(operation.operation);
  if (!root) return null;

  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === "FragmentDefinition") fragments.set(definition.name.value, definition);
  }
  const variables: Record<string, unknown> = {};
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    const name = variable.name.value;
    variables[name] =
      variableValues?.[name] !== undefined
        ? variableValues[name]
        : defaultValue?.kind === "IntValue" && Number(defaultValue.value);
  }
  const walk: Walk = { fragments, variables, schema, cost: 0 };
  try {
    countRootFields(walk, operation.selectionSet, { left: LIMITS.rootFields });
    visit(walk, operation.selectionSet, root, 1, 1, 1);
    return null;
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

function countRootFields(walk: Walk, { selections }: SelectionSetNode, count: { left: number }): void {
  for (const selection of selections) {
    if (selection.kind === "Field") {
      count.left -= 1;
      if (count.left < 0) {
        throw refusal("TOO_MANY_ROOT_FIELDS", `A request has at most ${LIMITS.rootFields} root fields.`);
      }
    } else {
      const inner =
        selection.kind === "FragmentSpread" ? walk.fragments.get(selection.name.value) : selection;
      if (inner) countRootFields(walk, inner.selectionSet, count);
    }
  }
}

/**
 * @param times how often this selection may appear in the answer
 * @param page rows of the page around it: what `nodes` and `edges` multiply by
 */
function visit(
  walk: Walk,
  { selections }: SelectionSetNode,
  type: GraphQLOutputType,
  depth: number,
  times: number,
  page: number,
): void {
  if (depth > LIMITS.depth) throw refusal("TOO_DEEP", `A request is at most ${LIMITS.depth} fields deep.`);
  const named = getNamedType(type);
  for (const selection of selections) {
    if (selection.kind !== "Field") {
      const inner =
        selection.kind === "FragmentSpread" ? walk.fragments.get(selection.name.value) : selection;
      if (inner) visit(walk, inner.selectionSet, type, depth, times, page);
      continue;
    }
    // At least one each, whatever the answer: looking costs time too, and fragments can double at each step.
    walk.cost += Math.max(1, times);
    if (walk.cost > LIMITS.cost) {
      throw refusal(
        "TOO_COSTLY",
        `A request may have ${LIMITS.cost} fields in its answer, if every page is full.`,
      );
    }
    // The schema's description of itself; whether it may be asked for at all is decided elsewhere.
    if (selection.name.value.startsWith("__")) continue;
    const field = isObjectType(named) ? named.getFields()[selection.name.value] : undefined;
    if (!field || !selection.selectionSet) continue;
    const isList = isListType(getNullableType(field.type));
    const size = pageOf(walk, field, selection.arguments ?? []) ?? page;
    visit(walk, selection.selectionSet, field.type, depth + 1, isList ? times * page : times, size);
  }
}

/** The size of the page that a field asks for; null if it has no pages. */
function pageOf(
  walk: Walk,
  field: GraphQLField<unknown, unknown>,
  given: readonly ArgumentNode[],
): number | null {
  if (!field.args.some(({ name }) => name === "first")) return null;
  let page = DEFAULT_PAGE;
  for (const { name, value } of given) {
    if (name.value !== "first" && name.value !== "last") continue;
    const size =
      value.kind === "Variable" ? walk.variables[value.name.value] : Number("value" in value && value.value);
    // What is no number is refused by its type.
    if (typeof size !== "number" || value.kind === "NullValue") continue;
    if (!(size >= 0 && size <= MAX_PAGE)) {
      throw refusal("PAGE_TOO_LARGE", `A page has 0 to ${MAX_PAGE} rows: ${name.value} is out of that.`);
    }
    page = size;
  }
  return page;
}

function refusal(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}
