import { hash } from "node:crypto";
import type { AccessClaims, TokenAuthority } from "../../../src/auth/access_token.ts";
import { createApiKeys } from "../../../src/auth/api_key.ts";
import { codeAt } from "../../../src/auth/totp.ts";
import type { Operation } from "../../../src/http/contract/operation.ts";
import type { Authenticator } from "../../support/authenticator.ts";
import type { CaptchaProvider } from "../../support/captcha_provider.ts";
import type { TestDatabase } from "../../support/database.ts";
import { createGuestKey, openGuest } from "../../support/guests.ts";
import { passkeyOf } from "../../support/passkeys.ts";
import { mailedCode, mailedToken, type SignUp, signUp } from "../../support/people.ts";
import { type Answer, eventually, readable, type TestServer } from "../../support/server.ts";

/** Where the examples happen. */
export interface Street {
  readonly database: TestDatabase;
  readonly server: TestServer;
  /** A server of the same database where nobody new may register. */
  readonly closed: TestServer;
  /** One where only the invited may. */
  readonly invited: TestServer;
  /** One that asks for a CAPTCHA, lets one guest in, and whose provider answers or is away. */
  readonly guarded: TestServer;
  readonly puzzles: CaptchaProvider;
  readonly authority: TokenAuthority;
  /** An access token of ours; of nobody, if it is not said whose. */
  token(claims?: Partial<AccessClaims>): Promise<string>;
}

/** Brings about one answer. */
export type Example = (operation: Operation, street: Street) => Promise<Answer>;
export type Examples = Readonly<Record<string, Example>>;
export type Headers = Record<string, string>;

export const bearer = (token: string): Headers => ({ Authorization: `Bearer ${token}` });
export const cookie = (token: string): Headers => ({ Cookie: `__Host-rowhouse_refresh=${token}` });
export const elsewhere: Headers = { Origin: "https://elsewhere.example" };

/** What is asked for by mail, and its newest mail with a link: the one that this brings, and not one before it. */
export async function mailed(
  { server }: Pick<Street, "server">,
  email: string,
  path: string,
  headers: Headers = {},
): Promise<{ token: string; code: string }> {
  const arrived = () =>
    server
      .mails()
      .map(readable)
      .filter((mail) => mail.includes(`To: ${email}`) && mail.includes("#token=")).length;
  const before = arrived();
  await server.post(path, { email }, headers);
  await eventually(() => arrived() > before);
  return { token: await mailedToken(server, email), code: await mailedCode(server, email) };
}

/** Somebody with a company of their own. */
export const someone = ({ server }: Street): Promise<SignUp> =>
  signUp(server, { tenant: { name: "A place", slug: `place-${crypto.randomUUID().slice(0, 8)}` } });

/** Somebody of whom SQL changes something: $user and $tenant stand for theirs. */
export async function someoneAfter(street: Street, change: string): Promise<SignUp> {
  const person = await someone(street);
  await alter(street, person, change);
  return person;
}

export async function alter({ database, server }: Street, { login }: SignUp, change: string): Promise<void> {
  // A company keeps an owner, so somebody else has to be one before they stop.
  if (/app\.memberships set is_owner/.test(change)) {
    const other = await signUp(server);
    await database.admin.query(
      `insert into app.memberships (tenant_id, user_id, role_id, is_owner, display_name)
       select tenant_id, $2, role_id, true, 'Bob' from app.memberships where user_id = $1`,
      [login.user.id, other.login.user.id],
    );
  }
  const sql = change.replaceAll("$user", `'${login.user.id}'`).replaceAll("$tenant", `'${login.tenant?.id}'`);
  await database.admin.query(sql);
}

export const BANNED = "update app.users set status = 'banned' where id = $user";
export const SUSPENDED = "update app.tenants set status = 'suspended' where id = $tenant";
export const NARROWED = "update app.tenants set sign_in_ways = '{nowhere}' where id = $tenant";
export const NEEDS_A_FACTOR = "update app.tenants set requires_second_factor = true where id = $tenant";
/** The account is to be deleted. */
export const LEAVING =
  "insert into auth.deletions (user_id, due_at) values ($user, now() + interval '1 day')";
export const STALE =
  "update auth.sessions set authenticated_at = now() - interval '11 minutes' where user_id = $user";

/** What is wrong with a session, by the code that says so. */
const FAULTS = {
  credential_expired: "update auth.sessions set expires_at = now() where user_id = $user",
  session_ended: "update auth.sessions set ended_at = now(), end_reason = 'revoked' where user_id = $user",
  membership_removed: "update app.memberships set is_owner = false, status = 'removed' where user_id = $user",
  membership_suspended:
    "update app.memberships set is_owner = false, status = 'suspended' where user_id = $user",
  tenant_closed: "update app.tenants set status = 'closed' where id = $tenant",
  tenant_suspended: SUSPENDED,
  user_banned: BANNED,
} as const;

