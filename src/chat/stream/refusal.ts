import type { Code } from "../../http/codes.ts";
import { ProviderFailure, type ProviderFailureCode } from "../provider/failure.ts";
import { TurnEnded } from "../turn_ended.ts";

/** What the person who asked is told: nothing of what the provider said, nor who it is. */
const SENTENCES: Readonly<Record<ProviderFailureCode, string>> = {
  answer_stopped: "The answer was stopped.",
  answer_too_large: "The answer became too long and was cut off.",
  answer_too_slow: "The answer took too long and was cut off.",
  prompt_too_long: "The question is longer than the model can read.",
  model_address_refused: "The model cannot be asked at the address that is set.",
  model_busy: "The model has too much to do. Try again in a moment.",
  model_crowded: "Too many answers are being written. Try again in a moment.",
  model_cut: "The answer broke off. Try again.",
  model_failed: "The model failed. Try again.",
  model_key_refused: "The model's provider does not accept the key that is set.",
  model_malformed: "The model's answer could not be read. Try again.",
  model_redirects: "The model cannot be asked at the address that is set.",
  model_refused: "The model does not accept the question as it was put.",
  model_resting: "The model does not answer at the moment. Try again later.",
  model_stalled: "The model stopped answering. Try again.",
  model_unreachable: "The model cannot be reached. Try again later.",
};

export interface Refusal {
  readonly code: Code | "answer_stopped";
  readonly message: string;
}

/** What is said of an error in the middle of a stream, where it is too late for a status. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof ProviderFailure) return { code: error.code, message: SENTENCES[error.code] };
  if (error instanceof TurnEnded) return { code: error.code, message: error.message };
  return { code: "internal_error", message: "Something went wrong. Try again." };
}
