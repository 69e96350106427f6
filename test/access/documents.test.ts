import { afterAll, beforeAll, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { bring, readAll } from "../support/library.ts";
import { createMember, type Member } from "../support/people.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;
/** A team that the admin and the member are in, and nobody else. */
let team: string;
let librarian: Member;
let guest: Member;
let documents: Record<"tenant" | "team" | "member" | "colleague" | "foreign", string>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
  const { admin } = database;
  await admin.query(
    "insert into app.roles (tenant_id, name, permissions) values ($1, 'librarian', '{chat,read_documents,manage_documents}')",
    [acme.tenantId],
  );
  librarian = await createMember(database, { tenant: acme, role: "librarian" });
  guest = await createMember(database, { tenant: acme, role: "guest" });
  const made = await admin.query<{ id: string }>(
    "insert into app.teams (tenant_id, name) values ($1, 'Board') returning id",
    [acme.tenantId],
  );
  team = made.rows[0]!.id;
  for (const one of [acme.admin, acme.member, librarian]) await join(one);
  const by = async (who: Member, visibility: string, inTeam: string | null = null): Promise<string> =>
    (await actingAs(who).rows<{ id: string }>(bring, ["Notes", "What it says.", visibility, inTeam]))[0]!.id;
  documents = {
    tenant: await by(librarian, "tenant"),
    team: await by(acme.member, "team", team),
    member: await by(acme.member, "private"),
    colleague: await by(acme.colleague, "private"),
    foreign: await by(globex.admin, "tenant"),
  };
  await readAll(database);
});
afterAll(() => database.drop());

const join = (one: Member) =>
  database.admin.query(
    "insert into app.team_members (tenant_id, team_id, user_id) values ($1, $2, $3) on conflict do nothing",
    [acme.tenantId, team, one.userId],
  );
const leave = (one: Member) =>
  database.admin.query("delete from app.team_members where team_id = $1 and user_id = $2", [
    team,
    one.userId,
  ]);

const PARTS = ["documents", "document_versions", "document_contents", "document_chunks"];
const columns = "tenant_id, id, visibility, team_id, user_id";
const everything = async () =>
  (await database.admin.query("select * from app.documents order by tenant_id, id")).rows;

/** Which of the documents somebody reads, in each of the tables. */
async function reading(who: Member): Promise<string[]> {
  const seen = await Promise.all(
    PARTS.map(async (part) => {
      const key = part === "documents" ? "id" : "document_id";
      const rows = await actingAs(who).rows<{ key: string }>(
        `select ${key} as key, ${columns} from app.${part}`,
      );
      return rows.map(({ key }) => Object.entries(documents).find(([, id]) => id === key)![0]).sort();
    }),
  );
  for (const one of seen) expect(one).toEqual(seen[0]);
  return seen[0]!;
}

test("everybody reads the company's, their teams' and their own, in every table alike, and nobody more", async () => {
  expect(await reading(acme.member)).toEqual(["member", "team", "tenant"]);
  expect(await reading(acme.colleague)).toEqual(["colleague", "tenant"]);
  expect(await reading(acme.admin)).toEqual(["team", "tenant"]);
  expect(await reading(librarian)).toEqual(["team", "tenant"]);
  expect(await reading(acme.owner)).toEqual(["tenant"]);
  expect(await reading(acme.viewer)).toEqual([]);
  expect(await reading(guest)).toEqual([]);
  expect(await reading(globex.admin)).toEqual(["foreign"]);
  expect(await reading(globex.member)).toEqual(["foreign"]);
});

test("the company's are brought by who manages documents, a team's by who is in it, private ones by who chats", async () => {
  const before = await everything();
  const attempt = (who: Member, visibility: string, inTeam: string | null) =>
    actingAs(who).inVain().expect(bring, ["More", "More.", visibility, inTeam]);
  await attempt(librarian, "tenant", null).toReach(1);
  await attempt(acme.admin, "tenant", null).toReach(1);
  await attempt(acme.member, "tenant", null).toBeRefused("RH403", "manage_documents");
  await attempt(guest, "tenant", null).toBeRefused("RH403", "manage_documents");
  await attempt(acme.viewer, "tenant", null).toBeRefused("RH403", "chat");
  await attempt(acme.member, "team", team).toReach(1);
  await attempt(acme.colleague, "team", team).toBeRefused("42501");
  await attempt(acme.owner, "team", team).toBeRefused("42501");
  await attempt(globex.admin, "team", team).toBeRefused("42501");
  for (const who of [acme.member, acme.owner, guest]) await attempt(who, "private", null).toReach(1);
  await attempt(acme.viewer, "private", null).toBeRefused("RH403", "chat");
  await attempt(acme.member, "team", null).toBeRefused("42501");
  await attempt(acme.member, "private", team).toBeRefused("23514");
  expect(await everything()).toEqual(before);
});

