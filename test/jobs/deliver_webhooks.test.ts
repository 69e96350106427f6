import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { masterKeys } from "../../src/auth/encryption.ts";
import { deliverWebhooks } from "../../src/jobs/deliver_webhooks.ts";
import { expireWebhooks } from "../../src/jobs/expire_webhooks.ts";
import { jobs } from "../../src/jobs/jobs.ts";
import { startWorker } from "../../src/jobs/worker.ts";
import { createLog } from "../../src/log.ts";
import { deliverDue } from "../../src/webhooks/deliver.ts";
import { type Egress, openEgress } from "../../src/webhooks/egress.ts";
import { openWebhookQueue, type WebhookQueue } from "../../src/webhooks/queue.ts";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { jobContext } from "../support/jobs.ts";
import { createTenant, type Tenant } from "../support/people.ts";
import { type Received, type Receiver, startReceiver } from "../support/receiver.ts";

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
  await database.admin.query("delete from app.webhook_endpoints");
});

const CREATE = `mutation ($input: CreateWebhookEndpointInput!) {
  createWebhookEndpoint(input: $input) { secret webhookEndpoint { id } }
}`;

interface Subscribed {
  readonly id: string;
  readonly secret: string;
}

async function subscribe(events: string[] = ["role.created"], url = receiver.url): Promise<Subscribed> {
  const { data, errors } = await api.ask(tenant.owner, CREATE, { input: { url, events } });
  expect(errors).toEqual([]);
  return { secret: data.createWebhookEndpoint.secret, id: data.createWebhookEndpoint.webhookEndpoint.id };
}

/** Roles are made by the owner, each in a transaction of its own. */
async function makeRoles(...names: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const name of names) {
    const [role] = await actingAs(tenant.owner).rows<{ id: string }>(
      "insert into app.roles (name, permissions) values ($1, '{}') returning id",
      [name],
    );
    ids.push(role!.id);
  }
  return ids;
}

const keys = masterKeys({ masterKey: testMasterKey, previousMasterKey: null });
const egress = openEgress({ internal: true, ports: [], patience: 2_000 });
const run = (given: { queue?: Partial<WebhookQueue>; egress?: Egress } = {}) =>
  deliverDue({
    queue: { ...openWebhookQueue(database.worker), ...given.queue },
    egress: given.egress ?? egress,
    keys,
    most: 10_000,
  });

interface Delivery {
  readonly id: string;
  readonly type: string;
  readonly sequence: number | null;
  readonly state: string;
  readonly attempts: number;
  readonly response_status: number | null;
  readonly failure: string | null;
  readonly wait: number | null;
}

async function deliveries(): Promise<Delivery[]> {
  const { rows } = await database.admin.query<Delivery>(
    `select id, type, sequence, state, attempts, response_status, failure,
       extract(epoch from next_attempt_at - now())::float as wait
     from app.webhook_deliveries where tenant_id = $1 order by id`,
    [tenant.tenantId],
  );
  return rows;
}

/** What waits is due now. */
const hasten = () =>
  database.admin.query("update app.webhook_deliveries set next_attempt_at = now() where state = 'pending'");

const endpoint = async () =>
  (await database.admin.query("select * from app.webhook_endpoints where tenant_id = $1", [tenant.tenantId]))
    .rows[0];

const sequences = (received: readonly Received[]): number[] =>
  received.map(({ body }) => JSON.parse(body).sequence);

