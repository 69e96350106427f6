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
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  valueFromASTUntyped,
} from "postgraphile/graphql";
import { introspectionSizes } from "./introspection_sizes.ts";
import { DEFAULT_PAGE, MAX_PAGE } from "./page_size.ts";
import { refusal } from "./refusal.ts";
import { isCount } from "./total_count.ts";

/** What one request may ask for. */
export const LIMITS = {
  /** Lexical tokens of a document: validation takes time that grows with their square. */
  tokens: 2_000,
  /** Brackets and braces within one another, before it is known what they mean. */
  nesting: 64,
  /** Fields within fields. */
  depth: 12,
  /** The same where the schema is asked about itself: a type may be a list of what cannot be null, and so on. */
  introspectionDepth: 18,
  /** Each may take a connection of its own. Aliases count. */
  rootFields: 10,
  /** Fields that come in pages, each a query within the query: planning them takes time that grows with their square. */
  lists: 25,
  /** Entries of a list in an argument. Each is planned, and sent to the database. */
  entries: 100,
  /** Fields in the answer, if every page were full, and values in the arguments. One that counts a list is many. */
  cost: 25_000,
} as const;

interface Walk {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly schema: GraphQLSchema;
  cost: number;
  lists: number;
}

/** Operations that broke no limit, whatever {@link isPlain plain} variables they come with. */
const good = new WeakSet<OperationDefinitionNode>();

/**
 * Measures a valid operation before it is planned. One that was good before is not measured again, unless its
 * variables may make a difference.
 *
 * @returns the first limit it breaks, with `extensions.code` TOO_MANY_ROOT_FIELDS, TOO_DEEP, TOO_COSTLY, TOO_MANY_LISTS, LIST_TOO_LONG or PAGE_TOO_LARGE; else null
 */
export function brokenLimit(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  variableValues: Readonly<Record<string, unknown>> | null | undefined,
): GraphQLError | null {
  const operation = getOperationAST(document, operationName);
  if (!operation) return null;
  const variables = variablesOf(operation, variableValues);
  const plain = Object.values(variables).every(isPlain);
  if (plain && good.has(operation)) return null;
  const broken = measured(schema, document, operation, variables);
  if (plain && broken === null) good.add(operation);
  return broken;
}

function variablesOf(
  { variableDefinitions = [] }: OperationDefinitionNode,
  values: Readonly<Record<string, unknown>> | null | undefined,
): Record<string, unknown> {
  // Without a prototype: `__proto__` is a name like others in GraphQL.
  const variables: Record<string, unknown> = Object.create(null);
  for (const { variable, defaultValue } of variableDefinitions) {
    const name = variable.name.value;
    variables[name] = values?.[name] ?? (defaultValue && valueFromASTUntyped(defaultValue));
  }
  return variables;
}

/** Whether a value counts as one, whatever it is: it holds no others, and is no page's size. */
function isPlain(value: unknown): boolean {
  return value == null || typeof value === "string" || typeof value === "boolean";
}

function measured(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): GraphQLError | null {
  const root = schema.getRootType(operation.operation);
  if (!root) return null;

  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === "FragmentDefinition") fragments.set(definition.name.value, definition);
  }
  const walk: Walk = { fragments, variables, schema, cost: 0, lists: 0 };
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
 * @param deepest fields that may stand within one another
 */
function visit(
  walk: Walk,
  { selections }: SelectionSetNode,
  type: GraphQLOutputType,
  depth: number,
  times: number,
  page: number,
  deepest: number = LIMITS.depth,
): void {
  if (depth > deepest) throw refusal("TOO_DEEP", `A request is at most ${deepest} fields deep.`);
  const named = getNamedType(type);
  for (const selection of selections) {
    if (selection.kind !== "Field") {
      const inner =
        selection.kind === "FragmentSpread" ? walk.fragments.get(selection.name.value) : selection;
      if (inner) visit(walk, inner.selectionSet, type, depth, times, page, deepest);
      continue;
    }
    const name = selection.name.value;
    const field = introspection.get(name) ?? (isObjectType(named) ? named.getFields()[name] : undefined);
    // At least one each, whatever the answer: looking costs time too, and fragments can double at each step.
    spend(walk, Math.max(1, times) * (field && isCount(field) ? COUNT : 1));
    for (const { value } of selection.arguments ?? [])
      weigh(walk, valueFromASTUntyped(value, walk.variables));

    if (!field || !selection.selectionSet) continue;
    const isList = isListType(getNullableType(field.type));
    if (introspection.has(name) || named.name.startsWith("__")) {
      const rows = isList ? (introspectionSizes(walk.schema).get(name) ?? 1) : 1;
      const share = introspection.has(name) ? FROM_MEMORY : 1;
      const inner = [field.type, depth + 1, times * rows * share, 1, LIMITS.introspectionDepth] as const;
      visit(walk, selection.selectionSet, ...inner);
    } else {
      const size = pageOf(walk, field, selection.arguments ?? []) ?? page;
      visit(
        walk,
        selection.selectionSet,
        field.type,
        depth + 1,
        isList ? times * page : times,
        size,
        deepest,
      );
    }
  }
}

/** What a field costs for which the rows of a list are counted, beside one of a row that is read anyway. */
const COUNT = 100;

/** What a field costs that comes from the server's memory, beside one that comes from the database. */
const FROM_MEMORY = 1 / 4;

/** Where the schema is asked about itself; whether it may be at all is decided elsewhere. */
const introspection: ReadonlyMap<string, GraphQLField<unknown, unknown>> = new Map(
  [SchemaMetaFieldDef, TypeMetaFieldDef].map((field) => [field.name, field]),
);

function spend(walk: Walk, cost: number): void {
  walk.cost += cost;
  if (walk.cost > LIMITS.cost) {
    throw refusal(
      "TOO_COSTLY",
      `A request may have ${LIMITS.cost} fields in its answer, if every page is full, and values in its arguments; one that counts a list is ${COUNT}.`,
    );
  }
}

/** Counts what an argument holds; a variable counts each time that it is used, because each use is planned. */
function weigh(walk: Walk, value: unknown): void {
  spend(walk, 1);
  if (Array.isArray(value) && value.length > LIMITS.entries) {
    throw refusal("LIST_TOO_LONG", `A list in an argument has at most ${LIMITS.entries} entries.`);
  }
  if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) weigh(walk, inner);
  }
}

/** The size of the page that a field asks for; null if it has no pages. */
function pageOf(
  walk: Walk,
  field: GraphQLField<unknown, unknown>,
  given: readonly ArgumentNode[],
): number | null {
  if (!field.args.some(({ name }) => name === "first")) return null;
  walk.lists += 1;
  if (walk.lists > LIMITS.lists) {
    throw refusal("TOO_MANY_LISTS", `A request has at most ${LIMITS.lists} fields that come in pages.`);
  }
  let page = DEFAULT_PAGE;
  for (const { name, value } of given) {
    if (name.value !== "first" && name.value !== "last") continue;
    const size = valueFromASTUntyped(value, walk.variables);
    // What is no number is refused by its type.
    if (typeof size !== "number") continue;
    if (!(size >= 0 && size <= MAX_PAGE)) {
      throw refusal("PAGE_TOO_LARGE", `A page has 0 to ${MAX_PAGE} rows: ${name.value} is out of that.`);
    }
    page = size;
  }
  return page;
}
