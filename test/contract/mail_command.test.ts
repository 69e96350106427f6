import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { rowhouse } from "../support/command_line.ts";
import { commandSettings, createDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createDatabase();
  folder = mkdtempSync(join(tmpdir(), "rowhouse-mail-"));
});
afterEach(() => database.admin.query("delete from auth.mails"));
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

const mail = (...args: string[]) => rowhouse(["mail", ...args], folder, commandSettings(database));

async function mailThatIs(state: "pending" | "sent" | "dead"): Promise<string> {
  const id = randomUUID();
  await database.admin.query(
    `insert into auth.mails (id, template, recipient, locale, secret, state, attempts, last_error, settled_at)
     values ($1, 'sign_in', 'ann@example.com', 'en', case $2 when 'sent' then null else 'sealed' end, $2, 3,
       E'no such mailbox\\nand more', case $2 when 'pending' then null else now() end)`,
    [id, state],
  );
  return id;
}
const states = async () =>
  (await database.admin.query("select id, state, attempts from auth.mails order by created_at, id")).rows;

test("mail list shows what was not sent, and nothing secret", async () => {
  expect(await mail("list")).toMatchObject({ code: 0, out: "every mail was sent\n" });
  const [dead, pending, sent] = [
    await mailThatIs("dead"),
    await mailThatIs("pending"),
    await mailThatIs("sent"),
  ];
  const { code, out } = await mail("list");
  expect(code).toBe(0);
  expect(out).toMatch(/^id +mail +to +state +attempts +next attempt +last error\n/);
  expect(out).toMatch(new RegExp(`^${dead} +sign_in +ann@example\\.com +dead +3 +no such mailbox$`, "m"));
  expect(out).toMatch(new RegExp(`^${pending} .* pending +3 +\\S+Z +no such mailbox$`, "m"));
  expect(out).not.toContain(sent);
  const json = (await mail("list", "--format", "json")).out;
  expect(JSON.parse(json)).toHaveLength(2);
  expect(json).not.toContain("sealed");
});

test("mail retry gives back all attempts to the mail that is named, or to all that are dead", async () => {
  const one = await mailThatIs("dead");
  expect(await mail("retry", one)).toMatchObject({ code: 0, out: `mail ${one} is tried again\n` });
  expect(await states()).toEqual([{ id: one, state: "pending", attempts: 0 }]);
  const other = await mailThatIs("dead");
  expect(await mail("retry", "--dead")).toMatchObject({ code: 0, out: `mail ${other} is tried again\n` });
  expect(await mail("retry", "--dead")).toMatchObject({ code: 0, out: "no mail was given up\n" });
});

test("mail retry leaves alone what was sent or waits, and says so", async () => {
  const [pending, sent] = [await mailThatIs("pending"), await mailThatIs("sent")];
  const before = await states();
  for (const id of [pending, sent, randomUUID()]) {
    expect(await mail("retry", id)).toMatchObject({ code: 1, err: expect.stringContaining("was given up") });
  }
  expect(await states()).toEqual(before);
});

test("mail that is misused says how it is used", async () => {
  for (const args of [[], ["send"], ["retry"], ["retry", "7"], ["list", "all"]]) {
    expect((await mail(...args)).code, args.join(" ")).toBe(2);
  }
});
