/** Mails that tell somebody what happened to their account. */
const NOTICES = [
  "second_factor_added",
  "second_factor_removed",
  "recovery_code_used",
  "new_device",
  "api_key_created",
  "identity_linked",
  "identity_unlinked",
  "deletion_asked",
  "deletion_withdrawn",
  "deletion_postponed",
  "account_deleted",
  "support_opened",
  "retention_lowered",
  "tenant_deletion_asked",
  "tenant_deletion_withdrawn",
] as const;

export type NoticeTemplate = (typeof NOTICES)[number];

/** Every mail that there is, by the name that auth.mails knows it by. */
export const TEMPLATES = [
  "verify_email",
  "account_exists",
  "reset_password",
  "no_account",
  "sign_in",
  "change_email",
  "email_taken",
  "password_changed",
  "email_changed",
  "invitation",
  "password_removed",
  "passkey_added",
  "passkey_removed",
  "guest_upgrade",
  "webhook_disabled",
  "audit_stream_disabled",
  "tenant_invitation",
  ...NOTICES,
] as const;

export type Template = (typeof TEMPLATES)[number];

/** The page that a mail's link opens; templates that are not here have no link and no code. */
const pages: Partial<Record<Template, string>> = {
  verify_email: "/auth/email/verify",
  guest_upgrade: "/auth/email/verify",
  reset_password: "/auth/password/reset",
  sign_in: "/auth/link",
  change_email: "/auth/email/change",
  invitation: "/auth/email/verify",
  password_removed: "/auth/password/reset",
  deletion_asked: "/auth/account/restore",
  tenant_invitation: "/auth/invitation/accept",
  tenant_deletion_asked: "/auth/tenants/restore",
};

/**
 * Whose link is made when the mail is sent: the database queues them by itself, for who is not there to read an answer, and
 * nobody who may call its functions is to know the link.
 */
export const ARMED: ReadonlySet<Template> = new Set(["tenant_invitation", "tenant_deletion_asked"]);

/**
 * Where the link of a mail leads; undefined where it has none. The secret is in the fragment, which no server's log and
 * no Referer sees.
 */
export function linkIn(template: Template, publicUrl: string, token: string): string | undefined {
  const page = pages[template];
  return page && `${publicUrl}${page}#token=${token}`;
}
