import type { Context, Middleware } from "koa";
import { processHeaders } from "postgraphile/grafserv";
import type { Admission } from "../http/admission.ts";
import { acceptedType, isGraphQL, readsEvents } from "../http/graphql_path.ts";
import { invalidInput, Problem, unauthorized } from "../http/problem.ts";
import { readJson } from "../http/read_json.ts";
import type { RequestState } from "../http/request_facts.ts";
import { noteOperation, sendAnswer } from "./answering.ts";
import { explorerPolicy } from "./explorer/explorer.ts";
import type { Once } from "./once.ts";
import { CREDENTIAL_MISSING } from "./schema_only.ts";
import type { GraphQLRequest, GraphQLService } from "./service.ts";
import { serveSubscriptions } from "./subscriptions/serve.ts";
import { subjectOf } from "./subscriptions/subject.ts";
import type { Subscriptions } from "./subscriptions/subscriptions.ts";

/**
 * Answers `/graphql` and, where it is on, the explorer's pages; lets everything else pass.
 *
 * A credential is asked for, and known to the door, before the document is looked at. Status: that of the refusal if the
 * request was refused as a whole (no or no good credential, it does not parse, is not valid, breaks a limit), 503 if the
 * database is away, 429 if the caller wants more at once than their share of it, else 200 with `errors` beside `data`, as
 * GraphQL over HTTP has it. A subscription is answered by an event stream.
 */
export function serveGraphQL(serv: GraphQLService, options: ServeOptions): Middleware<RequestState> {
  const { admission, anonymousMayAskForSchema, once } = options;
  const subscribe = serveSubscriptions(serv, options);
  return async (ctx, next) => {
    if (!isGraphQL(ctx)) return showPage(ctx, serv, next);
    if (ctx.method !== "POST") {
      throw new Problem(405, "method_not_allowed", "GraphQL takes POST.", { headers: { Allow: "POST" } });
    }
    const type = acceptedType(ctx);
    if (type === null && !readsEvents(ctx)) throw notAcceptable();
    const { caller } = ctx.state;
    if (caller) await admission.check(caller);
    else if (!anonymousMayAskForSchema) throw unauthorized("credential_missing", CREDENTIAL_MISSING);
    const body = readRequest(await readJson(ctx));
    const subject = subjectOf(body, { onlyEvents: type === null });
    // An Idempotency-Key means nothing to it, as to a query: it changes nothing.
    if (subject) return subscribe(ctx, body, subject);
    if (type === null) throw notAcceptable();
    await once(ctx, body, () => respond(ctx, serv, body, type));
    if (caller && ctx.status === 401) admission.forget(caller);
  };
}

export interface ServeOptions {
  readonly admission: Admission;
  /** Whether what asks for nothing but the schema needs no credential. */
  readonly anonymousMayAskForSchema: boolean;
  readonly once: Once;
  readonly subscriptions: Subscriptions;
}

const notAcceptable = (): Problem => new Problem(406, "not_acceptable", "GraphQL answers application/json.");

async function respond(
  ctx: Context & { state: RequestState },
  serv: GraphQLService,
  body: GraphQLRequest,
  type: string,
): Promise<void> {
  const failures: unknown[] = [];
  const onOperation = noteOperation(ctx);
  const answer = await serv.answer(body, { caller: ctx.state.caller, failures, onOperation });
  sendAnswer(ctx, answer, failures, type);
}

/** The explorer, where it is on. */
async function showPage(
  ctx: Context & { state: RequestState },
  serv: GraphQLService,
  next: () => Promise<unknown>,
): Promise<unknown> {
  const result = await serv.handle({
    method: ctx.method,
    httpVersionMajor: ctx.req.httpVersionMajor,
    httpVersionMinor: ctx.req.httpVersionMinor,
    isSecure: ctx.secure,
    path: ctx.path,
    headers: {
      ...processHeaders(ctx.headers),
      // Its policy is written from its text.
      ...(ctx.path === "/graphiql" && { "accept-encoding": "identity" }),
    },
    getQueryParams: () => ctx.query as Record<string, string | string[]>,
    getBody: () => ({ type: "json", json: {} }),
    requestContext: {},
  });
  if (result === null) return next();
  if (result.type === "error") throw Object.assign(result.error, { status: result.statusCode });
  ctx.set(result.headers);
  ctx.status = result.statusCode;
  // A script that the browser has already: 304.
  if (result.type === "noContent") return;
  if (result.type !== "buffer") throw new Error(`the explorer answers with a page, not with ${result.type}`);
  ctx.body = result.buffer;
  if (ctx.path === "/graphiql") {
    ctx.set("Content-Security-Policy", explorerPolicy(result.buffer.toString()));
  }
}

/** Checks the shape of the body (GraphQL over HTTP, section 5.1), and that every text in it can be stored. */
function readRequest({ query, variables, operationName }: Record<string, unknown>): GraphQLRequest {
  if (typeof query !== "string" || query === "") {
    throw invalidInput("query must be a GraphQL document.", "query");
  }
  if (variables != null && (typeof variables !== "object" || Array.isArray(variables))) {
    throw invalidInput("variables must be an object.", "variables");
  }
  if (operationName != null && typeof operationName !== "string") {
    throw invalidInput("operationName must be a string.", "operationName");
  }
  if (!storable(query) || /\\u(0000|\{0+\})/.test(query)) throw unstorable("query");
  if (!storable(variables)) throw unstorable("variables");
  return { query, variables, operationName } as GraphQLRequest;
}

function unstorable(field: string): Problem {
  return invalidInput("A text holds what cannot be stored: a NUL, or half of a surrogate pair.", field);
}

/** PostgreSQL's text holds Unicode without NUL. `readJson` has bounded how deep this goes. */
function storable(value: unknown): boolean {
  if (typeof value === "string") return !value.includes("\0") && value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, inner]) => storable(key) && storable(inner));
}
