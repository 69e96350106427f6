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
