import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let api: GraphQLHouse;
beforeAll(async () => {
  database = await createDatabase();
  ({ acme } = await buildTenants(database));
  api = await startGraphQL(database);
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

const isName = async (text: string): Promise<boolean> =>
  (await database.admin.query("select app.is_name($1) as verdict", [text])).rows[0].verdict;

const NO_NAMES = [
  "",
  " ",
  "   ",
  "\u00a0",
  "\u00a0 \u3000\u2003\u202f\u205f\u1680",
  "\u200b",
  "\u200b\u200c\u200d\u2060\ufeff",
  "\u00ad",
  "\u034f",
  "\u2800",
  "\u3164",
  "\u115f\u1160\uffa0",
  "\u180e",
  "\ufe0f",
  "\u{e0020}\u{e007f}",
  "\u{1d173}",
  "Ann\n",
  "Ann\tBee",
  "Ann\u0085Bee",
  "Ann\u2028Bee",
  "\u202eeman a ton",
  "Ann\u2066",
];

const NAMES = [
  "Ann",
  "  Ann ",
  "x",
  "7",
  "-",
  "\u00c5sa \u00d6",
  "A\u030asa",
  "\u5c71\u7530\u00a0\u592a\u90ce",
  "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
  "\u05d0\u05d1\u200f (x)",
  "\u0915\u094d\u200d\u0937",
  "\u{1f469}\u200d\u{1f680}",
  "\u263a\ufe0f",
  "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
];

describe("a name", () => {
  test.each(NO_NAMES)("is not %j", async (text) => expect(await isName(text)).toBe(false));
  test.each(NAMES)("is %j", async (text) => expect(await isName(text)).toBe(true));

  test("is none that is made of what Unicode calls white space, control or default ignorable, whichever it is", async () => {
    const unseen: string[] = [];
    for (let point = 1; point <= 0x10ffff; point++) {
      if (point >= 0xd800 && point <= 0xdfff) continue;
      const character = String.fromCodePoint(point);
      if (/[\s\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}]/u.test(character))
        unseen.push(character);
    }
    expect(unseen.length).toBeGreaterThan(4_000);
    const { rows } = await database.admin.query(
      "select to_hex(ascii(one)) as point from unnest($1::text[]) as one where app.is_name(one)",
      [unseen],
    );
    expect(rows).toEqual([]);
  });
});

test("every column that holds a name holds names only", async () => {
  const { rows } = await database.admin.query(`
    select attrelid::regclass || '.' || attname as name
    from pg_attribute join pg_class on pg_class.oid = attrelid and relkind = 'r'
    where relnamespace::regnamespace::text in ('app', 'auth') and attnum > 0 and attname ~ '(^|_)(name|title)$'
      and not exists (
        select from pg_constraint
        where conrelid = attrelid and contype = 'c' and conkey = array[attnum]
          and pg_get_constraintdef(pg_constraint.oid) ~ 'app\\.is_name\\('
      )
    order by 1`);
  // A file is called as it was on somebody's machine. The names of permissions and events are words of ours, in lower case; a
  // table's is PostgreSQL's.
  expect(rows.map(({ name }) => name)).toEqual([
    "app.document_versions.file_name",
    "app.documents.file_name",
    "app.permissions.name",
    // Letters, digits and hyphens, as a model takes them.
    "app.tool_servers.name",
    "app.tools.name",
    "app.webhook_event_types.name",
  ]);
});

describe("what is no name", () => {
  const actingAs = (who: TenantFixture["owner"]) => actors(database.app)(who);
  const held = async () =>
    (
      await database.admin.query(
        "select (select jsonb_agg(name order by id) from app.roles) as roles, (select jsonb_agg(title order by id) from app.conversations) as titles",
      )
    ).rows;

  test.each([" ", "\u00a0", "\u200b"])(
    "is refused in SQL and in GraphQL by the same rule: %j",
    async (text) => {
      const before = await held();
      await actingAs(acme.owner)
        .expect("insert into app.roles (name, permissions) values ($1, '{}')", [text])
        .toBeRefused("23514");
      await actingAs(acme.member)
        .expect("update app.memberships set display_name = $1 where id = $2", [
          text,
          acme.member.membershipId,
        ])
        .toBeRefused("23514");
      await actingAs(acme.member).expect("update app.users set name = $1", [text]).toBeRefused("23514");
      for (const mutation of [
        "mutation ($text: String!) { createConversation(input: {conversation: {title: $text}}) { clientMutationId } }",
        `mutation ($text: String!) {
         updateUser(input: {id: "${acme.member.userId}", patch: {name: $text}}) { clientMutationId } }`,
      ]) {
        expect((await api.ask(acme.member, mutation, { text })).codes, mutation).toEqual(["INVALID_INPUT"]);
      }
      expect(await held()).toEqual(before);
    },
  );

  test("may be missing from a conversation, which needs no title", async () => {
    await actingAs(acme.member).expect("insert into app.conversations (title) values ('')").toReach(1);
  });
});
