import { buffer } from "node:stream/consumers";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { moveVersions } from "../../src/documents/storage/move_versions.ts";
import { openS3 } from "../../src/documents/storage/s3.ts";
import { deleteObjects } from "../../src/jobs/delete_objects.ts";
import { eraseTenants } from "../../src/jobs/erase_tenants.ts";
import { jobs } from "../../src/jobs/jobs.ts";
import { exportTenant } from "../../src/tenants/export_tenant.ts";
import { importTenant } from "../../src/tenants/import_tenant.ts";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";
import { type SignUp, signUp } from "../support/people.ts";
import { type S3Double, startS3 } from "../support/s3/server.ts";
import { type Answer, startTestServer, type TestServer } from "../support/server.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let s3: S3Double;
let server: TestServer;
let without: TestServer;
let ann: SignUp;
let mia: SignUp;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase();
  s3 = await startS3();
  server = await startTestServer(database, { DOCUMENT_STORAGE: "s3", ...s3.env });
  without = await startTestServer(database);
  ann = await signUp(server, { tenant: { name: "Reading", slug: "reading" } });
  mia = await signUp(server, { tenant: { name: "Writing", slug: "writing" } });
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
});
beforeEach(async () => {
  await database.admin.query("delete from app.documents");
  await database.admin.query("delete from jobs.unkept_objects");
  s3.objects.clear();
  s3.seen.length = 0;
  s3.weather = {};
});
afterAll(async () => {
  await server.close();
  await without.close();
  await s3.close();
  await database.drop();
});

const context = () => jobContext(database, {}, openS3(s3.settings));
const rows = async (sql: string, ...values: unknown[]) => (await database.admin.query(sql, values)).rows;
const unkept = async (): Promise<string[]> =>
  (await rows("select object_key from jobs.unkept_objects order by created_at")).map((row) => row.object_key);
const makeDue = () =>
  database.admin.query("update jobs.unkept_objects set due_at = now() - interval '1 second'");
const versions = async (): Promise<number> => (await rows("select from app.document_versions")).length;

const bring = (content: string | Buffer, at = server, more: Record<string, string> = {}): Promise<Answer> =>
  at.request("POST", "/documents?name=leave.txt", {
    body: content as string,
    headers: { ...ann.headers, "Content-Type": "text/plain", ...more },
  });
const bringOne = async (content: string | Buffer): Promise<string> => {
  const { status, body } = await bring(content);
  expect(status, JSON.stringify(body)).toBe(201);
  return body.document.id;
};
const take = (id: string, who = ann, at = server) =>
  fetch(`${at.url}/documents/${id}/content`, { headers: who.headers });

