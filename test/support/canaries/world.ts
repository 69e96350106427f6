import { createApiKeys } from "../../../src/auth/api_key.ts";
import { actors } from "../acting_as.ts";
import { openBrowsers } from "../chatting.ts";
import { createDatabase, type TestDatabase } from "../database.ts";
import { createGuest, createGuestKey } from "../guests.ts";
import { bring, readAll } from "../library.ts";
import { createMember, type Member } from "../people.ts";
import { type Provider, startProvider } from "../provider.ts";
import { startTestServer, type TestServer } from "../server.ts";
import { buildTenant, type TenantFixture } from "../tenants.ts";
import type { Random } from "./random.ts";

/** Somebody who asks: a person by their browser, or a key of theirs or of nobody's. */
export interface Asker {
  /** For whoever reads that the test failed. */
  readonly called: string;
  readonly tenantId: string;
  /** Null: a key that is nobody's. */
  readonly who: Member | null;
  /** What lets them ask at all, read the company's and their teams' documents, and bring some. */
  readonly may: { readonly chat: boolean; readonly read: boolean; readonly bring: boolean };
  /** The same set for all askers that are one member. */
  readonly teams: Set<string>;
  headers(): Promise<Record<string, string>>;
}

export interface Canary {
  readonly id: string;
  readonly tenantId: string;
  readonly by: Member;
  /** What people may know of it and ask for. */
  readonly name: string;
  /** Words that are in it, and that nobody ever asks for: its text has the one, its title the other. */
  readonly secrets: readonly string[];
  visibility: "private" | "team" | "tenant";
  team: string | null;
  deleted: boolean;
}

export interface CanaryWorld {
  readonly database: TestDatabase;
  readonly server: TestServer;
  readonly provider: Provider;
  readonly tenants: readonly TenantFixture[];
  readonly askers: readonly Asker[];
  /** Those that were deleted too. */
  readonly documents: readonly Canary[];
  readonly byId: ReadonlyMap<string, Canary>;
  readonly bySecret: ReadonlyMap<string, Canary>;
  as(member: Member): ReturnType<ReturnType<typeof actors>>;
  write(by: Member, visibility: Canary["visibility"], team?: string | null): Promise<Canary>;
  /** Has what was written read and embedded. */
  index(): Promise<void>;
  close(): Promise<void>;
}

/** A secret in whatever is said, sent or stored. */
export const SECRET = /zs[bcdfghjklmnprstvw]{12}/g;

export const WORDS =
  "leave travel budget contract invoice office salary parking server backup customer partner meeting project security insurance training laptop".split(
    " ",
  );

/** The rule of who reads what, said once more, in other words than the database's. */
export function mayRead({ who, tenantId, may, teams }: Asker, document: Canary): boolean {
  if (document.deleted || document.tenantId !== tenantId || !may.chat) return false;
  if (document.visibility === "private") return document.by.userId === who?.userId;
  if (!may.read) return false;
  return document.visibility === "tenant" || teams.has(document.team!);
}

