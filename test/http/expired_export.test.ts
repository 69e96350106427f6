import { afterAll, beforeAll, expect, test } from "vitest";
import { keyVerifier } from "../../src/audit/audit_key.ts";
import { databaseKeys } from "../../src/audit/database_tree.ts";
import type { Verifier } from "../../src/audit/note.ts";
import { expireAudit } from "../../src/jobs/expire_audit.ts";
import { type Chat, type Headers, startChat } from "../support/chatting.ts";
import { exported, problemsIn } from "../support/exporting.ts";
import { jobContext } from "../support/jobs.ts";
import { happened, keepFor, monthsAgo } from "../support/old_events.ts";
import { seal, unguarded } from "../support/sealing.ts";

let chat: Chat;
let admin: Headers;
let keys: Verifier[];

// A trail of a year and a half, of which 300 leaves and more are over: a whole tile, and a part of the next.
beforeAll(async () => {
  chat = await startChat(null);
  const { database } = chat;
  const { tenantId } = chat.acme;
  await database.admin.query("select audit.create_partition($1)", [monthsAgo(17)]);
  await unguarded(
    database,
    `update audit.events set at = '${monthsAgo(17)}'::timestamp at time zone 'UTC' + (at - date_trunc('day', at)) where tenant_id = '${tenantId}'`,
  );
  await happened(database, tenantId, 16, 300);
  await happened(database, tenantId, 3, 300);
  await seal(database);
  await keepFor(database, tenantId, 12);
  for (let turn = 0; turn < 6; turn += 1) {
    await expireAudit(jobContext(database));
    await seal(database);
  }
  admin = await chat.headersOf(chat.acme.admin);
  const client = await database.admin.connect();
  keys = (await databaseKeys(client)).map(keyVerifier);
  client.release();
});
afterAll(() => chat.close());

const text = async (query: string): Promise<string> =>
  (await fetch(`${chat.server.url}/audit/export${query}`, { headers: admin })).text();
const removed = async (): Promise<number> =>
  Number(
    (
      await chat.database.admin.query("select removed_size from audit.trees where tenant_id = $1", [
        chat.acme.tenantId,
      ])
    ).rows[0].removed_size,
  );
/** A text without the lines that hold something. */
const without = (whole: string, what: string): string =>
  whole
    .split("\n")
    .filter((line) => !line.includes(what))
    .join("\n");

test.each(["jsonl", "csv", "ocsf"] as const)(
  "as %s, a trail of which months are over verifies by the leaf that vouches for them, and without it does not",
  async (format) => {
    expect(await removed()).toBeGreaterThan(300);
    const whole = await text(`?format=${format}`);
    const proof = await text("?format=proof");
    expect(await problemsIn(whole, keys, proof)).toEqual([]);
    const missing = format === "jsonl" ? "event_missing" : "leaf_missing";
    expect((await problemsIn(without(whole, "audit.expired"), keys, proof))[0]).toEqual([missing, 0]);
    // The first that is left: what is over ends before it.
    const first = format === "csv" ? `${await removed()},` : `"index":${await removed()},`;
    const cut =
      format === "csv"
        ? whole.replace(new RegExp(`\\n${first}[^\\n]*`), "")
        : without(whole, first.replaceAll('"', format === "ocsf" ? '\\"' : '"'));
    expect(cut.length).toBeLessThan(whole.length);
    expect(await problemsIn(cut, keys, proof)).toEqual([[missing, await removed()]]);
  },
);

test("what is left is written as the command writes it, byte for byte, and behind a leaf too", async () => {
  const tenant = chat.acme.tenantId;
  for (const format of ["jsonl", "csv", "ocsf", "proof"] as const) {
    expect(await text(`?format=${format}`), format).toBe(await exported(chat.database, tenant, format));
  }
  const after = (await removed()) + 10;
  for (const format of ["jsonl", "csv"] as const) {
    expect(await text(`?format=${format}&after=${after}`)).toBe(
      await exported(chat.database, tenant, format, { after }),
    );
  }
});
