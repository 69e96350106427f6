import type { EventFields, SealedEvent } from "../leaf.ts";
import { CLASSES, type ClassName, OCSF_VERSION, OTHER, SEVERITIES, toldAs } from "./mapping.ts";

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
