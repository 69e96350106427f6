import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";
import { turns } from "../support/turns.ts";

// What people and their company chose, as a turn hands it to whoever asks the model.

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;
let turn: ReturnType<typeof turns>;
beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
  turn = turns(database);
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.admin.query("delete from app.user_preferences");
  await database.admin.query("delete from app.tenant_preferences");
  await database.admin.query("delete from auth.model_providers");
});

const choose = (settings: string, who = acme.member) =>
  actingAs(who).rows(`select app.set_my_preferences(${settings})`);
const chooseForAll = (settings: string) =>
  actingAs(acme.admin).rows(`select app.set_tenant_defaults(${settings})`);
const allow = (models: string[] | null, first: string | null = null) =>
  actingAs(acme.admin).rows(
    "select context.keep_model_provider(uuidv7(), 'https://models.acme.example', null, $1, $2)",
    [models, first],
  );
const ask = (who: { digest: Buffer } = acme.member, more: object = {}) =>
  turn.begin(who as typeof acme.member, {
    content: "Hello",
    installation_model: "ours",
    installation_models: "{sun,moon,comet}",
    ...more,
  });

describe("a turn is asked with", () => {
  test("what is built in where nobody chose anything", async () => {
    expect((await ask()).asker).toMatchObject({
      language: "en",
      tone: "neutral",
      temperature: null,
      maxAnswerTokens: null,
      models: [],
    });
  });

  test("one's own choice, else the company's, each by itself, and nobody else's", async () => {
    await chooseForAll("tone => 'formal', temperature => 0.5, max_answer_tokens => 900, model => 'moon'");
    await choose("temperature => 0, model => 'sun', language => 'de'");
    expect((await ask()).asker).toMatchObject({
      language: "de",
      tone: "formal",
      temperature: 0,
      maxAnswerTokens: 900,
      models: ["sun", "moon"],
    });
    expect((await ask(acme.colleague)).asker).toMatchObject({
      language: "en",
      temperature: 0.5,
      models: ["moon"],
    });
    expect((await ask(globex.member)).asker).toMatchObject({ tone: "neutral", models: [] });
  });

  test("the company's choices where a key of its own asks, which has none", async () => {
    await chooseForAll("temperature => 0.5, max_answer_tokens => 900");
    const digest = createHash("sha256").update(randomBytes(32)).digest();
    await database.admin.query(
      `insert into auth.api_keys (tenant_id, user_id, role_id, name, digest, scopes)
       select tenant_id, null, id, 'The company''s', sha256($2), '{chat}' from app.roles where tenant_id = $1 and name = 'member'`,
      [acme.tenantId, digest],
    );
    const begun = await turn.begin({ digest } as typeof acme.member, { content: "Hello", keep: false });
    expect(begun.asker).toMatchObject({ name: null, role: null, temperature: 0.5, maxAnswerTokens: 900 });
  });
});

describe("the model that answers", () => {
  test("is the person's, else the company's, else the installation's", async () => {
    expect((await ask()).answered_by).toBe("ours");
    await chooseForAll("model => 'moon'");
    expect((await ask()).answered_by).toBe("moon");
    await choose("model => 'sun'");
    expect((await ask()).answered_by).toBe("sun");
  });

  test("is none that the installation's list has not, whoever chose it, and asking for one is refused", async () => {
    const short = { installation_models: "{moon}" };
    await choose("model => 'sun'");
    expect((await ask(acme.member, short)).answered_by).toBe("ours");
    await chooseForAll("model => 'moon'");
    expect((await ask(acme.member, short)).answered_by).toBe("moon");
    for (const none of [{ installation_models: null }, { installation_models: "{}" }]) {
      expect((await ask(acme.member, none)).answered_by).toBe("ours");
      expect((await ask(acme.member, { ...none, model: "ours" })).answered_by).toBe("ours");
      await expect(ask(acme.member, { ...none, model: "moon" })).rejects.toMatchObject({ code: "RH452" });
    }
    expect((await ask(acme.member, { ...short, model: "moon" })).answered_by).toBe("moon");
    expect((await ask(acme.member, { ...short, model: "extractive" })).answered_by).toBe("extractive");
    const before = await database.admin.query("select count(*) from app.messages");
    await expect(ask(acme.member, { ...short, model: "sun" })).rejects.toMatchObject({ code: "RH452" });
    expect((await database.admin.query("select count(*) from app.messages")).rows).toEqual(before.rows);
  });

  test("is one of the company's own provider's, which the installation's list does not bind", async () => {
    await allow(["star"]);
    const short = { installation_models: "{moon}" };
    expect((await ask(acme.member, { ...short, model: "star" })).answered_by).toBe("star");
    await expect(ask(acme.member, { ...short, model: "moon" })).rejects.toMatchObject({ code: "RH452" });
    await allow(null);
    expect((await ask(acme.member, { ...short, model: "anything" })).answered_by).toBe("anything");
    await expect(ask(globex.member, { ...short, model: "star" })).rejects.toMatchObject({ code: "RH452" });
  });

  test("is told to whoever asks which there are", async () => {
    const offered = async (who = acme.member, ...lists: unknown[]) => {
      const sql = "select context.offered_models($1, $2) as models";
      const [row] = await actingAs(who).rows<{ models: string[] }>(sql, lists);
      return row!.models;
    };
    expect(await offered(acme.member, "ours", ["moon", "ours"])).toEqual(["ours", "moon", "extractive"]);
    expect(await offered(acme.member, "ours", null)).toEqual(["ours", "extractive"]);
    expect(await offered(acme.member, null, null)).toEqual(["extractive"]);
    await allow(["star"]);
    expect(await offered(acme.member, "ours", ["moon"])).toEqual(["star", "extractive"]);
    expect(await offered(globex.member, "ours", ["moon"])).toEqual(["ours", "moon", "extractive"]);
  });

  test("is none that the company's list has not, whoever chose it", async () => {
    await chooseForAll("model => 'comet'");
    await choose("model => 'sun'");
    await allow(["moon", "star"], "star");
    expect((await ask()).answered_by).toBe("star");
    await allow(["moon", "comet"]);
    expect((await ask()).answered_by).toBe("comet");
    await allow(["moon", "star"]);
    expect((await ask()).answered_by).toBe("moon");
    await allow(["moon", "sun"]);
    expect((await ask()).answered_by).toBe("sun");
  });

  test("is any where the company has no list, and its list binds nobody while its provider is switched off", async () => {
    await choose("model => 'comet'");
    await allow(null, "sun");
    expect((await ask()).answered_by).toBe("comet");
    await allow(["sun"]);
    await database.admin.query("update auth.model_providers set active = false");
    const begun = await ask();
    expect([begun.answered_by, begun.provider]).toEqual(["comet", null]);
  });
});
