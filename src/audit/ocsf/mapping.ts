/** The version of the Open Cybersecurity Schema Framework that events are told in. */
export const OCSF_VERSION = "1.6.0";

/** The classes that events are of, with the names of their activities. 99 is what the schema has no number for. */
export const CLASSES = {
  account_change: [
    3001,
    [
      "",
      "Create",
      "Enable",
      "Password Change",
      "Password Reset",
      "Disable",
      "Delete",
      "Attach Policy",
      "Detach Policy",
      "Lock",
      "MFA Factor Enable",
      "MFA Factor Disable",
      "Unlock",
    ],
  ],
  authentication: [
    3002,
    [
      "",
      "Logon",
      "Logoff",
      "Authentication Ticket",
      "Service Ticket Request",
      "Service Ticket Renew",
      "Preauth",
      "Account Switch",
    ],
  ],
  authorize_session: [3003, ["", "Assign Privileges", "Assign Groups"]],
  entity_management: [
    3004,
    [
      "",
      "Create",
      "Read",
      "Update",
      "Delete",
      "Move",
      "Enroll",
      "Unenroll",
      "Enable",
      "Disable",
      "Activate",
      "Deactivate",
      "Suspend",
      "Resume",
    ],
  ],
  user_access: [3005, ["", "Assign Privileges", "Revoke Privileges"]],
  group_management: [
    3006,
    [
      "",
      "Assign Privileges",
      "Revoke Privileges",
      "Add User",
      "Remove User",
      "Delete",
      "Create",
      "Add Subgroup",
      "Remove Subgroup",
    ],
  ],
  api_activity: [6003, ["", "Create", "Read", "Update", "Delete"]],
  datastore_activity: [
    6005,
    ["", "Read", "Update", "Connect", "Query", "Write", "Create", "Delete", "List", "Encrypt", "Decrypt"],
  ],
} as const satisfies Readonly<Record<string, readonly [uid: number, activities: readonly string[]]>>;
export type ClassName = keyof typeof CLASSES;

export const OTHER = 99;

/** What happened: a class, an activity of it, and how it ended (status_id: 1 Success, 2 Failure). */
type Told = readonly [ClassName, activity: number, ending?: "failure"];

