import { createAuthenticator } from "../../support/authenticator.ts";
import {
  addPasskey,
  authenticatorOf,
  logInWithPasskey,
  stepUpWithPasskey,
  verifyWithPasskey,
} from "../../support/passkeys.ts";
import type { Answer } from "../../support/server.ts";
import {
  alter,
  BANNED,
  type Examples,
  enrolled,
  type KeyHolder,
  keyHolder,
  LEAVING,
  mfaToken,
  NARROWED,
  NEEDS_A_FACTOR,
  STALE,
  type Street,
  SUSPENDED,
  someone,
  someoneAfter,
  withBadSessions,
} from "./street.ts";

// What brings about each answer of the calls about passkeys.

const REMOVED = "update app.memberships set is_owner = false, status = 'removed' where user_id = $user";
const unverified = { userVerified: false };
const unknown = { challenge: "A".repeat(43) };

/** Well-formed answers of an authenticator that signed nothing of ours. */
const anybody = createAuthenticator("https://chat.rowhouse.test");
const made = anybody.create({ rp: { id: "x" }, user: { id: "AAAA" }, challenge: "AAAA" });
const shown = anybody.get({ rpId: "x", challenge: "AAAA" });

/** The token of a sign-in that wants a second factor, of whose person something is changed afterwards. */
async function halfWay(street: Street, change = "select 1"): Promise<{ token: string; person: KeyHolder }> {
  const person = await keyHolder(street);
  const { email, password, login } = person;
  const asked = await street.server.post("/auth/login", { email, password, tenant: login.tenant!.slug });
  await alter(street, person, change);
  return { token: asked.body.mfaToken, person };
}

/** The token of a sign-in that wants a second factor to be set up, and what an authenticator made for it. */
async function settingUp(street: Street, change: string): Promise<Answer> {
  const person = await someoneAfter(street, NEEDS_A_FACTOR);
  const { email, password, login } = person;
  const asked = await street.server.post("/auth/login", { email, password, tenant: login.tenant!.slug });
  await alter(street, person, change);
  return addPasskey(street.server, authenticatorOf(street.server), { mfaToken: asked.body.mfaToken });
}

/** Somebody whose password alone may set up a second factor no more, because there is one by now. */
async function tooLate(street: Street): Promise<string> {
  const person = await someoneAfter(street, NEEDS_A_FACTOR);
  const token = await mfaToken(street, person);
  await addPasskey(street.server, authenticatorOf(street.server), { headers: person.headers });
  return token;
}

/** Somebody who has twenty passkeys, and what an authenticator made before the last ones came. */
async function twenty(street: Street) {
  const person = await keyHolder(street);
  const { body } = await street.server.post("/auth/passkey/register/options", {}, person.headers);
  await street.database.admin.query(
    `insert into auth.passkeys (user_id, credential_id, public_key, counter, aaguid, backup_eligible, backed_up, name)
     select user_id, sha256(credential_id || convert_to(n::text, 'UTF8')), public_key, 0, aaguid, false, false, name
     from auth.passkeys, generate_series(2, 20) as n where user_id = $1`,
    [person.login.user.id],
  );
  return { ...person, credential: authenticatorOf(street.server).create(body) };
}

async function logInAfter(street: Street, change: string): Promise<Answer> {
  const person = await keyHolder(street);
  await alter(street, person, change);
  return logInWithPasskey(street.server, person.key);
}

async function verifyAfter(street: Street, change: string): Promise<Answer> {
  const { token, person } = await halfWay(street, change);
  return verifyWithPasskey(street.server, person.key, token);
}

/** Tries until nobody may try any more. */
async function untilLate(attempt: () => Promise<Answer>): Promise<Answer> {
  for (let n = 0; ; n++) {
    const answer = await attempt();
    if (answer.status === 429 || n > 30) return answer;
  }
}

