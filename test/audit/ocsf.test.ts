import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { eventLine } from "../../src/audit/export_format.ts";
import type { SealedEvent } from "../../src/audit/leaf.ts";
import { ocsfLine } from "../../src/audit/ocsf/line.ts";
import { ACTIONS, OCSF_VERSION, TABLES, toldAs } from "../../src/audit/ocsf/mapping.ts";

/** What OCSF 1.6.0 requires of every event (schema.ocsf.io, "Base Event"). */
const OF_ALL = ["activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"];
/** What it requires beside that, by class; of several in one string at least one. */
const OF_CLASS: Readonly<Record<number, readonly string[]>> = {
  3001: ["user"],
  3002: ["user", "service|dst_endpoint"],
  3003: ["user", "privileges|group"],
  3004: ["entity"],
  3005: ["user", "privileges"],
  3006: ["group"],
  6003: ["actor", "api", "src_endpoint"],
  6005: ["actor", "src_endpoint", "database|databucket|table"],
};
/** The largest number that an activity of a class has, beside 99. */
const ACTIVITIES: Readonly<Record<number, number>> = {
  3001: 12,
  3002: 7,
  3003: 2,
  3004: 13,
  3005: 2,
  3006: 8,
  6003: 4,
  6005: 10,
};
/** Of each object at least one of these. */
const OF_OBJECT: Readonly<Record<string, readonly string[]>> = {
  actor: ["process", "user", "invoked_by", "session", "app_name", "app_uid"],
  user: ["account", "name", "uid"],
  group: ["name", "uid"],
  service: ["name", "uid"],
  table: ["name", "uid"],
  entity: ["name", "uid", "device", "group", "org", "policy", "user"],
  src_endpoint: ["ip", "uid", "name", "hostname", "svc_name", "domain"],
};

const tenant = "01a21a81-565e-704e-9d93-236bb67d8a20";
const person = "01a21a81-565e-704e-9d93-236bb67d8a22";

function eventOf(fields: Readonly<Record<string, unknown>>): SealedEvent {
  const all = {
    tenant_id: tenant,
    id: "01a21a81-565e-704e-9d93-236bb67d8a21",
    at: "2026-11-27T00:11:00.123456Z",
    actor_kind: "system",
    database_role: "rowhouse_worker",
    ...fields,
  };
  return {
    salt: "3f2b6c1e-0d9a-4f57-8f4e-2c1b0a998877",
    fields: Object.fromEntries(Object.entries(all).map(([name, value]) => [name, JSON.stringify(value)])),
  };
}

type Told = Readonly<Record<string, unknown>> & { readonly class_uid: number; readonly activity_id: number };
const told = (event: SealedEvent): Told =>
  JSON.parse(ocsfLine(7, event, eventLine(7, event).trimEnd())) as Told;
const asEvent = (action: string): Told => told(eventOf({ action }));
const asRow = (action: string, table: string): Told =>
  told(
    eventOf({
      action,
      table_name: table,
      row_id: person,
      row_key: { tenant_id: tenant, id: person },
      ...(action === "read"
        ? {}
        : { [`${action === "delete" ? "old" : "new"}_row.created_at`]: "2026-11-27" }),
    }),
  );

function holdsWhatIsRequired(line: Told, what: string): void {
  for (const name of OF_ALL) expect(line, `${what}: ${name}`).toHaveProperty(name);
  expect(OF_CLASS, what).toHaveProperty(String(line.class_uid));
  for (const names of OF_CLASS[line.class_uid]!) {
    expect(names.split("|").filter((name) => name in line).length, `${what}: ${names}`).toBe(1);
  }
  for (const [name, members] of Object.entries(OF_OBJECT)) {
    if (!(name in line)) continue;
    const object = line[name] as object;
    expect(
      members.some((member) => (object as Record<string, unknown>)[member] != null),
      `${what}: ${name}`,
    ).toBe(true);
  }
  expect(line.activity_id === 99 || line.activity_id <= ACTIVITIES[line.class_uid]!, what).toBe(true);
  expect(line.activity_id, what).toBeGreaterThan(0);
  expect(line).toMatchObject({
    type_uid: line.class_uid * 100 + line.activity_id,
    category_uid: Math.floor(line.class_uid / 1000),
    activity_name: expect.stringMatching(/./),
    time: Date.parse("2026-11-27T00:11:00.123Z"),
    metadata: {
      version: OCSF_VERSION,
      product: { name: "Rowhouse" },
      uid: "01a21a81-565e-704e-9d93-236bb67d8a21",
      sequence: 7,
      tenant_uid: tenant,
      original_time: "2026-11-27T00:11:00.123456Z",
    },
  });
}

