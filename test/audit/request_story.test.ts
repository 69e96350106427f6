import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { signUp } from "../support/people.ts";
import { eventually, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database, { DEMO: "off" });
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

test("what one request did and was refused is told in order, under the name that its answer has", async () => {
  const owner = await signUp(server, { tenant: { name: "Acme", slug: "acme" } });
  const { rows } = await database.admin.query(
    "select session.id, person.name from auth.sessions as session join app.users as person on person.id = user_id where email = $1",
    [owner.email],
  );
  const { id: sessionId, name } = rows[0];
  const ask = (query: string, more = {}) => server.post("/graphql", { query }, { ...owner.headers, ...more });
  // An owner is refused nothing by permission, but for what the role is made to lack here.
  const client = await database.admin.connect();
  await client.query("begin; set local session_replication_role = replica");
  await client.query(
    "update app.roles set permissions = array_remove(permissions, 'configure_model') where name = 'admin'",
  );
  await client.query("commit");
  client.release();

  const done = await ask(
    `mutation {
       first: createRole(input: {role: {name: "Keeper", permissions: ["chat"]}}) { role { id } }
       refused: createBudget(input: {budget: {level: TENANT, period: MONTH, capMicros: "1"}}) { budget { id } }
       second: createTeam(input: {team: {name: "Keepers"}}) { team { id } }
     }`,
  );
  expect(done.body.errors.map((error: { extensions: object }) => error.extensions)).toEqual([
    { code: "PERMISSION_DENIED", permission: "configure_model" },
  ]);
  const request = done.headers.get("X-Request-Id")!;
  const storyOf = async (): Promise<{ action: string; detail: Record<string, unknown> }[]> => {
    const { body } = await ask(
      `{ auditEvents(filter: {requestId: {equalTo: "${request}"}}) {
           nodes { action actorKind actor { displayName } credentialId tableName changes detail } } }`,
    );
    return body.data.auditEvents.nodes;
  };
  const caller = { actorKind: "SESSION", actor: { displayName: name }, credentialId: sessionId };
  // How it went is written a moment after its answer.
  const { access, nodes } = await eventually(async () => {
    const story = await storyOf();
    const access = story.find(({ action }) => action === "api.request");
    return access && { access, nodes: story.filter((event) => event !== access) };
  });
  expect(access).toMatchObject(caller);
  expect(nodes).toMatchObject([
    {
      ...caller,
      action: "insert",
      tableName: "app.roles",
      changes: { permissions: { before: null, after: ["chat"] } },
    },
    { ...caller, action: "insert", tableName: "app.teams" },
    {
      action: "access.refused",
      actor: { displayName: name },
      tableName: null,
      changes: null,
      detail: { code: "RH403", detail: "configure_model", credential: sessionId },
    },
  ]);
  expect(nodes).toHaveLength(3);
  // Its answer and the log have that name too.
  expect(server.log.some((line) => line.requestId === request)).toBe(true);
});

test("a name that a client gives its request is the one that its story has; one that is no name is not taken", async () => {
  const owner = await signUp(server, { tenant: { name: "Globex", slug: "globex" } });
  const named = await server.post(
    "/graphql",
    { query: `mutation { createRole(input: {role: {name: "Keeper", permissions: []}}) { role { id } } }` },
    { ...owner.headers, "X-Request-Id": "release-42" },
  );
  expect(named.headers.get("X-Request-Id")).toBe("release-42");
  const { rows } = await database.admin.query(
    "select action, table_name from audit.events where request_id = 'release-42' and action <> 'api.request' order by at, id",
  );
  expect(rows).toEqual([{ action: "insert", table_name: "app.roles" }]);
  const odd = await server.post(
    "/graphql",
    { query: "{ me { id } }" },
    { ...owner.headers, "X-Request-Id": "a b'--" },
  );
  expect(odd.headers.get("X-Request-Id")).toMatch(/^[\w-]{36}$/);
});
