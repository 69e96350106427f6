import { existsSync, statSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { indexDocuments } from "../../src/jobs/index_documents.ts";
import { jobs } from "../../src/jobs/jobs.ts";
import { readingOf } from "../../src/jobs/reading_of.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { docx, paragraph } from "../support/files/docx.ts";
import { pdf, pdfOfStream } from "../support/files/pdf.ts";
import { LIMITS } from "../support/files/reading.ts";
import { jobContext } from "../support/jobs.ts";
import { embedderBy, embedding, MODEL } from "../support/library.ts";
import { type SignUp, signUp } from "../support/people.ts";
import { type Answer, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
let ann: SignUp;
let mia: SignUp;

beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database);
  ann = await signUp(server, { tenant: { name: "Acme", slug: "acme" } });
  mia = await signUp(server, { tenant: { name: "Globex", slug: "globex" } });
});
beforeEach(() => database.admin.query("delete from app.documents"));
afterAll(async () => {
  await server.close();
  await database.drop();
});

const run = () => jobs.index_documents!(jobContext(database));

async function bring(name: string, body: Uint8Array | string, query = ""): Promise<string> {
  const answer = await server.request("POST", `/documents?name=${encodeURIComponent(name)}${query}`, {
    body,
    headers: { ...ann.headers, "Content-Type": "application/octet-stream" },
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body.document.id;
}

const ask = ({ headers }: SignUp, query: string): Promise<Answer> =>
  server.post("/graphql", { query }, headers);

async function shown(id: string) {
  const { body } = await ask(ann, `{ document(id: "${id}") { status failure progress language indexedAt } }`);
  return body.data.document;
}

async function found(
  who: SignUp,
  query: string,
): Promise<{ title: string; heading: string; content: string }[]> {
  const { body } = await ask(
    who,
    `{ searchPassages(query: "${query}", wanted: 3) { nodes { title heading content } } }`,
  );
  expect(body.errors).toBeUndefined();
  return body.data.searchPassages.nodes;
}

test("a DOCX, a PDF and a page that were brought are read, and are found by what they say", async () => {
  const files = {
    "leave.docx": docx({
      body: paragraph("Leave", "Heading1") + paragraph("Everybody has thirty days of leave."),
    }),
    "travel.pdf": await pdf((page) => page.fontSize(11).text("Trains are booked at the counter in Hall B.")),
    "hours.html": "<!doctype html><html lang=en><h1>Hours</h1><p>The greenhouse opens at nine.</p></html>",
  };
  const ids = [];
  for (const [name, file] of Object.entries(files)) ids.push(await bring(name, file));
  expect(await shown(ids[0]!)).toMatchObject({ status: "QUEUED", progress: 0 });
  expect(await run()).toEqual({ ready: 3, dropped: 0, failed: 0, unembedded: 0 });
  for (const id of ids)
    expect(await shown(id)).toMatchObject({ status: "READY", failure: null, progress: 100 });

  expect((await found(ann, "days of leave"))[0]).toMatchObject({ title: "leave", heading: "Leave" });
  expect((await found(ann, "trains"))[0]).toMatchObject({
    title: "travel",
    content: "Trains are booked at the counter in Hall B.",
  });
  expect((await found(ann, "when does the greenhouse open"))[0]).toMatchObject({
    title: "hours",
    heading: "Hours",
  });
  expect(await found(mia, "days of leave")).toEqual([]);
});

test("a file that is at fault has failed with the code that says why, and the next one is read", async () => {
  const hostile = {
    "bomb.pdf": [pdfOfStream(Buffer.alloc(2 ** 20, " "), 1), "file_without_text"],
    "broken.docx": [Buffer.concat([Buffer.from("504b0304", "hex"), Buffer.alloc(200, 7)]), "file_broken"],
    "latin.txt": [Buffer.from("Gr\xfc\xdfe aus K\xf6ln", "latin1"), "file_encoding_unknown"],
    "nothing.md": ["--- *** ---", "file_without_text"],
  } as const;
  const ids: [string, string][] = [];
  for (const [name, [file, code]] of Object.entries(hostile)) ids.push([await bring(name, file), code]);
  const good = await bring("good.md", "# Good\n\nIt is read all the same.");
  expect(await run()).toEqual({ ready: 1, dropped: 0, failed: 4, unembedded: 0 });
  for (const [id, failure] of ids) expect(await shown(id)).toMatchObject({ status: "FAILED", failure });
  expect(await shown(good)).toMatchObject({ status: "READY" });
});

test("a language that a file makes up is none, and the company's is taken", async () => {
  const id = await bring(
    "page.html",
    "<!doctype html><html lang='x; drop table'><p>A page of its own.</p></html>",
  );
  expect(await run()).toMatchObject({ ready: 1 });
  expect(await shown(id)).toMatchObject({ status: "READY", language: "en" });
});

test("a document that is deleted, or gets a new version, while it is read leaves nothing of what was read", async () => {
  const reading = readingOf(LIMITS);
  const paths: string[] = [];
  const whileRead = (change: () => Promise<unknown>) =>
    indexDocuments({
      ...reading,
      extract: async (file) => {
        paths.push(file.path);
        expect(statSync(file.path).mode & 0o777).toBe(0o600);
        const text = await reading.extract(file);
        await change();
        return text;
      },
    })(jobContext(database));

  const gone = await bring("gone.md", "# Gone\n\nNobody finds this.");
  const deleting = () => ask(ann, `mutation { deleteDocument(input: {id: "${gone}"}) { clientMutationId } }`);
  expect(await whileRead(deleting)).toEqual({ ready: 0, dropped: 1, failed: 0, unembedded: 0 });
  const { rows } = await database.admin.query("select count(*)::int as count from app.document_chunks");
  expect(rows).toEqual([{ count: 0 }]);

  const id = await bring("plan.md", "We meet on Monday.");
  let replaced = false;
  const replacing = async () => {
    if (replaced) return;
    replaced = true;
    await server.request("PUT", `/documents/${id}/content?name=plan.md`, {
      body: "We meet on Friday.",
      headers: { ...ann.headers, "Content-Type": "text/markdown" },
    });
  };
  expect(await whileRead(replacing)).toEqual({ ready: 1, dropped: 1, failed: 0, unembedded: 0 });
  expect(paths.map((path) => existsSync(path))).toEqual([false, false, false]);
  expect((await found(ann, "when do we meet")).map(({ content }) => content)).toEqual(["We meet on Friday."]);
});

test("passages have embeddings where there is a model; what is our own mistake is tried again", async () => {
  const id = await bring("leave.md", "# Leave\n\nThirty days.");
  const away = indexDocuments(readingOf(LIMITS, () => Promise.reject(new Error("a mistake of ours"))));
  await expect(away(jobContext(database))).rejects.toThrow("a mistake of ours");
  expect(await shown(id)).toMatchObject({ status: "QUEUED", failure: null });
  await database.admin.query("update app.documents set due_at = now() where id = $1", [id]);
  const there = indexDocuments(readingOf(LIMITS, async () => embedderBy(MODEL, embedding)));
  expect(await there(jobContext(database))).toMatchObject({ ready: 1 });
  const { rows } = await database.admin.query(
    "select model, cardinality(embedding) as length from app.document_chunks where document_id = $1",
    [id],
  );
  expect(rows).toEqual([{ model: MODEL, length: 256 }]);
});

test("a heading of many emojis is cut between them", async () => {
  const id = await bring(
    "faces.md",
    `# ${"a"}${"😀".repeat(140)}\n\n## b${"😀".repeat(149)}\n\n### ${"😀".repeat(300)}\n\n#### x${"😀".repeat(149)}\n\nFaces everywhere.`,
  );
  expect(await run()).toMatchObject({ ready: 1 });
  expect(await shown(id)).toMatchObject({ status: "READY" });
});