test("nobody brings one as somebody else, or says that it is read, or how large it is", async () => {
  const before = await everything();
  for (const [column, value] of [
    ["user_id", acme.colleague.userId],
    ["tenant_id", globex.tenantId],
    ["status", "ready"],
    ["size_bytes", 1],
    ["version", 7],
  ]) {
    const into = `insert into app.documents (title, media_type, ${column}) values ('x', 'text/plain', $1)`;
    await actingAs(acme.admin).expect(into, [value]).toBeRefused("42501");
    await actingAs(acme.admin)
      .expect(`update app.documents set ${column} = $1`, [value])
      .toBeRefused("42501");
  }
  for (const part of PARTS.slice(1)) {
    await actingAs(acme.admin).expect(`delete from app.${part}`).toBeRefused("42501");
    await actingAs(acme.admin).expect(`update app.${part} set visibility = 'tenant'`).toBeRefused("42501");
    await actingAs(acme.admin).expect(`insert into app.${part} default values`).toBeRefused("42501");
  }
  for (const hidden of ["embedding", "signs", "search"]) {
    await actingAs(acme.admin).expect(`select ${hidden} from app.document_chunks`).toBeRefused("42501");
  }
  expect(await everything()).toEqual(before);
});

const CHANGES = [
  ["change", "update app.documents set title = 'Changed' where id = $1"],
  ["delete", "delete from app.documents where id = $1"],
  ["replace", "select app.replace_document($1, 'New.', 'text/plain')"],
  ["re-index", "select app.reindex_document($1)"],
] as const;

test.each(CHANGES)("who may %s a document", async (verb, sql) => {
  const before = await everything();
  const byCall = verb === "replace" || verb === "re-index";
  const can = (who: Member, id: string) => actingAs(who).inVain().expect(sql, [id]).toReach(1);
  /** A row that is not seen is none: a statement reaches nothing, a call says so. */
  const unseen = (who: Member, id: string) =>
    byCall
      ? actingAs(who).inVain().expect(sql, [id]).toBeRefused("RH404")
      : actingAs(who).inVain().expect(sql, [id]).toReach(0);
  const refused = (who: Member, id: string) =>
    actingAs(who).inVain().expect(sql, [id]).toBeRefused("RH403", "manage_documents");

  await can(librarian, documents.tenant);
  await can(acme.admin, documents.tenant);
  await refused(acme.member, documents.tenant);
  await can(acme.member, documents.team);
  await can(librarian, documents.team);
  await unseen(acme.owner, documents.team);
  await unseen(acme.colleague, documents.team);
  await can(acme.member, documents.member);
  for (const who of [acme.admin, acme.owner, librarian, acme.colleague, globex.admin]) {
    await unseen(who, documents.member);
  }
  for (const id of Object.values(documents).filter((one) => one !== documents.foreign)) {
    await unseen(globex.admin, id);
  }
  expect(await everything()).toEqual(before);
});

test("who shows a document to more people must be allowed to", async () => {
  const show = "update app.documents set visibility = $2, team_id = $3 where id = $1";
  const attempt = (who: Member, id: string, visibility: string, inTeam: string | null) =>
    actingAs(who).inVain().expect(show, [id, visibility, inTeam]);
  await attempt(acme.member, documents.member, "tenant", null).toBeRefused("RH403", "manage_documents");
  await attempt(acme.member, documents.member, "team", team).toReach(1);
  await attempt(acme.colleague, documents.colleague, "team", team).toBeRefused("42501");
  // What is the company's does not become a manager's own: it is who brought it that would read it.
  await attempt(acme.admin, documents.tenant, "private", null).toBeRefused("42501");
  await attempt(librarian, documents.tenant, "private", null).toReach(1);
});

test("what is narrowed, and who leaves, counts from the next transaction on, in every table", async () => {
  const set = (visibility: string, inTeam: string | null) =>
    actingAs(librarian).rows("update app.documents set visibility = $2, team_id = $3 where id = $1", [
      documents.tenant,
      visibility,
      inTeam,
    ]);
  expect(await reading(acme.colleague)).toContain("tenant");
  await set("team", team);
  expect(await reading(acme.colleague)).not.toContain("tenant");
  expect(await reading(acme.member)).toContain("tenant");
  await leave(acme.member);
  expect(await reading(acme.member)).toEqual(["member"]);
  await join(acme.member);
  await set("private", null);
  expect(await reading(acme.member)).toEqual(["member", "team"]);
  expect(await reading(librarian)).toContain("tenant");
  await set("tenant", null);
  expect(await reading(acme.colleague)).toContain("tenant");
});

test("when a team is removed, its documents are private to who brought them", async () => {
  await actingAs(acme.admin).rows("delete from app.teams where id = $1", [team]);
  expect(await reading(acme.member)).toEqual(["member", "team", "tenant"]);
  expect(await reading(acme.admin)).toEqual(["tenant"]);
  expect(await reading(librarian)).toEqual(["tenant"]);
});
