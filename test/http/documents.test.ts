import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { docx, paragraph } from "../support/files/docx.ts";
import { type SignUp, signUp } from "../support/people.ts";
import { type Answer, eventually, startTestServer, type TestServer } from "../support/server.ts";

/** A folder for temporary files that nobody else of this machine uses. */
const outer = process.env.TMPDIR;
const folder = mkdtempSync(join(tmpdir(), "rowhouse-uploads-"));

let database: TestDatabase;
let server: TestServer;
let ada: SignUp;
let mel: SignUp;
let mia: SignUp;

/** Bytes of a file at most: more than the network between two holds, so that a server waits for its reader. */
const MOST = 16 * 2 ** 20;

beforeAll(async () => {
  database = await createDatabase();
  process.env.TMPDIR = folder;
  server = await startTestServer(database, { DOCUMENT_MAX_BYTES: String(MOST) });
  ada = await signUp(server, { tenant: { name: "Acme", slug: "acme" } });
  mia = await signUp(server, { tenant: { name: "Globex", slug: "globex" } });
  const colleague = await signUp(server);
  await database.admin.query(
    `insert into app.memberships (tenant_id, user_id, role_id, display_name)
     select tenant_id, $2, id, 'Mel' from app.roles where tenant_id = $1 and name = 'member'`,
    [ada.login.tenant!.id, colleague.login.user.id],
  );
  const switched = await server.post("/auth/switch", { tenant: "acme" }, colleague.headers);
  mel = { ...colleague, headers: { Authorization: `Bearer ${switched.body.access_token}` } };
});
beforeEach(() => database.admin.query("delete from app.documents"));
afterAll(async () => {
  await server.close();
  await database.drop();
  if (outer === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = outer;
  rmSync(folder, { recursive: true, force: true });
});

interface Part {
  readonly field?: string;
  readonly name?: string;
  readonly type?: string;
  readonly content: string | Uint8Array;
}

/** A form as a browser sends it. */
async function form(files: readonly Part[], fields: Record<string, string | readonly string[]> = {}) {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields))
    for (const one of [value].flat()) data.append(name, one);
  for (const { field = "file", name = "leave.md", type = "", content } of files)
    data.append(field, new Blob([content as string], { type }), name);
  const written = new Response(data);
  return {
    body: new Uint8Array(await written.arrayBuffer()),
    headers: { "Content-Type": written.headers.get("Content-Type")! },
  };
}

async function upload(
  { headers }: Pick<SignUp, "headers">,
  files: readonly Part[],
  fields?: Record<string, string | readonly string[]>,
  to: { method: string; path: string } = { method: "POST", path: "/documents" },
): Promise<Answer> {
  const { body, headers: ofForm } = await form(files, fields);
  return server.request(to.method, to.path, { body, headers: { ...headers, ...ofForm } });
}

const text = (content: string, name = "leave.md"): Part[] => [{ name, content }];
const contentOf = (id: string, query = ""): string => `/documents/${id}/content${query}`;
const kept = async (): Promise<number> =>
  (await database.admin.query("select count(*)::int as count from app.document_versions")).rows[0].count;
/** Files that uploads left on this machine. */
const left = (): string[] => readdirSync(folder).filter((name) => name.startsWith("rowhouse-file-"));

async function expectRefused(answer: Answer, status: number, code: string): Promise<void> {
  expect([answer.status, answer.body.code], JSON.stringify(answer.body)).toEqual([status, code]);
  expect(await kept()).toBe(0);
}