describe("an event", () => {
  test("is sent as Standard Webhooks has it: signed, with ids only", async () => {
    const { secret } = await subscribe();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const [role] = await makeRoles("clerk");
    expect(await deliverWebhooks(jobContext(database))).toEqual({ delivered: 1, retried: 0, dead: 0 });

    const [{ headers, body }] = receiver.received as [Received];
    const payload = new Webhook(secret).verify(body, headers as Record<string, string>);
    const [delivery] = await deliveries();
    expect(payload).toEqual({
      type: "role.created",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      sequence: 1,
      data: { role_id: role },
    });
    expect(headers).toMatchObject({
      "webhook-id": `msg_${delivery!.id}`,
      "content-type": "application/json",
    });
    expect(delivery).toMatchObject({
      state: "delivered",
      attempts: 1,
      response_status: 204,
      failure: null,
      wait: null,
    });
    expect(() => new Webhook(secret).verify(`${body} `, headers as Record<string, string>)).toThrow();
  });

  test("that was rolled back is never told, and leaves no gap", async () => {
    await subscribe();
    await actingAs(tenant.owner)
      .inVain()
      .rows("insert into app.roles (name, permissions) values ('never', '{}')");
    await makeRoles("one", "two");
    await run();
    expect(sequences(receiver.received)).toEqual([1, 2]);
    expect(await deliveries()).toHaveLength(2);
  });

  test("goes to each endpoint that subscribed to it, each with a count of its own", async () => {
    await subscribe(["role.created"]);
    await subscribe(["role.created", "role.deleted"]);
    await subscribe(["tenant.updated"]);
    const [role] = await makeRoles("one");
    await actingAs(tenant.owner).rows("delete from app.roles where id = $1", [role]);
    await run();
    expect(sequences(receiver.received).sort()).toEqual([1, 1, 2]);
  });

  test("is sent in the order of its sequence, also by several workers at once", async () => {
    await subscribe();
    await makeRoles(...Array.from({ length: 23 }, (_, n) => `role ${n}`));
    await Promise.all([run(), run(), run()]);
    expect(sequences(receiver.received)).toEqual(Array.from({ length: 23 }, (_, n) => n + 1));
    expect((await endpoint()).last_sequence).toBe(23);
  });

  test("waits while its endpoint is off, and is sent once that is on", async () => {
    await subscribe();
    await makeRoles("one");
    await actingAs(tenant.owner).rows("update app.webhook_endpoints set active = false");
    await makeRoles("unheard");
    expect(await run()).toEqual({ delivered: 0, retried: 0, dead: 0 });
    await actingAs(tenant.owner).rows("update app.webhook_endpoints set active = true");
    expect(await run()).toEqual({ delivered: 1, retried: 0, dead: 0 });
  });

  test("costs a look into the outbox as much as there are endpoints, not as much as waits for them", async () => {
    await subscribe();
    await makeRoles("one");
    await actingAs(tenant.owner).rows("update app.webhook_endpoints set active = false");
    const client = await database.admin.connect();
    try {
      const read = async () => {
        await client.query("select pg_stat_force_next_flush()");
        const { rows } = await client.query(
          `select (sum(idx_tup_read) + (select seq_tup_read from pg_stat_all_tables where relid = 'app.webhook_deliveries'::regclass))::int as read
           from pg_stat_all_indexes where relid = 'app.webhook_deliveries'::regclass`,
        );
        return rows[0].read as number;
      };
      // What other sessions read before may be counted meanwhile, which only adds: the least of a few looks is what one costs.
      const look = async () => {
        await client.query("vacuum (analyze) app.webhook_deliveries");
        const looks: number[] = [];
        for (let n = 0; n < 5; n++) {
          const before = await read();
          expect((await client.query("select jobs.webhooks_due() as due")).rows).toEqual([{ due: false }]);
          looks.push((await read()) - before);
        }
        return Math.min(...looks);
      };
      const few = await look();
      await client.query(
        `insert into app.webhook_deliveries (tenant_id, endpoint_id, type, data)
         select tenant_id, id, 'role.created', '{}' from app.webhook_endpoints, generate_series(1, 5000)
         where tenant_id = $1`,
        [tenant.tenantId],
      );
      // Rows that went are met until a vacuum may forget them: as many before as after.
      expect((await look()) - few).toBeLessThan(50);
    } finally {
      client.release(true);
    }
  });

  test("of a tenant that is suspended waits", async () => {
    await subscribe();
    await makeRoles("one");
    await database.admin.query("update app.tenants set status = 'suspended' where id = $1", [
      tenant.tenantId,
    ]);
    expect(await run()).toEqual({ delivered: 0, retried: 0, dead: 0 });
    await database.admin.query("update app.tenants set status = 'active' where id = $1", [tenant.tenantId]);
    expect(await run()).toEqual({ delivered: 1, retried: 0, dead: 0 });
  });
});