/** Three companies with teams, people of every role, guests, keys, and one person who is in two of them; all have written something. */
export async function buildCanaryWorld(random: Random): Promise<CanaryWorld> {
  const database = await createDatabase();
  const provider = await startProvider();
  const server = await startTestServer(database, {
    MODEL_PROVIDER_URL: provider.url,
    MODEL_PROVIDER_INTERNAL: "on",
    MODEL: "ok",
    EMBEDDING_MODEL: "bags",
    RATE_LIMIT: "1000000",
    RATE_LIMIT_GUESTS: "1000000",
  });
  const browser = await openBrowsers(database, server.config.publicUrl);
  const actingAs = actors(database.app);
  const tenants: TenantFixture[] = [];
  const askers: Asker[] = [];
  const documents: Canary[] = [];
  const byId = new Map<string, Canary>();
  const bySecret = new Map<string, Canary>();

  async function write(by: Member, visibility: Canary["visibility"], team: string | null = null) {
    const [name, inText, inTitle] = [random.word("zn"), random.word("zs"), random.word("zs")];
    const filler = () => Array.from({ length: 12 }, () => random.one(WORDS)).join(" ");
    const text = `${filler()}. The code of ${name} is ${inText}.\n\n${filler()}.`;
    const [row] = await actingAs(by).rows<{ id: string }>(bring, [
      `${name} ${inTitle}`,
      text,
      visibility,
      team,
    ]);
    const secrets = [inText, inTitle];
    const document = {
      id: row!.id,
      tenantId: by.tenantId,
      by,
      name,
      secrets,
      visibility,
      team,
      deleted: false,
    };
    documents.push(document);
    byId.set(document.id, document);
    for (const secret of secrets) bySecret.set(secret, document);
    return document;
  }

  /** A secret key of somebody's with these scopes. */
  async function keyOf({ tenantId, userId }: Member, scopes: string): Promise<Record<string, string>> {
    const { secret } = createApiKeys();
    await database.admin.query(
      `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes)
       values ($1, $2, 'For a program', sha256(sha256(convert_to($3, 'UTF8'))), $4)`,
      [tenantId, userId, secret, scopes],
    );
    return { Authorization: `Bearer ${secret}` };
  }

  for (const slug of ["acme", "globex", "initech"]) {
    const tenant = await buildTenant(database, slug);
    tenants.push(tenant);
    const { tenantId } = tenant;
    const { rows } = await database.admin.query<{ id: string }>(
      "insert into app.teams (tenant_id, name) values ($1, 'Red'), ($1, 'Blue') returning id",
      [tenantId],
    );
    const [red, blue] = rows.map(({ id }) => id) as [string, string];
    const everybody = tenant.member.teamId;
    const person = async (who: Member, role: string, given: readonly string[], there: readonly string[]) => {
      for (const team of given) await join(database, who, team);
      const teams = new Set([...there, ...given]);
      const may = { chat: role !== "viewer", read: role !== "viewer" && role !== "guest", bring: true };
      const asker = { called: `${role} of ${slug}`, tenantId, who, may, teams };
      askers.push({ ...asker, headers: () => browser(who) });
      if (!may.chat) return;
      for (let count = 0; count < 2; count += 1) await write(who, "private");
      if (may.read) for (const team of given) await write(who, "team", team);
      for (const [scopes, read] of [
        ["{chat,read_documents}", may.read],
        ["{chat}", false],
      ] as const) {
        if (role !== "member") break;
        const headers = await keyOf(who, scopes);
        const called = `key with ${scopes} of a member of ${slug}`;
        askers.push({
          ...asker,
          called,
          may: { chat: true, read, bring: false },
          headers: async () => headers,
        });
      }
    };
    await person(tenant.owner, "owner", [], [everybody]);
    await person(tenant.admin, "admin", [red], [everybody]);
    await person(tenant.member, "member", [red, blue], [everybody]);
    await person(tenant.colleague, "member", [blue], [everybody]);
    await person(tenant.viewer, "viewer", [red], [everybody]);
    await person(await createMember(database, { tenant, role: "guest" }), "guest", [], []);
    await person(await createGuest(database, tenant), "guest", [], []);
    const widget = await createGuestKey(database, tenantId);
    askers.push({
      called: `publishable key of ${slug}`,
      tenantId,
      who: null,
      may: { chat: true, read: false, bring: false },
      teams: new Set(),
      headers: async () => widget.headers,
    });
    for (let count = 0; count < 4; count += 1) await write(tenant.admin, "tenant");
    const [first] = tenants;
    if (first !== tenant) {
      // One person, two companies: what they may read depends on which they ask in.
      const { userId, email, name } = first!.member;
      const twice = await createMember(database, { tenant, role: "member", person: { userId, email, name } });
      await person(twice, "member", [blue], []);
    }
  }

  /** As the installation's provider would embed them. */
  async function embed(texts: readonly string[]) {
    const answer = await fetch(`${provider.url}/embeddings`, {
      method: "POST",
      body: JSON.stringify({ model: "bags", input: texts }),
    });
    const { data } = (await answer.json()) as { data: { embedding: number[] }[] };
    return { vectors: data.map(({ embedding }) => embedding), usage: { input: 0, estimated: true } };
  }
  const index = async () =>
    void (await readAll(database, { embedder: async () => ({ model: "bags", embed }) }));
  await index();
  provider.requests.length = 0;

  return {
    database,
    server,
    provider,
    tenants,
    askers,
    documents,
    byId,
    bySecret,
    as: (member) => actingAs(member),
    write,
    index,
    async close() {
      await server.close();
      await provider.close();
      await database.drop();
    },
  };
}

export const join = ({ admin }: Pick<TestDatabase, "admin">, who: Member, team: string) =>
  admin.query("insert into app.team_members (tenant_id, team_id, user_id) values ($1, $2, $3)", [
    who.tenantId,
    team,
    who.userId,
  ]);
export const leave = ({ admin }: Pick<TestDatabase, "admin">, who: Member, team: string) =>
  admin.query("delete from app.team_members where tenant_id = $1 and team_id = $2 and user_id = $3", [
    who.tenantId,
    team,
    who.userId,
  ]);
