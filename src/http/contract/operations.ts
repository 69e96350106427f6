import * as v from "valibot";
import { acceptInvitationOperation } from "../routes/accept_invitation.ts";
import { askOperation } from "../routes/ask.ts";
import { auditKeysOperation } from "../routes/audit_keys.ts";
import { changeEmailOperation } from "../routes/change_email.ts";
import { changePasswordOperation } from "../routes/change_password.ts";
import { confirmEmailOperation } from "../routes/confirm_email.ts";
import { consumeLinkOperation } from "../routes/consume_link.ts";
import { createTenantOperation } from "../routes/create_tenant.ts";
import { deleteAccountOperation } from "../routes/delete_account.ts";
import { createDocumentOperation } from "../routes/documents/create.ts";
import { downloadDocumentOperation } from "../routes/documents/download.ts";
import { replaceDocumentOperation } from "../routes/documents/replace.ts";
import { exchangeOperation, linkOperation } from "../routes/exchange_code.ts";
import { exportAccountOperation } from "../routes/export_account.ts";
import { exportAuditOperation } from "../routes/export_audit.ts";
import { exportConversationOperation } from "../routes/export_conversation.ts";
import { followOperation } from "../routes/follow_answer.ts";
import { forgotPasswordOperation } from "../routes/forgot_password.ts";
import { joinTenantOperation } from "../routes/join_tenant.ts";
import { jwksOperation } from "../routes/jwks.ts";
import { logInOperation } from "../routes/log_in.ts";
import { logOutOperation } from "../routes/log_out.ts";
import { confirmOperation } from "../routes/mfa/confirm_totp.ts";
import { enrolOperation } from "../routes/mfa/enrol_totp.ts";
import { removeOperation } from "../routes/mfa/remove_totp.ts";
import { verifyMfaOperation } from "../routes/mfa/verify.ts";
import { beginOAuthOperation, finishOAuthOperation, providersOperation } from "../routes/oauth.ts";
import { openGuestOperation } from "../routes/open_guest.ts";
import { completionOperation } from "../routes/openai/chat_completions.ts";
import { embeddingsOperation } from "../routes/openai/embeddings.ts";
import { modelsOperation } from "../routes/openai/models.ts";
import { responseOperation } from "../routes/openai/responses.ts";
import { logInWithPasskeyOperation } from "../routes/passkey/login.ts";
import { logInWithPasskeyOptionsOperation } from "../routes/passkey/login_options.ts";
import { registerPasskeyOperation } from "../routes/passkey/register.ts";
import { registerPasskeyOptionsOperation } from "../routes/passkey/register_options.ts";
import { mfaPasskeyOperation } from "../routes/passkey/second_factor.ts";
import { mfaPasskeyOptionsOperation } from "../routes/passkey/second_factor_options.ts";
import { stepUpWithPasskeyOperation } from "../routes/passkey/step_up.ts";
import { stepUpWithPasskeyOptionsOperation } from "../routes/passkey/step_up_options.ts";
import { refreshOperation } from "../routes/refresh.ts";
import { registerOperation } from "../routes/register.ts";
import { requestLinkOperation } from "../routes/request_link.ts";
import { resetPasswordOperation } from "../routes/reset_password.ts";
import { restoreAccountOperation } from "../routes/restore_account.ts";
import { restoreTenantOperation } from "../routes/restore_tenant.ts";
import { sessionOperation } from "../routes/session.ts";
import { stepUpOperation } from "../routes/step_up.ts";
import { stopOperation } from "../routes/stop_answer.ts";
import { switchOperation } from "../routes/switch_tenant.ts";
import { upgradeGuestOperation } from "../routes/upgrade_guest.ts";
import { verifyEmailOperation } from "../routes/verify_email.ts";
import { OF_A_CREDENTIAL, type Operation, operation } from "./operation.ts";

const page = { type: "text/html" } as const;

const check = v.looseObject({ ok: v.boolean() });

const health = operation({
  method: "get",
  path: "/healthz",
  area: "Running it",
  summary: "Whether the process answers",
  answers: { 200: { says: "It does.", body: v.strictObject({ status: v.literal("ok") }) } },
  refusals: ["not_acceptable"],
});

const readiness = operation({
  method: "get",
  path: "/readyz",
  area: "Running it",
  summary: "Whether to send requests here",
  answers: {
    200: {
      says: "Everything is there.",
      body: v.strictObject({ status: v.literal("ready"), checks: v.record(v.string(), check) }),
    },
    503: {
      says: "Something is missing, or the process is about to close.",
      body: v.strictObject({
        status: v.picklist(["not_ready", "leaving"]),
        checks: v.optional(v.record(v.string(), check)),
      }),
    },
  },
  refusals: ["not_acceptable"],
});

