/** Why a tool gave no answer. The model is told the sentence, and goes on: it is never the failure of a turn. */
export class ToolFailure extends Error {
  override readonly name = "ToolFailure";
  /** Whether it was called at all. */
  readonly called: boolean;
  constructor(message: string, { called = true, cause }: { called?: boolean; cause?: unknown } = {}) {
    super(message, { cause });
    this.called = called;
  }
}

/** What is said of an error while a tool was called; undefined for a mistake of ours. */
export function toolFailureOf(error: unknown): ToolFailure | undefined {
  if (error instanceof ToolFailure) return error;
  for (let one = error, depth = 0; typeof one === "object" && one !== null && depth < 8; depth += 1) {
    const { code, name, cause } = one as { code?: unknown; name?: unknown; cause?: unknown };
    if (code === "ADDRESS_REFUSED")
      return new ToolFailure("The tool is at an address that is not called.", {
        called: false,
        cause: error,
      });
    if (code === "REDIRECT_REFUSED")
      return new ToolFailure("The tool leads to another address, which is not followed.", { cause: error });
    if (code === "TOO_MANY_BYTES")
      return new ToolFailure("The tool's answer is too large.", { cause: error });
    if (name === "TimeoutError")
      return new ToolFailure("The tool took too long and was left.", { cause: error });
    if (
      typeof code === "string" &&
      /^(E[A-Z]{3,}|ERR_|CERT_|HPE_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_)/.test(code)
    )
      return new ToolFailure("The tool cannot be reached.", { cause: error });
    one = cause;
  }
  return undefined;
}
