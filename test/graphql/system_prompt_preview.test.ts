import { afterAll, beforeAll, expect, test } from "vitest";
import { checkTemplate, PLACEHOLDERS } from "../../src/chat/prompt/template.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let api: GraphQLHouse;
let acme: TenantFixture;
beforeAll(async () => {
  database = await createDatabase();
  ({ acme } = await buildTenants(database));
  api = await startGraphQL(database);
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

const preview = (template: string) =>
  api.ask(acme.admin, "query Preview($template: String!) { systemPromptPreview(template: $template) }", {
    template,
  });

test("a template is shown with what holds for whoever looks, each value quoted", async () => {
  await database.admin.query("update app.memberships set display_name = $2 where id = $1", [
    acme.admin.membershipId,
    'Ada "{{company}}"',
  ]);
  await api.ask(
    acme.admin,
    'mutation { setMyPreferences(input: {language: "de", tone: FORMAL, maxAnswerTokens: 500}) { clientMutationId } }',
  );
  const { data, errors } = await preview("For {{user}}, {{ role }} of {{company}}: {{preferences}}.");
  expect(errors).toEqual([]);
  expect(data.systemPromptPreview).toBe(
    'For "Ada \\"{{company}}\\"", "admin" of "The acme company": "language de, tone formal, at most 500 tokens".',
  );
});

test("a placeholder that there is not, and what is too long, are refused as they are when stored", async () => {
  expect((await preview("{{password}}")).codes).toEqual(["UNKNOWN_PLACEHOLDERS"]);
  expect((await preview("x".repeat(8_001))).codes).toEqual(["INVALID_INPUT"]);
});

const TEMPLATES = [
  ...PLACEHOLDERS.map((name) => `{{${name}}} {{ ${name} }}`),
  ...[
    "{{User}}",
    "{{}}",
    "{{ }}",
    "{{user",
    "{user}",
    "{{{user}}}",
    "{{user}}{{bot}}",
    "{{us\ner}}",
    "{{ur}}",
  ],
];

test.each(TEMPLATES)("the database and the prompt agree on whether %j can be used", async (template) => {
  const asked = database.admin.query("select context.check_template($1)", [template]);
  let refused: string[] | null = null;
  try {
    checkTemplate(template);
  } catch (error) {
    refused = (error as { names: string[] }).names;
  }
  if (refused === null) await asked;
  else await expect(asked).rejects.toMatchObject({ code: "RH453" });
});
