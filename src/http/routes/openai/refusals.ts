import type { Code } from "../../codes.ts";
import { OF_A_BODY, OF_A_CREDENTIAL, OF_A_KEY, OF_ANY_SESSION } from "../../contract/operation.ts";

// What calls under /v1 can be refused with; in the shape of OpenAI's API (openai_error.ts).

/** Whatever is called: it takes a credential of a company with `chat`, and is counted. */
export const OF_V1: readonly Code[] = [
  ...OF_A_CREDENTIAL,
  ...new Set([...OF_A_KEY, ...OF_ANY_SESSION.filter((code) => code !== "session_required")]),
  "daily_limit_reached",
  "database_unavailable",
  "not_acceptable",
  "permission_denied",
  "timeout",
  "too_many_at_once",
  "too_many_requests",
];

/** What asks a model is refused with, by the database and for the model. */
export const OF_ASKING: readonly Code[] = [
  ...OF_V1,
  ...OF_A_BODY,
  "budget_exceeded",
  "model_address_refused",
  "model_busy",
  "model_crowded",
  "model_cut",
  "model_failed",
  "model_key_refused",
  "model_malformed",
  "model_not_allowed",
  "model_redirects",
  "model_refused",
  "model_resting",
  "model_stalled",
  "model_unreachable",
  "price_unknown",
  "prompt_too_long",
  "retry",
  "support_ended",
  "support_read_only",
];

/** What an Idempotency-Key is refused with, by calls that look at it. */
export const OF_REPEATING: readonly Code[] = [
  "idempotency_key_invalid",
  "idempotency_key_reused",
  "idempotency_replayed",
];