describe("a document that is kept in object storage", () => {
  test("is as any other to its people: bytes, size, hash and ETag, and nobody else sees it", async () => {
    const content = Buffer.from("0123456789abcdef".repeat(2 ** 17 + 5));
    const id = await bringOne(content);
    const [version] = await rows("select object_key, sha256, size_bytes from app.document_versions");
    expect([...s3.objects.keys()]).toEqual([version!.object_key]);
    expect(version!.object_key).toMatch(new RegExp(`^${ann.login.tenant!.id}/[0-9a-f]{32}$`));
    expect(await rows("select from app.document_contents")).toEqual([]);
    expect(await unkept()).toEqual([]);

    const answer = await take(id);
    expect(answer.headers.get("ETag")).toBe(`"${version!.sha256}"`);
    expect(Number(answer.headers.get("Content-Length"))).toBe(content.length);
    expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
    const again = await server.get(`/documents/${id}/content`, {
      ...ann.headers,
      // Otherwise fetch asks everybody on the way to send it anew.
      "Cache-Control": "max-age=0",
      "If-None-Match": `"${version!.sha256}"`,
    });
    expect(again.status).toBe(304);
    expect((await take(id, mia)).status).toBe(404);
  });

  test("is replaced, and its earlier version is still there to be taken", async () => {
    const id = await bringOne("one");
    const answer = await server.request("PUT", `/documents/${id}/content?name=leave.txt`, {
      body: "two",
      headers: { ...ann.headers, "Content-Type": "text/plain" },
    });
    expect(answer.body.document.version).toBe(2);
    expect(await (await take(id)).text()).toBe("two");
    expect((await server.get(`/documents/${id}/content?version=1`, ann.headers)).body).toBe("one");
    expect(s3.objects.size).toBe(2);
  });

  test("is read by the job, and found", async () => {
    await bringOne("Everybody has thirty days of leave.");
    expect(await jobs.index_documents!(context())).toMatchObject({ ready: 1 });
    const found = await server.post(
      "/graphql",
      { query: '{ searchPassages(query: "days of leave") { nodes { content } } }' },
      ann.headers,
    );
    expect(found.body.data.searchPassages.nodes).toHaveLength(1);
  });

  test("is kept once with an Idempotency-Key, also if the storage failed the first time", async () => {
    const key = { "Idempotency-Key": "one-upload" };
    s3.weather = { down: ["PUT"] };
    expect((await bring("once", server, key)).body.code).toBe("storage_unavailable");
    s3.weather = {};
    const first = await bring("once", server, key);
    const second = await bring("once", server, key);
    expect([first.status, second.body.document.id]).toEqual([201, first.body.document.id]);
    expect(await versions()).toBe(1);
  });

  test("counts for what the company stores, and one too many is refused before a byte is stored", async () => {
    await database.admin.query("update app.tenants set storage_limit = 5 where id = $1", [
      ann.login.tenant!.id,
    ]);
    try {
      await bringOne("12345");
      s3.seen.length = 0;
      expect((await bring("6")).body.code).toBe("limit_reached");
      expect(s3.seen).toEqual([]);
    } finally {
      await database.admin.query("update app.tenants set storage_limit = null where id = $1", [
        ann.login.tenant!.id,
      ]);
    }
  });
});

describe("when the storage fails", () => {
  test("an upload is refused with a code of its own, and leaves nothing", async () => {
    s3.weather = { down: ["PUT"] };
    const answer = await bring("lost");
    expect([answer.status, answer.body.code, answer.headers.get("Retry-After")]).toEqual([
      503,
      "storage_unavailable",
      "5",
    ]);
    expect(JSON.stringify(answer.body)).not.toMatch(/127\.0\.0\.1|AKIA|SlowDown/);
    expect(await versions()).toBe(0);
    expect(await rows("select from app.documents")).toEqual([]);
  });

  test("a download is refused, or breaks off; another server that knows no storage says the same", async () => {
    const id = await bringOne("there");
    s3.weather = { down: ["GET"] };
    const answer = await take(id);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      503,
      "storage_unavailable",
    ]);
    const elsewhere = await take(id, ann, without);
    expect([elsewhere.status, ((await elsewhere.json()) as { code: string }).code]).toEqual([
      503,
      "storage_unavailable",
    ]);
  });

  test("a document waits to be read, uses up no try, and is read when the storage is back", async () => {
    const id = await bringOne("Thirty days.");
    s3.weather = { down: ["GET"] };
    for (let run = 0; run < 7; run += 1) {
      await database.admin.query("update app.documents set due_at = now() where id = $1", [id]);
      await expect(jobs.index_documents!(context())).rejects.toThrow(/storage/);
      expect(await rows("select status, tries from app.documents")).toEqual([{ status: "queued", tries: 0 }]);
    }
    s3.weather = {};
    await database.admin.query("update app.documents set due_at = now() where id = $1", [id]);
    expect(await jobs.index_documents!(context())).toMatchObject({ ready: 1 });
  });

  test("bytes that are others are not handed out as the document, and not read", async () => {
    const id = await bringOne("as it was brought");
    const [[key]] = [...s3.objects] as [[string, unknown]];
    s3.objects.set(key, { bytes: Buffer.from("as it was brouGht"), encryption: null });
    const answer = await take(id);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      500,
      "content_corrupt",
    ]);
    await expect(jobs.index_documents!(context())).rejects.toThrow(/other bytes/);
    expect(await rows("select status, failure from app.documents")).toEqual([
      { status: "failed", failure: "content_corrupt" },
    ]);

    const large = await bringOne(Buffer.alloc(3_000_000, "a"));
    const [other] = [...s3.objects.keys()].filter((one) => one !== key);
    s3.objects.set(other!, { bytes: Buffer.alloc(3_000_000, "b"), encryption: null });
    const half = await take(large);
    expect(half.status).toBe(200);
    await expect(half.arrayBuffer()).rejects.toThrow();
  });
});