export const PASSKEY_REFUSALS: Examples = {
  ...withBadSessions("post /auth/passkey/register/options", ({ server }, headers) =>
    server.post("/auth/passkey/register/options", {}, headers),
  ),
  "post /auth/passkey/register/options mfa_token_invalid": (_, { server }) =>
    server.post("/auth/passkey/register/options", { mfaToken: "rubbish" }),
  "post /auth/passkey/register/options passkey_limit": async (_, street) =>
    street.server.post("/auth/passkey/register/options", {}, (await twenty(street)).headers),
  "post /auth/passkey/register/options second_factor_exists": async (_, street) =>
    street.server.post("/auth/passkey/register/options", { mfaToken: await tooLate(street) }),
  "post /auth/passkey/register/options step_up_required": async (_, street) =>
    street.server.post("/auth/passkey/register/options", {}, (await someoneAfter(street, STALE)).headers),

  ...withBadSessions("post /auth/passkey/register", ({ server }, headers) =>
    server.post("/auth/passkey/register", { credential: made }, headers),
  ),
  "post /auth/passkey/register mfa_token_invalid": (_, { server }) =>
    server.post("/auth/passkey/register", { credential: made, mfaToken: "rubbish" }),
  "post /auth/passkey/register passkey_challenge_invalid": async (_, street) =>
    street.server.post("/auth/passkey/register", { credential: made }, (await someone(street)).headers),
  "post /auth/passkey/register passkey_exists": async (_, street) => {
    const { headers, key } = await keyHolder(street);
    return addPasskey(street.server, key, { headers });
  },
  "post /auth/passkey/register passkey_limit": async (_, street) => {
    const { headers, credential } = await twenty(street);
    return street.server.post("/auth/passkey/register", { credential }, headers);
  },
  "post /auth/passkey/register passkey_refused": async (_, street) => {
    const { headers } = await someone(street);
    return addPasskey(street.server, authenticatorOf(street.server), { headers, lies: unverified });
  },
  "post /auth/passkey/register second_factor_exists": async (_, street) =>
    street.server.post("/auth/passkey/register", { credential: made, mfaToken: await tooLate(street) }),
  "post /auth/passkey/register step_up_required": async (_, street) =>
    street.server.post(
      "/auth/passkey/register",
      { credential: made },
      (await someoneAfter(street, STALE)).headers,
    ),
  "post /auth/passkey/register account_deletion_pending": (_, street) => settingUp(street, LEAVING),
  "post /auth/passkey/register not_a_member": (_, street) => settingUp(street, REMOVED),

  "post /auth/passkey/login account_deletion_pending": (_, street) => logInAfter(street, LEAVING),
  "post /auth/passkey/login not_a_member": async (_, street) => {
    const { key } = await keyHolder(street);
    return logInWithPasskey(street.server, key, undefined, { tenant: "elsewhere" });
  },
  "post /auth/passkey/login passkey_challenge_invalid": (_, { server }) =>
    server.post("/auth/passkey/login", { credential: shown }),
  "post /auth/passkey/login passkey_refused": async (_, street) =>
    logInWithPasskey(street.server, (await keyHolder(street)).key, unverified),
  "post /auth/passkey/login way_not_allowed": (_, street) => logInAfter(street, NARROWED),
  "post /auth/passkey/login tenant_suspended": (_, street) => logInAfter(street, SUSPENDED),
  "post /auth/passkey/login user_banned": (_, street) => logInAfter(street, BANNED),
  "post /auth/passkey/login too_many_attempts": async (_, street) => {
    const { key } = await keyHolder(street);
    return untilLate(() => logInWithPasskey(street.server, key, unverified));
  },

  "post /auth/mfa/passkey/options mfa_token_invalid": (_, { server }) =>
    server.post("/auth/mfa/passkey/options", { mfaToken: "rubbish" }),
  "post /auth/mfa/passkey/options passkey_missing": async (_, street) => {
    const token = await mfaToken(street, await enrolled(street));
    return street.server.post("/auth/mfa/passkey/options", { mfaToken: token });
  },

  "post /auth/mfa/passkey/verify account_deletion_pending": (_, street) => verifyAfter(street, LEAVING),
  "post /auth/mfa/passkey/verify mfa_token_invalid": (_, { server }) =>
    server.post("/auth/mfa/passkey/verify", { mfaToken: "rubbish", credential: shown }),
  "post /auth/mfa/passkey/verify passkey_challenge_invalid": async (_, street) => {
    const { token, person } = await halfWay(street);
    return verifyWithPasskey(street.server, person.key, token, unknown);
  },
  "post /auth/mfa/passkey/verify passkey_refused": async (_, street) => {
    const { token, person } = await halfWay(street);
    return verifyWithPasskey(street.server, person.key, token, unverified);
  },
  "post /auth/mfa/passkey/verify not_a_member": (_, street) => verifyAfter(street, REMOVED),
  "post /auth/mfa/passkey/verify way_not_allowed": (_, street) => verifyAfter(street, NARROWED),
  "post /auth/mfa/passkey/verify tenant_suspended": (_, street) => verifyAfter(street, SUSPENDED),
  "post /auth/mfa/passkey/verify user_banned": (_, street) => verifyAfter(street, BANNED),
  "post /auth/mfa/passkey/verify too_many_attempts": async (_, street) => {
    const person = await keyHolder(street);
    return untilLate(async () => {
      const token = await mfaToken(street, person);
      return verifyWithPasskey(street.server, person.key, token, unverified);
    });
  },

  ...withBadSessions("post /auth/step-up/passkey/options", ({ server }, headers) =>
    server.post("/auth/step-up/passkey/options", {}, headers),
  ),
  "post /auth/step-up/passkey/options passkey_missing": async (_, street) =>
    street.server.post("/auth/step-up/passkey/options", {}, (await someone(street)).headers),

  ...withBadSessions("post /auth/step-up/passkey", ({ server }, headers) =>
    server.post("/auth/step-up/passkey", { credential: shown }, headers),
  ),
  "post /auth/step-up/passkey passkey_challenge_invalid": async (_, street) =>
    street.server.post("/auth/step-up/passkey", { credential: shown }, (await someone(street)).headers),
  "post /auth/step-up/passkey passkey_refused": async (_, street) => {
    const { key, headers } = await keyHolder(street);
    return stepUpWithPasskey(street.server, key, headers, unverified);
  },
  "post /auth/step-up/passkey too_many_attempts": async (_, street) => {
    const { key, headers } = await keyHolder(street);
    return untilLate(() => stepUpWithPasskey(street.server, key, headers, unverified));
  },
};

export const PASSKEY_SUCCESSES: Examples = {
  "post /auth/passkey/register/options 200": async (_, street) =>
    street.server.post("/auth/passkey/register/options", {}, (await keyHolder(street)).headers),
  "post /auth/passkey/register 200": async (_, street) => {
    const { headers } = await someone(street);
    return addPasskey(street.server, authenticatorOf(street.server), { headers });
  },
  "post /auth/passkey/login 200": async (_, street) =>
    logInWithPasskey(street.server, (await keyHolder(street)).key),
  "post /auth/mfa/passkey/options 200": async (_, street) =>
    street.server.post("/auth/mfa/passkey/options", { mfaToken: (await halfWay(street)).token }),
  "post /auth/mfa/passkey/verify 200": async (_, street) => {
    const { token, person } = await halfWay(street);
    return verifyWithPasskey(street.server, person.key, token);
  },
  "post /auth/step-up/passkey/options 200": async (_, street) =>
    street.server.post("/auth/step-up/passkey/options", {}, (await keyHolder(street)).headers),
  "post /auth/step-up/passkey 200": async (_, street) => {
    const { key, headers } = await keyHolder(street);
    return stepUpWithPasskey(street.server, key, headers);
  },
};
