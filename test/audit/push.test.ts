import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { keyVerifier } from "../../src/audit/audit_key.ts";
import { databaseKeys } from "../../src/audit/database_tree.ts";
import { pushDue } from "../../src/audit/push/push_due.ts";
import { openStreams, type Streams } from "../../src/audit/push/streams.ts";
import type { SyslogOptions } from "../../src/audit/push/syslog.ts";
import { masterKeys } from "../../src/auth/encryption.ts";
import { pushAudit } from "../../src/jobs/push_audit.ts";
import { openEgress } from "../../src/webhooks/egress.ts";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../support/database.ts";
import { exported, problemsIn } from "../support/exporting.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { jobContext } from "../support/jobs.ts";
import { createMember, createTenant, type Tenant } from "../support/people.ts";
import { type Received, type Receiver, startReceiver } from "../support/receiver.ts";
import { seal, unguarded } from "../support/sealing.ts";
import { type SyslogReceiver, startSyslogReceiver } from "../support/syslog_receiver.ts";

let database: TestDatabase;
let api: GraphQLHouse;
let actingAs: ReturnType<typeof actors>;
let receiver: Receiver;
/** A new one for each test. */
let tenant: Tenant;

beforeAll(async () => {
  database = await createDatabase();
  api = await startGraphQL(database);
  actingAs = actors(database.app);
});
afterAll(async () => {
  await api.close();
  await database.drop();
});
beforeEach(async () => {
  receiver = await startReceiver();
  tenant = await createTenant(database);
});
afterEach(async () => {
  await receiver.close();
  await database.admin.query("delete from app.audit_streams");
});

const CREATE = `mutation ($input: CreateAuditStreamInput!) {
  createAuditStream(input: $input) { secret auditStream { id kind format lastIndex active } }
}`;

interface Made {
  readonly id: string;
  readonly secret: string;
}

async function make(input: object = {}, of = tenant): Promise<Made> {
  const { data, errors } = await api.ask(of.owner, CREATE, { input: { url: receiver.url, ...input } });
  expect(errors).toEqual([]);
  const { secret, auditStream } = data.createAuditStream;
  return { secret, id: auditStream.id };
}

const rename = (times: number, of = tenant) =>
  database.admin.query(
    `do $$ begin for turn in 1 .. ${times} loop update app.tenants set name = 'Rockets ' || turn where id = '${of.tenantId}'; end loop; end $$`,
  );
async function sealed(): Promise<void> {
  await seal(database);
  await seal(database);
}

const keys = masterKeys({ masterKey: testMasterKey, previousMasterKey: null });
const reach = { internal: true, ports: [] };
const run = (
  given: { streams?: Partial<Streams>; syslog?: Partial<SyslogOptions>; internal?: boolean } = {},
) =>
  pushDue({
    streams: { ...openStreams(database.worker), ...given.streams },
    egress: openEgress({ ...reach, internal: given.internal ?? true, patience: 2_000 }),
    syslog: { ...reach, plain: false, patience: 4_000, ...given.syslog },
    keys,
    most: 20_000,
  });

const stream = async (of = tenant) =>
  (
    await database.admin.query(
      `select active, disabled_reason, last_index::integer, failures, failure, response_status, lent_until is null as free,
         failing_since is not null as failing, extract(epoch from next_attempt_at - now())::float as wait
       from app.audit_streams where tenant_id = $1`,
      [of.tenantId],
    )
  ).rows[0];
const hasten = () => database.admin.query("update app.audit_streams set next_attempt_at = now()");
const size = async (of = tenant): Promise<number> =>
  Number(
    (await database.admin.query("select signed_size from audit.trees where tenant_id = $1", [of.tenantId]))
      .rows[0].signed_size,
  );
const bodies = (received: readonly Received[] = receiver.received) =>
  received.map(({ body }) => JSON.parse(body) as Pushed);
