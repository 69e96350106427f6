import { type DocumentNode, getOperationAST, type SelectionSetNode } from "postgraphile/graphql";

/** What an operation asks for: the names of the fields at its root, whatever the client calls them. */
export function rootFieldsOf(document: DocumentNode, operationName: string | null | undefined): string[] {
  const names = new Set<string>();
  const seen = new Set<string>();
  const look = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === "Field") names.add(selection.name.value);
      else if (selection.kind === "InlineFragment") look(selection.selectionSet);
      else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value);
        const fragment = document.definitions.find(
          (one) => one.kind === "FragmentDefinition" && one.name.value === selection.name.value,
        );
        if (fragment?.kind === "FragmentDefinition") look(fragment.selectionSet);
      }
    }
  };
  const operation = getOperationAST(document, operationName);
  if (operation) look(operation.selectionSet);
  return [...names];
}
