import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { masterKeys } from "../../src/auth/encryption.ts";
import type { EmbedAsk } from "../../src/chat/provider/embed.ts";
import { PROVIDER_FAILURES, ProviderFailure } from "../../src/chat/provider/failure.ts";
import type { Providers } from "../../src/chat/provider/providers.ts";
import { sealProviderKey } from "../../src/chat/provider_key.ts";
import type { InstallationModel } from "../../src/config.ts";
import { jobs } from "../../src/jobs/jobs.ts";
import { actors } from "../support/acting_as.ts";
import { type Chat, startChat } from "../support/chatting.ts";
import { testMasterKey } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";
import { eventually } from "../support/server.ts";
import type { TenantFixture, TenantMember } from "../support/tenants.ts";

// The installation's provider is the stub, which takes "fare" for "price". A company's own can be at no address of this
// machine, so where one is asked, what asks it is a double.

let chat: Chat;
let acme: TenantFixture;
let globex: TenantFixture;
let model: InstallationModel;
beforeAll(async () => {
  chat = await startChat("ok", { EMBEDDING_MODEL: "words" });
  ({ acme, globex } = chat);
  model = chat.server.config.model!;
  chat.provider.dimensions = 512;
  chat.provider.synonyms = { fare: "price", fares: "price", prices: "price", costly: "expensive" };
  chat.provider.reply = ({ question }) =>
    question.includes("Hall B") ? "At the counter [1]." : "I do not know.";
});
beforeEach(async () => {
  await chat.database.admin.query("delete from app.documents");
  await chat.database.admin.query("delete from auth.model_providers");
  chat.provider.requests.length = 0;
});
afterAll(() => chat.close());

const CONTENT = "Costly fares: ask in Hall B.";
/** Shares no word, and no word's letters, with it. */
const QUESTION = "expensive price";

async function bring(who: TenantMember = acme.admin, content = CONTENT): Promise<string> {
  const { status, body } = await chat.server.request("POST", "/documents?name=trains.md&visibility=tenant", {
    body: content,
    headers: { ...(await chat.headersOf(who)), "Content-Type": "text/markdown" },
  });
  expect(status, JSON.stringify(body)).toBe(201);
  return body.document.id;
}

interface Settings {
  readonly model?: InstallationModel | null;
  readonly providers?: Pick<Providers, "embed">;
}
const read = ({ providers, ...settings }: Settings = {}) => {
  const context = jobContext(chat.database, { model, ...settings });
  return jobs.index_documents!({
    ...context,
    ...(providers && { providers: { ...context.providers, ...providers } }),
  });
};

/** A provider of the company's own, wherever it is. */
async function own(
  { tenantId }: TenantFixture,
  embeddingModel: string | null,
  { baseUrl = "https://models.acme.example/v1", master = testMasterKey } = {},
): Promise<void> {
  const { id, sealed } = sealProviderKey(
    masterKeys({ masterKey: master, previousMasterKey: null }),
    "sk-acme",
  );
  await chat.database.admin.query(
    `insert into auth.model_providers (tenant_id, id, base_url, sealed_key, default_model, embedding_model)
     values ($1, $2, $3, $4, 'ok', $5)`,
    [tenantId, id, baseUrl, sealed, embeddingModel],
  );
}

const embeddings = () => chat.provider.requests.filter(({ path }) => path.endsWith("/embeddings"));
const ask = async (who: TenantMember, content = QUESTION, more: object = {}) =>
  (await chat.server.post("/chat", { content, stream: false, ...more }, await chat.headersOf(who))).body;
async function shown(id: string, who: TenantMember = acme.admin) {
  const query = `{ document(id: "${id}") { status failure progress embeddingModel embeddingFailure } }`;
  const { body } = await chat.server.post("/graphql", { query }, await chat.headersOf(who));
  expect(body.errors).toBeUndefined();
  return body.data.document;
}
const stored = async (id: string) =>
  (
    await chat.database.admin.query(
      "select model, cardinality(embedding) as length from app.document_chunks where document_id = $1 and live",
      [id],
    )
  ).rows;
const READY = { status: "READY", failure: null, progress: 100 };
const BY_MEANING = { ...READY, embeddingModel: "words", embeddingFailure: null };
/** Whether a question in the document's words finds it, and no other way. */
const foundByWords = async () =>
  (await ask(acme.member, "counter fares", { model: "extractive" })).citations.length === 1;