interface Pushed {
  readonly tenant: string;
  readonly first: number;
  readonly last: number;
  readonly size: number;
  readonly events: readonly {
    readonly metadata: { readonly sequence: number; readonly tenant_uid: string };
  }[];
}
/** The leaves that came, in the order in which they did. */
const sequences = (received?: readonly Received[]): number[] =>
  bodies(received).flatMap(({ events }) => events.map(({ metadata }) => metadata.sequence));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe("a webhook is sent the sealed trail", () => {
  test("in order and whole, signed as Standard Webhooks has it, with the sequence in the header and the body", async () => {
    const { secret } = await make();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    await rename(300);
    await sealed();
    expect(await pushAudit(jobContext(database))).toEqual({ pushed: await size(), failed: 0 });
    expect(sequences()).toEqual(upTo(await size()));
    for (const [place, { headers, body }] of receiver.received.entries()) {
      const told = new Webhook(secret).verify(body, headers as Record<string, string>) as Pushed;
      expect(told).toMatchObject({
        type: "audit.events",
        tenant: tenant.tenantId,
        format: "ocsf",
        size: await size(),
      });
      expect(headers["audit-sequence"]).toBe(`${told.first}-${told.last}`);
      expect(headers["webhook-id"]).toMatch(new RegExp(`_${told.first}_${told.last}$`));
      expect(told.events).toHaveLength(told.last - told.first + 1);
      expect(told.first).toBe(place === 0 ? 0 : bodies()[place - 1]!.last + 1);
    }
    // What was sent is what an export would have had, and verifies as such.
    const lines = receiver.received.flatMap(({ body }) =>
      (JSON.parse(body) as Pushed).events.map((event) => `${JSON.stringify(event)}\n`),
    );
    const client = await database.admin.connect();
    const trusted = (await databaseKeys(client)).map(keyVerifier);
    client.release();
    const proof = await exported(database, tenant.tenantId, "proof");
    expect(await problemsIn(lines.join(""), trusted, proof)).toEqual([]);
    // Nothing waits, and sending made nothing that would.
    await sealed();
    expect(await run()).toEqual({ pushed: 0, failed: 0 });
  });

  test("as the leaves of our own exports, and from a leaf on, where that is asked for", async () => {
    await rename(10);
    await sealed();
    await make({ format: "JSONL", after: "4" });
    await sealed();
    await run();
    const [told] = bodies();
    expect(told).toMatchObject({ format: "jsonl", first: 5 });
    expect(told!.events[0]).toEqual({ index: 5, salt: expect.any(String), fields: expect.any(Object) });
  });

  test("and of no other company", async () => {
    const other = await createTenant(database);
    const elsewhere = await startReceiver();
    try {
      await make();
      await make({ url: elsewhere.url }, other);
      await rename(5);
      await rename(5, other);
      await sealed();
      await run();
      for (const [of, received] of [
        [tenant, receiver.received],
        [other, elsewhere.received],
      ] as const) {
        expect(sequences(received)).toEqual(upTo(await size(of)));
        const named = bodies(received).flatMap(({ events }) =>
          events.map(({ metadata }) => metadata.tenant_uid),
        );
        expect(new Set(named)).toEqual(new Set([of.tenantId]));
      }
    } finally {
      await elsewhere.close();
    }
  });

  test("only as far as it is signed", async () => {
    await make();
    await sealed();
    await run();
    const before = await size();
    await rename(3);
    await database.admin.query(
      "select audit.seal(2000, pg_snapshot_xmax(pg_current_snapshot())::text::bigint::text::xid8)",
    );
    expect(await run()).toEqual({ pushed: 0, failed: 0 });
    expect(sequences()).toEqual(upTo(before));
  });

  test("one whose month was dropped is told as missing, so that no index is left out", async () => {
    await make();
    await rename(3);
    await sealed();
    await unguarded(
      database,
      `delete from audit.events where tenant_id = '${tenant.tenantId}' and id = (
         select event_id from audit.leaves where tenant_id = '${tenant.tenantId}' and index = 1)`,
    );
    await run();
    const [told] = bodies();
    expect(told!.events[1]).toEqual({ index: 1, id: expect.any(String), missing: true });
    expect(told!.events).toHaveLength(await size());
  });
});

