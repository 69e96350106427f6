import { type DefinitionNode, type DocumentNode, OperationTypeNode, visit } from "postgraphile/graphql";

const queries = new WeakMap<DocumentNode, DocumentNode>();

/**
 * A valid document with its subscriptions, and the fragments at their roots, as the queries of the same text; the same one each
 * time, so that it is planned once.
 */
export function asQuery(document: DocumentNode): DocumentNode {
  if (!document.definitions.some(isSubscription)) return document;
  const known = queries.get(document);
  if (known) return known;
  const asked: DocumentNode = visit(document, {
    OperationDefinition: (operation) =>
      isSubscription(operation) ? { ...operation, operation: OperationTypeNode.QUERY } : undefined,
    NamedType: (type) =>
      type.name.value === "Subscription" ? { ...type, name: { ...type.name, value: "Query" } } : undefined,
  });
  queries.set(document, asked);
  return asked;
}

function isSubscription(definition: DefinitionNode): boolean {
  return definition.kind === "OperationDefinition" && definition.operation === "subscription";
}