describe("a document that was brought", () => {
  test("is found by a question in other words than its own, and by nobody next door", async () => {
    const id = await bring();
    expect(await read()).toEqual({ ready: 1, dropped: 0, failed: 0, unembedded: 0 });
    expect(await shown(id)).toEqual(BY_MEANING);
    expect(await stored(id)).toEqual([{ model: "words", length: 512 }]);
    expect((await ask(acme.member)).citations).toMatchObject([{ documentId: id }]);
    expect((await ask(globex.member)).citations).toEqual([]);
    expect(embeddings().map(({ headers }) => headers.authorization)).toEqual(
      Array(3).fill("Bearer sk-of-the-installation"),
    );
  });

  test("is not, where its passages and the question are embedded by different models", async () => {
    const id = await bring();
    await read({ model: { ...model, embeddingModel: "other-words" } });
    expect(await shown(id)).toMatchObject({ embeddingModel: "other-words" });
    expect((await ask(acme.member)).citations).toEqual([]);
    expect(await foundByWords()).toBe(true);
  });

  test("is found by its words where nobody embeds", async () => {
    const id = await bring();
    await read({ model: null });
    expect(await shown(id)).toEqual({ ...READY, embeddingModel: null, embeddingFailure: null });
    expect((await ask(acme.member)).citations).toEqual([]);
    expect(await foundByWords()).toBe(true);
  });
});

describe("a company with a provider of its own", () => {
  const asked: EmbedAsk[] = [];
  const providers = {
    embed: async (ask: EmbedAsk) => {
      asked.push(ask);
      return { vectors: ask.texts.map(() => [1, 0, 0]), usage: { input: 1, estimated: false } };
    },
  };
  beforeEach(() => {
    asked.length = 0;
  });

  test("has its documents embedded there, with its key, and no other company has", async () => {
    await own(acme, "own-words");
    const id = await bring();
    const theirs = await bring(globex.admin, "Globex travels by bus.");
    expect(await read({ providers })).toMatchObject({ ready: 2, unembedded: 0 });
    expect(asked.map(({ endpoint, model, texts }) => ({ ...endpoint, model, texts }))).toEqual(
      expect.arrayContaining([
        {
          baseUrl: "https://models.acme.example/v1",
          apiKey: "sk-acme",
          owner: "tenant",
          model: "own-words",
          texts: [CONTENT],
        },
        {
          baseUrl: chat.provider.url,
          apiKey: "sk-of-the-installation",
          owner: "installation",
          model: "words",
          texts: ["Globex travels by bus."],
        },
      ]),
    );
    expect(asked).toHaveLength(2);
    expect(await stored(id)).toEqual([{ model: "own-words", length: 3 }]);
    expect(await stored(theirs)).toEqual([{ model: "words", length: 3 }]);
  });

  test("has neither documents nor questions sent to the installation's, also where its own embeds nothing", async () => {
    await own(acme, null);
    const id = await bring();
    await read();
    expect(await shown(id)).toEqual({ ...READY, embeddingModel: null, embeddingFailure: null });
    expect(await foundByWords()).toBe(true);
    expect(chat.provider.requests).toEqual([]);
  });

  test("has nothing sent to an internal address, and its documents are found by their words", async () => {
    await own(acme, "words", { baseUrl: chat.provider.url });
    const id = await bring();
    expect(await read()).toMatchObject({ ready: 1, unembedded: 1 });
    expect(await shown(id)).toEqual({
      ...READY,
      embeddingModel: null,
      embeddingFailure: "model_address_refused",
    });
    expect(await foundByWords()).toBe(true);
    expect(chat.provider.requests).toEqual([]);
  });

  test("whose key no master key opens has its documents found by their words", async () => {
    await own(acme, "own-words", { master: randomBytes(32) });
    const id = await bring();
    expect(await read({ providers })).toMatchObject({ ready: 1, unembedded: 1 });
    expect(asked).toEqual([]);
    expect(await shown(id)).toMatchObject({ ...READY, embeddingFailure: "model_key_refused" });
  });
});

