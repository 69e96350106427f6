/**
 * What the log keeps of an error and its causes. PostgreSQL's `detail` may quote the row that was refused, a
 * password's hash among it, so it is kept for our own refusals only, where it is a word of ours.
 */
export function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error) || depth > 5) return String(error).slice(0, 200);
  const { code, detail, constraint, table } = error as unknown as Record<string, unknown>;
  return {
    type: error.name,
    message: error.message,
    ...(code !== undefined && { code }),
    ...(typeof code === "string" && code.startsWith("RH") && { detail }),
    ...(constraint !== undefined && { constraint, table }),
    stack: error.stack,
    ...(error.cause !== undefined && { cause: describeError(error.cause, depth + 1) }),
  };
}

/**
 * Why a request was refused, in a word or two: the code of what lies at the bottom, else its name. A refusal is the client's business and happens as often as clients like, so it costs no stack.
 */
export function reasonOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return String(error).slice(0, 100);
  const { cause } = error;
  // A cause may be something that a library looked at, which is no reason, and may be somebody's claims.
  const goesOn = cause instanceof Error || (cause !== undefined && typeof cause !== "object");
  if (goesOn && depth < 5) return reasonOf(cause, depth + 1);
  const { code, detail } = error as Error & { code?: unknown; detail?: unknown };
  if (typeof code !== "string") return error.name;
  return code.startsWith("RH") && typeof detail === "string" ? `${code} ${detail}`.slice(0, 100) : code;
}