describe("who may no longer read it", () => {
  test("gets no more of it, also in the middle", async () => {
    const id = await bringOne(Buffer.alloc(12_000_000, "a"));
    const answer = await take(id);
    const reader = answer.body!.getReader();
    await reader.read();
    await database.admin.query("update app.users set status = 'banned' where id = $1", [ann.login.user.id]);
    try {
      const rest = (async () => {
        for (let got = 0; ; ) {
          const { done, value } = await reader.read();
          if (done) return got;
          got += value.length;
        }
      })();
      await expect(rest).rejects.toThrow();
    } finally {
      await database.admin.query("update app.users set status = 'active' where id = $1", [ann.login.user.id]);
    }
  });
});

describe("no object is forgotten", () => {
  test("of an upload whose row was refused: it is swept", async () => {
    const answer = await server.request(
      "POST",
      "/documents?name=a.txt&visibility=team&teamId=00000000-0000-4000-8000-000000000000",
      {
        body: "for us",
        headers: { ...ann.headers, "Content-Type": "text/plain" },
      },
    );
    expect(answer.status).toBe(403);
    expect(s3.objects.size).toBe(1);
    expect(await unkept()).toEqual([...s3.objects.keys()]);
    expect(await deleteObjects(context())).toEqual({ deleted: 0 });
    await makeDue();
    expect(await deleteObjects(context())).toEqual({ deleted: 1 });
    expect([s3.objects.size, await unkept()]).toEqual([0, []]);
  });

  test("of a document that is deleted, with every version of it; that of another stays", async () => {
    const id = await bringOne("one");
    const other = await bringOne("other");
    await server.request("PUT", `/documents/${id}/content?name=leave.txt`, {
      body: "two",
      headers: { ...ann.headers, "Content-Type": "text/plain" },
    });
    const answer = await server.post(
      "/graphql",
      { query: `mutation { deleteDocument(input: { id: "${id}" }) { document { id } } }` },
      ann.headers,
    );
    expect(answer.body.errors).toBeUndefined();
    expect(await deleteObjects(context())).toEqual({ deleted: 2 });
    expect(s3.objects.size).toBe(1);
    expect(await (await take(other)).text()).toBe("other");
  });

  test("of a deletion that was rolled back: its document is read as before", async () => {
    const id = await bringOne("kept");
    const client = await database.admin.connect();
    await client.query("begin");
    await client.query("delete from app.documents where id = $1", [id]);
    await client.query("rollback");
    client.release();
    expect(await deleteObjects(context())).toEqual({ deleted: 0 });
    expect(await (await take(id)).text()).toBe("kept");
  });

  test("while the storage is away: it is tried again, later each time, and for as long as it takes", async () => {
    const id = await bringOne("one");
    await database.admin.query("delete from app.documents where id = $1", [id]);
    s3.weather = { down: ["DELETE"] };
    for (const [tries, minutes] of [
      [1, 1],
      [2, 4],
      [3, 9],
    ] as const) {
      await makeDue();
      await expect(deleteObjects(context())).rejects.toThrow(/storage/);
      expect(
        await rows(
          "select tries, failure, round(extract(epoch from due_at - now()) / 60)::int as minutes from jobs.unkept_objects",
        ),
      ).toEqual([{ tries, failure: "storage_unavailable", minutes }]);
    }
    await database.admin.query("update jobs.unkept_objects set tries = 1000");
    await makeDue();
    await expect(deleteObjects(jobContext(database))).rejects.toThrow(/not set/);
    s3.weather = {};
    await makeDue();
    expect(await deleteObjects(context())).toEqual({ deleted: 1 });
    expect(s3.objects.size).toBe(0);
  });

  test("by two workers at once: each takes others", async () => {
    for (let n = 0; n < 5; n += 1) await bringOne(`${n}`);
    await database.admin.query("delete from app.documents");
    const [one, two] = await Promise.all([deleteObjects(context()), deleteObjects(context())]);
    expect(Number(one.deleted) + Number(two.deleted)).toBe(5);
    expect(s3.seen.filter(({ method }) => method === "DELETE")).toHaveLength(5);
  });
});

