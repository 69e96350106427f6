import type * as v from "valibot";
import type { Code } from "../codes.ts";
import type { Fields } from "../fields.ts";

// The REST contract, route by route: what a route reads is read by these descriptions, openapi.json is written from them,
// and a test holds each answer against them.

/** One call: a method and a path, what goes in and what comes out. */
export interface Operation<Body extends Fields = Fields> {
  readonly method: "get" | "post" | "put";
  /** As the router has it: `/errors/:code`. */
  readonly path: string;
  readonly area: Area;
  /** What it does, in a few words. */
  readonly summary: string;
  /** What else a caller should know, in sentences. */
  readonly description?: string;
  /** What it takes to call it; nothing, if absent. */
  readonly credential?: Credential;
  /** The fields of the JSON body. */
  readonly body?: Body;
  /** It takes a file, and these fields beside it: of a form, or of the query where the body is the file. */
  readonly upload?: Fields;
  readonly parameters?: readonly Parameter[];
  readonly answers: Readonly<Record<number, Success>>;
  /** Every code that it can be refused with, beside those that any request meets ({@link EVERYWHERE}). */
  readonly refusals: readonly Code[];
}

export type Area = "Signing in" | "Chat" | "API" | "OpenAI's API" | "Running it" | "Reference";

/**
 * `bearer`: a session's access token. `key`: an API key. `any`: either. `refresh`: a refresh token, in the body or in its
 * cookie.
 */
export type Credential = "bearer" | "key" | "refresh" | "any" | "metrics";

export interface Parameter {
  readonly in: "query" | "path" | "header";
  readonly name: string;
  readonly says: string;
  readonly required?: boolean;
}

/** An answer that refuses nothing. */
export interface Success {
  readonly says: string;
  /** What the JSON body is; absent for an answer without one, or whose body is no JSON. */
  readonly body?: v.GenericSchema;
  /** The media type, if it is another than application/json. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Describes a call; the types of its body's fields go through. */
export function operation<const Body extends Fields>(described: Operation<Body>): Operation<Body> {
  return described;
}

/** What any request can be refused with, whatever it asks. */
export const EVERYWHERE: readonly Code[] = ["bad_request", "malformed_target", "internal_error"];

/** What reading a JSON body can be refused with. Who breaks off hears nothing, so `body_incomplete` is in our log alone. */
export const OF_A_BODY: readonly Code[] = [
  "body_too_deep",
  "body_too_large",
  "invalid_input",
  "malformed_json",
  "unsupported_media_type",
];

/** What a credential is refused with before anybody asks whose it is. */
export const OF_A_CREDENTIAL: readonly Code[] = [
  "api_key_invalid",
  "credentials_conflict",
  "invalid_dpop_proof",
  "scheme_unsupported",
  "token_expired",
  "token_invalid",
  "token_malformed",
  "token_not_yet_valid",
  "use_dpop_nonce",
];

/** What a call about one's own session is refused with, for the session that it comes with. */
export const OF_ANY_SESSION: readonly Code[] = [
  "credential_expired",
  "credential_missing",
  "credential_unknown",
  "fingerprint_mismatch",
  "guest_unwelcome",
  "membership_removed",
  "membership_suspended",
  "session_ended",
  "session_required",
  "tenant_closed",
  "tenant_mismatch",
  "tenant_suspended",
  "user_banned",
];

/** The same where it is about one's own account, of which a guest has none. */
export const OF_A_SESSION: readonly Code[] = [...OF_ANY_SESSION, "account_required"];

/** What a call that comes with an API key is refused with, for the key. */
export const OF_A_KEY: readonly Code[] = [
  "api_key_address_refused",
  "api_key_origin_refused",
  "api_key_revoked",
  "credential_expired",
  "credential_missing",
  "credential_unknown",
  "tenant_closed",
  "tenant_suspended",
];

/** What a link or a code of a mail is refused with. */
export const OF_A_MAIL: readonly Code[] = ["invalid_verification_token", "too_many_attempts"];

/** What each call under /auth can be refused with: it is counted, takes JSON, looks at credentials and asks the database. */
export const OF_SIGNING_IN: readonly Code[] = [
  ...OF_A_BODY,
  ...OF_A_CREDENTIAL,
  "database_unavailable",
  "not_acceptable",
  "retry",
  "timeout",
  "too_many_requests",
];

/** What a call is refused with that reads in a chat: it is counted, looks at credentials and asks the database as the caller. */
export const OF_A_READER: readonly Code[] = [
  ...OF_A_CREDENTIAL,
  ...OF_ANY_SESSION.filter((code) => code !== "session_required"),
  "daily_limit_reached",
  "database_unavailable",
  "not_acceptable",
  "not_found",
  "timeout",
  "too_many_at_once",
  "too_many_requests",
];

/** What a call of the API is refused with, for its credential, before it is about anything. */
export const OF_THE_API: readonly Code[] = [
  ...OF_A_CREDENTIAL,
  ...OF_A_KEY,
  ...OF_ANY_SESSION.filter((code) => code !== "session_required"),
  "daily_limit_reached",
  "database_unavailable",
  "timeout",
  "too_many_at_once",
  "too_many_requests",
];

/** What a question is refused with before its first word. */
export const OF_A_TURN: readonly Code[] = [
  ...OF_A_BODY,
  ...OF_A_READER,
  "budget_exceeded",
  "conversation_archived",
  "idempotency_in_progress",
  "idempotency_key_invalid",
  "idempotency_key_reused",
  "idempotency_replayed",
  "message_blank",
  "model_not_allowed",
  "parent_unknown",
  "permission_denied",
  "price_unknown",
  "prompt_too_long",
];

/** What a call that takes a file is refused with. */
export const OF_AN_UPLOAD: readonly Code[] = [
  ...OF_THE_API,
  "file_encrypted",
  "file_too_large",
  "file_type_mismatch",
  "file_type_unsupported",
  "file_without_text",
  "invalid_input",
  "limit_reached",
  "malformed_upload",
  "not_acceptable",
  "permission_denied",
  "retry",
  "storage_unavailable",
  "unsupported_media_type",
];
