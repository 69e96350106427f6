import { createApiKeys } from "../../../src/auth/api_key.ts";
import { codeAt } from "../../../src/auth/totp.ts";
import { mailedToken, signUp } from "../../support/people.ts";
import type { Answer } from "../../support/server.ts";
import { AUDIT_REFUSALS } from "./audit.ts";
import { CHAT_REFUSALS } from "./chat.ts";
import { DOCUMENT_REFUSALS } from "./documents.ts";
import { PASSKEY_REFUSALS } from "./passkeys.ts";
import {
  alter,
  BANNED,
  bearer,
  cookie,
  type Examples,
  elsewhere,
  enrolled,
  exchange,
  foreignToken,
  type Headers,
  keptCode,
  keyOfSomeone,
  LEAVING,
  mailed,
  mfaToken,
  NARROWED,
  NEEDS_A_FACTOR,
  STALE,
  type Street,
  SUSPENDED,
  seedOf,
  someone,
  someoneAfter,
  verifier,
  visitor,
  way,
  welcoming,
  withBadCaptchas,
  withBadSessions,
} from "./street.ts";
import { invitation, neighbour } from "./successes.ts";
import { V1_REFUSALS } from "./v1.ts";

// What brings about each refusal that openapi.json names, where it takes more than a broken request.

const choice = { password: "four walls and a door" };
const newAddress = () => `${crypto.randomUUID()}@example.com`;

/** Signs in, as somebody of whom something was changed after they signed up. */
async function logInAfter(street: Street, change: string, more: object = {}): Promise<Answer> {
  const { email, password } = await someoneAfter(street, change);
  return street.server.post("/auth/login", { email, password, ...more });
}

/** Signs in with the code of a mail, as somebody of whom something was changed. */
async function consumeAfter(street: Street, change: string, more: object = {}): Promise<Answer> {
  const { email } = await someoneAfter(street, change);
  const { code } = await mailed(street, email, "/auth/link/request");
  return street.server.post("/auth/link/consume", { email, code, ...more });
}

/** Comes back from a provider, as somebody of whom something was changed. */
async function exchangeAfter(street: Street, change: string): Promise<Answer> {
  return exchange(street, {}, (await someoneAfter(street, change)).email);
}

/** Shows the second factor, as somebody of whom something was changed since the password. */
async function verifyAfter(street: Street, change: string): Promise<Answer> {
  const person = await enrolled(street);
  const token = await mfaToken(street, person);
  await alter(street, person, change);
  return street.server.post("/auth/mfa/verify", { mfaToken: token, code: codeAt(person.seed) });
}

/** Tries codes of a mail until nobody may try any more. */
async function wrongCodes(
  { server }: Street,
  path: string,
  more: object,
  headers: Headers = {},
): Promise<Answer> {
  const email = newAddress();
  for (let n = 0; ; n++) {
    const answer = await server.post(path, { email, code: "000000", ...more }, headers);
    if (answer.status === 429 || n > 100) return answer;
  }
}

/** Somebody's sibling of a company, who is a member there too. */
async function twoCompanies(street: Street, change: string) {
  const person = await someone(street);
  const other = await someone(street);
  await street.database.admin.query(
    `insert into app.memberships (tenant_id, user_id, role_id, display_name)
     select tenant_id, $2, role_id, 'Ann' from app.memberships where user_id = $1`,
    [other.login.user.id, person.login.user.id],
  );
  await alter(street, other, change);
  return { headers: person.headers, tenant: other.login.tenant!.slug, person };
}

async function switchAfter(street: Street, change: string): Promise<Answer> {
  const { headers, tenant } = await twoCompanies(street, change);
  return street.server.post("/auth/switch", { tenant }, headers);
}

/** Follows a link of a registration where nobody gets an account by one. */
async function verifyElsewhere({ server }: Street, to: Street["server"]): Promise<Answer> {
  const email = newAddress();
  await server.post("/auth/register", { email, name: "Ann" });
  return to.post("/auth/email/verify", { token: await mailedToken(server, email), ...choice });
}

/** Comes as a guest with a key of which, or of whose company, SQL changed something: $key and $tenant. */
async function visitAfter(street: Street, change: string): Promise<Answer> {
  const { person, key } = await welcoming(street);
  await alter(street, person, change.replaceAll("$key", `'${key.id}'`));
  return street.server.post("/auth/guest", {}, key.headers);
}