describe("a document that is brought", () => {
  test("in a form is kept with what is said of it, and waits to be read", async () => {
    const answer = await upload(mel, text("# Leave\n\nThirty days."), {
      title: "How we take leave",
      tags: ["people, leave", "rules"],
      language: "en",
    });
    expect(answer.status).toBe(201);
    const { document } = answer.body;
    expect(answer.headers.get("Location")).toBe(contentOf(document.id));
    expect(document).toMatchObject({
      title: "How we take leave",
      fileName: "leave.md",
      mediaType: "text/markdown",
      sizeBytes: 21,
      version: 1,
      visibility: "private",
      tags: ["people", "leave", "rules"],
      language: "en",
      status: "queued",
    });
  });

  test("as a body of its own is kept the same, with its name and fields in the query", async () => {
    const answer = await server.request("POST", "/documents?name=Opening%20hours.txt&tags=shop", {
      body: "Nine to five.",
      headers: { ...mel.headers, "Content-Type": "text/plain" },
    });
    expect(answer.status).toBe(201);
    expect(answer.body.document).toMatchObject({
      title: "Opening hours",
      fileName: "Opening hours.txt",
      mediaType: "text/plain",
      tags: ["shop"],
    });
  });

  test("is kept without the folders of its name, which lead nowhere", async () => {
    for (const name of ["../../etc/leave.md", "C:\\Users\\mel\\leave.md", "a/..%2f/leave.md"]) {
      const answer = await upload(mel, text("Thirty days.", name));
      expect(answer.body.document).toMatchObject({ fileName: "leave.md", title: "leave" });
    }
  });

  test("comes in pieces, byte for byte, however large it may be, and leaves no file behind", async () => {
    const before = left();
    const content = Buffer.from("0123456789abcdef".repeat(2 ** 17 + 5));
    const { body } = await upload(mel, [{ name: "long.txt", content }]);
    expect(body.document.sizeBytes).toBe(content.length);
    const answer = await fetch(server.url + contentOf(body.document.id), { headers: mel.headers });
    expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
    expect(left()).toEqual(before);
  });

  test("is what its bytes and its name say, whatever the sender's program calls it", async () => {
    const file = docx({ body: paragraph("Thirty days.") });
    const answer = await upload(mel, [
      { name: "leave.docx", type: "application/octet-stream", content: file },
    ]);
    expect(answer.body.document.mediaType).toBe(
      "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    );
  });
});

describe("bringing a document is refused", () => {
  test("to nobody, and before a byte of it is received", async () => {
    await expectRefused(await upload({ headers: {} as never }, text("x")), 401, "credential_missing");
  });

  test("for the company to who may not manage its documents", async () => {
    const answer = await upload(mel, text("For all."), { visibility: "tenant" });
    await expectRefused(answer, 403, "permission_denied");
    expect(answer.body.permission).toBe("manage_documents");
  });

  test("for a team that one is not in, of this company or of another", async () => {
    const { rows } = await database.admin.query(
      "insert into app.teams (tenant_id, name) values ($1, 'Pilots'), ($2, 'Roses') returning id",
      [ada.login.tenant!.id, mia.login.tenant!.id],
    );
    for (const { id } of rows) {
      const answer = await upload(mel, text("For us."), { visibility: "team", teamId: id });
      await expectRefused(answer, 403, "permission_denied");
    }
  });

  test("where it is too large, however it comes", async () => {
    const content = Buffer.alloc(MOST + 1, "a");
    await expectRefused(await upload(mel, [{ name: "a.txt", content }]), 413, "file_too_large");
    const raw = await server.request("POST", "/documents?name=a.txt", {
      body: content,
      headers: { ...mel.headers, "Content-Type": "text/plain" },
    });
    await expectRefused(raw, 413, "file_too_large");
  });

  test("where it says no length and never ends", async () => {
    const endless = new ReadableStream({ pull: (to) => to.enqueue(Buffer.alloc(65_536, "a")) });
    const answer = await fetch(`${server.url}/documents?name=a.txt`, {
      method: "POST",
      headers: { ...mel.headers, "Content-Type": "text/plain" },
      body: endless,
      duplex: "half",
    } as RequestInit);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      413,
      "file_too_large",
    ]);
    expect(await kept()).toBe(0);
  });

  test.each([
    ["a picture", "a.png", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0]), "file_type_unsupported"],
    ["a program", "a.exe", Buffer.from("MZ\0\0"), "file_type_unsupported"],
    ["a PDF that is called a text", "a.txt", Buffer.from("%PDF-1.7\n"), "file_type_mismatch"],
  ])("where it is %s", async (_, name, content, code) => {
    await expectRefused(await upload(mel, [{ name, content }]), 415, code);
  });

  test("where it is empty", async () => {
    await expectRefused(await upload(mel, text("")), 422, "file_without_text");
  });

  test("where there are two files, or none, or one in another field", async () => {
    const two = await upload(mel, [...text("One."), ...text("Two.")]);
    await expectRefused(two, 400, "invalid_input");
    await expectRefused(await upload(mel, [], { title: "None" }), 400, "invalid_input");
    await expectRefused(await upload(mel, [{ field: "photo", content: "x" }]), 400, "invalid_input");
  });

  test("where a field is unknown, comes twice, or is not of its kind", async () => {
    for (const fields of [
      { owner: mia.login.user.id },
      { tenantId: mia.login.tenant!.id },
      { title: ["One", "Two"] },
      { visibility: "everybody" },
      { teamId: "pilots" },
      { language: "no language" },
      { title: "Two\nlines" },
      { tags: Array.from({ length: 21 }, (_, n) => `tag ${n}`) },
    ] as Record<string, string | string[]>[]) {
      await expectRefused(await upload(mel, text("x"), fields), 400, "invalid_input");
    }
  });

  test("where a form is none", async () => {
    const headers = { ...mel.headers, "Content-Type": "multipart/form-data; boundary=x" };
    for (const body of [
      "--x\r\nContent-Disposition: form-data; name=file; filename=a.md\r\n\r\nhalf",
      "no border",
    ])
      await expectRefused(
        await server.request("POST", "/documents", { body, headers }),
        400,
        "malformed_upload",
      );
    await expectRefused(
      await server.request("POST", "/documents", {
        body: "x",
        headers: { ...headers, "Content-Type": "multipart/form-data" },
      }),
      400,
      "malformed_upload",
    );
  });

  test("where the company stores as much as its plan allows", async () => {
    await database.admin.query("update app.tenants set storage_limit = 10 where id = $1", [
      ada.login.tenant!.id,
    ]);
    try {
      await expectRefused(await upload(mel, text("More than ten bytes.")), 409, "limit_reached");
    } finally {
      await database.admin.query("update app.tenants set storage_limit = null where id = $1", [
        ada.login.tenant!.id,
      ]);
    }
  });

  test("to who has too many under way, and nobody else waits for them", async () => {
    const slow = [];
    for (let n = 0; n < 8; n += 1) slow.push(await halfSent(mel));
    try {
      const answer = await upload(mel, text("One more."));
      expect([answer.status, answer.body.code]).toEqual([429, "too_many_at_once"]);
      expect((await upload(mia, text("Next door."))).status).toBe(201);
    } finally {
      for (const { socket } of slow) socket.destroy();
      await eventually(() => left().length === 0);
    }
  });
});