describe("a receiver that fails", () => {
  test("is sent the same again, and then what follows: nothing is left out", async () => {
    await make();
    await rename(300);
    await sealed();
    const outcomes = [204, 503, 204];
    receiver.answer = () => ({ status: outcomes.shift() ?? 204 });
    expect(await run()).toMatchObject({ failed: 1 });
    const broken = await stream();
    expect(broken).toMatchObject({
      failures: 1,
      failure: "status",
      response_status: 503,
      failing: true,
      free: true,
    });
    expect(broken.wait).toBeGreaterThan(3);
    expect(broken.last_index).toBe(bodies()[0]!.last);
    // Not before its time.
    expect(await run()).toEqual({ pushed: 0, failed: 0 });
    await hasten();
    expect(await run()).toMatchObject({ failed: 0 });
    const [, refused, again] = receiver.received;
    expect(again!.headers["webhook-id"]).toBe(refused!.headers["webhook-id"]);
    const taken = receiver.received.filter((_, place) => place !== 1);
    expect(sequences(taken)).toEqual(upTo(await size()));
    expect(await stream()).toMatchObject({
      failures: 0,
      failure: null,
      failing: false,
      last_index: (await size()) - 1,
    });
  });

  test("is sent again what a worker had in hand that was killed: twice, with the same index, and none left out", async () => {
    await make();
    await rename(300);
    await sealed();
    // It died after the receiver took it, and before it could write that down.
    const dies = run({ streams: { settle: () => Promise.reject(new Error("killed")) } });
    await expect(dies).rejects.toThrow("killed");
    expect(receiver.received).toHaveLength(1);
    expect(await stream()).toMatchObject({ last_index: -1, free: false });
    // Nobody else has it before the loan is over.
    expect(await run()).toEqual({ pushed: 0, failed: 0 });
    await database.admin.query("update app.audit_streams set lent_until = now()");
    await run();
    const [first, again] = bodies();
    expect([again!.first, again!.last]).toEqual([first!.first, first!.last]);
    expect(sequences(receiver.received.slice(1))).toEqual(upTo(await size()));
  });

  test("is not settled by a worker that comes back too late", async () => {
    await make();
    await rename(3);
    await sealed();
    const streams = openStreams(database.worker);
    const late = (await streams.claim())!;
    await database.admin.query("update app.audit_streams set lent_until = now()");
    await run();
    const reached = await stream();
    expect(await streams.settle(late, late.lentUntil, 0, { status: 500, failure: "status" })).toBeNull();
    expect(await streams.leaves(late, late.lentUntil, -1)).toEqual([]);
    await streams.release(late, late.lentUntil);
    expect(await stream()).toEqual({ ...reached, wait: expect.any(Number) });
  });

  test("and says 410 is switched off: the trail says so, its owners are told, and it resumes where it was", async () => {
    const { id } = await make();
    await rename(3);
    await sealed();
    receiver.answer = () => ({ status: 410 });
    await run();
    expect(await stream()).toMatchObject({ active: false, disabled_reason: "gone", last_index: -1 });
    const { rows: events } = await database.admin.query(
      "select actor_kind, detail from audit.events where action = 'audit.push_stopped' and tenant_id = $1",
      [tenant.tenantId],
    );
    expect(events).toMatchObject([
      { actor_kind: "system", detail: { stream: id, reason: "gone", last_index: -1 } },
    ]);
    const { rows: mails } = await database.admin.query(
      "select from auth.mails where template = 'audit_stream_disabled' and recipient = $1",
      [tenant.owner.email],
    );
    expect(mails).toHaveLength(1);
    receiver.answer = () => ({ status: 204 });
    await hasten();
    expect(await run()).toEqual({ pushed: 0, failed: 0 });
    const { errors } = await api.ask(
      tenant.owner,
      `mutation { updateAuditStream(input: {id: "${id}", patch: {active: true}}) { auditStream { active disabledReason } } }`,
    );
    expect(errors).toEqual([]);
    await sealed();
    await run();
    expect(sequences(receiver.received.slice(1))).toEqual(upTo(await size()));
  });

  test("for five days is switched off, and not before", async () => {
    await make();
    await sealed();
    receiver.answer = () => ({ status: 503 });
    await run();
    for (const [failing, active] of [
      ["4 days 23 hours", true],
      ["5 days 1 hour", false],
    ] as const) {
      await database.admin.query(
        "update app.audit_streams set next_attempt_at = now(), failing_since = now() - $1::interval",
        [failing],
      );
      await run();
      expect(await stream()).toMatchObject({ active, disabled_reason: active ? null : "failing" });
    }
  });

  test("because it is inside of our network is never called", async () => {
    await make();
    await sealed();
    expect(await run({ internal: false })).toEqual({ pushed: 0, failed: 1 });
    expect(receiver.received).toEqual([]);
    expect(await stream()).toMatchObject({ failure: "address", response_status: null });
  });

  test("because its secret cannot be decrypted any more gets nothing unsigned", async () => {
    await make();
    await sealed();
    await database.admin.query("update auth.webhook_secrets set secret = 'v1.AAAA.AAAA.AAAA'");
    expect(await run()).toEqual({ pushed: 0, failed: 1 });
    expect(receiver.received).toEqual([]);
    expect(await stream()).toMatchObject({ failure: "secret" });
  });

  test("and is slow keeps no other waiting", async () => {
    const slow = await startReceiver();
    slow.answer = () => "never";
    const other = await createTenant(database);
    try {
      await make({ url: slow.url });
      await make({}, other);
      await sealed();
      expect(await run()).toEqual({ pushed: await size(other), failed: 1 });
      expect(sequences()).toEqual(upTo(await size(other)));
      expect(await stream()).toMatchObject({ failure: "timeout" });
    } finally {
      await slow.close();
    }
  });
});

