import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { masterKeys } from "../../src/auth/encryption.ts";
import { openProviderKey } from "../../src/chat/provider_key.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";
import { turns } from "../support/turns.ts";

let database: TestDatabase;
let api: GraphQLHouse;
let acme: TenantFixture;
let globex: TenantFixture;
const asked: string[] = [];
const ADDRESSES: Readonly<Record<string, string>> = {
  "models.acme.example": "93.184.216.34",
  "inside.acme.example": "10.0.0.7",
};

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  api = await startGraphQL(database, {
    resolve: async (name) => {
      asked.push(name);
      const address = ADDRESSES[name];
      return address ? [{ address, family: 4 }] : [];
    },
  });
});
afterAll(async () => {
  await api.close();
  await database.drop();
});
beforeEach(async () => {
  await database.admin.query("delete from auth.model_providers");
  await database.admin.query("update auth.sessions set authenticated_at = now()");
  asked.length = 0;
});

const SET = `mutation Set($input: SetModelProviderInput!) {
  setModelProvider(input: $input) {
    modelProvider { baseUrl hasKey models defaultModel embeddingModel systemPrompt active }
  }
}`;
const baseUrl = "https://models.acme.example/v1";
const key = "sk-acme-hush";
const set = (input: object, who = acme.admin) => api.ask(who, SET, { input: { baseUrl, key, ...input } });
const stored = async () => (await database.admin.query("select * from auth.model_providers")).rows;

test("a company sets its own provider, and its key comes to turns and to nobody else", async () => {
  const settings = {
    models: ["sun", "moon"],
    defaultModel: "moon",
    embeddingModel: "words",
    systemPrompt: "You help {{user}}.",
  };
  const { data, errors } = await set(settings);
  expect(errors).toEqual([]);
  const shown = { baseUrl, hasKey: true, active: true, ...settings };
  expect(data.setModelProvider.modelProvider).toEqual(shown);
  const read = await api.ask(
    acme.admin,
    "{ modelProvider { baseUrl hasKey models defaultModel embeddingModel systemPrompt active } }",
  );
  expect(read.data.modelProvider).toEqual(shown);

  const begun = await turns(database).begin(acme.member, { content: "Hello" });
  const keys = masterKeys({ masterKey: testMasterKey, previousMasterKey: null });
  expect(openProviderKey(keys, begun.provider as { id: string; sealedKey: string })).toBe(key);
  expect(begun.answered_by).toBe("moon");
  expect(begun.provider).toMatchObject({ embeddingModel: "words" });

  const { rows: trail } = await database.admin.query(
    "select to_jsonb(events)::text as event from audit.events",
  );
  expect(JSON.stringify([trail, api.statements, api.logged])).not.toContain(key);
  expect(JSON.stringify(trail)).not.toContain((begun.provider as { sealedKey: string }).sealedKey);
});

test("the key stays where none is sent, and goes to no other address", async () => {
  await set({});
  const [{ sealed_key: kept }] = await stored();
  expect((await set({ key: undefined, models: ["sun"], active: false })).errors).toEqual([]);
  expect(await stored()).toMatchObject([{ sealed_key: kept, models: ["sun"], active: false }]);
  const elsewhere = { key: undefined, baseUrl: "https://models.acme.example/v2" };
  expect((await set(elsewhere)).codes).toEqual(["INVALID_INPUT"]);
  expect(await stored()).toMatchObject([{ sealed_key: kept, base_url: baseUrl }]);
});

