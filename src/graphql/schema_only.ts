import { type DocumentNode, getOperationAST } from "postgraphile/graphql";
import { rootFieldsOf } from "./root_fields.ts";

export const CREDENTIAL_MISSING = "Send a credential: an access token or an API key.";

/** Whether an operation asks for nothing but the schema's description of itself. */
export function asksForSchemaOnly(document: DocumentNode, operationName: string | null | undefined): boolean {
  if (getOperationAST(document, operationName)?.operation !== "query") return false;
  return rootFieldsOf(document, operationName).every((name) => name.startsWith("__"));
}