/** A call about one's own account, with every session that will not do for it. */
export function withBadSessions(
  route: string,
  call: (street: Street, headers: Headers) => Promise<Answer>,
): Examples {
  const changed = Object.entries(FAULTS).map(([code, change]): [string, Example] => [
    `${route} ${code}`,
    async (_, street) => call(street, (await someoneAfter(street, change)).headers),
  ]);
  return {
    ...Object.fromEntries(changed),
    [`${route} credential_missing`]: (_, street) => call(street, {}),
    [`${route} credential_unknown`]: async (_, street) => call(street, bearer(await street.token())),
    [`${route} fingerprint_mismatch`]: async (_, street) =>
      call(street, { ...(await someone(street)).headers, "User-Agent": "another browser" }),
    [`${route} session_required`]: async (_, street) =>
      call(street, { "X-API-Key": await keyOfSomeone(street) }),
    [`${route} tenant_mismatch`]: async (_, street) => call(street, bearer(await foreignToken(street))),
    [`${route} account_required`]: async (_, street) => call(street, (await visitor(street)).bearer),
    [`${route} guest_unwelcome`]: async (_, street) => {
      const { bearer, tenantId } = await visitor(street);
      await street.database.admin.query("update app.tenants set allows_guests = false where id = $1", [
        tenantId,
      ]);
      return call(street, bearer);
    },
  };
}

/** A company that takes guests, and its key that lets them in. */
export async function welcoming(street: Street, given: { opensGuests?: boolean } = {}) {
  const person = await someone(street);
  const tenantId = person.login.tenant!.id;
  return { person, tenantId, key: await createGuestKey(street.database, tenantId, given) };
}

/** A guest of such a company. */
export async function visitor(street: Street) {
  const { tenantId, key } = await welcoming(street);
  const { bearer } = await openGuest(street.server, key);
  return { bearer, tenantId };
}

/** A call that asks for a CAPTCHA, with everything that its provider can say of it. */
export function withBadCaptchas(
  route: string,
  call: (street: Street, captcha: object) => Promise<Answer>,
): Examples {
  return {
    [`${route} captcha_required`]: (_, street) => call(street, {}),
    [`${route} captcha_failed`]: (_, street) => call(street, { captcha: "rubbish" }),
    [`${route} captcha_unavailable`]: async (_, street) => {
      street.puzzles.behave({ status: 500, body: "" });
      try {
        return await call(street, { captcha: street.puzzles.token() });
      } finally {
        street.puzzles.behave("well");
      }
    },
  };
}

/** A token of somebody's session that names another tenant. */
export async function foreignToken(street: Street): Promise<string> {
  const { login } = await someone(street);
  const [, claims = ""] = login.access_token.split(".");
  const { sub, sid } = JSON.parse(Buffer.from(claims, "base64url").toString());
  return street.token({ userId: sub, handle: sid, tenantId: crypto.randomUUID() });
}

/** An API key of somebody's. */
export async function keyOfSomeone(street: Street): Promise<string> {
  const { login } = await someone(street);
  const key = createApiKeys().secret;
  await street.database.admin.query(
    `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes)
     values ($1, $2, 'test', sha256(sha256(convert_to($3, 'UTF8'))), '{chat}')`,
    [login.tenant!.id, login.user.id, key],
  );
  return key;
}

export const verifier = "v".repeat(43);
export const challenge = hash("sha256", verifier, "base64url");

/** What a browser says on its way to a provider. */
export const way = ({ config }: TestServer): URLSearchParams =>
  new URLSearchParams({ return_to: config.publicUrl, code_challenge: challenge });

/** A code under which a provider's word is kept: what a browser comes back with. */
export async function keptCode(
  { database }: Pick<Street, "database">,
  email: string | null = null,
  subject: string = crypto.randomUUID(),
): Promise<string> {
  const code = crypto.randomUUID();
  await database.auth.query(
    "select auth.keep_code(sha256(convert_to($1, 'UTF8')), $2, 'test', 'https://id.example', $3, $4, null)",
    [code, challenge, subject, email],
  );
  return code;
}

/** Signs in with what a provider said. */
export async function exchange(
  street: Street,
  more: object,
  email: string | null = `${crypto.randomUUID()}@example.com`,
  subject?: string,
  to: TestServer = street.server,
): Promise<Answer> {
  const code = await keptCode(street, email, subject);
  return to.post("/auth/oauth/exchange", { code, code_verifier: verifier, ...more });
}

export interface Enrolled extends SignUp {
  readonly seed: Buffer;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The bytes of what an app is told (RFC 4648 section 6). */
function base32(text: string): Buffer {
  const bits = [...text].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
}

export const seedOf = ({ body }: Answer): Buffer => base32(body.secret);

/** Somebody with a second factor. */
export async function enrolled(street: Street): Promise<Enrolled> {
  const person = await someone(street);
  const seed = seedOf(await street.server.post("/auth/mfa/totp/enroll", {}, person.headers));
  const confirmed = await street.server.post(
    "/auth/mfa/totp/confirm",
    { code: codeAt(seed) },
    person.headers,
  );
  if (confirmed.status !== 200) throw new Error(JSON.stringify(confirmed.body));
  // The code that confirmed it counts as one of an hour ago, so that the next is good.
  await alter(
    street,
    person,
    "update auth.totp_factors set last_step = last_step - 120 where user_id = $user",
  );
  return { ...person, seed };
}

/** The token of a sign-in that wants a second factor. */
export async function mfaToken({ server }: Street, { email, password }: SignUp): Promise<string> {
  return (await server.post("/auth/login", { email, password })).body.mfaToken;
}

export interface KeyHolder extends SignUp {
  readonly key: Authenticator;
}

/** Somebody with a passkey. */
export async function keyHolder(street: Street): Promise<KeyHolder> {
  const person = await someone(street);
  return { ...person, key: await passkeyOf(street.server, person) };
}
