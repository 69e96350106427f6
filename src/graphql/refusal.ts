import { GraphQLError } from "postgraphile/graphql";
import type { GraphQLCode } from "../http/codes.ts";

/** A refusal of our own, which is told as it is. */
export function refusal(code: GraphQLCode, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}