describe("a process that dies", () => {
  test("between sending and settling: the event is sent again, with the same id and sequence", async () => {
    await subscribe();
    await makeRoles("one");
    const dies = run({ queue: { settle: () => Promise.reject(new Error("killed")) } });
    await expect(dies).rejects.toThrow("killed");
    expect(await run()).toEqual({ delivered: 0, retried: 0, dead: 0 });
    await database.admin.query("update app.webhook_endpoints set lent_until = now()");
    expect(await run()).toEqual({ delivered: 1, retried: 0, dead: 0 });

    const [first, second] = receiver.received;
    expect(receiver.received).toHaveLength(2);
    expect(second!.headers["webhook-id"]).toBe(first!.headers["webhook-id"]);
    expect(second!.body).toBe(first!.body);
    expect(await deliveries()).toMatchObject([{ state: "delivered", attempts: 2 }]);
  });

  test("and comes back too late settles nothing that somebody else has in hand", async () => {
    await subscribe();
    await makeRoles("one");
    const queue = openWebhookQueue(database.worker);
    const late = (await queue.claim())!;
    await database.admin.query("update app.webhook_endpoints set lent_until = now()");
    const mine = (await queue.claim())!;
    expect(await queue.settle(late, late.events[0]!, 204, null)).toBeNull();
    expect(await deliveries()).toMatchObject([{ state: "pending" }]);
    expect(await queue.settle(mine, mine.events[0]!, 204, null)).toBe("delivered");
    expect(await queue.settle(mine, mine.events[0]!, null, "timeout")).toBeNull();
    await queue.release(late);
    expect((await endpoint()).lent_until).not.toBeNull();
    await queue.release(mine);
    expect((await endpoint()).lent_until).toBeNull();
    expect(await deliveries()).toMatchObject([{ state: "delivered", response_status: 204 }]);
  });
});

