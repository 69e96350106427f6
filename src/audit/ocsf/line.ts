import type { EventFields, SealedEvent } from "./leaf.ts";

/** The version of the Open Cybersecurity Schema Framework that events are told in. */
export const OCSF_VERSION = "1.6.0";

/** The classes that events are of, with the names of their activities. 99 is what the schema has no number for. */
const CLASSES = {
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
type ClassName = keyof typeof CLASSES;

const OTHER = 99;

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
const SEVERITIES: readonly string[] = ["", "informational", "low", "medium", "high", "critical"];

/** Which class and activity an event is. */
export function toldAs(action: string, table: string | null): Told {
  if (table === null) return ACTIONS[action] ?? FALLBACK;
  if (action === "read") return READING;
  const [name, ...activities] = TABLES[table] ?? ENTITY;
  return [name, activities[["insert", "update", "delete"].indexOf(action)] ?? OTHER];
}

/**
 * A sealed event as one line of OCSF. It says nothing that is not in the leaf, which it holds as `raw_data`: so whoever has the
 * line can make it again and compare.
 *
 * @param index which leaf it is: `metadata.sequence`
 * @param leaf the line of the event in our own export, without its line feed
 */
export function ocsfLine(index: number, event: SealedEvent, leaf: string): string {
  const value = reading(event.fields);
  const [action, table] = [String(value("action")), value("table_name") as string | null];
  const [name, activity, ending] = toldAs(action, table);
  const [uid, activities] = CLASSES[name];
  const [at, tenant] = [String(value("at")), String(value("tenant_id"))];
  const told = {
    category_uid: Math.floor(uid / 1000),
    class_uid: uid,
    activity_id: activity,
    activity_name:
      activity === OTHER ? (table === null ? action : `${action} ${table}`) : activities[activity],
    type_uid: uid * 100 + activity,
    severity_id: Math.max(0, SEVERITIES.indexOf(String(value("severity")))),
    status_id: ending === "failure" || Number(value("detail.status") ?? 0) >= 400 ? 2 : 1,
    time: Date.parse(at),
    metadata: {
      version: OCSF_VERSION,
      product: { name: "Rowhouse", vendor_name: "Rowhouse", feature: { name: "audit" } },
      uid: value("id"),
      sequence: index,
      event_code: action,
      tenant_uid: tenant,
      original_time: at,
      ...some({ correlation_uid: value("request_id") }),
    },
    actor: actorOf(value),
    src_endpoint: endpointOf(value),
    ...some({
      http_request: someOf({
        uid: value("request_id"),
        http_method: action === "api.request" ? value("detail.method") : null,
        user_agent: value("user_agent"),
      }),
    }),
    ...required[name](value, action, table, tenant),
    unmapped: someOf({
      table_name: table,
      row_key: value("row_key"),
      old_row: rowOf(event.fields, "old_row"),
      new_row: rowOf(event.fields, "new_row"),
      detail: rowOf(event.fields, "detail"),
      actor_kind: value("actor_kind"),
      impersonator_id: value("impersonator_id"),
      transaction_id: value("transaction_id"),
    }),
    raw_data: leaf,
  };
  return `${JSON.stringify(told)}\n`;
}

type Reading = (name: string) => unknown;

/** What a field says; null where there is none. */
const reading =
  (fields: EventFields): Reading =>
  (name) =>
    fields[name] === undefined ? null : JSON.parse(fields[name]);

/** The members that are not null. */
const some = <T extends object>(given: T): Partial<T> =>
  Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== null && value !== undefined),
  ) as Partial<T>;
function someOf(given: object): object | null {
  const kept = some(given);
  return Object.keys(kept).length > 0 ? kept : null;
}

/** An object put together from its members, which are fields of their own; null where there is none. */
function rowOf(fields: EventFields, object: "old_row" | "new_row" | "detail"): unknown {
  const own: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(fields)) {
    const dot = name.indexOf(".");
    const of = name.slice(0, dot);
    if (of === object || (of === "row" && object !== "detail")) own[name.slice(dot + 1)] = JSON.parse(text);
  }
  if (Object.keys(own).length > 0) return own;
  return fields[object] === undefined ? null : JSON.parse(fields[object]);
}

/** Who acted: a person by their id, else the database's login. */
function actorOf(value: Reading): object {
  const kind = value("actor_kind");
  const person = value("actor_id");
  const user =
    person === null
      ? { name: value("database_role"), type: kind, type_id: kind === "system" ? 3 : 0 }
      : { uid: person, type: kind, type_id: kind === "api_key" ? OTHER : 1 };
  return {
    user,
    ...some({ session: someOf({ uid: value("credential_id") }), invoked_by: value("database_role") }),
  };
}

const endpointOf = (value: Reading): object => {
  const ip = value("ip");
  return ip === null || ip === "[erased]" ? { name: value("database_role") } : { ip };
};

/** A column of the row as it is now, or was. */
const column = (value: Reading, name: string): unknown =>
  value(`row.${name}`) ?? value(`new_row.${name}`) ?? value(`old_row.${name}`);

/** Whom it is about: of the row, of what is told beside it, or who did it to themselves. */
function userOf(value: Reading, table: string | null): object {
  const own = table === "app.users" ? (column(value, "id") ?? value("row_id")) : column(value, "user_id");
  const key = value("row_key") as Readonly<Record<string, unknown>> | null;
  const uid = own ?? key?.user_id ?? value("detail.user_id") ?? value("detail.user") ?? value("actor_id");
  return uid === null || uid === undefined ? { name: "unknown" } : { uid };
}

/** What a class requires beside what all of them do. */
const required: Readonly<
  Record<ClassName, (value: Reading, action: string, table: string | null, tenant: string) => object>
> = {
  account_change: (value, _action, table) => ({ user: userOf(value, table) }),
  authentication: (value, _action, table, tenant) => ({
    user: userOf(value, table),
    service: { name: "Rowhouse", uid: tenant },
    ...some({ session: someOf({ uid: value("detail.session") }) }),
  }),
  authorize_session: (value, _action, table, tenant) => ({
    user: userOf(value, table),
    session: { uid: value("row_id") },
    group: { uid: tenant },
  }),
  entity_management: (value, action, table, tenant) => ({
    entity:
      table === null ? { uid: tenant, type: action.split(".")[0] } : { uid: value("row_id"), type: table },
  }),
  user_access: (value, action, table) => ({
    user: userOf(value, table),
    privileges: [
      String(column(value, "permission") ?? column(value, "role_id") ?? value("detail.role_id") ?? action),
    ],
  }),
  group_management: (value, _action, table) => ({
    group: { uid: column(value, "team_id") ?? value("row_id") },
    ...(table === "app.team_members" && { user: userOf(value, table) }),
  }),
  api_activity: (value, action) => ({
    api: { operation: action, ...some({ request: someOf({ uid: value("request_id") }) }) },
    ...some({ http_response: action === "api.request" ? someOf({ code: value("detail.status") }) : null }),
  }),
  datastore_activity: (value, _action, table) => ({
    table: { name: table, uid: value("row_id") },
    type_id: 3,
  }),
};
