import { APIConnectionError, APIError, OpenAIError } from "openai";
import { ProviderFailure, type ProviderFailureCode } from "./failure.ts";
import { retryAfterOf } from "./retry_after.ts";

/** Characters of what a provider said that are kept. */
const MOST_SAID = 500;

/**
 * What an error means that came while a provider was asked.
 *
 * @param begun whether it had begun to answer
 * @param apiKey which some providers quote back
 * @returns undefined for what no provider can cause: that is a mistake of ours, and passed on as it is
 */
export function failureOf(
  error: unknown,
  { signal, begun, apiKey }: { signal: AbortSignal; begun: boolean; apiKey: string | null },
): ProviderFailure | undefined {
  if (error instanceof ProviderFailure) return error;
  // Whatever breaks then, breaks because we let go.
  if (signal.aborted && signal.reason instanceof ProviderFailure) return signal.reason;

  const code = chain(error)
    .map((one) => byTransport((one as { code?: unknown }).code, begun))
    .find((one) => one !== undefined);
  if (code) return new ProviderFailure(code, { cause: error });
  if (error instanceof APIConnectionError) return new ProviderFailure("model_unreachable", { cause: error });
  if (error instanceof APIError) {
    return new ProviderFailure(byAnswer(error), {
      ...(error.status !== undefined && { status: error.status }),
      ...(error.requestID && { requestId: cleaned(error.requestID, apiKey) }),
      ...(error.headers && { retryAfter: retryAfterOf(error.headers) }),
      said: cleaned(error.message, apiKey),
    });
  }
  if (error instanceof SyntaxError || error instanceof OpenAIError) {
    return new ProviderFailure("model_malformed", { cause: error });
  }
  return undefined;
}

/** An error and what caused it. */
function chain(error: unknown): object[] {
  const errors: object[] = [];
  for (let one = error; typeof one === "object" && one !== null; one = (one as { cause?: unknown }).cause) {
    if (errors.length === 8) break;
    errors.push(one);
  }
  return errors;
}

function byTransport(code: unknown, begun: boolean): ProviderFailureCode | undefined {
  if (typeof code !== "string") return undefined;
  if (code === "ADDRESS_REFUSED") return "model_address_refused";
  if (code === "REDIRECT_REFUSED") return "model_redirects";
  if (code === "TOO_MANY_BYTES") return "answer_too_large";
  if (code.startsWith("HPE_")) return "model_malformed";
  if (/^(E[A-Z]{3,}|ERR_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_)/.test(code)) {
    return begun ? "model_cut" : "model_unreachable";
  }
  return undefined;
}

function byAnswer({ status, code }: APIError): ProviderFailureCode {
  // An error among the words has no status.
  if (status === undefined) return "model_failed";
  if (status === 413 || code === "context_length_exceeded") return "prompt_too_long";
  if (status === 401 || status === 403) return "model_key_refused";
  if (status === 429) return "model_busy";
  return status >= 500 || status === 408 || status === 409 ? "model_failed" : "model_refused";
}

/** What a provider said, for the log: without the key, however it is quoted, and without what breaks a line. */
function cleaned(said: string, apiKey: string | null): string {
  const known = apiKey === null || apiKey.length < 4 ? said : said.replaceAll(apiKey, "[key]");
  return known
    .replace(/\b(sk|pk|key|bearer)[-_ ][\w.*-]{3,}/gi, "[key]")
    .replace(/\p{Cc}+/gu, " ")
    .slice(0, MOST_SAID);
}
