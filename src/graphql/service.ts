import { hookArgs } from "postgraphile/grafast";
import { GrafservBase, type RequestDigest } from "postgraphile/grafserv";
import type { GraphQLFormattedError } from "postgraphile/graphql";
import { nothingHanded } from "../audit/handed.ts";
import type { Caller } from "../database/caller.ts";
import { type Operation, operationOf } from "./operation.ts";
import { asQuery } from "./subscriptions/as_query.ts";

declare global {
  namespace Grafast {
    interface RequestContext {
      /** Set by `authenticate`; nobody's request has none. */
      caller?: Caller;
      /** Takes up what the errors of the answer hide from the client. */
      failures?: unknown[];
      /** Hears what is asked for, if it can be read. */
      onOperation?: (operation: Operation | null) => void;
    }
  }
}

/** What a client sends (GraphQL over HTTP, section 5.1). */
export interface GraphQLRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | null;
  readonly operationName?: string | null;
}

/** What it is answered (GraphQL, section 7.1). */
export interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

/** PostGraphile without a web framework. Its own HTTP knows fewer paths, media types and spellings than ours. */
export class GraphQLService extends GrafservBase {
  /** Parses, validates, plans, executes, and masks the errors. A subscription is answered once, as the query of the same text. */
  async answer(
    { query, variables, operationName }: GraphQLRequest,
    request: Partial<Grafast.RequestContext>,
  ): Promise<Answer> {
    const requestContext = { ...request, handed: nothingHanded() };
    const { schema, parseAndValidate, execute, resolvedPreset, contextValue } =
      await this.getExecutionConfig(requestContext);
    const { document, errors } = parseAndValidate(query);
    if (errors) return { errors };
    request.onOperation?.(operationOf(document, operationName));
    const args = {
      schema,
      document: asQuery(document),
      rootValue: null,
      contextValue,
      variableValues: variables,
      operationName,
      resolvedPreset,
      requestContext,
      middleware: this.grafastMiddleware,
    };
    await hookArgs(args);
    return this.dynamicOptions.maskPayload(await execute(args));
  }

  /** The explorer's pages. */
  handle(request: RequestDigest) {
    return this.processRequest(request);
  }
}