describe("the provider of a document's company is lent", () => {
  const lent = (tenant: string, document: string, attempt: number) =>
    chat.database.worker.query("select provider from jobs.document_provider($1, $2, $3)", [
      tenant,
      document,
      attempt,
    ]);

  test("for the claim in hand and no other, company, document or attempt", async () => {
    await own(acme, "own-words");
    const id = await bring();
    const waits = await bring(globex.admin);
    expect((await lent(acme.tenantId, id, 0)).rows).toEqual([]);
    await chat.database.admin.query(
      "update app.documents set status = 'processing', attempt = 2 where id = $1",
      [id],
    );
    expect((await lent(acme.tenantId, id, 2)).rows).toMatchObject([
      { provider: { embeddingModel: "own-words" } },
    ]);
    for (const [tenant, document, attempt] of [
      [acme.tenantId, id, 1],
      [acme.tenantId, id, 3],
      [acme.tenantId, waits, 0],
      [globex.tenantId, id, 2],
      [globex.tenantId, waits, 0],
    ] as const) {
      expect((await lent(tenant, document, attempt)).rows).toEqual([]);
    }
    await chat.database.admin.query(
      "update app.documents set status = 'ready', due_at = null where id = $1",
      [id],
    );
    expect((await lent(acme.tenantId, id, 2)).rows).toEqual([]);
  });

  test("to nobody but the worker", async () => {
    const sql = "select jobs.document_provider(uuidv7(), uuidv7(), 1)";
    await actors(chat.database.app)(acme.owner).expect(sql).toBeRefused("42501");
    await expect(chat.database.auth.query(sql)).rejects.toMatchObject({ code: "42501" });
    await expect(chat.database.worker.query("select from auth.model_providers")).rejects.toMatchObject({
      code: "42501",
    });
  });
});

describe("a provider that fails keeps no document from being found by its words:", () => {
  test.each([
    ["unauthorized", "model_key_refused"],
    ["broken", "model_failed"],
    ["busy-long", "model_busy"],
    ["too-long", "prompt_too_long"],
    ["embed-short", "model_malformed"],
    ["redirect", "model_redirects"],
  ])("%s", async (embeddingModel, code) => {
    const id = await bring();
    expect(await read({ model: { ...model, embeddingModel } })).toMatchObject({ ready: 1, unembedded: 1 });
    expect(await shown(id)).toEqual({ ...READY, embeddingModel: null, embeddingFailure: code });
    expect(await foundByWords()).toBe(true);
  });

  test("one that is not there", async () => {
    const id = await bring();
    const baseUrl = "http://127.0.0.1:9/v1";
    expect(await read({ model: { ...model, baseUrl } })).toMatchObject({ ready: 1, unembedded: 1 });
    expect(await shown(id)).toMatchObject({ ...READY, embeddingFailure: "model_unreachable" });
  });

  test("one whose vectors are longer than what is kept", async () => {
    const id = await bring();
    chat.provider.dimensions = 4_097;
    expect(await read()).toMatchObject({ ready: 1, unembedded: 1 });
    chat.provider.dimensions = 512;
    expect(await shown(id)).toMatchObject({ ...READY, embeddingFailure: "model_malformed" });
  });

  test("in the middle of a long one, and it is asked no more for the rest", async () => {
    const parts = Array.from({ length: 200 }, (_, at) => `Part ${at}: ${"as was said before ".repeat(70)}`);
    const id = await bring(acme.admin, parts.join("\n\n"));
    let asked = 0;
    const providers = {
      embed: async ({ texts }: EmbedAsk) => {
        asked += 1;
        if (asked > 1) throw new ProviderFailure("model_key_refused");
        return { vectors: texts.map(() => [1, 0]), usage: { input: 1, estimated: false } };
      },
    };
    expect(await read({ providers })).toMatchObject({ ready: 1, unembedded: 1 });
    const models = (await stored(id)).map(({ model }) => model);
    expect(models.length).toBeGreaterThan(128);
    expect(models.filter((model) => model === "words")).toHaveLength(64);
    expect(asked).toBe(2);
    expect(await shown(id)).toMatchObject({ embeddingModel: null, embeddingFailure: "model_key_refused" });
  });
});