describe("an object is taken by whom it was begun for, once, and not once it goes", () => {
  const begin = "select context.begin_object(10) as key";
  const create = `select id from context.create_stored_document('Notes', 'text/plain', $1, 10, repeat('0', 64))`;
  const begun = async (): Promise<string> =>
    (await actingAs(acme.member).rows<{ key: string }>(begin))[0]!.key;

  test("another company's is not there to be kept, whoever asks", async () => {
    const key = await begun();
    for (const somebody of [globex.member, globex.admin, globex.owner]) {
      await actingAs(somebody).expect(create, [key]).toBeRefused("RH404");
    }
    expect(await unkept()).toEqual([key]);
    await actingAs(acme.member).expect(create, [key]).toReach(1);
    expect(await unkept()).toEqual([]);
  });

  test("one that is kept already, one that is being deleted, and one that nobody began", async () => {
    const key = await begun();
    await actingAs(acme.member).expect(create, [key]).toReach(1);
    await actingAs(acme.member).expect(create, [key]).toBeRefused("RH404");
    const late = await begun();
    await makeDue();
    await actingAs(acme.member).expect(create, [late]).toBeRefused("RH404");
    const taken = await begun();
    await makeDue();
    await database.worker.query("select jobs.claim_objects()");
    await actingAs(acme.member).expect(create, [taken]).toBeRefused("RH404");
    await actingAs(acme.member)
      .expect(create, [`${acme.tenantId}/${"0".repeat(32)}`])
      .toBeRefused("RH404");
    expect(await versions()).toBe(1);
  });

  test("of two who keep it at once, one does", async () => {
    const key = await begun();
    const came = await Promise.all([0, 1].map(() => actingAs(acme.member).attempt(create, [key])));
    expect(came.filter((one) => "refusal" in one)).toHaveLength(1);
  });

  test("nobody begins one without chat, reads the queue, or says where a version is", async () => {
    await actingAs(acme.viewer).expect(begin).toBeRefused("RH403", "chat");
    await actingAs(acme.owner).expect("select from jobs.unkept_objects").toBeRefused("42501");
    await actingAs(acme.owner).expect("delete from jobs.unkept_objects").toBeRefused("42501");
    await actingAs(acme.owner)
      .expect("update app.document_versions set object_key = null")
      .toBeRefused("42501");
    for (const call of [
      "jobs.claim_objects()",
      "jobs.settle_objects('{}')",
      "jobs.version_to_move(true)",
      "jobs.begin_move(uuidv7())",
    ]) {
      await actingAs(acme.owner).expect(`select ${call}`).toBeRefused("42501");
    }
    await expect(database.admin.query("truncate jobs.unkept_objects")).rejects.toMatchObject({
      code: "RH405",
    });
  });

  test("no row of a company's names an object of another's, whoever writes it", async () => {
    const id = await bringOne("ours");
    await expect(
      database.admin.query(
        "update app.document_versions set object_key = $1 || '/' || repeat('0', 32) where document_id = $2",
        [globex.tenantId, id],
      ),
    ).rejects.toMatchObject({ code: "23514", constraint: "document_versions_object_key_check" });
  });
});

