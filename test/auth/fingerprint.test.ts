import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createTenant, type Tenant } from "../support/people.ts";

let database: TestDatabase;
let actingAs: ReturnType<typeof actors>;
let tenant: Tenant;
beforeAll(async () => {
  database = await createDatabase();
  actingAs = actors(database.app);
});
beforeEach(async () => {
  tenant = await createTenant(database);
});
afterAll(() => database.drop());

const windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)";
const chrome = (version: number) =>
  `${windows} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`;
const firefox = (version: number, platform = "Windows NT 10.0; Win64; x64") =>
  `Mozilla/5.0 (${platform}; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`;

/** What the owner's session began with. */
const began = (userAgent: string | null, ip = "192.0.2.1") =>
  database.admin.query("update auth.sessions set user_agent = $2, ip = $3 where id = $1", [
    tenant.owner.sessionId,
    userAgent,
    ip,
  ]);
const bind = (settings: string) =>
  actingAs(tenant.owner).expect(`update app.tenants set ${settings}`).toReach(1);
const from = (user_agent: string, ip = "192.0.2.1") =>
  actingAs({ ...tenant.owner, facts: { user_agent, ip } }).expect("select 1");
const refused = ["RH401", "fingerprint_mismatch"] as const;

test.each([
  [chrome(140), "Chrome on Windows"],
  [`${chrome(140)} Edg/140.0.0.0`, "Edge on Windows"],
  [`${chrome(139)} OPR/124.0.0.0`, "Opera on Windows"],
  [`${chrome(139)} Vivaldi/7.5`, "Vivaldi on Windows"],
  [firefox(141), "Firefox on Windows"],
  [firefox(141, "X11; Linux x86_64"), "Firefox on Linux"],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "Safari on macOS",
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Safari on iOS",
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/138.0 Mobile/15E148 Safari/604.1",
    "Chrome on iOS",
  ],
  [
    "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/141.0 Mobile/15E148 Safari/605.1.15",
    "Firefox on iOS",
  ],
  [
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36",
    "Chrome on Android",
  ],
  [
    "Mozilla/5.0 (Linux; Android 15; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    "Samsung Internet on Android",
  ],
  [
    "Mozilla/5.0 (X11; CrOS x86_64 16181.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
    "Chrome on ChromeOS",
  ],
  ["Mozilla/5.0 (compatible; Something)", "A browser"],
  ["curl/8.14.1", "curl"],
  ["node", "node"],
  ["AcmeChat/4.2 (iPhone; iOS 18.5; Scale/3.00)", "AcmeChat on iOS"],
  ["<script>alert(1)</script>", "A program"],
  ["", "A program"],
])("%s is %s", async (userAgent, device) => {
  const { rows } = await database.admin.query("select context.device($1) as device", [userAgent]);
  expect(rows).toEqual([{ device }]);
});

describe("a session of a company that binds by family, as they all do at first,", () => {
  test("is good after the browser updated itself", async () => {
    await began(chrome(138));
    for (const version of [138, 139, 150]) await from(chrome(version)).toReach(1);
  });

  test("is good in no other browser, on no other platform, in no program", async () => {
    await began(firefox(141));
    for (const other of [chrome(141), firefox(141, "X11; Linux x86_64"), "curl/8", ""]) {
      await from(other).toBeRefused(...refused);
    }
    await actingAs(tenant.owner)
      .expect("select 1")
      .toBeRefused(...refused);
    await from(firefox(142)).toReach(1);
  });

  test("is good in every network", async () => {
    await began(firefox(141));
    await from(firefox(141), "198.51.100.7").toReach(1);
  });

  test("that was begun by something without a name is good everywhere", async () => {
    await began(null);
    await from("curl/8").toReach(1);
  });
});

describe("a session of a company that binds otherwise", () => {
  test("exact: is good with the very same text only, so an update signs out", async () => {
    await began(chrome(138));
    await actingAs({ ...tenant.owner, facts: { user_agent: chrome(138) } })
      .expect("update app.tenants set fingerprint = 'exact'")
      .toReach(1);
    await from(chrome(138)).toReach(1);
    await from(chrome(139)).toBeRefused(...refused);
  });

  test("off: is good in every browser", async () => {
    await bind("fingerprint = 'off'");
    await began(chrome(138));
    for (const other of ["curl/8", firefox(141), ""]) await from(other).toReach(1);
  });

  test.each([
    ["192.0.2.1", "192.0.2.250", "192.0.3.1"],
    ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"],
  ])("by network too: from %s it is good from %s, not from %s", async (home, near, far) => {
    await bind("fingerprint = 'off', fingerprint_network = true");
    await began(chrome(138), home);
    await from(chrome(138), near).toReach(1);
    await from(chrome(138), far).toBeRefused(...refused);
    await actingAs({ ...tenant.owner, facts: {} })
      .expect("select 1")
      .toBeRefused(...refused);
  });
});

describe("how sessions are bound", () => {
  test("is for who manages the company to say, in words that are known, and the trail keeps it", async () => {
    await actingAs(tenant.owner).expect("update app.tenants set fingerprint = 'none'").toBeRefused("23514");
    await bind("fingerprint = 'exact', fingerprint_network = true");
    const { rows } = await database.admin.query(
      `select old_row ->> 'fingerprint' as before, new_row ->> 'fingerprint' as after, actor_id from audit.events
       where table_name = 'app.tenants' and action = 'update' and tenant_id = $1`,
      [tenant.tenantId],
    );
    expect(rows).toEqual([{ before: "family", after: "exact", actor_id: tenant.owner.userId }]);
  });

  test("is another company's business nowhere else", async () => {
    const other = await createTenant(database);
    await bind("fingerprint = 'off'");
    await database.admin.query("update auth.sessions set user_agent = 'Firefox/1' where id = $1", [
      other.owner.sessionId,
    ]);
    await actingAs({ ...other.owner, facts: { user_agent: "curl/8" } })
      .expect("select 1")
      .toBeRefused(...refused);
  });
});