/** Events that are no change of a row, by their action. */
export const ACTIONS: Readonly<Record<string, Told>> = {
  "access.raised": ["user_access", 1],
  "access.refused": ["api_activity", OTHER, "failure"],
  "api.request": ["api_activity", OTHER],
  "api.requests_lost": ["api_activity", OTHER, "failure"],
  "audit.exported": ["api_activity", 2],
  "audit.expired": ["entity_management", 4],
  "audit.fields_erased": ["entity_management", 3],
  "audit.hold_placed": ["entity_management", 1],
  "audit.hold_released": ["entity_management", 4],
  "audit.month_dropped": ["entity_management", 4],
  "audit.push_stopped": ["entity_management", 9, "failure"],
  "audit.read": ["api_activity", 2],
  "audit.reported": ["api_activity", 2],
  "auth.account_deleted": ["account_change", 6],
  "auth.account_deletion_asked": ["account_change", OTHER],
  "auth.account_deletion_held": ["account_change", OTHER],
  "auth.account_deletion_postponed": ["account_change", OTHER],
  "auth.account_deletion_refused": ["account_change", OTHER, "failure"],
  "auth.account_exported": ["api_activity", 2],
  "auth.account_restored": ["account_change", 2],
  "auth.banned": ["account_change", 9],
  "auth.email_change_requested": ["account_change", OTHER],
  "auth.email_changed": ["account_change", OTHER],
  "auth.guest_opened": ["account_change", 1],
  "auth.guest_refused": ["account_change", 1, "failure"],
  "auth.guest_upgrade_requested": ["account_change", OTHER],
  "auth.guest_upgraded": ["account_change", OTHER],
  "auth.invited": ["account_change", OTHER],
  "auth.link_failed": ["authentication", 1, "failure"],
  "auth.login": ["authentication", 1],
  "auth.login_failed": ["authentication", 1, "failure"],
  "auth.logout": ["authentication", 2],
  "auth.logout_failed": ["authentication", 2, "failure"],
  "auth.mfa_enrolled": ["account_change", 10],
  "auth.mfa_failed": ["authentication", 1, "failure"],
  "auth.mfa_removed": ["account_change", 11],
  "auth.passkey_refused": ["authentication", 1, "failure"],
  "auth.password_change_failed": ["account_change", 3, "failure"],
  "auth.password_changed": ["account_change", 3],
  "auth.refresh_failed": ["authentication", 5, "failure"],
  "auth.refresh_reused": ["authentication", 5, "failure"],
  "auth.reset": ["account_change", 4],
  "auth.second_factor_asked": ["authentication", 6],
  "auth.sessions_revoked": ["authentication", 2],
  "auth.step_up": ["authentication", OTHER],
  "auth.step_up_failed": ["authentication", OTHER, "failure"],
  "auth.step_up_required": ["authentication", OTHER, "failure"],
  "auth.switch": ["authentication", 7],
  "auth.switch_failed": ["authentication", 7, "failure"],
  "auth.unbanned": ["account_change", 12],
  "chat.exported": ["api_activity", 2],
  "chat.questions_read": ["api_activity", 2],
  "chat.tool_called": ["api_activity", OTHER],
  "document.requeued": ["entity_management", 3],
  "inspect.why": ["api_activity", 2],
  "share_link.opened": ["api_activity", 2],
  "support.read": ["api_activity", 2],
  "support.refused": ["api_activity", OTHER, "failure"],
  "tenant.create_refused": ["entity_management", 1, "failure"],
  "tenant.created": ["entity_management", 1],
  "tenant.deletion_asked": ["entity_management", OTHER],
  "tenant.erased": ["entity_management", 4],
  "tenant.erasure_asked": ["entity_management", OTHER],
  "tenant.erasure_held": ["entity_management", OTHER],
  "tenant.exported": ["entity_management", 2],
  "tenant.imported": ["entity_management", 1],
  "tenant.joined": ["user_access", 1],
  "tenant.resumed": ["entity_management", 13],
  "tenant.suspended": ["entity_management", 12],
  "webhook.resent": ["api_activity", OTHER],
};

/** What a row's insert, update and delete are; of a table that is not here, as of {@link ENTITY}. */
type OfRows = readonly [ClassName, insert: number, update: number, remove: number];
export const TABLES: Readonly<Record<string, OfRows>> = {
  "app.users": ["account_change", 1, OTHER, 6],
  "auth.passwords": ["account_change", 3, 3, OTHER],
  "auth.identities": ["account_change", OTHER, OTHER, OTHER],
  "auth.totp_factors": ["account_change", 10, OTHER, 11],
  "auth.passkeys": ["account_change", 10, OTHER, 11],
  "auth.recovery_codes": ["account_change", OTHER, OTHER, OTHER],
  "auth.deletions": ["account_change", OTHER, OTHER, OTHER],
  "auth.sessions": ["authorize_session", 2, OTHER, OTHER],
  "app.memberships": ["user_access", 1, OTHER, 2],
  "app.grants": ["user_access", 1, OTHER, 2],
  "app.teams": ["group_management", 6, OTHER, 5],
  "app.team_members": ["group_management", 3, OTHER, 4],
};
const ENTITY: OfRows = ["entity_management", 1, 3, 4];
/** Somebody read what is another's: a row of that table. */
const READING: Told = ["datastore_activity", 1];
/** What has no line above: a new kind of event, or one of the application's own. */
const FALLBACK: Told = ["api_activity", OTHER];

/** severity_id, by audit.events.severity; 0 where the event has none. */
export const SEVERITIES: readonly string[] = ["", "informational", "low", "medium", "high", "critical"];

/** Which class and activity an event is. */
export function toldAs(action: string, table: string | null): Told {
  if (table === null) return ACTIONS[action] ?? FALLBACK;
  if (action === "read") return READING;
  const [name, ...activities] = TABLES[table] ?? ENTITY;
  return [name, activities[["insert", "update", "delete"].indexOf(action)] ?? OTHER];
}