const metrics = operation({
  method: "get",
  path: "/metrics",
  area: "Running it",
  summary: "Figures for Prometheus",
  credential: "metrics",
  answers: { 200: { says: "In Prometheus' text format.", type: "text/plain" } },
  refusals: ["metrics_token_invalid", "not_acceptable"],
});

const errorIndex = operation({
  method: "get",
  path: "/errors",
  area: "Reference",
  summary: "Every code that an answer can have",
  answers: {
    200: {
      says: "When each happens and what to do then; a page for browsers.",
      body: v.strictObject({
        errors: v.record(
          v.string(),
          v.strictObject({ status: v.number(), happens: v.string(), remedy: v.string() }),
        ),
      }),
    },
  },
  refusals: [],
});

const errorPage = operation({
  method: "get",
  path: "/errors/:code",
  area: "Reference",
  summary: "One code",
  parameters: [{ in: "path", name: "code", says: "As in `code` of a refusal." }],
  answers: {
    200: {
      says: "When it happens and what to do then; a page for browsers.",
      body: v.strictObject({
        code: v.string(),
        status: v.number(),
        happens: v.string(),
        remedy: v.string(),
      }),
    },
  },
  refusals: ["not_found"],
});

const graphql = operation({
  method: "post",
  path: "/graphql",
  area: "API",
  summary: "Ask the API",
  description:
    "GraphQL over HTTP; schema.graphql has the schema. Refusals have GraphQL's shape here, with the code in capitals under `extensions.code`, and more codes than are listed: see /errors.",
  credential: "any",
  parameters: [
    {
      in: "header",
      name: "Idempotency-Key",
      says: "Makes the changes of this request once, however often it is sent.",
    },
  ],
  answers: {
    200: {
      says: "What was asked for.",
      body: v.looseObject({ data: v.optional(v.unknown()), errors: v.optional(v.array(v.unknown())) }),
    },
  },
  refusals: [...OF_A_CREDENTIAL, "credential_missing", "daily_limit_reached", "too_many_requests"],
});

const description = operation({
  method: "get",
  path: "/openapi.json",
  area: "Reference",
  summary: "This description",
  answers: { 200: { says: "OpenAPI 3.1.", body: v.looseObject({ openapi: v.string() }) } },
  refusals: ["not_acceptable"],
});

const mailPageOperation = (path: string, summary: string) =>
  operation({
    method: "get",
    path,
    area: "Signing in",
    summary,
    description: "Opening it changes nothing and uses nothing up: its button does.",
    answers: { 200: { says: "A page with a form.", ...page } },
    refusals: ["not_acceptable", "too_many_requests"],
  });

/** Every call, in the order of the reference. Pages for people alone (/, /graphiql, /docs) and their files are left out. */
export const OPERATIONS: readonly Operation[] = [
  registerOperation,
  mailPageOperation("/auth/email/verify", "The page that the link of a registration opens"),
  verifyEmailOperation,
  openGuestOperation,
  upgradeGuestOperation,
  logInOperation,
  requestLinkOperation,
  mailPageOperation("/auth/link", "The page that a link to sign in with opens"),
  consumeLinkOperation,
  verifyMfaOperation,
  enrolOperation,
  confirmOperation,
  removeOperation,
  stepUpOperation,
  logInWithPasskeyOptionsOperation,
  logInWithPasskeyOperation,
  mfaPasskeyOptionsOperation,
  mfaPasskeyOperation,
  stepUpWithPasskeyOptionsOperation,
  stepUpWithPasskeyOperation,
  registerPasskeyOptionsOperation,
  registerPasskeyOperation,
  refreshOperation,
  sessionOperation,
  switchOperation,
  createTenantOperation,
  logOutOperation,
  changePasswordOperation,
  forgotPasswordOperation,
  mailPageOperation("/auth/password/reset", "The page that a link to a new password opens"),
  resetPasswordOperation,
  changeEmailOperation,
  mailPageOperation("/auth/email/change", "The page that a link to a new address opens"),
  confirmEmailOperation,
  exportAccountOperation,
  deleteAccountOperation,
  mailPageOperation("/auth/account/restore", "The page that a link to keep one's account opens"),
  restoreAccountOperation,
  mailPageOperation("/auth/tenants/restore", "The page that a link to keep a company opens"),
  restoreTenantOperation,
  mailPageOperation("/auth/invitation/accept", "The page that the link of an invitation opens"),
  acceptInvitationOperation,
  joinTenantOperation,
  providersOperation,
  beginOAuthOperation,
  finishOAuthOperation,
  exchangeOperation,
  linkOperation,
  askOperation,
  followOperation,
  exportConversationOperation,
  stopOperation,
  graphql,
  completionOperation,
  responseOperation,
  embeddingsOperation,
  modelsOperation,
  createDocumentOperation,
  replaceDocumentOperation,
  downloadDocumentOperation,
  health,
  readiness,
  metrics,
  exportAuditOperation,
  jwksOperation,
  auditKeysOperation,
  description,
  errorIndex,
  errorPage,
];
