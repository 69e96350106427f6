import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { Context, Middleware } from "koa";
import type { Caller } from "../database/caller.ts";
import { CODES, comeBack, inCapitals } from "./codes.ts";
import { explainDatabaseError } from "./database_errors.ts";
import type { ErrorCatalogue } from "./error_catalogue.ts";
import { acceptedType, isGraphQL } from "./graphql_path.ts";
import { isOpenAI, openAIError, retryAdvice } from "./openai_error.ts";
import { Problem, unauthorized } from "./problem.ts";
import type { RequestState } from "./request_facts.ts";
import { storageProblem } from "./storage_problem.ts";
import { turnProblem } from "./turn_problem.ts";

/** Tells the trail of a refusal whose own transaction rolled back. */
export type OnRefusal = (caller: Caller, code: string, detail: string | null) => Promise<void>;

/** Writes whatever was thrown below as problem+json (RFC 9457), or as GraphQL or OpenAI's API has errors. What we do not know stays unsaid: a random id. */
export function reportErrors(catalogue: ErrorCatalogue, onRefusal: OnRefusal): Middleware<RequestState> {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const problem = asProblem(error, catalogue);
      ctx.state.problem = problem;
      // Too late to say anything: end the connection, so that half an answer is not taken for a whole one.
      if (ctx.headerSent) ctx.res.destroy();
      else answer(ctx, problem);
      const { code, detail } = error as { code?: string; detail?: string };
      if (ctx.state.caller && (code === "RH401" || code === "RH403" || code === "RH440")) {
        await onRefusal(ctx.state.caller, code, detail ?? null);
      }
    }
  };
}

/** The refusal that an error stands for. */
export function asProblem(error: unknown, catalogue: ErrorCatalogue): Problem {
  if (error instanceof Problem) return error;
  const explained = explainDatabaseError(error, catalogue);
  if (explained) {
    const { code, message, members } = explained;
    const status = CODES[code].status;
    if (status === 401) return unauthorized(code, message, error);
    return new Problem(status, code, message, { members, headers: comeBack(status), cause: error });
  }
  const known = turnProblem(error) ?? storageProblem(error);
  if (known) return known;
  // Koa and its parts throw http-errors; `expose` means that the message was written for the client.
  const { message, status, expose } = error as Partial<Record<string, unknown>>;
  if (typeof status === "number" && status >= 400 && status < 500 && expose === true) {
    return new Problem(status, "bad_request", String(message), { cause: error });
  }
  const errorId = randomUUID();
  return new Problem(500, "internal_error", "Something went wrong here. The id leads to it in our log.", {
    members: { errorId },
    cause: error,
  });
}

/** At `/graphql` GraphQL's shape, under `/v1/` OpenAI's, whatever was refused and wherever; elsewhere RFC 9457's. */
function answer(ctx: Context, problem: Problem): void {
  ctx.status = problem.status;
  ctx.set(problem.headers);
  ctx.set("Cache-Control", "no-store");
  if (isGraphQL(ctx)) {
    ctx.body = JSON.stringify(graphqlAnswer(problem));
    ctx.type = acceptedType(ctx) ?? "application/json";
  } else if (isOpenAI(ctx)) {
    ctx.set(retryAdvice(problem.code));
    ctx.body = JSON.stringify(openAIError(problem, ctx.state.facts.request_id));
    ctx.type = "application/json";
  } else {
    ctx.body = JSON.stringify(problemAnswer(ctx, problem));
    ctx.type = "application/problem+json";
  }
}

function problemAnswer(ctx: Context, { status, code, message, members }: Problem): object {
  return {
    type: `/errors/${code}`,
    title: STATUS_CODES[status],
    status,
    detail: message,
    instance: ctx.path,
    code,
    requestId: ctx.state.facts.request_id,
    ...members,
  };
}

function graphqlAnswer({ code, message, members }: Problem): object {
  return { errors: [{ message, extensions: { code: inCapitals(code), ...members } }] };
}
