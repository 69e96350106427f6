import type { Context, Middleware } from "koa";
import { GrafservBase, processHeaders, type RequestDigest } from "postgraphile/grafserv";
import type { Caller } from "../database/door.ts";
import { invalidInput, Problem, unauthorized } from "../http/problem.ts";
import { readJson } from "../http/read_json.ts";
import type { RequestState } from "../http/request_facts.ts";

declare global {
  namespace Grafast {
    interface RequestContext {
      /** Set by `authenticate`; nobody's request has none. */
      caller?: Caller;
    }
  }
}

/** grafserv without a web framework: its Koa adaptor takes `/graphql?x=1` for another path. */
export class GraphQLService extends GrafservBase {
  handle(request: RequestDigest) {
    return this.processRequest(request);
  }
}

/**
 * Hands `/graphql` and, where it is on, the explorer's pages to grafserv; lets everything else pass.
 *
 * Status: 401 if the door refused the credential, 503 if the database is away, 400 if the request was refused as a whole (it does not
 * parse, is not valid, breaks a limit), else 200 with `errors` beside `data`, as GraphQL over HTTP has it.
 */
export function serveGraphQL(
  serv: GraphQLService,
  { anonymous }: { readonly anonymous: boolean },
): Middleware<RequestState> {
  return async (ctx, next) => {
    const isApi = ctx.path === "/graphql";
    if (isApi && ctx.method !== "POST") {
      throw new Problem(405, "method_not_allowed", "GraphQL takes POST.", { headers: { Allow: "POST" } });
    }
    if (isApi && !anonymous && !ctx.state.caller) {
      throw unauthorized("credential_missing", "Send a credential: an access token or an API key.");
    }
    const body = isApi ? readRequest(await readJson(ctx)) : {};
    if (body !== null) return respond(ctx, serv, body, next);
    ctx.status = 400;
    ctx.body = refusal(
      "INVALID_INPUT",
      "A text holds what cannot be stored: a NUL, or half of a surrogate pair.",
    );
  };
}

async function respond(
  ctx: Context & { state: RequestState },
  serv: GraphQLService,
  body: object,
  next: () => Promise<unknown>,
): Promise<unknown> {
  const result = await serv.handle({
    method: ctx.method,
    httpVersionMajor: ctx.req.httpVersionMajor,
    httpVersionMinor: ctx.req.httpVersionMinor,
    isSecure: ctx.secure,
    path: ctx.path,
    headers: processHeaders(ctx.headers),
    getQueryParams: () => ctx.query as Record<string, string | string[]>,
    getBody: () => ({ type: "json", json: body as never }),
    requestContext: { caller: ctx.state.caller },
    preferJSON: true,
  });
  if (result === null) return next();
  if (result.type === "error") throw Object.assign(result.error, { status: result.statusCode });
  if (result.type === "bufferStream") throw new Error("an answer in parts got past the guard");
  ctx.set(result.headers);
  ctx.status = result.statusCode;
  if (result.type === "buffer") ctx.body = result.buffer;
  if (result.type === "json") {
    ctx.status = statusOf(result.json as Answer, result.statusCode);
    ctx.set("Cache-Control", "no-store");
    ctx.body = JSON.stringify(result.json);
    if (ctx.status === 401) ctx.set("WWW-Authenticate", `Bearer realm="rowhouse", error="invalid_token"`);
  }
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
}

function statusOf({ data, errors }: Answer, proposed: number): number {
  if (!errors) return proposed;
  const codes = errors.map(({ extensions }) => extensions?.code);
  if (codes.includes("SESSION_ENDED")) return 401;
  if (codes.every((code) => code === "DATABASE_UNAVAILABLE")) return 503;
  return data === undefined && proposed < 400 ? 400 : proposed;
}

/** Checks the shape of the body (GraphQL over HTTP, section 5.1). Null if a text in it cannot be stored. */
function readRequest({
  query,
  variables,
  operationName,
  extensions,
}: Record<string, unknown>): object | null {
  if (typeof query !== "string" || query === "")
    throw invalidInput("query must be a GraphQL document.", "query");
  if (variables != null && (typeof variables !== "object" || Array.isArray(variables))) {
    throw invalidInput("variables must be an object.", "variables");
  }
  if (operationName != null && typeof operationName !== "string") {
    throw invalidInput("operationName must be a string.", "operationName");
  }
  if (!storable(query) || /\\u(0000|\{0+\})/.test(query) || !storable(variables)) return null;
  return { query, variables, operationName, extensions };
}

/** PostgreSQL's text holds Unicode without NUL. */
function storable(value: unknown): boolean {
  if (typeof value === "string") return !value.includes("\0") && value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, inner]) => storable(key) && storable(inner));
}

function refusal(code: string, message: string): object {
  return { errors: [{ message, extensions: { code } }] };
}