describe("nothing is stored of", () => {
  test.each([
    ["an address without TLS", { baseUrl: "http://models.acme.example/v1" }, "MODEL_ADDRESS_REFUSED"],
    ["another port", { baseUrl: "https://models.acme.example:8443/v1" }, "MODEL_ADDRESS_REFUSED"],
    ["a name that leads inside", { baseUrl: "https://inside.acme.example/v1" }, "MODEL_ADDRESS_REFUSED"],
    ["a name that does not exist", { baseUrl: "https://nowhere.example/v1" }, "MODEL_ADDRESS_REFUSED"],
    ["an internal address", { baseUrl: "https://169.254.169.254/v1" }, "MODEL_ADDRESS_REFUSED"],
    ["the same in one number", { baseUrl: "https://2852039166/v1" }, "MODEL_ADDRESS_REFUSED"],
    ["the same as IPv6", { baseUrl: "https://[::ffff:169.254.169.254]/v1" }, "MODEL_ADDRESS_REFUSED"],
    ["an address with a password", { baseUrl: "https://a:b@models.acme.example" }, "INVALID_INPUT"],
    ["no address", { baseUrl: "models" }, "INVALID_INPUT"],
    ["a key with a line break", { key: "sk\r\nX-Admin: yes" }, "INVALID_INPUT"],
    ["an empty key", { key: "" }, "INVALID_INPUT"],
    ["an empty list of models", { models: [] }, "INVALID_INPUT"],
    ["a model without a name", { models: ["a model"] }, "INVALID_INPUT"],
    ["a model that embeds without a name", { embeddingModel: "" }, "INVALID_INPUT"],
    ["a default that is not on the list", { models: ["sun"], defaultModel: "moon" }, "INVALID_INPUT"],
    ["a template that is too long", { systemPrompt: "x".repeat(8_001) }, "INVALID_INPUT"],
    ["a template of what there is not", { systemPrompt: "{{password}}" }, "UNKNOWN_PLACEHOLDERS"],
  ])("%s", async (_what, input, code) => {
    const { codes, errors } = await set(input);
    expect(codes).toEqual([code]);
    expect(JSON.stringify(errors)).not.toContain(key);
    expect(await stored()).toEqual([]);
  });
});

test("who may not configure the model sets, reads and previews nothing, and has no name looked up", async () => {
  for (const query of [
    "{ modelProvider { baseUrl } }",
    `{ systemPromptPreview(template: "{{user}}") }`,
    "mutation { removeModelProvider(input: {}) { modelProvider { baseUrl } } }",
  ]) {
    expect((await api.ask(acme.member, query)).codes, query).toEqual(["PERMISSION_DENIED"]);
  }
  expect((await set({}, acme.member)).codes).toEqual(["PERMISSION_DENIED"]);
  expect((await set({ baseUrl: "https://inside.acme.example" }, acme.member)).codes).toEqual([
    "PERMISSION_DENIED",
  ]);
  expect(asked).toEqual([]);
  expect(await stored()).toEqual([]);
});

test("where questions go is changed by somebody who proved lately who they are", async () => {
  await set({});
  await database.admin.query("update auth.sessions set authenticated_at = now() - interval '11 minutes'");
  expect((await set({ key: "sk-new" })).codes).toEqual(["STEP_UP_REQUIRED"]);
  expect((await set({ baseUrl: "https://models.acme.example/v2" })).codes).toEqual(["STEP_UP_REQUIRED"]);
  expect((await set({ key: undefined, systemPrompt: "Be brief." })).errors).toEqual([]);
  expect(await stored()).toMatchObject([{ base_url: baseUrl, system_prompt: "Be brief." }]);
});

test("a company removes its own provider, and nobody else's", async () => {
  await set({});
  const remove = "mutation { removeModelProvider(input: {}) { modelProvider { baseUrl hasKey } } }";
  expect((await api.ask(globex.admin, "{ modelProvider { baseUrl } }")).data.modelProvider).toBeNull();
  expect((await api.ask(globex.admin, remove)).codes).toEqual(["NOT_FOUND"]);
  expect(await stored()).toHaveLength(1);
  const { data } = await api.ask(acme.admin, remove);
  expect(data.removeModelProvider.modelProvider).toEqual({ baseUrl, hasKey: true });
  expect(await stored()).toEqual([]);
  expect((await turns(database).begin(acme.member, { content: "Hello" })).provider).toBeNull();
});