describe("documents are read anew", () => {
  const outdated = async (installation: string | null = "words"): Promise<number> =>
    (await chat.database.worker.query("select jobs.queue_outdated($1) as queued", [installation])).rows[0]
      .queued;
  const later = (interval: string) =>
    chat.database.admin.query(
      "update app.documents set indexed_at = indexed_at - $1::interval where indexed_at is not null",
      [interval],
    );
  const other = () => read({ model: { ...model, embeddingModel: "other-words" } });

  test("when the installation embeds with another model, but none twice in ten minutes", async () => {
    const id = await bring();
    await other();
    expect(await outdated()).toBe(0);
    await later("11 minutes");
    expect(await outdated("other-words")).toBe(0);
    expect(await outdated(null)).toBe(0);
    expect(await read()).toMatchObject({ ready: 1 });
    expect(await shown(id)).toEqual(BY_MEANING);
    expect((await ask(acme.member)).citations).toMatchObject([{ documentId: id }]);
  });

  test("when a company sets a provider of its own or removes it, and those of no other company", async () => {
    const id = await bring();
    const theirs = await bring(globex.admin);
    await read();
    await later("11 minutes");
    await own(acme, "own-words");
    expect(await outdated()).toBe(1);
    expect(await shown(id)).toMatchObject({ status: "QUEUED" });
    expect(await shown(theirs, globex.admin)).toEqual(BY_MEANING);
    // What it had before answers until then.
    expect(await stored(id)).toEqual([{ model: "words", length: 512 }]);
    await chat.database.admin.query("delete from auth.model_providers");
    await read();
    expect(await shown(id)).toEqual(BY_MEANING);
    expect(await outdated()).toBe(0);
  });

  test("not when its provider is switched off, or embeds nothing", async () => {
    await bring();
    await read();
    await later("11 minutes");
    await own(acme, null);
    expect(await outdated()).toBe(0);
    await chat.database.admin.query(
      "update auth.model_providers set embedding_model = 'own-words', active = false",
    );
    expect(await outdated()).toBe(0);
  });

  test("ten minutes after a provider failed, a day after it refused, or when the company changed it", async () => {
    const id = await bring();
    await read({ model: { ...model, embeddingModel: "broken" } });
    await later("11 minutes");
    expect(await outdated()).toBe(1);
    await read({ model: { ...model, embeddingModel: "unauthorized" } });
    await later("11 minutes");
    expect(await outdated()).toBe(0);
    await later("1 day");
    expect(await outdated()).toBe(1);

    await own(acme, "words", { baseUrl: chat.provider.url });
    await read();
    expect(await shown(id)).toMatchObject({ embeddingFailure: "model_address_refused" });
    await later("11 minutes");
    await chat.database.admin.query("alter table auth.model_providers disable trigger touch_updated_at");
    await chat.database.admin.query("update auth.model_providers set updated_at = now() - interval '1 hour'");
    await chat.database.admin.query("alter table auth.model_providers enable trigger touch_updated_at");
    expect(await outdated()).toBe(0);
    await chat.database.admin.query(
      "update auth.model_providers set base_url = 'https://other.acme.example/v1'",
    );
    expect(await outdated()).toBe(1);
  });

  test("a hundred at a time, and none while one of the company's waits, or because a file is at fault", async () => {
    await chat.database.admin.query(
      `insert into app.documents (tenant_id, user_id, title, media_type, version, language, status, due_at, indexed_at)
       select $1, $2, 'Document ' || at, 'text/plain', 1, 'en', 'ready', null, now() - interval '1 hour'
       from generate_series(1, 150) as at`,
      [acme.tenantId, acme.admin.userId],
    );
    const id = await bring();
    expect(await outdated()).toBe(0);
    await chat.database.admin.query(
      `update app.documents set status = 'failed', failure = 'file_broken', due_at = null, indexed_at = now() - interval '1 hour'
       where id = $1`,
      [id],
    );
    expect(await outdated()).toBe(100);
    expect(await outdated()).toBe(0);
    await chat.database.admin.query(
      "update app.documents set status = 'ready', due_at = null, embedding_model = 'words' where status = 'queued'",
    );
    expect(await outdated()).toBe(50);
    expect(await shown(id)).toMatchObject({ status: "FAILED" });
  });

  test("as the code knows failures", async () => {
    const { rows } = await chat.database.admin.query(
      "select prosrc from pg_proc where oid = 'jobs.queue_outdated'::regproc",
    );
    const named = [...rows[0].prosrc.matchAll(/'([a-z]+(?:_[a-z]+)+)'/g)].map(([, code]) => code);
    // And twice the two of ours that are nobody's failure.
    const ours = ["budget_exceeded", "price_unknown"];
    expect(named.filter((code) => ours.includes(code!))).toHaveLength(4);
    const theirs = named.filter((code) => !ours.includes(code!));
    expect(theirs).toHaveLength(7);
    for (const code of theirs) expect(Object.keys(PROVIDER_FAILURES)).toContain(code);
  });
});

test("a worker of its own embeds what is brought", async () => {
  const { startWorker } = await import("../../src/jobs/worker.ts");
  const worker = await startWorker({
    connectionString: chat.database.connections.worker,
    config: chat.server.config,
    log: { info() {}, warn() {}, error() {}, debug() {}, trace() {} } as never,
    jobs: { index_documents: jobs.index_documents! },
  });
  try {
    const id = await bring();
    await eventually(async () => (await shown(id)).status === "READY", 30_000);
    expect(await shown(id)).toEqual(BY_MEANING);
  } finally {
    await worker.stop();
  }
});