describe("an endpoint that does not take an event", () => {
  test("gets it again after 5 seconds, 5 minutes, … a day, ten times in all; then it is a dead letter", async () => {
    await subscribe();
    await makeRoles("one");
    receiver.answer = () => ({ status: 500 });
    const pauses = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
    for (const [place, pause] of pauses.entries()) {
      expect(await run()).toEqual({ delivered: 0, retried: 1, dead: 0 });
      const [one] = await deliveries();
      expect(one).toMatchObject({
        state: "pending",
        attempts: place + 1,
        response_status: 500,
        failure: "status",
      });
      expect(one!.wait).toBeGreaterThan(pause - 5);
      expect(one!.wait).toBeLessThan(pause * 1.1 + 1);
      expect(await run()).toEqual({ delivered: 0, retried: 0, dead: 0 });
      await hasten();
    }
    expect(await run()).toEqual({ delivered: 0, retried: 0, dead: 1 });
    expect(await deliveries()).toMatchObject([{ state: "dead", attempts: 10, wait: null }]);
    expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(await endpoint()).toMatchObject({ active: true, failing_since: expect.any(Date) });
  });

  test("hears of later ones meanwhile, and the one that it missed keeps its number", async () => {
    await subscribe();
    const [bad] = await makeRoles("bad", "good");
    receiver.answer = ({ body }) => ({ status: body.includes(bad!) ? 500 : 200 });
    await run();
    receiver.answer = () => ({ status: 200 });
    await hasten();
    await run();
    expect(sequences(receiver.received)).toEqual([1, 2, 1]);
    expect((await endpoint()).failing_since).toBeNull();
  });

  test("and says 410 is switched off, and what waits for it is dead; its owners are told", async () => {
    await subscribe();
    await makeRoles("one", "two");
    receiver.answer = () => ({ status: 410 });
    await run();
    expect(receiver.received).toHaveLength(1);
    expect(await endpoint()).toMatchObject({ active: false, disabled_reason: "gone" });
    expect(await deliveries()).toMatchObject([
      { state: "dead", response_status: 410, failure: "status" },
      { state: "dead", failure: "disabled" },
    ]);
    const { rows } = await database.admin.query(
      "select recipient from auth.mails where template = 'webhook_disabled' and recipient = $1",
      [tenant.owner.email],
    );
    expect(rows).toHaveLength(1);
    await makeRoles("three");
    expect(await deliveries()).toHaveLength(2);
  });

  test("for five days is switched off when an event dies, and not before", async () => {
    await subscribe();
    await makeRoles("one");
    receiver.answer = () => ({ status: 503 });
    await run();
    for (const [failing, active] of [
      ["4 days 23 hours", true],
      ["5 days 1 hour", false],
    ] as const) {
      await database.admin.query(
        `update app.webhook_deliveries set attempts = 9, state = 'pending', settled_at = null, next_attempt_at = now()`,
      );
      await database.admin.query("update app.webhook_endpoints set failing_since = now() - $1::interval", [
        failing,
      ]);
      expect(await run()).toEqual({ delivered: 0, retried: 0, dead: 1 });
      expect(await endpoint()).toMatchObject({ active, disabled_reason: active ? null : "failing" });
    }
    // Somebody mended it: it begins anew.
    await actingAs(tenant.owner).rows("update app.webhook_endpoints set active = true");
    expect(await endpoint()).toMatchObject({ active: true, disabled_reason: null, failing_since: null });
  });

  test("because its secret cannot be decrypted any more gets nothing unsigned", async () => {
    await subscribe();
    await makeRoles("one");
    await database.admin.query("update auth.webhook_secrets set secret = 'v1.AAAA.AAAA.AAAA'");
    expect(await run()).toEqual({ delivered: 0, retried: 1, dead: 0 });
    expect(receiver.received).toEqual([]);
    expect(await deliveries()).toMatchObject([{ failure: "secret" }]);
  });

  test("because it is inside of our network is never called", async () => {
    await subscribe();
    await makeRoles("one");
    await run({ egress: openEgress({ internal: false, ports: [443] }) });
    expect(receiver.received).toEqual([]);
    expect(await deliveries()).toMatchObject([
      { state: "pending", failure: "address", response_status: null },
    ]);
  });

  test("and is slow keeps no other waiting", async () => {
    const slow = await startReceiver();
    slow.answer = () => "never";
    try {
      await subscribe(["role.created"], slow.url);
      await subscribe();
      await makeRoles("one");
      const began = performance.now();
      const running = run();
      await expect.poll(() => receiver.received.length).toBe(1);
      expect(performance.now() - began).toBeLessThan(2_000);
      expect(await running).toEqual({ delivered: 1, retried: 1, dead: 0 });
    } finally {
      await slow.close();
    }
  });
});

describe("a dead letter", () => {
  test("is sent again by hand, with its id and sequence", async () => {
    await subscribe();
    await makeRoles("one");
    receiver.answer = () => ({ status: 500 });
    await database.admin.query("update app.webhook_deliveries set attempts = 9");
    await run();
    const [dead] = await deliveries();
    expect(dead).toMatchObject({ state: "dead" });
    const seen = await api.ask(
      tenant.owner,
      "{ webhookDeliveries(filter: {state: {equalTo: DEAD}}) { nodes { id failure responseStatus endpoint { url } } } }",
    );
    expect(seen.data.webhookDeliveries.nodes).toEqual([
      { id: dead!.id, failure: "STATUS", responseStatus: 500, endpoint: { url: receiver.url } },
    ]);

    receiver.answer = () => ({ status: 200 });
    const again = await api.ask(
      tenant.owner,
      `mutation { resendWebhookDelivery(input: {id: "${dead!.id}"}) { webhookDelivery { state attempts sequence } } }`,
    );
    expect(again.data.resendWebhookDelivery.webhookDelivery).toEqual({
      state: "PENDING",
      attempts: 0,
      sequence: 1,
    });
    expect(await run()).toEqual({ delivered: 1, retried: 0, dead: 0 });
    expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"]))).toEqual(
      new Set([`msg_${dead!.id}`]),
    );
    expect(sequences(receiver.received)).toEqual([1, 1]);
    const { rows } = await database.admin.query(
      "select actor_id, detail from audit.events where action = 'webhook.resent' and tenant_id = $1",
      [tenant.tenantId],
    );
    expect(rows).toEqual([{ actor_id: tenant.owner.userId, detail: { delivery_id: dead!.id } }]);
  });
});