describe("a body that comes slowly", () => {
  test("holds no connection of the database, and is kept when it is whole", async () => {
    const { socket, finish } = await halfSent(mel);
    const { rows } = await database.admin.query(
      "select count(*)::int as busy from pg_stat_activity where datname = current_database() and state like 'idle in%'",
    );
    expect(rows).toEqual([{ busy: 0 }]);
    expect(await finish()).toMatch(/^HTTP\/1\.1 201 /);
    expect(await kept()).toBe(1);
    socket.destroy();
  });

  test("and breaks off is not kept, and leaves no file behind", async () => {
    const before = left();
    const { socket } = await halfSent(mel);
    expect(left().length).toBe(before.length + 1);
    socket.destroy();
    await eventually(() => left().length === before.length);
    expect(await kept()).toBe(0);
  });
});

/** An upload of which one half was sent, and is on the disk. */
async function halfSent({ headers }: Pick<SignUp, "headers">) {
  const before = left().length;
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  const answer = new Promise<string>((done) => socket.once("data", (data) => done(data.toString())));
  socket.on("error", () => {});
  socket.write(
    `POST /documents?name=slow.txt HTTP/1.1\r\nHost: x\r\nUser-Agent: node\r\nAuthorization: ${headers.Authorization}\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nhello`,
  );
  await eventually(() => left().length > before);
  return {
    socket,
    finish: () => {
      socket.write("world");
      return answer;
    },
  };
}

