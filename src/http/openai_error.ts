import type { Context } from "koa";
import type { Code } from "./codes.ts";
import type { Problem } from "./problem.ts";

/** Whether a request is one of OpenAI's API, so that every answer to it has that API's shape. */
export function isOpenAI(ctx: Context): boolean {
  return ctx.path.startsWith("/v1/");
}

/** A refusal as OpenAI's API has it. What a problem says beside that comes along; clients do not mind. */
export function openAIError({ status, code, message, members }: Problem, requestId: string): object {
  const { field, errors, ...more } = members as { field?: string; errors?: readonly { field: string }[] };
  const param = field ?? errors?.[0]?.field;
  return {
    error: {
      message,
      type: typeOf(status, code),
      code,
      param: param === undefined ? null : inBrackets(param),
      request_id: requestId,
      ...more,
    },
  };
}

/**
 * Whether trying the same again can help, for clients of OpenAI's, which try again after 408, 409, 429 and 5xx unless they are told not
 * to. What tomorrow or an administrator has to change is not worth two more tries.
 */
export function retryAdvice(code: Code): Readonly<Record<string, string>> {
  return HOPELESS.has(code) ? { "X-Should-Retry": "false" } : {};
}

const HOPELESS: ReadonlySet<Code> = new Set<Code>([
  "answer_too_large",
  "answer_too_slow",
  "daily_limit_reached",
  "idempotency_replayed",
  "internal_error",
  "model_address_refused",
  "model_key_refused",
  "model_redirects",
  "model_refused",
  "price_unknown",
]);

function typeOf(status: number, code: Code): string {
  if (status === 401) return "authentication_error";
  if (code === "budget_exceeded" || code === "daily_limit_reached") return "insufficient_quota";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

/** `messages.2.content` as OpenAI writes it: `messages[2].content`. */
const inBrackets = (field: string): string => field.replaceAll(/\.(\d+)(?=\.|$)/g, "[$1]");