describe("what leaves takes its bytes along", () => {
  const home = async (): Promise<SignUp> =>
    signUp(server, { tenant: { name: "Leaving", slug: `leaving-${crypto.randomUUID().slice(0, 8)}` } });
  const bringAs = async (who: SignUp, content: string | Buffer, query = ""): Promise<string> => {
    const answer = await server.request("POST", `/documents?name=a.txt${query}`, {
      body: content as string,
      headers: { ...who.headers, "Content-Type": "text/plain" },
    });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    return answer.body.document.id;
  };

  test("an account's export has them, piece by piece", async () => {
    const content = Buffer.from("0123456789".repeat(20_000));
    const id = await bringAs(ann, content);
    await bringAs(mia, "somebody else's");
    const { body } = await server.get("/auth/account/export", ann.headers);
    const pieces = body.documentContents as {
      document: string;
      version: number;
      piece: number;
      base64: string;
    }[];
    expect(pieces.map(({ document, version, piece }) => [document, version, piece])).toEqual([
      [id, 1, 1],
      [id, 1, 2],
      [id, 1, 3],
      [id, 1, 4],
    ]);
    expect(Buffer.concat(pieces.map(({ base64 }) => Buffer.from(base64, "base64"))).equals(content)).toBe(
      true,
    );
    expect(JSON.stringify(body)).not.toContain("objectKey");
  });

  test("a tenant's archive has them as the database would, and is brought in where there is no storage", async () => {
    const content = Buffer.from("0123456789abcdef".repeat(2 ** 17 + 5));
    const id = await bringAs(mia, content);
    const away = await createDatabase();
    try {
      const client = new pg.Client({ connectionString: database.adminUrl });
      await client.connect();
      const lines: Buffer[] = [];
      const archive = exportTenant(client, mia.login.tenant!.id, () => {}, openS3(s3.settings));
      for await (const line of archive) lines.push(line);
      await expect(buffer(exportTenant(client, mia.login.tenant!.id))).rejects.toThrow(/not set/);
      await client.end();
      const there = new pg.Client({ connectionString: away.adminUrl });
      await there.connect();
      await importTenant(there, {
        async *read() {
          yield* lines;
        },
      });
      await there.end();
      const { rows: found } = await away.admin.query(
        "select object_key, (select string_agg(content, '' order by piece) from app.document_contents where document_id = $1) as content from app.document_versions where document_id = $1",
        [id],
      );
      expect(found[0].object_key).toBeNull();
      expect(found[0].content.equals(content)).toBe(true);
    } finally {
      await away.drop();
    }
  });

  test("an erased company's go, and its certificate counts them and waits until the last is gone", async () => {
    const leaver = await home();
    const kept = await bringOne("somebody else's");
    for (const content of ["one", "two", "three"]) await bringAs(leaver, content);
    const tenantId = leaver.login.tenant!.id;
    await database.admin.query("select auth.begin_erasure($1, 'they left')", [tenantId]);
    expect(await eraseTenants(context())).toMatchObject({ erased: 0 });
    expect(await rows("select from app.document_versions where tenant_id = $1", tenantId)).toEqual([]);
    expect(s3.objects.size).toBe(4);
    s3.weather = { down: ["DELETE"] };
    await expect(deleteObjects(context())).rejects.toThrow(/storage/);
    expect(await eraseTenants(context())).toMatchObject({ erased: 0 });
    expect(await rows("select from app.tenants where id = $1", tenantId)).toHaveLength(1);

    s3.weather = {};
    await makeDue();
    expect(await deleteObjects(context())).toEqual({ deleted: 3 });
    expect(await eraseTenants(context())).toMatchObject({ erased: 1 });
    const [certificate] = await rows(
      "select detail -> 'counts' as counts from audit.events where action = 'tenant.erased' and detail ->> 'tenant' = $1",
      tenantId,
    );
    expect(certificate!.counts).toMatchObject({ "app.document_versions": 3, objects: 3 });
    expect(s3.objects.size).toBe(1);
    expect(await (await take(kept)).text()).toBe("somebody else's");
  });

  test("an erased account's private ones go; what it brought for the company stays", async () => {
    const leaver = await home();
    await bringAs(leaver, "mine");
    await bringAs(leaver, "ours", "&visibility=tenant");
    // A company keeps an owner: this one is closed.
    await database.admin.query("update app.tenants set status = 'closed' where id = $1", [
      leaver.login.tenant!.id,
    ]);
    await database.admin.query(
      "insert into auth.deletions (user_id, asked_at, due_at) values ($1, now() - interval '2 days', now() - interval '1 day')",
      [leaver.login.user.id],
    );
    for (let step = "more"; step === "more"; ) {
      step = (await database.worker.query("select jobs.delete_account() as step")).rows[0].step;
      expect(["more", "deleted"]).toContain(step);
    }
    expect(await deleteObjects(context())).toEqual({ deleted: 1 });
    expect([...s3.objects.values()].map(({ bytes }) => bytes.toString())).toEqual(["ours"]);
  });
});

