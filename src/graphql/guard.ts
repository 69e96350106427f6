import { isAsyncIterable } from "postgraphile/grafast";
import type { ExecutionConfig } from "postgraphile/grafserv";
import { type ExecutionResult, GraphQLError, NoSchemaIntrospectionCustomRule } from "postgraphile/graphql";
import type { Readings } from "../audit/readings.ts";
import type { Caller } from "../database/caller.ts";
import { describeError } from "../http/describe_error.ts";
import type { OnRefusal } from "../http/report_errors.ts";
import type { Log } from "../log.ts";
import { brokenDocumentLimit } from "./document_limits.ts";
import { refusalIn, withoutSuggestions } from "./errors.ts";
import { brokenLimit } from "./limits.ts";
import { withNotFound } from "./not_found.ts";
import { refusal } from "./refusal.ts";
import { rootFieldsOf } from "./root_fields.ts";
import { asksForSchemaOnly, CREDENTIAL_MISSING } from "./schema_only.ts";

export interface GuardOptions {
  /** Whether a client may ask for the schema, and be helped with names of it. */
  readonly introspection: boolean;
  readonly onRefusal: OnRefusal;
  readonly readings: Readings;
  readonly log: Log;
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
      const broken = brokenDocumentLimit(query);
      if (broken) return { errors: [broken] };
      const { document, errors } = config.parseAndValidate(query);
      if (!errors) return { document };
      return { errors: errors.map((error) => invalidQuery(error, options.introspection)) };
    },
    async execute(args) {
      const { schema, document, operationName, variableValues } = args;
      if (!callerOf(args) && !asksForSchemaOnly(document, operationName)) {
        return { errors: [refusal("CREDENTIAL_MISSING", CREDENTIAL_MISSING)] };
      }
      const broken = brokenLimit(schema, document, operationName, variableValues);
      if (broken) return { errors: [broken] };
      const result = await settled(told(config.execute(args), args, options.readings));
      noteFailures(result, args);
      await reportRefusals(result, callerOf(args), options);
      return withNotFound(result, schema, document, operationName);
    },
  };
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

/** An answer of which the trail knows whose words are in it. Without that it is not given. */
async function told(
  execution: ReturnType<ExecutionConfig["execute"]>,
  args: Parameters<ExecutionConfig["execute"]>[0],
  readings: Readings,
): Promise<Awaited<typeof execution>> {
  const result = await execution;
  const { caller, handed } = ("requestContext" in args && args.requestContext) || {};
  if (caller && handed) {
    handed.asked(() => rootFieldsOf(args.document, args.operationName));
    await readings.tell(caller, handed);
  }
  return result;
}

/** The log wants to know what was behind an error; the answer will not say. */
function noteFailures(
  { errors = [] }: ExecutionResult,
  args: Parameters<ExecutionConfig["execute"]>[0],
): void {
  const failures = "requestContext" in args ? args.requestContext?.failures : undefined;
  failures?.push(...errors.map(({ originalError }) => originalError).filter((error) => error != null));
}

/** What grafast throws would reach the client in its own words; as an error of the answer it is masked. */
async function settled(execution: ReturnType<ExecutionConfig["execute"]>): Promise<ExecutionResult> {
  try {
    const result = await execution;
    if (!isAsyncIterable(result)) return result;
    await result.return?.(undefined);
    throw new Error("an answer in parts, though the schema has neither @defer nor @stream");
  } catch (error) {
    const originalError = error instanceof Error ? error : new Error(String(error));
    return { errors: [new GraphQLError(originalError.message, { originalError })] };
  }
}

/** Each kind of refusal once, however many fields met it. The answer does not wait for a trail that is down. */
async function reportRefusals(
  { errors = [] }: ExecutionResult,
  caller: Caller | undefined,
  { onRefusal, log }: GuardOptions,
): Promise<void> {
  if (!caller) return;
  const refusals = new Map<string, { code: string; detail: string | null }>();
  for (const error of errors) {
    const refusal = refusalIn(error);
    if (refusal) refusals.set(`${refusal.code} ${refusal.detail}`, refusal);
  }
  try {
    for (const { code, detail } of refusals.values()) await onRefusal(caller, code, detail);
  } catch (error) {
    log.error({ err: describeError(error) }, "a refusal could not be written to the trail");
  }
}