describe("a stream is the company's", () => {
  test("and goes on when who made it reads the trail no more, who then neither sees nor changes it", async () => {
    await database.admin.query(
      "insert into app.roles (tenant_id, name, permissions) values ($1, 'auditor', '{manage_tenant,view_audit}')",
      [tenant.tenantId],
    );
    const maker = await createMember(database, { tenant, role: "auditor" });
    const { errors } = await api.ask(maker, CREATE, { input: { url: receiver.url } });
    expect(errors).toEqual([]);
    await database.admin.query(
      "update app.roles set permissions = '{manage_tenant}' where tenant_id = $1 and name = 'auditor'",
      [tenant.tenantId],
    );
    await sealed();
    await run();
    expect(sequences()).toEqual(upTo(await size()));
    await actingAs(maker).expect("select from app.audit_streams").toReach(0);
    await actingAs(maker)
      .expect("update app.audit_streams set active = false")
      .toBeRefused("RH403", "view_audit");
    await actingAs(tenant.owner).expect("update app.audit_streams set active = false").toReach(1);
  });

  test("and while the company is suspended nothing is sent; then it goes on", async () => {
    await make();
    await sealed();
    await run();
    const before = await size();
    await database.admin.query("update app.tenants set status = 'suspended' where id = $1", [
      tenant.tenantId,
    ]);
    await sealed();
    expect(await run()).toEqual({ pushed: 0, failed: 0 });
    await database.admin.query("update app.tenants set status = 'active' where id = $1", [tenant.tenantId]);
    await sealed();
    await run();
    expect(await size()).toBeGreaterThan(before);
    expect(sequences()).toEqual(upTo(await size()));
  });

  test("and is sent anew from where somebody sets it back to, which the trail keeps; how far it comes is no event", async () => {
    const { id } = await make();
    await rename(5);
    await sealed();
    await run();
    const reached = await size();
    const { errors } = await api.ask(
      tenant.owner,
      `mutation { updateAuditStream(input: {id: "${id}", patch: {lastIndex: "1"}}) { auditStream { lastIndex } } }`,
    );
    expect(errors).toEqual([]);
    await run();
    expect(sequences()).toEqual([...upTo(reached), ...upTo(reached).slice(2)]);
    const { rows } = await database.admin.query(
      "select action, new_row ->> 'last_index' as at from audit.events where tenant_id = $1 and table_name = 'app.audit_streams' order by id",
      [tenant.tenantId],
    );
    expect(rows).toEqual([
      { action: "insert", at: "-1" },
      { action: "update", at: "1" },
    ]);
  });
});