describe("an installation that moves its documents", () => {
  const move = (to: "s3" | "postgres") => moveVersions(database.worker, openS3(s3.settings), to);
  const content = Buffer.from("0123456789abcdef".repeat(2 ** 17 + 5));

  test("there and back again, has every byte in one place, and reads all of it all the time", async () => {
    const ids = [];
    for (const one of [content, "small"]) ids.push((await bring(one, without)).body.document.id);
    expect(s3.objects.size).toBe(0);
    expect(await move("s3")).toEqual({ moved: 2, left: 0 });
    expect(await rows("select from app.document_contents")).toEqual([]);
    expect([s3.objects.size, await unkept()]).toEqual([2, []]);
    expect(Buffer.from(await (await take(ids[0]!)).arrayBuffer()).equals(content)).toBe(true);
    expect(await move("s3")).toEqual({ moved: 0, left: 0 });

    expect(await move("postgres")).toEqual({ moved: 2, left: 0 });
    expect(Buffer.from(await (await take(ids[0]!, ann, without)).arrayBuffer()).equals(content)).toBe(true);
    expect(await (await take(ids[1]!, ann, without)).text()).toBe("small");
    await makeDue();
    expect(await deleteObjects(context())).toEqual({ deleted: 2 });
    expect(s3.objects.size).toBe(0);
  });

  test("and is broken off goes on with what is left, and leaves no copy behind", async () => {
    for (let n = 0; n < 3; n += 1) await bring(`${n}`, without);
    const storage = openS3(s3.settings);
    let puts = 0;
    const breaking = {
      ...storage,
      async put(...args: Parameters<typeof storage.put>) {
        await storage.put(...args);
        puts += 1;
        if (puts === 2) throw new Error("the machine is switched off");
      },
    };
    await expect(moveVersions(database.worker, breaking, "s3")).rejects.toThrow("switched off");
    expect(await rows("select from app.document_versions where object_key is not null")).toHaveLength(1);
    expect(await move("s3")).toEqual({ moved: 2, left: 0 });
    expect(s3.objects.size).toBe(4);
    await makeDue();
    expect(await deleteObjects(context())).toEqual({ deleted: 1 });
    expect(s3.objects.size).toBe(3);
  });

  test("twice at once moves each version once", async () => {
    for (let n = 0; n < 4; n += 1) await bring(`${n}`, without);
    await Promise.all([move("s3"), move("s3")]);
    expect(await rows("select from app.document_versions where object_key is not null")).toHaveLength(4);
    await makeDue();
    await deleteObjects(context());
    expect(s3.objects.size).toBe(4);
  });

  test("leaves where it is what has other bytes, and says so", async () => {
    await bringOne("right");
    await bringOne("right as well");
    const [key] = s3.objects.keys();
    s3.objects.set(key!, { bytes: Buffer.from("wrong"), encryption: null });
    const said: string[] = [];
    const told = { onFailure: (version: string, why: string) => said.push(`${version} ${why}`) };
    expect(await moveVersions(database.worker, openS3(s3.settings), "postgres", told)).toEqual({
      moved: 1,
      left: 1,
    });
    expect(said).toEqual([expect.stringMatching(/ other bytes than were brought$/)]);
    expect(await rows("select object_key from app.document_versions where object_key is not null")).toEqual([
      { object_key: key },
    ]);
  });
});
