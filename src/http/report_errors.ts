import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { Context, Middleware } from "koa";
import type { Caller } from "../database/door.ts";
import type { ErrorCatalogue } from "./error_catalogue.ts";
import { Problem, unauthorized } from "./problem.ts";
import type { RequestState } from "./request_facts.ts";

/** Tells the trail of a refusal whose own transaction rolled back. */
export type OnRefusal = (caller: Caller, code: string, detail: string | null) => Promise<void>;

/** Writes whatever was thrown below as problem+json (RFC 9457). What we do not know stays unsaid: a random id. */
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
      if (ctx.state.caller && (code === "RH401" || code === "RH403")) {
        await onRefusal(ctx.state.caller, code, detail ?? null);
      }
    }
  };
}

/** The refusal that an error stands for. */
export function asProblem(error: unknown, catalogue: ErrorCatalogue): Problem {
  if (error instanceof Problem) return error;
  const { code = "", detail, message, status, expose } = error as Partial<Record<string, unknown>>;

  const known = catalogue.get(String(code));
  if (known?.status === 401) return unauthorized(known.name, known.meaning, error);
  if (known) {
    return new Problem(known.status, known.name, String(message), {
      members: known.status === 403 && detail ? { permission: detail } : {},
      cause: error,
    });
  }
  // A CHECK constraint or text that PostgreSQL cannot hold: bad input that got past our own reading of it.
  if (code === "23514" || code === "22021" || code === "22P05") {
    return new Problem(400, "invalid_input", "The input breaks a rule of the data.", { cause: error });
  }
  if (unavailable.test(String(code)) || /timeout exceeded when trying to connect/.test(String(message))) {
    return new Problem(503, "database_unavailable", "The database cannot be reached just now.", {
      headers: { "Retry-After": "5" },
      cause: error,
    });
  }
  // Koa and its parts throw http-errors; `expose` means that the message was written for the client.
  if (typeof status === "number" && status >= 400 && status < 500 && expose === true) {
    return new Problem(status, snakeCase(STATUS_CODES[status] ?? "bad_request"), String(message), {
      cause: error,
    });
  }
  const errorId = randomUUID();
  return new Problem(500, "internal_error", "Something went wrong here. The id leads to it in our log.", {
    members: { errorId },
    cause: error,
  });
}

/** Connections refused or lost, and a server that starts, stops, recovers or is full (classes 08, 53, 57P). */
const unavailable = /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EPIPE|08...|53300|57P0[1-5])$/;

function answer(ctx: Context, problem: Problem): void {
  ctx.status = problem.status;
  ctx.set(problem.headers);
  ctx.set("Cache-Control", "no-store");
  ctx.body = JSON.stringify({
    type: "about:blank",
    title: STATUS_CODES[problem.status],
    status: problem.status,
    detail: problem.message,
    instance: ctx.path,
    code: problem.code,
    requestId: ctx.state.facts.request_id,
    ...problem.members,
  });
  ctx.type = "application/problem+json";
}

function snakeCase(title: string): string {
  return title.toLowerCase().replaceAll(/[^a-z]+/g, "_");
}
