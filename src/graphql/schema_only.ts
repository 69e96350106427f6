import { type DocumentNode, getOperationAST, type SelectionSetNode } from "postgraphile/graphql";

export const CREDENTIAL_MISSING = "Send a credential: an access token or an API key.";

/** Whether an operation asks for nothing but the schema's description of itself. */
export function asksForSchemaOnly(document: DocumentNode, operationName: string | null | undefined): boolean {
  const operation = getOperationAST(document, operationName);
  const seen = new Set<string>();
  const only = ({ selections }: SelectionSetNode): boolean =>
    selections.every((selection) => {
      if (selection.kind === "Field") return selection.name.value.startsWith("__");
      if (selection.kind === "InlineFragment") return only(selection.selectionSet);
      const name = selection.name.value;
      if (seen.has(name)) return true;
      seen.add(name);
      const fragment = document.definitions.find(
        (definition) => definition.kind === "FragmentDefinition" && definition.name.value === name,
      );
      return fragment?.kind === "FragmentDefinition" && only(fragment.selectionSet);
    });
  return operation?.operation === "query" && only(operation.selectionSet);
}
