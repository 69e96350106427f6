import {
  type DocumentNode,
  type FieldNode,
  type FragmentSpreadNode,
  getOperationAST,
  type InlineFragmentNode,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  valueFromASTUntyped,
} from "postgraphile/graphql";
import { isUuid } from "../../uuid.ts";
import { LIMITS } from "../limits.ts";
import type { GraphQLRequest } from "../service.ts";
import { WATCHED, type Watched } from "./fields.ts";

/** Which row a subscription watches; its id is null where it is none that a row could have. */
export interface Subject {
  readonly kind: Watched;
  readonly id: string | null;
}

/**
 * What a request would watch, or null if it is no subscription. What does not parse is refused further on; where the client reads
 * nothing but events, it was meant as one.
 */
export function subjectOf(
  { query, variables, operationName }: GraphQLRequest,
  { onlyEvents }: { onlyEvents: boolean },
): Subject | null {
  // Few requests are one, and to parse each of them twice would cost all of them.
  if (!onlyEvents && !query.includes("subscription")) return null;
  let document: DocumentNode;
  try {
    document = parse(query, { noLocation: true, maxTokens: LIMITS.tokens });
  } catch {
    return onlyEvents ? { kind: WATCHED[0], id: null } : null;
  }
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== "subscription") return null;
  const field = rootField(operation.selectionSet, document);
  const kind = WATCHED.find((name) => name === field?.name.value) ?? WATCHED[0];
  return { kind, id: field ? idOf(field, operation, variables ?? {}) : null };
}

/**
 * A valid subscription has one field at its root. Before it is known to be valid, fragments may lead in circles, or double at each
 * step: none is looked into twice.
 */
function rootField(
  { selections }: SelectionSetNode,
  document: DocumentNode,
  seen = new Set<string>(),
): FieldNode | null {
  for (const selection of selections) {
    const found = selection.kind === "Field" ? selection : within(selection);
    if (found) return found;
  }
  return null;

  function within(fragment: InlineFragmentNode | FragmentSpreadNode): FieldNode | null {
    if (fragment.kind === "InlineFragment") return rootField(fragment.selectionSet, document, seen);
    const name = fragment.name.value;
    if (seen.has(name)) return null;
    seen.add(name);
    const named = document.definitions.find(
      (definition) => definition.kind === "FragmentDefinition" && definition.name.value === name,
    );
    return named?.kind === "FragmentDefinition" ? rootField(named.selectionSet, document, seen) : null;
  }
}

function idOf(
  field: FieldNode,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): string | null {
  const argument = field.arguments?.find(({ name }) => name.value === "id");
  if (!argument) return null;
  const { value } = argument;
  const given = value.kind === "Variable" ? variables[value.name.value] : undefined;
  const preset =
    value.kind === "Variable"
      ? variableDefinitions.find(({ variable }) => variable.name.value === value.name.value)?.defaultValue
      : value;
  const id = given ?? (preset && valueFromASTUntyped(preset));
  return typeof id === "string" && isUuid(id) ? id : null;
}
