import { afterAll, beforeAll, expect, test } from "vitest";
import { masterKeys } from "../../src/auth/encryption.ts";
import { openProviderKey, sealProviderKey } from "../../src/chat/provider_key.ts";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../support/database.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";
import { begin, turns } from "../support/turns.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;
let turn: ReturnType<typeof turns>;
const keys = masterKeys({ masterKey: testMasterKey, previousMasterKey: null });

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
  turn = turns(database);
});
afterAll(() => database.drop());

const keep = `select context.keep_model_provider($1, $2, $3, '{sun,moon}', 'sun', 'Be brief.')`;

test("a company's provider is lent to its turns with a key that only the master key opens", async () => {
  const { id, sealed } = sealProviderKey(keys, "sk-acme");
  await actingAs(acme.admin).expect(keep, [id, "https://models.acme.example/v1", sealed]).toReach(1);
  const begun = await turn.begin(acme.member, { content: "Hello" });
  expect(begun.answered_by).toBe("sun");
  expect(begun.provider).toMatchObject({
    id,
    baseUrl: "https://models.acme.example/v1",
    systemPrompt: "Be brief.",
  });
  expect(openProviderKey(keys, begun.provider as { id: string; sealedKey: string })).toBe("sk-acme");
  expect((await turn.begin(globex.member, { content: "Hello" })).provider).toBeNull();
});

test("its list of models binds who asks for one, and passes over what was only somebody's taste", async () => {
  await actingAs(acme.member)
    .expect(...begin({ content: "x", model: "comet" }))
    .toBeRefused("RH452");
  expect((await turn.begin(acme.member, { content: "x", model: "moon" })).answered_by).toBe("moon");
  await actingAs(acme.member).rows("update app.user_preferences set model = 'comet'");
  expect((await turn.begin(acme.member, { content: "x" })).answered_by).toBe("sun");
  await actingAs(acme.member).rows("update app.user_preferences set model = 'moon'");
  expect((await turn.begin(acme.member, { content: "x" })).answered_by).toBe("moon");
});

test("it is shown without its key, to whoever configures the model", async () => {
  const [row] = await actingAs(acme.admin).rows<{ provider: object }>(
    "select context.model_provider() as provider",
  );
  expect(row!.provider).toMatchObject({ hasKey: true, models: ["sun", "moon"], defaultModel: "sun" });
  expect(JSON.stringify(row)).not.toContain("ealedKey");
  await actingAs(acme.member)
    .expect("select context.model_provider()")
    .toBeRefused("RH403", "configure_model");
  await actingAs(acme.member)
    .expect(keep, [globex.tenantId, "https://evil.example", null])
    .toBeRefused("RH403", "configure_model");
  await actingAs(acme.owner).expect("select from auth.model_providers").toBeRefused("42501");
  expect(await actingAs(globex.admin).rows("select context.model_provider() as provider")).toEqual([
    { provider: null },
  ]);
});

test("its key is sent to no address but the one that it came with", async () => {
  const other = [acme.tenantId, "https://elsewhere.example/v1"];
  await actingAs(acme.admin)
    .expect(keep, [...other, null])
    .toBeRefused("RH400");
  await actingAs(acme.admin)
    .inVain()
    .expect(keep, [...other, sealProviderKey(keys, "sk-new").sealed])
    .toReach(1);
});
