import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { SMTPServer } from "smtp-server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { mailedToken } from "../support/people.ts";
import { eventually, readable, startTestServer } from "../support/server.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const person = { name: "Ann" };
const password = "correct horse battery staple";

interface Received {
  from: string;
  to: string[];
  text: string;
}

async function startSmtp(accept: boolean) {
  const mails: Received[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["AUTH", "STARTTLS"],
    onRcptTo(_address, _session, done) {
      done(accept ? null : Object.assign(new Error("no such mailbox"), { responseCode: 550 }));
    },
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
        const text = readable(Buffer.concat(chunks).toString());
        mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), text });
        done();
      });
    },
  });
  smtp.listen(0, "127.0.0.1");
  await once(smtp.server, "listening");
  const { port } = smtp.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    stop: () => new Promise<void>((done) => smtp.close(() => done())),
  };
}

describe("mail", () => {
  test("goes to SMTP_URL, to one recipient, and its link works", async () => {
    const smtp = await startSmtp(true);
    const server = await startTestServer(database, {
      SMTP_URL: smtp.url,
      MAIL_FROM: "Row <row@rowhouse.test>",
    });
    try {
      await server.post("/auth/register", { ...person, email: "smtp@example.com" });
      const mail = await eventually(() => smtp.mails[0]);
      expect(mail).toMatchObject({ from: "row@rowhouse.test", to: ["smtp@example.com"] });
      const token = /https:\/\/chat\.rowhouse\.test\/auth\/email\/verify#token=([\w-]{43})\s/.exec(
        mail.text,
      )?.[1];
      expect((await server.post("/auth/email/verify", { token, password })).status).toBe(204);
      // Where mail is really sent, the log must not have the link.
      expect(JSON.stringify(server.log)).not.toContain(token);
    } finally {
      await server.close();
      await smtp.stop();
    }
  });

  test("that is refused is logged once, and the answer is the same", async () => {
    const smtp = await startSmtp(false);
    const server = await startTestServer(database, { SMTP_URL: smtp.url });
    try {
      const requestId = crypto.randomUUID();
      const answer = await server.post(
        "/auth/register",
        { ...person, email: "refused@example.com" },
        { "X-Request-Id": requestId },
      );
      expect(answer.status).toBe(202);
      const line = await eventually(() =>
        server.log.find(({ msg }) => msg.startsWith("a mail could not be sent;")),
      );
      expect(line).toMatchObject({ requestId });
    } finally {
      await server.close();
      await smtp.stop();
    }
  });

  test("under way is finished before the server stops", async () => {
    const smtp = await startSmtp(true);
    const server = await startTestServer(database, { SMTP_URL: smtp.url });
    await server.post("/auth/register", { ...person, email: "last@example.com" });
    await server.close();
    expect(smtp.mails).toHaveLength(1);
    await smtp.stop();
  });

  test("goes to files that only we can read, with the link in the log, where there is no SMTP_URL", async () => {
    const server = await startTestServer(database);
    try {
      await server.post("/auth/register", { ...person, email: "file@example.com" });
      const token = await mailedToken(server, "file@example.com");
      const folder = join(server.config.stateDir, "mail");
      const [file] = readdirSync(folder);
      expect(file).toMatch(/\.eml$/);
      expect(statSync(join(folder, file!)).mode & 0o077).toBe(0);
      const line = await eventually(() => server.log.find(({ link }) => link !== undefined));
      expect(line.link).toBe(`https://chat.rowhouse.test/auth/email/verify#token=${token}`);
    } finally {
      await server.close();
    }
  });

  test("in production keeps its link out of the log all the same", async () => {
    const server = await startTestServer(database, { NODE_ENV: "production" });
    try {
      await server.post("/auth/register", { ...person, email: "quiet@example.com" });
      const token = await mailedToken(server, "quiet@example.com");
      await eventually(() => server.log.find(({ file }) => file !== undefined));
      expect(JSON.stringify(server.log)).not.toContain(token);
    } finally {
      await server.close();
    }
  });

  test("is limited to three an hour for one address", async () => {
    const server = await startTestServer(database);
    try {
      for (let n = 0; n < 5; n++) {
        const answer = await server.post("/auth/register", { ...person, email: "often@example.com" });
        expect(answer.status).toBe(202);
      }
    } finally {
      const written = server.mails;
      await eventually(() => written().length === 3);
      await server.close();
    }
  });

  test("that a silent mail server does not take keeps nobody waiting for longer than ten seconds, and stays", async () => {
    const silent = createServer((socket) => socket.on("error", () => {})).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const server = await startTestServer(database, { SMTP_URL: `smtp://127.0.0.1:${port}` });
    for (let n = 0; n < 20; n++) {
      const answer = await server.post("/auth/register", { ...person, email: `silent.${n}@example.com` });
      expect(answer.status).toBe(202);
    }
    await server.close();
    silent.close();
    const { rows } = await database.admin.query(
      "select state, count(*)::int as count from auth.mails where recipient like 'silent.%' group by 1",
    );
    expect(rows).toEqual([{ state: "pending", count: 20 }]);
    await database.admin.query("delete from auth.mails");
  });
});