describe("a document's content", () => {
  const brought = async (who: SignUp, content: string, fields?: Record<string, string>, name?: string) =>
    (await upload(who, text(content, name), fields)).body.document as { id: string; sha256: string };

  test("is what was brought, as a file to keep and never as a page", async () => {
    const { id, sha256 } = await brought(mel, "<html><script>alert(1)</script>Leave", {}, "休暇.html");
    const answer = await server.get(contentOf(id), mel.headers);
    expect(answer.status).toBe(200);
    expect(answer.body).toBe("<html><script>alert(1)</script>Leave");
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "application/octet-stream",
      "content-disposition": `attachment; filename="??.html"; filename*=UTF-8''%E4%BC%91%E6%9A%87.html`,
      "content-length": "36",
      "content-security-policy": "sandbox; default-src 'none'",
      "x-content-type-options": "nosniff",
      "cache-control": "private, no-cache",
      etag: `"${sha256}"`,
    });
  });

  test("is not sent again to who has it", async () => {
    const { id, sha256 } = await brought(mel, "Thirty days.");
    // Otherwise fetch asks everybody on the way to send it anew.
    const headers = { ...mel.headers, "Cache-Control": "max-age=0" };
    const again = await server.get(contentOf(id), { ...headers, "If-None-Match": `"${sha256}"` });
    expect([again.status, again.body]).toEqual([304, ""]);
    const other = await server.get(contentOf(id), { ...headers, "If-None-Match": `"${"0".repeat(64)}"` });
    expect(other.status).toBe(200);
  });

  test("gets a new version, and those before stay", async () => {
    const { id } = await brought(mel, "Thirty days.");
    const to = { method: "PUT", path: contentOf(id) };
    const answer = await upload(mel, text("Thirty-one days."), {}, to);
    expect([answer.status, answer.body.document.version]).toEqual([200, 2]);
    expect((await server.get(contentOf(id), mel.headers)).body).toBe("Thirty-one days.");
    expect((await server.get(contentOf(id, "?version=1"), mel.headers)).body).toBe("Thirty days.");
    expect((await server.get(contentOf(id, "?version=3"), mel.headers)).status).toBe(404);
    expect((await server.get(contentOf(id, "?version=one"), mel.headers)).body.code).toBe("invalid_input");
    const said = await upload(mel, text("x"), { title: "Another" }, to);
    expect(said.body.code).toBe("invalid_input");
  });

  test("is not there for a colleague, an administrator or the company next door", async () => {
    const { id } = await brought(mel, "Mine.");
    for (const who of [ada, mia]) {
      const read = await server.get(contentOf(id), who.headers);
      expect([read.status, read.body.code]).toEqual([404, "not_found"]);
      const written = await upload(who, text("Yours."), {}, { method: "PUT", path: contentOf(id) });
      expect([written.status, written.body.code]).toEqual([404, "not_found"]);
    }
    expect((await server.get(contentOf(id), mel.headers)).body).toBe("Mine.");
    expect((await server.get(contentOf("nothing"), mel.headers)).status).toBe(404);
  });

  test("is read by the company where it is the company's, and replaced by who manages its documents", async () => {
    const { id } = await brought(ada, "For all.", { visibility: "tenant" });
    expect((await server.get(contentOf(id), mel.headers)).body).toBe("For all.");
    const answer = await upload(mel, text("By me."), {}, { method: "PUT", path: contentOf(id) });
    expect([answer.status, answer.body.code]).toEqual([403, "permission_denied"]);
    expect((await server.get(contentOf(id), mia.headers)).status).toBe(404);
  });

  test("is not there any more for who left the team, also of what they brought", async () => {
    const { rows } = await database.admin.query(
      `with team as (insert into app.teams (tenant_id, name) values ($1, 'Crew') returning tenant_id, id)
       insert into app.team_members (tenant_id, team_id, user_id) select tenant_id, id, $2 from team returning team_id`,
      [ada.login.tenant!.id, mel.login.user.id],
    );
    const teamId: string = rows[0].team_id;
    const { id } = await brought(mel, "For the crew.", { visibility: "team", teamId });
    expect((await server.get(contentOf(id), mel.headers)).body).toBe("For the crew.");
    await database.admin.query("delete from app.team_members where team_id = $1", [teamId]);
    expect((await server.get(contentOf(id), mel.headers)).status).toBe(404);
    expect((await upload(mel, text("x"), {}, { method: "PUT", path: contentOf(id) })).status).toBe(404);
  });

  test("breaks off where the document is deleted while it is sent", async () => {
    const { id } = await brought(mel, "a".repeat(MOST), {}, "long.txt");
    const answer = await fetch(server.url + contentOf(id), { headers: mel.headers });
    const reader = answer.body!.getReader();
    await reader.read();
    await database.admin.query("delete from app.documents where id = $1", [id]);
    const rest = async () => {
      let bytes = 0;
      for (let part = await reader.read(); !part.done; part = await reader.read()) bytes += part.value.length;
      return bytes;
    };
    await expect(rest()).rejects.toThrow();
  });
});
