import type { Usage } from "./events.ts";

/**
 * Why there is no answer, or only a part of one, and the HTTP status of an answer of ours that says so. Each has its line in
 * src/http/codes.ts, but `answer_stopped`, which is nobody's failure.
 */
export const PROVIDER_FAILURES = {
  /** We told it to stop: the person did, or their connection or credential ended. */
  answer_stopped: 499,
  /** More bytes than an answer may have. */
  answer_too_large: 502,
  /** It went on for longer than an answer may take. */
  answer_too_slow: 504,
  /** What was asked is more than the model reads. */
  prompt_too_long: 413,
  /** The address is inside of a network, and it is not for this endpoint to lead there. */
  model_address_refused: 502,
  /** It has too much to do: 429, after what retries are good for. */
  model_busy: 503,
  /** As many answers as may be asked of an endpoint at a time are under way. */
  model_crowded: 503,
  /** It stopped in the middle, without having said that it was done. */
  model_cut: 502,
  /** It says that it failed: 5xx, or an error among the words. */
  model_failed: 502,
  /** It does not know its key, or not for this. */
  model_key_refused: 502,
  /** What it says is not in the shape of its API. */
  model_malformed: 502,
  /** It leads elsewhere, where we do not follow. */
  model_redirects: 502,
  /** It takes no such request: an unknown model, a setting that it does not have. */
  model_refused: 502,
  /** It failed several times in a row and is left alone for a while. */
  model_resting: 503,
  /** It said nothing for longer than a pause may be. */
  model_stalled: 504,
  /** No connection. */
  model_unreachable: 502,
} as const;

export type ProviderFailureCode = keyof typeof PROVIDER_FAILURES;

/** Those after which an endpoint may not be well; the others say that it answers, or are our own doing. */
const ILL: ReadonlySet<ProviderFailureCode> = new Set([
  "answer_too_large",
  "answer_too_slow",
  "model_cut",
  "model_failed",
  "model_malformed",
  "model_stalled",
  "model_unreachable",
]);

export interface FailureFacts {
  /** Seconds after which it may be tried again. */
  readonly retryAfter?: number;
  /** What the provider answered with. */
  readonly status?: number;
  /** What the provider calls the request, for whoever asks them. */
  readonly requestId?: string;
  /** What the provider said, without its key and cut short: for the log, never for a person who chats. */
  readonly said?: string;
  readonly cause?: unknown;
}

/** A failure of a provider. Its message says no more than its code: what the provider said is in `said`. */
export class ProviderFailure extends Error {
  readonly code: ProviderFailureCode;
  readonly status: number;
  readonly retryAfter: number | null;
  readonly providerStatus: number | null;
  readonly requestId: string | null;
  readonly said: string | null;
  /** What the part of an answer that came has cost; null where nothing was asked or answered. Always estimated. */
  usage: Usage | null = null;

  constructor(code: ProviderFailureCode, facts: FailureFacts = {}) {
    super(code, { cause: facts.cause });
    this.name = "ProviderFailure";
    this.code = code;
    this.status = PROVIDER_FAILURES[code];
    this.retryAfter = facts.retryAfter ?? null;
    this.providerStatus = facts.status ?? null;
    this.requestId = facts.requestId ?? null;
    this.said = facts.said ?? null;
  }

  /** Whether it counts against the endpoint. */
  get ill(): boolean {
    return ILL.has(this.code);
  }
}