describe("a test event", () => {
  const test_ = (id: string) =>
    api.ask(
      tenant.owner,
      `mutation { sendTestEvent(input: {endpointId: "${id}"}) { webhookDelivery { id type state } } }`,
    );

  test("reaches an endpoint that subscribed to nothing, and one that is off, once", async () => {
    const { id, secret } = await subscribe([]);
    await actingAs(tenant.owner).rows("update app.webhook_endpoints set active = false");
    const first = await test_(id);
    expect(first.data.sendTestEvent.webhookDelivery).toMatchObject({
      type: "webhook.test",
      state: "PENDING",
    });
    // While one waits there is no other.
    expect((await test_(id)).data).toEqual(first.data);
    receiver.answer = () => ({ status: 500 });
    expect(await run()).toEqual({ delivered: 0, retried: 0, dead: 1 });
    const [{ headers, body }] = receiver.received as [Received];
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
      type: "webhook.test",
      data: { endpoint_id: id },
    });
  });
});

describe("a secret that is replaced", () => {
  const rotate = async (id: string, overlap: string): Promise<string> => {
    const { data, errors } = await api.ask(
      tenant.owner,
      `mutation { rotateWebhookSecret(input: {id: "${id}"${overlap}}) { secret webhookEndpoint { id } } }`,
    );
    expect(errors).toEqual([]);
    return data.rotateWebhookSecret.secret;
  };
  const verifies = (secret: string, { body, headers }: Received): boolean => {
    try {
      return Boolean(new Webhook(secret).verify(body, headers as Record<string, string>));
    } catch {
      return false;
    }
  };

  test("signs beside the new one for a day, or for as long as is said", async () => {
    const { id, secret: first } = await subscribe();
    const second = await rotate(id, "");
    await makeRoles("one");
    await run();
    expect(receiver.received[0]!.headers["webhook-signature"]).toMatch(/^v1,\S+ v1,\S+$/);
    expect([first, second].map((secret) => verifies(secret, receiver.received[0]!))).toEqual([true, true]);

    const third = await rotate(id, ", overlap: 0");
    await makeRoles("two");
    await run();
    expect([first, second, third].map((secret) => verifies(secret, receiver.received[1]!))).toEqual([
      false,
      false,
      true,
    ]);
    const { rows } = await database.admin.query(
      "select count(*)::int from auth.webhook_secrets where endpoint_id = $1",
      [id],
    );
    expect(rows).toEqual([{ count: 3 }]);
    await expireWebhooks(jobContext(database));
    const left = await database.admin.query(
      "select expires_at from auth.webhook_secrets where endpoint_id = $1",
      [id],
    );
    expect(left.rows).toEqual([{ expires_at: null }]);
  });
});

test("events are forgotten after thirty days, whatever became of them", async () => {
  await subscribe();
  await makeRoles("one", "two");
  await database.admin.query(
    "update app.webhook_deliveries set created_at = now() - interval '30 days' where id = (select min(id::text)::uuid from app.webhook_deliveries)",
  );
  expect(await expireWebhooks(jobContext(database))).toEqual({ forgotten: 1 });
  expect(await expireWebhooks(jobContext(database))).toEqual({ forgotten: 0 });
  expect(await deliveries()).toHaveLength(1);
});

test("a worker sends by itself what happens, within seconds", async () => {
  await subscribe();
  const worker = await startWorker({
    connectionString: database.workerUrl,
    config: jobContext(database).config,
    log: createLog({ logLevel: "silent", logFormat: "json" }),
    jobs: { deliver_webhooks: jobs.deliver_webhooks! },
  });
  try {
    await makeRoles("one");
    await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(1);
  } finally {
    await worker.stop();
  }
});