test("a stream that came from another database begins with the first leaf of this one's tree", async () => {
  const { rows } = await database.admin.query(
    "insert into app.audit_streams (tenant_id, url, last_index) values ($1, $2, 123456) returning last_index",
    [tenant.tenantId, receiver.url],
  );
  expect(rows).toEqual([{ last_index: "-1" }]);
});

describe("syslog", () => {
  let syslog: SyslogReceiver;
  beforeEach(async () => {
    syslog = await startSyslogReceiver();
  });
  afterEach(() => syslog.close());
  const resolve = () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
  const over = (given: Partial<SyslogOptions> = {}) => run({ syslog: { ca: syslog.ca, resolve, ...given } });

  test("is sent every leaf as RFC 5424 over TLS, framed by its length, with its sequence", async () => {
    await make({ url: `syslogs://logs.example:${syslog.port}` });
    await rename(300);
    await database.admin.query("update app.tenants set name = 'Räder €' where id = $1", [tenant.tenantId]);
    await sealed();
    expect(await over()).toEqual({ pushed: await size(), failed: 0 });
    expect(syslog.messages.map(({ sequence }) => sequence - 1)).toEqual(upTo(await size()));
    const last = syslog.messages.at(-1)!;
    expect(last).toMatchObject({ facility: 13, app: "rowhouse", id: "update" });
    expect(JSON.parse(last.text)).toMatchObject({
      metadata: { sequence: (await size()) - 1, tenant_uid: tenant.tenantId },
      unmapped: { new_row: { name: "Räder €" } },
    });
    expect(await stream()).toMatchObject({ last_index: (await size()) - 1, failures: 0 });
  });

  test("that breaks off took nothing, and is sent it again", async () => {
    await make({ url: `syslogs://logs.example:${syslog.port}` });
    await rename(300);
    await sealed();
    let calls = 0;
    syslog.answer = () => (++calls === 2 ? "break" : "read");
    await over();
    expect(await stream()).toMatchObject({ failures: 1, failure: "connection" });
    await hasten();
    await over();
    const seen = syslog.messages.map(({ sequence }) => sequence - 1);
    expect([...new Set(seen)]).toEqual(upTo(await size()));
  });

  test("whose certificate nobody vouches for, or is another's, is sent nothing", async () => {
    await make({ url: `syslogs://other.example:${syslog.port}` });
    await sealed();
    for (const given of [{}, { ca: undefined as never }]) {
      expect(await over(given)).toEqual({ pushed: 0, failed: 1 });
      expect(await stream()).toMatchObject({ failure: "tls" });
      await hasten();
    }
    expect(syslog.messages).toEqual([]);
  });

  test("without encryption is sent nothing, unless the operator says that it may", async () => {
    const plain = await startSyslogReceiver(false);
    try {
      await make({ url: `syslog://127.0.0.1:${plain.port}` });
      await sealed();
      expect(await over()).toEqual({ pushed: 0, failed: 1 });
      expect(await stream()).toMatchObject({ failure: "address" });
      await hasten();
      expect(await over({ plain: true })).toEqual({ pushed: await size(), failed: 0 });
      expect(plain.messages).toHaveLength(await size());
    } finally {
      await plain.close();
    }
  });

  test("inside of our network, or at a port that is none of its own, is never called", async () => {
    await make({ url: `syslogs://logs.example:${syslog.port}` });
    await make({ url: "syslogs://logs.example" });
    await sealed();
    expect(await over({ internal: false })).toEqual({ pushed: 0, failed: 2 });
    const { rows } = await database.admin.query("select distinct failure from app.audit_streams");
    expect(rows).toEqual([{ failure: "address" }]);
  });
});
