import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { encrypt, masterKeys } from "../../src/auth/encryption.ts";
import type { Message } from "../../src/mail/compose.ts";
import { type Mailer, openMailer } from "../../src/mail/mailer.ts";
import { openMailQueue } from "../../src/mail/queue.ts";
import { createMetrics } from "../../src/metrics.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../support/database.ts";

let database: TestDatabase;
const metrics = createMetrics();
beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(() => database.admin.query("delete from auth.mails"));
afterAll(async () => {
  metrics.close();
  await database.drop();
});

const keys = masterKeys({ masterKey: testMasterKey, previousMasterKey: null });

/** A mailer whose mail server does as it is told: a stand-in, because a real one does not fail on demand. */
function mailerWith(send: (message: Message, id: string) => Promise<void>): Mailer {
  return openMailer({
    queue: openMailQueue(database.auth),
    transport: { send, close: () => {} },
    keys,
    publicUrl: "https://chat.rowhouse.test",
    log: pino({ level: "silent" }),
    metrics,
  });
}

/** Lets a mailer look into the queue once, and finish. */
async function deliver(send: (message: Message, id: string) => Promise<void>): Promise<void> {
  const mailer = mailerWith(send);
  mailer.wake();
  await mailer.close();
}

async function queued(recipient = "ann@example.com", locale = "en"): Promise<string> {
  const id = randomUUID();
  const secret = encrypt(keys, JSON.stringify({ token: "the-token", code: "123456" }), `mail ${id}`);
  await database.admin.query(
    "insert into auth.mails (id, template, recipient, locale, secret) values ($1, 'sign_in', $2, $3, $4)",
    [id, recipient, locale, secret],
  );
  return id;
}

async function mails() {
  const { rows } = await database.admin.query(
    `select state, attempts, secret is not null as secret, last_error,
       round(extract(epoch from next_attempt_at - now()))::int as waits
     from auth.mails order by created_at, id`,
  );
  return rows;
}
const unreachable = async (): Promise<void> => {
  throw new Error("connect ECONNREFUSED");
};
const dueNow = () => database.admin.query("update auth.mails set next_attempt_at = now()");

