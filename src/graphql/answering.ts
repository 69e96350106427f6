import type { Context } from "koa";
import { comeBack, statusOf as statusOfCode } from "../http/codes.ts";
import type { RequestState } from "../http/request_facts.ts";
import type { Operation } from "./operation.ts";
import type { Answer } from "./service.ts";

/** Leaves to the trail what was asked for. */
export const noteOperation =
  ({ state }: { readonly state: RequestState }) =>
  (operation: Operation | null): void => {
    state.operation ??= operation;
  };

/** Sends an answer as JSON, and leaves to the log what was refused in it. */
export function sendAnswer(
  ctx: Context & { state: RequestState },
  answer: Answer,
  failures: readonly unknown[],
  type: string,
): void {
  ctx.status = statusOf(answer);
  ctx.set("Content-Type", `${type};charset=utf-8`);
  ctx.set("Cache-Control", "no-store");
  ctx.body = JSON.stringify(answer);
  if (!answer.errors) return;
  ctx.state.refusals = codesOf(answer.errors);
  ctx.state.failure = failures[0];
  ctx.set(comeBack(ctx.status));
  if (ctx.status === 401) ctx.set("WWW-Authenticate", `Bearer realm="rowhouse", error="invalid_token"`);
}

/** Each code once, in the order of the errors. */
export function codesOf(errors: NonNullable<Answer["errors"]>): string[] {
  return [...new Set(errors.map(({ extensions }) => String(extensions?.code ?? "INTERNAL_ERROR")))];
}

/**
 * The status of an answer: that of the refusal if the request was refused as a whole, 503 if the database is away, 429 if the
 * caller wants more at once than their share of it, else 200.
 */
export function statusOf({ data, errors }: Answer): number {
  if (!errors) return 200;
  const codes = errors.map(({ extensions }) => extensions?.code);
  if (codes.some((code) => statusOfCode(code) === 401)) return 401;
  if (codes.every((code) => code === "DATABASE_UNAVAILABLE")) return 503;
  if (codes.every((code) => code === "TOO_MANY_AT_ONCE")) return 429;
  return data === undefined ? 400 : 200;
}
