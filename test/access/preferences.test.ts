import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember, createTenant, type Member, type Tenant } from "../support/people.ts";

let database: TestDatabase;
let acme: Tenant;
let globex: Tenant;
let member: Member;
let actingAs: ReturnType<typeof actors>;
beforeAll(async () => {
  database = await createDatabase();
  acme = await createTenant(database, { slug: "acme" });
  globex = await createTenant(database, { slug: "globex" });
  member = await createMember(database, { tenant: acme, role: "member" });
  actingAs = actors(database.app);
});
afterAll(() => database.drop());
beforeEach(() =>
  database.admin.query("delete from app.user_preferences; delete from app.tenant_preferences"),
);

const mine = async (who: Member = member) =>
  (await actingAs(who).rows("select * from app.my_preferences()"))[0]!;
const set = (sql: string, who: Member = member) =>
  actingAs(who).rows(`select * from app.set_my_preferences(${sql})`);
const setDefaults = (sql: string, who: Member = acme.owner) =>
  actingAs(who).rows(`select * from app.set_tenant_defaults(${sql})`);

/** Each setting, a value of one's own, one of the company's, and what holds where nobody chose. */
const SETTINGS = [
  ["language", "'fr'", "fr", "'de'", "de", "en"],
  ["tone", "'formal'", "formal", "'friendly'", "friendly", "neutral"],
  ["model", "'small-1'", "small-1", "'vendor/large:2'", "vendor/large:2", null],
  ["temperature", "0.25", 0.25, "2", 2, null],
  ["max_answer_tokens", "16", 16, "100000", 100000, null],
  ["notify_answers", "false", false, "false", false, true],
  ["notify_weekly", "true", true, "true", true, false],
] as const;

describe.each(SETTINGS)("%s", (name, own, ownValue, company, companyValue, builtIn) => {
  const holds = async () => {
    const row = await mine();
    return [row[name], row[`${name}_source`]];
  };

  test("is one's own, else the company's, else what is built in, and says which", async () => {
    expect(await holds()).toEqual([builtIn, "built_in"]);
    await setDefaults(`${name} => ${company}`);
    expect(await holds()).toEqual([companyValue, "company"]);
    await set(`${name} => ${own}`);
    expect(await holds()).toEqual([ownValue, "own"]);
    // What is left out stays.
    const other = name === "tone" ? "language => 'it'" : "tone => 'concise'";
    await set(other);
    await setDefaults(other);
    expect(await holds()).toEqual([ownValue, "own"]);
    await set(`reset => '{${name}}'`);
    expect(await holds()).toEqual([companyValue, "company"]);
    await setDefaults(`reset => '{${name}}'`);
    expect(await holds()).toEqual([builtIn, "built_in"]);
  });

  test("is forgotten with the rest of one's own", async () => {
    await set(`${name} => ${own}`);
    await actingAs(member).rows("select app.delete_my_preferences()");
    expect(await holds()).toEqual([builtIn, "built_in"]);
  });
});

describe.each(["app.user_preferences", "app.tenant_preferences"])("%s", (table) => {
  test.each([
    ["language", "'klingon!'"],
    ["language", "''"],
    ["tone", "'rude'"],
    ["model", "''"],
    ["model", "'two words'"],
    ["model", "'../../etc'"],
    ["model", "repeat('a', 101)"],
    ["temperature", "-0.01"],
    ["temperature", "2.01"],
    ["temperature", "'NaN'"],
    ["temperature", "'Infinity'"],
    ["max_answer_tokens", "15"],
    ["max_answer_tokens", "100001"],
  ])("takes no %s of %s, whoever writes it", async (column, value) => {
    await actingAs(acme.owner)
      .expect(`insert into ${table} (${column}) values (${value})`)
      .toBeRefused("23514");
  });
});

test("what is reset has to be a preference, or nothing is changed", async () => {
  await set("tone => 'formal'");
  for (const reset of ["{tenant_id}", "{tone,user_id}", "{''}"]) {
    await actingAs(member)
      .expect("select app.set_my_preferences(language => 'fr', reset => $1)", [reset])
      .toBeRefused("RH400");
    await actingAs(acme.owner)
      .expect("select app.set_tenant_defaults(reset => $1)", [reset])
      .toBeRefused("RH400");
  }
  expect(await mine()).toMatchObject({ tone: "formal", language: "en" });
});

test("the company's are set by who configures the model, and by nobody else", async () => {
  await actingAs(member)
    .expect("select app.set_tenant_defaults(tone => 'formal')")
    .toBeRefused("RH403", "configure_model");
  await setDefaults("tone => 'formal'");
  await actingAs(member)
    .expect("select app.set_tenant_defaults(tone => 'concise')")
    .toBeRefused("RH403", "configure_model");
  await actingAs(member)
    .expect("update app.tenant_preferences set tone = 'concise'")
    .toBeRefused("RH403", "configure_model");
  await actingAs(acme.owner).expect("delete from app.tenant_preferences").toBeRefused("42501");
  await actingAs(acme.owner)
    .expect("insert into app.tenant_preferences (tone) values ('formal')")
    .toBeRefused("23505");
  expect(await mine()).toMatchObject({ tone: "formal", tone_source: "company" });
});

test("the company's are read by all inside, hold in no other company, and are nobody's own", async () => {
  await setDefaults("model => 'small-1'");
  await actingAs(member)
    .expect("select from app.tenant_defaults() as known where known.model = 'small-1'")
    .toReach(1);
  await actingAs(globex.owner).expect("select from app.tenant_preferences").toReach(0);
  expect(await mine(globex.owner)).toMatchObject({ model: null, model_source: "built_in" });
  await actingAs(member).expect("select from app.user_preferences").toReach(0);
});

test("one person has others in each company", async () => {
  const abroad = await createMember(database, { tenant: globex, role: "member", person: member });
  await set("tone => 'formal'");
  await set("tone => 'friendly'", abroad);
  expect((await mine()).tone).toBe("formal");
  expect((await mine(abroad)).tone).toBe("friendly");
});

test("who sets them first at the same moment, twice, has them once", async () => {
  await Promise.all(Array.from({ length: 8 }, (_, n) => set(`max_answer_tokens => ${100 + n}`)));
  await Promise.all(Array.from({ length: 8 }, (_, n) => setDefaults(`max_answer_tokens => ${100 + n}`)));
  await actingAs(member).expect("select from app.user_preferences").toReach(1);
  await actingAs(member).expect("select from app.tenant_preferences").toReach(1);
});

test("every change of either is in the trail, with its values", async () => {
  await set("model => 'small-1'");
  await setDefaults("temperature => 0.5");
  const { rows } = await database.admin.query(
    `select table_name, actor_id, new_row -> 'model' as model, new_row -> 'temperature' as temperature from audit.events
     where tenant_id = $1 and table_name like '%_preferences' and action = 'insert' order by at desc limit 2`,
    [acme.tenantId],
  );
  expect(rows).toEqual([
    { table_name: "app.tenant_preferences", actor_id: acme.owner.userId, model: null, temperature: 0.5 },
    { table_name: "app.user_preferences", actor_id: member.userId, model: "small-1", temperature: null },
  ]);
});
