import type { Code } from "../http/codes.ts";

/** A request that is refused with the code, from the demo companies. */
export interface Example {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  /** Whose access token it carries. */
  readonly as?: "ada" | "mel" | "vic";
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is, if a text; else as JSON. */
  readonly body?: unknown;
}

const graphql = (query: string, as: Example["as"] = "mel"): Example => ({
  method: "POST",
  path: "/graphql",
  as,
  body: { query },
});
const nobody: Example = { method: "POST", path: "/graphql", body: { query: "{ me { name } }" } };
const login = (body: unknown): Example => ({ method: "POST", path: "/auth/login", body });
const times = (count: number, text: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => text(n)).join(" ");

/** For each code a request that shows it, or why no single request does. */
export const EXAMPLES: Readonly<Record<Code, Example | string>> = {
  account_deletion_pending: "It takes somebody who asked to be deleted.",
  account_required: "It takes a guest.",
  already_invited: "It takes an invitation that waits.",
  already_member: graphql(
    `mutation { inviteMember(input: {email: "mel@acme.example", roleId: "00000000-0000-4000-8000-000000000000"}) { invitation { id } } }`,
    "ada",
  ),
  api_key_address_refused: "It takes an API key with a list of addresses.",
  api_key_invalid: { ...nobody, headers: { "X-API-Key": "rh_sk_short" } },
  api_key_origin_refused: "It takes a publishable key in a page that it was not made for.",
  api_key_over: "It takes an API key that was revoked.",
  api_key_revoked: "It takes an API key that was revoked.",
  bad_request: "Only a part below us that reads HTTP raises it.",
  body_incomplete: "It takes a connection that breaks.",
  body_too_deep: login(`{"email": ${"[".repeat(40)}${"]".repeat(40)}}`),
  body_too_large: "It takes a body of 100,001 bytes.",
  captcha_failed: "It takes a server that asks for a CAPTCHA.",
  captcha_required: "It takes a server that asks for a CAPTCHA.",
  captcha_unavailable: "It takes a provider of a CAPTCHA that is away.",
  cannot_join: { method: "POST", path: "/auth/tenants/join", as: "mel", body: { tenant: "nowhere" } },
  conflict: graphql(`mutation { createRole(input: {role: {name: "member"}}) { role { id } } }`, "ada"),
  conversation_archived: "It takes a conversation that was archived.",
  credential_expired: "It takes seven days.",
  credential_missing: nobody,
  credential_unknown: {
    ...nobody,
    headers: { "X-API-Key": "rh_sk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA1zcFFu" },
  },
  credentials_conflict: { ...nobody, as: "mel", headers: { "X-API-Key": "rh_sk_short" } },
  daily_limit_reached: "It takes a company that has used up its day.",
  database_unavailable: "It takes a database that is away.",
  document_too_large: "It takes a document of 2,001 tokens.",
  email_unproven: "It takes a provider that does not prove addresses.",
  fingerprint_mismatch: { ...nobody, as: "mel", headers: { "User-Agent": "another browser" } },
  guest_unwelcome: "It takes a guest of a company that takes none any more.",
  guests_not_allowed: "It takes a publishable key.",
  idempotency_in_progress: "It takes two requests at once.",
  idempotency_key_invalid: {
    ...graphql(
      `mutation { createConversation(input: {conversation: {title: "Once"}}) { conversation { id } } }`,
    ),
    headers: { "Idempotency-Key": "two words" },
  },
  idempotency_key_reused: "It takes two requests with one key.",
  idempotency_replayed: "It takes an answer that was lost.",
  identity_taken: "It takes two people and one account elsewhere.",
  internal_error: "It takes a fault of ours.",
  invalid_code: "It takes a second factor.",
  invalid_credentials: login({ email: "mel@acme.example", password: "wrong" }),
  invalid_dpop_proof: { ...nobody, as: "mel", headers: { DPoP: "rubbish" } },
  invalid_exchange_code: {
    method: "POST",
    path: "/auth/oauth/exchange",
    body: { code: "rubbish", code_verifier: "rubbish".repeat(7) },
  },
  invalid_grant: { method: "POST", path: "/auth/refresh", body: { refresh_token: "rubbish" } },
  invalid_input: graphql(
    `mutation { setMyPreferences(input: {language: "?"}) { preferences { language } } }`,
  ),
  invalid_query: graphql("{ me { nickname } }"),
  invalid_verification_token: {
    method: "POST",
    path: "/auth/email/verify",
    body: { token: "rubbish", password: "four walls and a door" },
  },
  invitation_needs_sign_in: "It takes an invitation that was mailed.",
  invitation_of_another: "It takes an invitation that was mailed.",
  invitation_over: "It takes an invitation that was revoked.",
  inviter_lost_right: "It takes an inviter who was demoted.",
  last_owner: "It takes an owner who gives up ownership of a company that has no other.",
  last_way_in: "It takes somebody without a password.",
  limit_reached: "It takes a company with a small plan.",
  link_of_another_browser: "It takes a link that was mailed.",
  list_too_long: graphql(
    `mutation { createRole(input: {role: {name: "All", permissions: [${times(101, (n) => `"permission_${n}"`)}]}}) { role { id } } }`,
    "ada",
  ),
  malformed_json: login(`{"email": `),
  malformed_target: "It takes a request line that is none.",
  membership_removed: "It takes a member who was removed.",
  membership_suspended: "It takes a member who is suspended.",
  message_blank: "It takes a conversation of one's own.",
  method_not_allowed: { method: "GET", path: "/auth/login" },
  metrics_token_invalid: "It takes a server with METRICS_TOKEN.",
  mfa_enrolment_required: "It takes a company that wants second factors.",
  mfa_required: "It takes a second factor.",
  mfa_token_invalid: {
    method: "POST",
    path: "/auth/mfa/verify",
    body: { mfaToken: "rubbish", code: "123456" },
  },
  not_a_guest: {
    method: "POST",
    path: "/auth/guest/upgrade",
    as: "mel",
    body: { email: "mel@home.example", name: "Mel" },
  },
  not_a_member: login({ email: "mel@acme.example", password: "four walls and one roof", tenant: "globex" }),
  not_acceptable: { method: "GET", path: "/healthz", headers: { Accept: "image/png" } },
  not_found: graphql(`{ conversation(id: "01900000-0000-7000-8000-000000000000") { title } }`),
  oauth_state_invalid: "It takes a provider.",
  origin_not_allowed: {
    method: "POST",
    path: "/auth/refresh",
    headers: { Cookie: "__Host-rowhouse_refresh=rubbish", Origin: "https://elsewhere.example" },
  },
  page_too_large: graphql("{ conversations(first: 1000) { nodes { title } } }"),
  passkey_challenge_invalid: "It takes an authenticator.",
  passkey_exists: "It takes an authenticator.",
  passkey_limit: "It takes twenty authenticators.",
  passkey_missing: {
    method: "POST",
    path: "/auth/step-up/passkey/options",
    as: "mel",
    body: {},
  },
  passkey_refused: "It takes an authenticator.",
  password_required: {
    method: "POST",
    path: "/auth/step-up",
    as: "mel",
    body: { code: "123456" },
  },
  permission_denied: graphql(
    `mutation { createConversation(input: {conversation: {title: "Hello"}}) { conversation { id } } }`,
    "vic",
  ),
  provider_unavailable: "It takes a provider that is away.",
  publishable_key_required: { method: "POST", path: "/auth/guest", as: "mel", body: {} },
  public_mail_domain: "It takes a role of one's company.",
  refresh_token_missing: { method: "POST", path: "/auth/refresh" },
  registration_closed: "It takes a server that is closed to strangers.",
  registration_invited: "It takes a server that is closed to who was not invited.",
  retry: "It takes two who change the same rows at the same moment.",
  scheme_unsupported: { ...nobody, headers: { Authorization: "Basic bWVsOnNlY3JldA==" } },
  seats_taken: "It takes a company whose seats are taken.",
  second_factor_exists: "It takes a second factor.",
  second_factor_missing: { method: "POST", path: "/auth/mfa/totp/remove", as: "mel" },
  second_factor_required: "It takes a second factor.",
  session_ended: "It takes a session that was signed out.",
  session_required: "It takes an API key that opens the door.",
  step_up_required: "It takes a session of more than ten minutes.",
  subscriptions_not_supported: "The schema has no subscriptions, so one is an invalid query first.",
  support_ended: "It takes an operator in a company, and an admin who shows them out.",
  support_read_only: "It takes an operator in a company.",
  tenant_closed: "It takes a company that is closed.",
  tenant_mismatch: "It takes a token of ours that names another company.",
  tenant_suspended: "It takes a company that is suspended.",
  timeout: "It takes a statement that waits.",
  token_expired: "It takes 15 minutes.",
  token_invalid: { ...nobody, headers: { Authorization: "Bearer eyJhbGciOiJub25lIn0.e30." } },
  token_malformed: { ...nobody, headers: { Authorization: "Bearer rubbish" } },
  token_not_yet_valid: "It takes clocks that differ.",
  too_costly: graphql(
    "{ conversations(first: 100) { nodes { messages(first: 100) { nodes { id role content createdAt } } } } }",
  ),
  too_deep: graphql(
    `{ memberships(first: 1) { nodes { ${"role { memberships(first: 1) { nodes { ".repeat(4)}id${" } } }".repeat(4)} } } }`,
  ),
  too_many_at_once: "It takes many requests at once.",
  too_many_attempts: "It takes a few wrong passwords in a row.",
  too_many_guests: "It takes a company with many guests.",
  too_many_domains: "It takes twenty domains.",
  too_many_invitations: "It takes an invitation that was mailed three times.",
  too_many_lists: graphql(
    `{ roles { nodes { ${times(26, (n) => `m${n}: memberships(first: 1) { nodes { id } }`)} } } }`,
  ),
  too_many_requests: "It takes more than the quota.",
  too_many_root_fields: graphql(`{ ${times(11, (n) => `m${n}: me { name }`)} }`),
  too_many_tenants: "It takes somebody who owns twenty companies.",
  trail_immutable: "No call of the API can try it.",
  unsupported_media_type: {
    method: "POST",
    path: "/auth/login",
    headers: { "Content-Type": "text/plain" },
    body: "mel@acme.example",
  },
  use_dpop_nonce: "It takes a proof by a clock that is wrong.",
  user_banned: "It takes an account that is blocked.",
  way_not_allowed: "It takes a company that narrows how its members sign in.",
  weak_password: "It takes a link that was mailed.",
};