describe("a mail in the queue", () => {
  test("is sent once, and forgets its secret", async () => {
    const id = await queued();
    const sent: [Message, string][] = [];
    for (let n = 0; n < 2; n++) await deliver(async (message, mail) => void sent.push([message, mail]));
    expect(sent).toHaveLength(1);
    expect(sent[0]![1]).toBe(id);
    expect(sent[0]![0]).toMatchObject({
      to: "ann@example.com",
      subject: "Your link to sign in",
      link: "https://chat.rowhouse.test/auth/link#token=the-token",
    });
    expect(await mails()).toMatchObject([{ state: "sent", attempts: 1, secret: false }]);
  });

  test("that cannot be sent is tried again, each time four times as late, and is dead after ten tries", async () => {
    await queued();
    const waits = [];
    for (let n = 0; n < 10; n++) {
      await deliver(unreachable);
      const [mail] = await mails();
      expect(mail).toMatchObject({ attempts: n + 1, secret: true, last_error: "connect ECONNREFUSED" });
      expect(mail.state).toBe(n < 9 ? "pending" : "dead");
      waits.push(mail.waits);
      // Not before its time.
      await deliver(async () => expect.unreachable());
      await dueNow();
    }
    for (const [n, wait] of [10, 40, 160, 640, 2560, 10_240, 21_600, 21_600, 21_600].entries()) {
      expect(waits[n]).toBeGreaterThan(wait - 10);
      expect(waits[n]).toBeLessThanOrEqual(wait);
    }
    await deliver(async () => expect.unreachable());
    const page = await metrics.page();
    expect(page).toMatch(/^rowhouse_mails_total\{template="sign_in",outcome="retried"\} 9$/m);
    expect(page).toMatch(/^rowhouse_mails_total\{template="sign_in",outcome="dead"\} 1$/m);
  });

  test("that the mail server refuses for good is dead at once, and one by hand gives it another chance", async () => {
    const id = await queued();
    await deliver(async () => {
      throw Object.assign(new Error("550 no such mailbox"), { responseCode: 550 });
    });
    expect(await mails()).toMatchObject([{ state: "dead", attempts: 1, secret: true }]);
    await database.worker.query("select jobs.retry_mail($1)", [id]);
    await deliver(async () => {});
    expect(await mails()).toMatchObject([{ state: "sent", secret: false }]);
  });

  test("that the mail server puts off is tried again", async () => {
    await queued();
    await deliver(async () => {
      throw Object.assign(new Error("451 greylisted"), { responseCode: 451 });
    });
    expect(await mails()).toMatchObject([{ state: "pending", last_error: "451 greylisted" }]);
  });

  test("whose process died with it is somebody else's two minutes later, and nobody's before", async () => {
    await queued();
    // The process that claimed it is gone, and settles nothing.
    expect(await openMailQueue(database.auth).claim(10)).toHaveLength(1);
    await deliver(async () => expect.unreachable());
    await database.admin.query(
      "update auth.mails set next_attempt_at = next_attempt_at - interval '2 minutes'",
    );
    const sent: string[] = [];
    await deliver(async ({ to }) => void sent.push(to));
    expect(sent).toEqual(["ann@example.com"]);
  });

  test("goes to one of several processes that look at once", async () => {
    const wanted = await Promise.all(Array.from({ length: 30 }, (_, n) => queued(`ann.${n}@example.com`)));
    const sent: string[] = [];
    await Promise.all([1, 2, 3].map(() => deliver(async (_message, id) => void sent.push(id))));
    expect(sent.toSorted()).toEqual(wanted.toSorted());
  });

  test("that another one is broken beside does not wait for it", async () => {
    await queued("broken@example.com");
    await database.admin.query("update auth.mails set secret = 'v1.rubbish'");
    await queued("whole@example.com");
    const sent: string[] = [];
    await deliver(async ({ to }) => void sent.push(to));
    expect(sent).toEqual(["whole@example.com"]);
    expect(await mails()).toMatchObject([{ state: "pending" }, { state: "sent" }]);
  });

  test("is nothing that another row's secret opens", async () => {
    const [one, other] = [await queued("one@example.com"), await queued("other@example.com")];
    await database.admin.query(
      "update auth.mails set secret = (select secret from auth.mails where id = $1) where id = $2",
      [one, other],
    );
    const sent: string[] = [];
    await deliver(async ({ to }) => void sent.push(to));
    expect(sent).toEqual(["one@example.com"]);
  });

  test("is in the transaction of what it tells of: rolled back, there is none", async () => {
    const client = await database.auth.connect();
    try {
      await client.query("begin");
      await client.query(
        "select auth.request_mail('sign_in', 'ann@example.com', $1, $1, $1, gen_random_uuid(), 'x', 'en', '{}')",
        [Buffer.alloc(32, 1)],
      );
      await client.query("rollback");
    } finally {
      client.release();
    }
    expect(await mails()).toEqual([]);
  });

  test("can be put there, read or claimed by nobody who serves requests to GraphQL or runs jobs", async () => {
    for (const pool of [database.app, database.worker]) {
      for (const sql of [
        "select from auth.mails",
        "select from auth.claim_mails(1)",
        "select from auth.mail_tokens",
      ]) {
        await expect(pool.query(sql), sql).rejects.toMatchObject({ code: "42501" });
      }
    }
    await expect(database.auth.query("select from auth.mails")).rejects.toMatchObject({ code: "42501" });
    await expect(
      database.auth.query(
        "select auth.queue_mail(gen_random_uuid(), 'sign_in', 'a@b.example', 'en', null, '{}')",
      ),
    ).rejects.toMatchObject({ code: "42501" });
  });
});