/** Asks for an account on a server, as a guest. */
async function upgradeOn(
  to: "server" | "closed" | "invited" | "guarded",
  street: Street,
  more: object = {},
): Promise<Answer> {
  const { bearer } = await visitor(street);
  return street[to].post("/auth/guest/upgrade", { email: newAddress(), name: "Ann", ...more }, bearer);
}

const wrongToken = { token: "rubbish" };

/** By `method path code`. */
const ONE_SEAT = "update app.tenants set seats = 1 where id = $tenant";

/** Of a call that needs no credential: without the example that it is missing. */
const withoutBearer = (examples: Examples): Examples =>
  Object.fromEntries(Object.entries(examples).filter(([name]) => !name.endsWith(" credential_missing")));

export const REFUSALS: Examples = {
  ...withBadSessions("post /auth/tenants/join", (street, headers) =>
    street.server.post("/auth/tenants/join", { tenant: "nowhere" }, headers),
  ),
  "post /auth/tenants/join cannot_join": async (_, street) =>
    street.server.post("/auth/tenants/join", { tenant: "nowhere" }, (await someone(street)).headers),
  "post /auth/tenants/join already_member": async (_, street) => {
    const { headers, login } = await someone(street);
    return street.server.post("/auth/tenants/join", { tenant: login.tenant!.slug }, headers);
  },
  "post /auth/tenants/join seats_taken": async (_, street) => {
    const { person, tenant, owner } = await neighbour(street);
    await alter(street, owner, ONE_SEAT);
    return street.server.post("/auth/tenants/join", { tenant }, person.headers);
  },
  ...withoutBearer(
    withBadSessions("post /auth/invitation/accept", async (street, headers) => {
      const { token } = await invitation(street);
      return street.server.post("/auth/invitation/accept", { token }, headers);
    }),
  ),
  "post /auth/invitation/accept invalid_verification_token": (_, { server }) =>
    server.post("/auth/invitation/accept", { token: "rubbish" }),
  "post /auth/invitation/accept weak_password": async (_, street) => {
    const { token } = await invitation(street);
    return street.server.post("/auth/invitation/accept", { token, name: "Ann", password: "short" });
  },
  "post /auth/invitation/accept invitation_needs_sign_in": async (_, street) => {
    const { token } = await invitation(street, (await someone(street)).email);
    return street.server.post("/auth/invitation/accept", { token });
  },
  "post /auth/invitation/accept invitation_of_another": async (_, street) => {
    const { token } = await invitation(street);
    return street.server.post("/auth/invitation/accept", { token }, (await someone(street)).headers);
  },
  "post /auth/invitation/accept inviter_lost_right": async (_, street) => {
    const { token, owner } = await invitation(street);
    await alter(
      street,
      owner,
      "update app.memberships set is_owner = false, status = 'suspended' where user_id = $user",
    );
    return street.server.post("/auth/invitation/accept", { token, name: "Ann", ...choice });
  },
  "post /auth/invitation/accept way_not_allowed": async (_, street) => {
    const { token, owner } = await invitation(street);
    await alter(street, owner, NARROWED);
    return street.server.post("/auth/invitation/accept", { token, name: "Ann", ...choice });
  },
  "post /auth/invitation/accept seats_taken": async (_, street) => {
    const { token, owner } = await invitation(street);
    await alter(street, owner, ONE_SEAT);
    return street.server.post("/auth/invitation/accept", { token, name: "Ann", ...choice });
  },
  "post /auth/invitation/accept already_member": async (_, street) => {
    const guest = await someone(street);
    const { token, owner } = await invitation(street, guest.email);
    await street.database.admin.query(
      `insert into app.memberships (tenant_id, user_id, role_id, display_name)
       select tenant_id, $2, role_id, 'Ann' from app.memberships where user_id = $1`,
      [owner.login.user.id, guest.login.user.id],
    );
    return street.server.post("/auth/invitation/accept", { token }, guest.headers);
  },
  "post /auth/register registration_closed": (_, { closed }) =>
    closed.post("/auth/register", { email: newAddress(), name: "Ann" }),
  "post /auth/oauth/exchange registration_closed": (_, street) =>
    exchange(street, {}, newAddress(), undefined, street.closed),
  "post /auth/register registration_invited": (_, { invited }) =>
    invited.post("/auth/register", { email: newAddress(), name: "Ann" }),
  "post /auth/oauth/exchange registration_invited": (_, street) =>
    exchange(street, {}, newAddress(), undefined, street.invited),
  "post /auth/email/verify registration_closed": (_, street) => verifyElsewhere(street, street.closed),
  "post /auth/email/verify registration_invited": (_, street) => verifyElsewhere(street, street.invited),
  "post /auth/oauth/link step_up_required": async (_, street) =>
    street.server.post(
      "/auth/oauth/link",
      { code: "x", code_verifier: verifier },
      (await someoneAfter(street, STALE)).headers,
    ),
  "post /auth/email/verify invalid_verification_token": (_, { server }) =>
    server.post("/auth/email/verify", { ...wrongToken, ...choice }),
  "post /auth/email/verify too_many_attempts": (_, street) =>
    wrongCodes(street, "/auth/email/verify", choice),
  "post /auth/email/verify weak_password": async (_, { server }) => {
    const email = newAddress();
    await server.post("/auth/register", { email, name: "Ann" });
    return server.post("/auth/email/verify", {
      token: await mailedToken(server, email),
      password: "password1",
    });
  },

  "post /auth/email/verify link_of_another_browser": async (_, street) => {
    const email = newAddress();
    const { bearer } = await visitor(street);
    await street.server.post("/auth/guest/upgrade", { email, name: "Ann" }, bearer);
    const token = await mailedToken(street.server, email);
    return street.server.post("/auth/email/verify", { token, ...choice });
  },
  ...withBadCaptchas("post /auth/register", ({ guarded }, captcha) =>
    guarded.post("/auth/register", { email: newAddress(), name: "Ann", ...captcha }),
  ),
  ...withBadCaptchas("post /auth/password/forgot", ({ guarded }, captcha) =>
    guarded.post("/auth/password/forgot", { email: newAddress(), ...captcha }),
  ),
  ...withBadCaptchas("post /auth/link/request", ({ guarded }, captcha) =>
    guarded.post("/auth/link/request", { email: newAddress(), ...captcha }),
  ),
  ...withBadCaptchas("post /auth/guest", async (street, captcha) =>
    street.guarded.post("/auth/guest", captcha, (await welcoming(street)).key.headers),
  ),
  ...withBadCaptchas("post /auth/guest/upgrade", (street, captcha) => upgradeOn("guarded", street, captcha)),

  "post /auth/guest api_key_address_refused": (_, street) =>
    visitAfter(street, "update auth.api_keys set addresses = '{192.0.2.1}' where id = $key"),
  "post /auth/guest api_key_origin_refused": async (_, street) => {
    const { key } = await welcoming(street);
    return street.server.post("/auth/guest", {}, { ...key.headers, ...elsewhere });
  },
  "post /auth/guest api_key_revoked": (_, street) =>
    visitAfter(street, "update auth.api_keys set revoked_at = now() where id = $key"),
  "post /auth/guest credential_expired": (_, street) =>
    visitAfter(street, "update auth.api_keys set expires_at = now() where id = $key"),
  "post /auth/guest credential_missing": (_, { server }) => server.post("/auth/guest"),
  "post /auth/guest credential_unknown": (_, { server }) =>
    server.post("/auth/guest", {}, bearer(createApiKeys().publishable)),
  "post /auth/guest tenant_closed": (_, street) =>
    visitAfter(street, "update app.tenants set status = 'closed' where id = $tenant"),
  "post /auth/guest tenant_suspended": (_, street) => visitAfter(street, SUSPENDED),
  "post /auth/guest guests_not_allowed": async (_, street) =>
    street.server.post("/auth/guest", {}, (await welcoming(street, { opensGuests: false })).key.headers),
  "post /auth/guest publishable_key_required": async (_, street) =>
    street.server.post("/auth/guest", {}, (await someone(street)).headers),
  "post /auth/guest too_many_guests": async (_, street) => {
    const { key } = await welcoming(street);
    const visit = () => street.guarded.post("/auth/guest", { captcha: street.puzzles.token() }, key.headers);
    await visit();
    return visit();
  },
  ...withBadSessions("post /auth/guest/upgrade", ({ server }, headers) =>
    server.post("/auth/guest/upgrade", { email: newAddress(), name: "Ann" }, headers),
  ),
  "post /auth/guest/upgrade not_a_guest": async (_, street) =>
    street.server.post(
      "/auth/guest/upgrade",
      { email: newAddress(), name: "Ann" },
      (await someone(street)).headers,
    ),
  "post /auth/guest/upgrade registration_closed": (_, street) => upgradeOn("closed", street),
  "post /auth/guest/upgrade registration_invited": (_, street) => upgradeOn("invited", street),

  "post /auth/login account_deletion_pending": (_, street) => logInAfter(street, LEAVING),
  "post /auth/login invalid_credentials": (_, { server }) =>
    server.post("/auth/login", { email: "nobody@example.com", password: "wrong" }),
  "post /auth/login not_a_member": (_, street) => logInAfter(street, "select 1", { tenant: "elsewhere" }),
  "post /auth/login tenant_suspended": (_, street) => logInAfter(street, SUSPENDED),
  "post /auth/login way_not_allowed": (_, street) => logInAfter(street, NARROWED),
  "post /auth/login user_banned": (_, street) => logInAfter(street, BANNED),
  "post /auth/login mfa_enrolment_required": (_, street) => logInAfter(street, NEEDS_A_FACTOR),
  "post /auth/login mfa_required": async (_, street) => {
    const { email, password } = await enrolled(street);
    return street.server.post("/auth/login", { email, password });
  },
  "post /auth/login too_many_attempts": async (_, { server }) => {
    const wrong = { email: "guessed@example.com", password: "wrong" };
    for (let n = 0; n < 6; n++) await server.post("/auth/login", wrong);
    return server.post("/auth/login", wrong);
  },

  "post /auth/link/consume invalid_verification_token": (_, { server }) =>
    server.post("/auth/link/consume", wrongToken),
  "post /auth/link/consume too_many_attempts": (_, street) => wrongCodes(street, "/auth/link/consume", {}),
  "post /auth/link/consume link_of_another_browser": async (_, street) => {
    const { email } = await someone(street);
    const { token } = await mailed(street, email, "/auth/link/request");
    return street.server.post("/auth/link/consume", { token });
  },
  "post /auth/link/consume account_deletion_pending": (_, street) => consumeAfter(street, LEAVING),
  "post /auth/link/consume not_a_member": (_, street) =>
    consumeAfter(street, "select 1", { tenant: "elsewhere" }),
  "post /auth/link/consume tenant_suspended": (_, street) => consumeAfter(street, SUSPENDED),
  "post /auth/link/consume way_not_allowed": (_, street) => consumeAfter(street, NARROWED),
  "post /auth/link/consume user_banned": (_, street) => consumeAfter(street, BANNED),
  "post /auth/link/consume mfa_enrolment_required": (_, street) => consumeAfter(street, NEEDS_A_FACTOR),
  "post /auth/link/consume mfa_required": async (_, street) => {
    const { email } = await enrolled(street);
    const { code } = await mailed(street, email, "/auth/link/request");
    return street.server.post("/auth/link/consume", { email, code });
  },

  ...withBadSessions("post /auth/mfa/totp/enroll", ({ server }, headers) =>
    server.post("/auth/mfa/totp/enroll", {}, headers),
  ),
  "post /auth/mfa/totp/enroll mfa_token_invalid": (_, { server }) =>
    server.post("/auth/mfa/totp/enroll", { mfaToken: "rubbish" }),
  "post /auth/mfa/totp/enroll step_up_required": async (_, street) =>
    street.server.post("/auth/mfa/totp/enroll", {}, (await someoneAfter(street, STALE)).headers),
  "post /auth/mfa/totp/enroll second_factor_exists": async (_, street) =>
    street.server.post("/auth/mfa/totp/enroll", {}, (await enrolled(street)).headers),

  ...withBadSessions("post /auth/mfa/totp/confirm", ({ server }, headers) =>
    server.post("/auth/mfa/totp/confirm", { code: "000000" }, headers),
  ),
  "post /auth/mfa/totp/confirm mfa_token_invalid": (_, { server }) =>
    server.post("/auth/mfa/totp/confirm", { mfaToken: "rubbish", code: "000000" }),
  "post /auth/mfa/totp/confirm invalid_code": async (_, { server, ...street }) => {
    const { headers } = await someone({ server, ...street });
    await server.post("/auth/mfa/totp/enroll", {}, headers);
    return server.post("/auth/mfa/totp/confirm", { code: "000000" }, headers);
  },
  "post /auth/mfa/totp/confirm step_up_required": async (_, street) =>
    street.server.post(
      "/auth/mfa/totp/confirm",
      { code: "000000" },
      (await someoneAfter(street, STALE)).headers,
    ),
  "post /auth/mfa/totp/confirm account_deletion_pending": async (_, street) => {
    const person = await someoneAfter(street, NEEDS_A_FACTOR);
    const { email, password } = person;
    const { mfaToken } = (await street.server.post("/auth/login", { email, password })).body;
    const seed = seedOf(await street.server.post("/auth/mfa/totp/enroll", { mfaToken }));
    await alter(street, person, LEAVING);
    return street.server.post("/auth/mfa/totp/confirm", { mfaToken, code: codeAt(seed) });
  },
  "post /auth/mfa/totp/confirm second_factor_exists": async (_, street) =>
    street.server.post("/auth/mfa/totp/confirm", { code: "000000" }, (await enrolled(street)).headers),
  "post /auth/mfa/totp/confirm second_factor_missing": async (_, street) =>
    street.server.post("/auth/mfa/totp/confirm", { code: "000000" }, (await someone(street)).headers),
  "post /auth/mfa/totp/confirm too_many_attempts": async (_, { server, ...street }) => {
    const { headers } = await someone({ server, ...street });
    await server.post("/auth/mfa/totp/enroll", {}, headers);
    for (let n = 0; ; n++) {
      const answer = await server.post("/auth/mfa/totp/confirm", { code: "000000" }, headers);
      if (answer.status === 429 || n > 30) return answer;
    }
  },

  ...withBadSessions("post /auth/mfa/totp/remove", ({ server }, headers) =>
    server.post("/auth/mfa/totp/remove", {}, headers),
  ),
  "post /auth/mfa/totp/remove second_factor_missing": async (_, street) =>
    street.server.post("/auth/mfa/totp/remove", {}, (await someone(street)).headers),
  "post /auth/mfa/totp/remove step_up_required": async (_, street) => {
    const person = await enrolled(street);
    await alter(street, person, STALE);
    return street.server.post("/auth/mfa/totp/remove", {}, person.headers);
  },

  "post /auth/mfa/verify mfa_token_invalid": (_, { server }) =>
    server.post("/auth/mfa/verify", { mfaToken: "rubbish", code: "000000" }),
  "post /auth/mfa/verify invalid_code": async (_, street) => {
    const token = await mfaToken(street, await enrolled(street));
    return street.server.post("/auth/mfa/verify", { mfaToken: token, code: "000000" });
  },
  "post /auth/mfa/verify too_many_attempts": async (_, street) => {
    const person = await enrolled(street);
    for (let n = 0; ; n++) {
      const token = await mfaToken(street, person);
      const answer = await street.server.post("/auth/mfa/verify", { mfaToken: token, code: "000000" });
      if (answer.status === 429 || n > 30) return answer;
    }
  },
  "post /auth/mfa/verify not_a_member": async (_, street) => {
    const person = await enrolled(street);
    const { email, password, login } = person;
    const asked = await street.server.post("/auth/login", { email, password, tenant: login.tenant!.slug });
    await alter(
      street,
      person,
      "update app.memberships set is_owner = false, status = 'removed' where user_id = $user",
    );
    return street.server.post("/auth/mfa/verify", {
      mfaToken: asked.body.mfaToken,
      code: codeAt(person.seed),
    });
  },
  "post /auth/mfa/verify account_deletion_pending": (_, street) => verifyAfter(street, LEAVING),
  "post /auth/mfa/verify tenant_suspended": (_, street) => verifyAfter(street, SUSPENDED),
  "post /auth/mfa/verify way_not_allowed": (_, street) => verifyAfter(street, NARROWED),
  "post /auth/mfa/verify user_banned": (_, street) => verifyAfter(street, BANNED),

  ...PASSKEY_REFUSALS,
  ...AUDIT_REFUSALS,
  ...CHAT_REFUSALS,
  ...V1_REFUSALS,
  ...DOCUMENT_REFUSALS,

  ...withBadSessions("post /auth/step-up", ({ server }, headers) =>
    server.post("/auth/step-up", { password: "wrong" }, headers),
  ),
  "post /auth/step-up invalid_credentials": async (_, street) =>
    street.server.post("/auth/step-up", { password: "wrong" }, (await someone(street)).headers),
  "post /auth/step-up invalid_code": async (_, street) =>
    street.server.post("/auth/step-up", { code: "000000" }, (await enrolled(street)).headers),
  "post /auth/step-up password_required": async (_, street) =>
    street.server.post("/auth/step-up", { code: "000000" }, (await someone(street)).headers),
  "post /auth/step-up second_factor_required": async (_, street) =>
    street.server.post("/auth/step-up", { password: "x" }, (await enrolled(street)).headers),
  "post /auth/step-up too_many_attempts": async (_, street) => {
    const { headers } = await someone(street);
    for (let n = 0; ; n++) {
      const answer = await street.server.post("/auth/step-up", { password: "wrong" }, headers);
      if (answer.status === 429 || n > 30) return answer;
    }
  },

  "post /auth/refresh invalid_grant": (_, { server }) =>
    server.post("/auth/refresh", { refresh_token: "rubbish" }),
  "post /auth/refresh refresh_token_missing": (_, { server }) => server.post("/auth/refresh"),
  "post /auth/refresh origin_not_allowed": (_, { server }) =>
    server.post("/auth/refresh", undefined, { ...cookie("rubbish"), ...elsewhere }),
  "post /auth/refresh fingerprint_mismatch": async (_, street) => {
    const { login } = await someone(street);
    const another = { "User-Agent": "another browser" };
    return street.server.post("/auth/refresh", { refresh_token: login.refresh_token }, another);
  },

  ...withBadSessions("get /auth/session", ({ server }, headers) => server.get("/auth/session", headers)),

  ...withBadSessions("post /auth/switch", ({ server }, headers) =>
    server.post("/auth/switch", { tenant: "anywhere" }, headers),
  ),
  "post /auth/switch not_a_member": async (_, street) =>
    street.server.post("/auth/switch", { tenant: "anywhere" }, (await someone(street)).headers),
  "post /auth/switch way_not_allowed": (_, street) => switchAfter(street, NARROWED),
  "post /auth/switch tenant_suspended": (_, street) => switchAfter(street, SUSPENDED),
  "post /auth/switch mfa_enrolment_required": (_, street) => switchAfter(street, NEEDS_A_FACTOR),
  "post /auth/switch mfa_required": async (_, street) => {
    const { headers, tenant, person } = await twoCompanies(street, "select 1");
    // Somebody who has a second factor since this session began.
    await street.server.post("/auth/mfa/totp/enroll", {}, headers);
    await alter(
      street,
      person,
      "update auth.totp_factors set confirmed_at = now(), last_step = 0 where user_id = $user",
    );
    return street.server.post("/auth/switch", { tenant }, headers);
  },
  "post /auth/switch invalid_grant": (_, { server }) =>
    server.post("/auth/switch", { tenant: "a" }, { ...cookie("rubbish"), Origin: server.config.publicUrl }),
  "post /auth/switch origin_not_allowed": (_, { server }) =>
    server.post("/auth/switch", { tenant: "a" }, { ...cookie("rubbish"), ...elsewhere }),

  "post /auth/logout credential_missing": (_, { server }) => server.post("/auth/logout"),
  "post /auth/logout credential_unknown": async (_, { server, token }) =>
    server.post("/auth/logout", {}, bearer(await token())),
  "post /auth/logout credential_expired": async (_, street) => {
    const { headers } = await someoneAfter(
      street,
      "update auth.sessions set expires_at = now() where user_id = $user",
    );
    return street.server.post("/auth/logout", { scope: "all" }, headers);
  },
  "post /auth/logout session_ended": async (_, street) => {
    const { headers } = await someoneAfter(
      street,
      "update auth.sessions set ended_at = now(), end_reason = 'revoked' where user_id = $user",
    );
    return street.server.post("/auth/logout", {}, headers);
  },
  "post /auth/logout fingerprint_mismatch": async (_, street) => {
    const { headers } = await someone(street);
    return street.server.post("/auth/logout", { scope: "all" }, { ...headers, "User-Agent": "another" });
  },
  "post /auth/logout tenant_mismatch": async (_, street) =>
    street.server.post("/auth/logout", { scope: "all" }, bearer(await foreignToken(street))),
  "post /auth/logout invalid_grant": (_, { server }) =>
    server.post("/auth/logout", undefined, { ...cookie("rubbish"), Origin: server.config.publicUrl }),
  "post /auth/logout origin_not_allowed": (_, { server }) =>
    server.post("/auth/logout", undefined, { ...cookie("rubbish"), ...elsewhere }),
  "post /auth/logout session_required": async (_, street) =>
    street.server.post("/auth/logout", undefined, { "X-API-Key": await keyOfSomeone(street) }),

  ...withBadSessions("post /auth/password/change", ({ server }, headers) =>
    server.post("/auth/password/change", { current: "wrong", new: choice.password }, headers),
  ),
  "post /auth/password/change invalid_credentials": async (_, street) =>
    street.server.post(
      "/auth/password/change",
      { current: "wrong", new: choice.password },
      (await someone(street)).headers,
    ),
  "post /auth/password/change weak_password": async (_, street) => {
    const { password, headers } = await someone(street);
    return street.server.post("/auth/password/change", { current: password, new: "password1" }, headers);
  },
  "post /auth/password/change too_many_attempts": async (_, street) => {
    const { headers } = await someone(street);
    for (let n = 0; ; n++) {
      const wrong = { current: "wrong", new: choice.password };
      const answer = await street.server.post("/auth/password/change", wrong, headers);
      if (answer.status === 429 || n > 30) return answer;
    }
  },

  "post /auth/password/reset invalid_verification_token": (_, { server }) =>
    server.post("/auth/password/reset", { ...wrongToken, ...choice }),
  "post /auth/password/reset too_many_attempts": (_, street) =>
    wrongCodes(street, "/auth/password/reset", choice),
  "post /auth/password/reset weak_password": async (_, street) => {
    const { email } = await someone(street);
    const { token } = await mailed(street, email, "/auth/password/forgot");
    return street.server.post("/auth/password/reset", { token, password: "password1" });
  },

  ...withBadSessions("post /auth/email/change", ({ server }, headers) =>
    server.post("/auth/email/change", { email: newAddress() }, headers),
  ),
  "post /auth/email/change step_up_required": async (_, street) =>
    street.server.post(
      "/auth/email/change",
      { email: newAddress() },
      (await someoneAfter(street, STALE)).headers,
    ),
  "post /auth/email/change/confirm invalid_verification_token": (_, { server }) =>
    server.post("/auth/email/change/confirm", wrongToken),
  "post /auth/email/change/confirm too_many_attempts": (_, street) =>
    wrongCodes(street, "/auth/email/change/confirm", {}),
  "post /auth/email/change/confirm link_of_another_browser": async (_, street) => {
    const email = newAddress();
    await street.server.post("/auth/email/change", { email }, (await someone(street)).headers);
    return street.server.post("/auth/email/change/confirm", {
      token: await mailedToken(street.server, email),
    });
  },

  ...withBadSessions("get /auth/account/export", ({ server }, headers) =>
    server.get("/auth/account/export", headers),
  ),
  "get /auth/account/export step_up_required": async (_, street) =>
    street.server.get("/auth/account/export", (await someoneAfter(street, STALE)).headers),
  "get /auth/account/export too_many_attempts": async (_, street) => {
    const { headers } = await someone(street);
    for (let n = 0; ; n++) {
      const answer = await street.server.get("/auth/account/export", headers);
      if (answer.status === 429 || n > 30) return answer;
    }
  },
  ...withBadSessions("post /auth/tenants", ({ server }, headers) =>
    server.post("/auth/tenants", { slug: "own", name: "Own" }, headers),
  ),
  "post /auth/tenants too_many_attempts": async (_, street) => {
    const { headers } = await someone(street);
    const make = () => street.server.post("/auth/tenants", { slug: "own", name: "Own" }, headers);
    for (let n = 0; n < 6; n++) await make();
    return make();
  },
  "post /auth/tenants too_many_tenants": async (_, street) => {
    const person = await someone(street);
    await alter(
      street,
      person,
      "select auth.create_tenant('many-' || n || '-' || left($user, 8), 'Many', $user) from generate_series(1, 20) as n",
    );
    return street.server.post("/auth/tenants", { slug: "own", name: "Own" }, person.headers);
  },
  ...withBadSessions("post /auth/account/delete", ({ server }, headers) =>
    server.post("/auth/account/delete", {}, headers),
  ),
  "post /auth/account/delete last_owner": async (_, street) =>
    street.server.post("/auth/account/delete", {}, (await someone(street)).headers),
  "post /auth/account/delete step_up_required": async (_, street) =>
    street.server.post("/auth/account/delete", {}, (await someoneAfter(street, STALE)).headers),
  "post /auth/account/delete too_many_attempts": async (_, street) => {
    const person = await signUp(street.server);
    await alter(
      street,
      person,
      `insert into auth.mail_tokens (purpose, email, user_id, link_digest, code_digest, network, expires_at)
       select 'restore_account', email, id, sha256(uuid_send(uuidv7())), sha256('x'), 'somewhere', now() + interval '1 day'
       from app.users, generate_series(1, 10) where id = $user`,
    );
    return street.server.post("/auth/account/delete", {}, person.headers);
  },
  "post /auth/account/restore invalid_verification_token": (_, { server }) =>
    server.post("/auth/account/restore", wrongToken),
  "post /auth/tenants/restore invalid_verification_token": (_, { server }) =>
    server.post("/auth/tenants/restore", wrongToken),
  "post /auth/account/restore too_many_attempts": (_, street) =>
    wrongCodes(street, "/auth/account/restore", {}),

  "get /auth/oauth/:provider not_found": (_, { server }) => server.get("/auth/oauth/nobody"),
  "get /auth/oauth/:provider invalid_input": (_, { server }) => server.get("/auth/oauth/away?return_to=x"),
  "get /auth/oauth/:provider provider_unavailable": (_, { server }) =>
    server.get(`/auth/oauth/away?${way(server)}`),
  "get /auth/oauth/:provider/callback not_found": (_, { server }) =>
    server.get("/auth/oauth/nobody/callback"),
  "get /auth/oauth/:provider/callback oauth_state_invalid": (_, { server }) =>
    server.get("/auth/oauth/github/callback?state=x&code=x"),
  "post /auth/oauth/exchange invalid_exchange_code": (_, { server }) =>
    server.post("/auth/oauth/exchange", { code: "x", code_verifier: verifier }),
  "post /auth/oauth/exchange email_unproven": (_, street) => exchange(street, {}, null),
  "post /auth/oauth/exchange not_a_member": (_, street) => exchange(street, { tenant: "elsewhere" }),
  "post /auth/oauth/exchange account_deletion_pending": (_, street) => exchangeAfter(street, LEAVING),
  "post /auth/oauth/exchange tenant_suspended": (_, street) => exchangeAfter(street, SUSPENDED),
  "post /auth/oauth/exchange way_not_allowed": (_, street) => exchangeAfter(street, NARROWED),
  "post /auth/oauth/exchange user_banned": (_, street) => exchangeAfter(street, BANNED),
  "post /auth/oauth/exchange mfa_enrolment_required": (_, street) => exchangeAfter(street, NEEDS_A_FACTOR),
  "post /auth/oauth/exchange mfa_required": async (_, street) =>
    exchange(street, {}, (await enrolled(street)).email),
  ...withBadSessions("post /auth/oauth/link", ({ server }, headers) =>
    server.post("/auth/oauth/link", { code: "x", code_verifier: verifier }, headers),
  ),
  "post /auth/oauth/link invalid_exchange_code": async (_, street) =>
    street.server.post(
      "/auth/oauth/link",
      { code: "x", code_verifier: verifier },
      (await someone(street)).headers,
    ),
  "post /auth/oauth/link identity_taken": async (_, street) => {
    const subject = crypto.randomUUID();
    await exchange(street, {}, newAddress(), subject);
    const code = await keptCode(street, null, subject);
    const { headers } = await signUp(street.server);
    return street.server.post("/auth/oauth/link", { code, code_verifier: verifier }, headers);
  },

  "get /metrics metrics_token_invalid": (_, { server }) => server.get("/metrics"),
  "get /errors/:code not_found": (_, { server }) => server.get("/errors/none_like_this"),
  "post /graphql daily_limit_reached": async (_, street) => {
    const { server, database } = street;
    const { headers, login } = await signUp(server, { tenant: { name: "Small", slug: "small" } });
    await database.admin.query("update app.tenants set requests_per_day = 1 where id = $1", [
      login.tenant!.id,
    ]);
    // A process hears within a second or so that the day is used up.
    for (;;) {
      const answer = await server.post("/graphql", { query: "{ me { id } }" }, headers);
      if (answer.status === 429) return answer;
    }
  },
  "post /graphql credential_missing": (_, { server }) =>
    server.post("/graphql", { query: "{ me { name } }" }),
};
