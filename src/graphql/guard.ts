import { isAsyncIterable } from "postgraphile/grafast";
import type { ExecutionConfig } from "postgraphile/grafserv";
import {
  type ExecutionResult,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
} from "postgraphile/graphql";
import type { Caller } from "../database/door.ts";
import type { OnRefusal } from "../http/report_errors.ts";
import { refusalIn, withoutSuggestions } from "./errors.ts";
import { brokenLimit, LIMITS } from "./limits.ts";
import { withNotFound } from "./not_found.ts";

export interface GuardOptions {
  /** Whether a client may ask for the schema, and be helped with names of it. */
  readonly introspection: boolean;
  readonly onRefusal: OnRefusal;
}

/** Stands before parsing and around execution: limits, refusals for the trail, rows that are not there. */
export function guardPlugin(options: GuardOptions): GraphileConfig.Plugin {
  return {
    name: "GuardPlugin",
    version: "1.0.0",
    grafserv: {
      middleware: {
        setPreset(next, event) {
          if (!options.introspection) event.validationRules.push(NoSchemaIntrospectionCustomRule);
          const inner = event.getExecutionConfig;
          event.getExecutionConfig = async function (request) {
            return guarded(await inner.call(this, request), options);
          };
          return next();
        },
      },
    },
  };
}

function guarded(config: ExecutionConfig, options: GuardOptions): ExecutionConfig {
  return {
    ...config,
    parseAndValidate(query) {
      const tooLong = brokenTokenLimit(query);
      if (tooLong) return { errors: [tooLong] };
      const { document, errors } = config.parseAndValidate(query);
      if (!errors) return { document };
      return { errors: errors.map((error) => invalidQuery(error, options.introspection)) };
    },
    async execute(args) {
      const { schema, document, operationName, variableValues } = args;
      const broken = brokenLimit(schema, document, operationName, variableValues);
      if (broken) return { errors: [broken] };
      const result = await config.execute(args);
      if (isAsyncIterable(result)) {
        await result.return?.(undefined);
        return { errors: [new GraphQLError("Answers come whole: no @defer, no @stream.")] };
      }
      await reportRefusals(result, callerOf(args), options.onRefusal);
      return withNotFound(result, schema, document, operationName);
    },
  };
}

function brokenTokenLimit(query: string): GraphQLError | null {
  // No token is shorter than a character.
  if (query.length <= LIMITS.tokens) return null;
  try {
    parse(query, { noLocation: true, maxTokens: LIMITS.tokens });
    return null;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    if (!error.message.includes(`${LIMITS.tokens} tokens`)) return null;
    return new GraphQLError(`A document has at most ${LIMITS.tokens} tokens.`, {
      extensions: { code: "DOCUMENT_TOO_LARGE" },
    });
  }
}

function invalidQuery(error: GraphQLError, helpful: boolean): GraphQLError {
  const { message, nodes, source, positions } = error;
  return new GraphQLError(helpful ? message : withoutSuggestions(message), {
    nodes,
    source,
    positions,
    extensions: { code: "INVALID_QUERY" },
  });
}

function callerOf(args: Parameters<ExecutionConfig["execute"]>[0]): Caller | undefined {
  return "requestContext" in args ? args.requestContext?.caller : undefined;
}

/** Each kind of refusal once, however many fields met it. */
async function reportRefusals(
  { errors = [] }: ExecutionResult,
  caller: Caller | undefined,
  onRefusal: OnRefusal,
): Promise<void> {
  if (!caller) return;
  const refusals = new Map<string, { code: string; detail: string | null }>();
  for (const error of errors) {
    const refusal = refusalIn(error);
    if (refusal) refusals.set(`${refusal.code} ${refusal.detail}`, refusal);
  }
  for (const { code, detail } of refusals.values()) await onRefusal(caller, code, detail);
}
