import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { TestDatabase } from "./database.ts";
import { eventually, readable, type TestServer } from "./server.ts";

/** The roles that every tenant begins with. */
export type BuiltInRole = "admin" | "member" | "viewer" | "guest";

export interface Person {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
}

export interface Session {
  readonly sessionId: string;
  /** The session's secret handle: what an access token carries as `sid`. */
  readonly handle: string;
  /** sha256 of the handle: the first argument of `context.enter`. */
  readonly digest: Buffer;
}

/** Somebody who is signed in to a tenant. */
export interface Member extends Person, Session {
  readonly tenantId: string;
  readonly membershipId: string;
}

export interface Tenant {
  readonly tenantId: string;
  readonly slug: string;
  readonly name: string;
  /** Signed in; holds the role admin. */
  readonly owner: Member;
}

type Pools = Pick<TestDatabase, "admin" | "auth">;

/** What `context.enter` is told of a request, without a browser or a tenant of its own. */
export const facts = { request_id: "test", ip: "192.0.2.1" } as const;

/** A user with a verified address, a member of nothing, not signed in and without a password. */
export async function createPerson({ admin }: Pools, given: { name?: string } = {}): Promise<Person> {
  const mark = randomBytes(4).toString("hex");
  const name = given.name ?? `Person ${mark}`;
  const email = `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, ".")}.${mark}@example.com`;
  const { rows } = await admin.query<{ id: string }>(
    "insert into app.users (email, name) values ($1, $2) returning id",
    [email, name],
  );
  return { userId: only(rows).id, email, name };
}

/** A tenant with the built-in roles and an owner who is signed in. */
export async function createTenant(pools: Pools, given: { slug?: string } = {}): Promise<Tenant> {
  const slug = given.slug ?? `tenant-${randomBytes(4).toString("hex")}`;
  const name = `The ${slug} company`;
  const person = await createPerson(pools, { name: `Owner of ${slug}` });
  const { rows } = await pools.admin.query<{ id: string }>("select auth.create_tenant($1, $2, $3) as id", [
    slug,
    name,
    person.userId,
  ]);
  const tenantId = only(rows).id;
  return { tenantId, slug, name, owner: await signedIn(pools, person, { tenantId, slug }) };
}

/** A member of the tenant with this role, signed in. Pass a `person` to give one user two tenants. */
export async function createMember(
  pools: Pools,
  given: { tenant: Pick<Tenant, "tenantId" | "slug">; role: BuiltInRole | (string & {}); person?: Person },
): Promise<Member> {
  const person = given.person ?? (await createPerson(pools, { name: `A ${given.role}` }));
  await pools.admin.query(
    `insert into app.memberships (tenant_id, user_id, role_id, display_name)
     select tenant_id, $2, id, $4 from app.roles where tenant_id = $1 and name = $3`,
    [given.tenant.tenantId, person.userId, given.role, person.name],
  );
  return signedIn(pools, person, given.tenant);
}

/** Signs a person in to a tenant, the way the server does once it has checked the password. */
export async function createSession({ auth }: Pools, person: Person, slug: string | null): Promise<Session> {
  const session = { sessionId: randomUUID(), handle: randomBytes(32).toString("base64url") };
  const digest = createHash("sha256").update(session.handle).digest();
  const { rows } = await auth.query<{ outcome: string }>(
    "select outcome from auth.finish_login($1, true, $2, $3, $4, $5)",
    [person.email, session.sessionId, digest, slug, facts],
  );
  const { outcome } = only(rows);
  if (outcome !== "ok") throw new Error(`${person.email} cannot sign in to ${slug}: ${outcome}`);
  return { ...session, digest };
}

async function signedIn(
  pools: Pools,
  person: Person,
  { tenantId, slug }: Pick<Tenant, "tenantId" | "slug">,
): Promise<Member> {
  const membership = await pools.admin.query<{ id: string }>(
    "select id from app.memberships where tenant_id = $1 and user_id = $2",
    [tenantId, person.userId],
  );
  const membershipId = only(membership.rows).id;
  return { ...person, ...(await createSession(pools, person, slug)), tenantId, membershipId };
}

function only<Row>(rows: Row[]): Row {
  if (rows.length !== 1) throw new Error(`expected one row, not ${rows.length}`);
  return rows[0]!;
}

/** What `signUp` chose and what the server answered to the login. */
export interface SignUp {
  readonly email: string;
  readonly password: string;
  /** The body of the answer to `POST /auth/login`. */
  readonly login: {
    access_token: string;
    refresh_token: string;
    user: { id: string };
    tenant: { id: string; slug: string } | null;
    [more: string]: unknown;
  };
  /** `{ Authorization: "Bearer …" }` */
  readonly headers: { Authorization: string };
}

/** Registers over HTTP, follows the link in the mail, chooses a password there and signs in, the way people do. */
export async function signUp(
  server: Pick<TestServer, "post" | "mails">,
  given: { email?: string; tenant?: { name: string; slug: string } } = {},
): Promise<SignUp> {
  const email = given.email ?? `person.${randomBytes(4).toString("hex")}@example.com`;
  const password = `a long enough ${randomBytes(6).toString("hex")}`;
  const registered = await server.post("/auth/register", {
    email,
    name: "Some One",
    ...(given.tenant && { tenant: given.tenant }),
  });
  if (registered.status !== 202) throw new Error(`register: ${JSON.stringify(registered.body)}`);
  const token = await mailedToken(server, email);
  const verified = await server.post("/auth/email/verify", { token, password });
  if (verified.status !== 204) throw new Error(`verify: ${JSON.stringify(verified.body)}`);
  const login = await server.post("/auth/login", { email, password });
  if (login.status !== 200) throw new Error(`login: ${JSON.stringify(login.body)}`);
  return {
    email,
    password,
    login: login.body,
    headers: { Authorization: `Bearer ${login.body.access_token}` },
  };
}

/** The token of the newest link mailed to this address. */
export function mailedToken(server: Pick<TestServer, "mails">, email: string): Promise<string> {
  return eventually(() => newestMail(server, email, /#token=([\w-]+)/));
}

/** The six digits of the newest mail to this address that has some. */
export async function mailedCode(server: Pick<TestServer, "mails">, email: string): Promise<string> {
  return (await eventually(() => newestMail(server, email, /\b(\d{3} \d{3})\b/))).replace(" ", "");
}

function newestMail(
  server: Pick<TestServer, "mails">,
  email: string,
  pattern: RegExp,
): string | null | undefined {
  return server
    .mails()
    .map(readable)
    .filter((text) => text.includes(`To: ${email.toLowerCase()}`))
    .map((text) => pattern.exec(text)?.[1])
    .findLast((found) => found !== undefined);
}