/** Every named event of the catalogue. */
const catalogue = [
  ...readFileSync(join(import.meta.dirname, "../../db/schema/audit/event_types.sql"), "utf8")
    .split("as named (")[0]!
    .matchAll(/^ +\('([a-z_]+\.[a-z_]+)', +'(?:informational|low|medium|high|critical)', +'[A-Z]/gm),
].map(([, action]) => action!);

/** Every tracked table. */
const tracked = [
  ...readFileSync(join(import.meta.dirname, "../../db/schema/audit/tracked_tables.sql"), "utf8").matchAll(
    /audit\.track\('([a-z_.]+)'/g,
  ),
].map(([, table]) => table!);

describe("every event is told as OCSF requires", () => {
  test("of each action that there is, by a line of its own in the mapping", () => {
    expect(catalogue.length).toBeGreaterThan(50);
    expect(catalogue).toContain("audit.exported");
    expect(catalogue.filter((action) => !Object.hasOwn(ACTIONS, action))).toEqual([]);
    for (const action of Object.keys(ACTIONS)) holdsWhatIsRequired(asEvent(action), action);
  });

  test("of each change of each tracked table, and of each reading", () => {
    expect(tracked.length).toBeGreaterThan(30);
    expect(Object.keys(TABLES).filter((table) => !tracked.includes(table))).toEqual([]);
    for (const table of tracked) {
      for (const action of ["insert", "update", "delete", "read"]) {
        holdsWhatIsRequired(asRow(action, table), `${action} ${table}`);
      }
    }
  });

  test("also what has no line: a new action is API Activity, a new table Entity Management", () => {
    expect(asEvent("plant.watered")).toMatchObject({
      class_uid: 6003,
      activity_id: 99,
      api: { operation: "plant.watered" },
    });
    expect(toldAs("insert", "app.plants")).toEqual(["entity_management", 1]);
    holdsWhatIsRequired(asEvent("plant.watered"), "fallback");
  });
});

describe("a line says", () => {
  test("who acted, from where, with what, and in which request", () => {
    const line = told(
      eventOf({
        action: "auth.login",
        actor_kind: "session",
        actor_id: person,
        credential_id: "01a21a81-565e-704e-9d93-236bb67d8a23",
        request_id: "r-1",
        ip: "198.51.100.7",
        user_agent: "curl/8",
        "detail.session": "01a21a81-565e-704e-9d93-236bb67d8a24",
      }),
    );
    expect(line).toMatchObject({
      class_uid: 3002,
      activity_name: "Logon",
      status_id: 1,
      actor: { user: { uid: person }, session: { uid: "01a21a81-565e-704e-9d93-236bb67d8a23" } },
      user: { uid: person },
      src_endpoint: { ip: "198.51.100.7" },
      http_request: { uid: "r-1", user_agent: "curl/8" },
      metadata: { event_code: "auth.login", correlation_uid: "r-1" },
    });
  });

  test("which request it was, and how it was answered", () => {
    const request = { action: "api.request", "detail.method": "POST" };
    expect(told(eventOf({ ...request, "detail.status": 200 }))).toMatchObject({
      class_uid: 6003,
      status_id: 1,
      http_request: { http_method: "POST" },
      http_response: { code: 200 },
    });
    expect(told(eventOf({ ...request, "detail.status": 403 }))).toMatchObject({ status_id: 2 });
  });

  test("that it failed, and how severe it is", () => {
    expect(asEvent("auth.login_failed")).toMatchObject({ status_id: 2, severity_id: 0 });
    for (const [place, severity] of ["informational", "low", "medium", "high", "critical"].entries()) {
      expect(told(eventOf({ action: "auth.login", severity }))).toMatchObject({ severity_id: place + 1 });
    }
  });

  test("what was changed, by the database's login where no person acted, and nothing of what was erased", () => {
    const line = told({
      ...eventOf({ action: "update", table_name: "app.roles", row_id: "r", "row.name": "clerk" }),
      salt: null,
      salts: {},
      commitments: { ip: "x", "new_row.permissions": "y" },
    });
    expect(line).toMatchObject({
      class_uid: 3004,
      activity_id: 3,
      entity: { uid: "r", type: "app.roles" },
      actor: { user: { name: "rowhouse_worker", type_id: 3 } },
      src_endpoint: { name: "rowhouse_worker" },
      unmapped: { old_row: { name: "clerk" }, new_row: { name: "clerk" } },
    });
    expect(line).not.toHaveProperty("http_request");
  });
});
