import { createApiKeys } from "../../../src/auth/api_key.ts";
import type { SignUp } from "../../support/people.ts";
import type { Answer } from "../../support/server.ts";
import {
  alter,
  bearer,
  type Example,
  type Examples,
  elsewhere,
  type Headers,
  keyOfSomeone,
  type Street,
  someone,
  welcoming,
  withBadSessions,
} from "./street.ts";

// What brings about each answer of the calls that carry documents.

interface Sent {
  readonly name?: string;
  readonly body?: string | Uint8Array;
  readonly headers?: Headers;
  readonly query?: string;
}

const PLAIN = { "Content-Type": "text/plain" };

const bring = (
  { server }: Street,
  to: Headers,
  { name = "a.txt", body = "Nine.", headers = PLAIN, query = "" }: Sent = {},
) => server.request("POST", `/documents?name=${name}${query}`, { body, headers: { ...to, ...headers } });

async function brought(street: Street, { headers }: Pick<SignUp, "headers">, query = ""): Promise<string> {
  const answer = await bring(street, headers, { query });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return `/documents/${answer.body.document.id}/content`;
}

const NOWHERE = `/documents/${crypto.randomUUID()}/content`;

const put = (
  { server }: Street,
  path: string,
  to: Headers,
  { name = "a.txt", body = "Ten.", headers = PLAIN, query = "" }: Sent = {},
) => server.request("PUT", `${path}?name=${name}${query}`, { body, headers: { ...to, ...headers } });

/** A key of somebody's, of which something was changed. */
async function keyAfter(street: Street, change: string): Promise<Headers> {
  const key = await keyOfSomeone(street);
  await street.database.admin.query(`${change} where digest = sha256(sha256(convert_to($1, 'UTF8')))`, [key]);
  return { "X-API-Key": key };
}

/** A call of the API, with every credential that will not do for it. */
function withBadCredentials(
  route: string,
  call: (street: Street, headers: Headers) => Promise<Answer>,
): Examples {
  return {
    ...withBadSessions(route, call),
    [`${route} api_key_address_refused`]: async (_, street) =>
      call(street, await keyAfter(street, "update auth.api_keys set addresses = '{192.0.2.1}'")),
    [`${route} api_key_revoked`]: async (_, street) =>
      call(street, await keyAfter(street, "update auth.api_keys set revoked_at = now()")),
    [`${route} api_key_origin_refused`]: async (_, street) =>
      call(street, { ...(await welcoming(street)).key.headers, ...elsewhere }),
    [`${route} credential_unknown`]: (_, street) => call(street, bearer(createApiKeys().secret)),
    [`${route} daily_limit_reached`]: async (_, street) => {
      const person = await someone(street);
      await alter(street, person, "update app.tenants set requests_per_day = 1 where id = $tenant");
      // A process hears within a second or so that the day is used up.
      for (;;) {
        const answer = await call(street, person.headers);
        if (answer.status === 429) return answer;
      }
    },
  };
}

/** A call that takes a file, with every file that will not do for it. */
function withBadFiles(route: string, call: (street: Street, sent: Sent) => Promise<Answer>): Examples {
  const sending =
    (sent: Sent): Example =>
    (_, street) =>
      call(street, sent);
  const encrypted = Buffer.concat([
    Buffer.from("d0cf11e0a1b11ae1", "hex"),
    Buffer.from("EncryptedPackage", "utf16le"),
  ]);
  return {
    [`${route} file_encrypted`]: sending({
      name: "a.docx",
      body: encrypted,
      headers: { "Content-Type": "application/msword" },
    }),
    [`${route} file_too_large`]: sending({ body: Buffer.alloc(20 * 2 ** 20 + 1, "a") }),
    [`${route} file_type_mismatch`]: sending({ body: "%PDF-1.7" }),
    [`${route} file_type_unsupported`]: sending({ name: "a.exe" }),
    [`${route} file_without_text`]: sending({ body: "" }),
    [`${route} invalid_input`]: sending({ query: "&nobody_knows=1" }),
    [`${route} malformed_upload`]: sending({ headers: { "Content-Type": "multipart/form-data" } }),
    [`${route} unsupported_media_type`]: sending({
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
    }),
  };
}

const FULL = "update app.tenants set storage_limit = 5 where id = $tenant";
const become = (role: string): string =>
  `update app.memberships set is_owner = false, role_id =
    (select id from app.roles where tenant_id = $tenant and name = '${role}') where user_id = $user`;

export const DOCUMENT_REFUSALS: Examples = {
  ...withBadCredentials("post /documents", (street, headers) => bring(street, headers)),
  ...withBadFiles("post /documents", async (street, sent) =>
    bring(street, (await someone(street)).headers, sent),
  ),
  "post /documents idempotency_key_invalid": async (_, street) =>
    bring(street, { ...(await someone(street)).headers, "Idempotency-Key": '"' }),
  "post /documents idempotency_key_reused": async (_, street) => {
    const headers = { ...(await someone(street)).headers, "Idempotency-Key": "once" };
    await bring(street, headers);
    return bring(street, headers, { body: "Ten." });
  },
  "post /documents limit_reached": async (_, street) => {
    const person = await someone(street);
    await alter(street, person, FULL);
    await bring(street, person.headers);
    return bring(street, person.headers);
  },
  "post /documents permission_denied": async (_, street) => {
    const person = await someone(street);
    await alter(street, person, become("viewer"));
    return bring(street, person.headers);
  },

  ...withBadCredentials("put /documents/:id/content", (street, headers) => put(street, NOWHERE, headers)),
  ...withBadFiles("put /documents/:id/content", async (street, sent) =>
    put(street, NOWHERE, (await someone(street)).headers, sent),
  ),
  "put /documents/:id/content not_found": async (_, street) =>
    put(street, NOWHERE, (await someone(street)).headers),
  "put /documents/:id/content limit_reached": async (_, street) => {
    const person = await someone(street);
    await alter(street, person, FULL);
    return put(street, await brought(street, person), person.headers);
  },
  "put /documents/:id/content permission_denied": async (_, street) => {
    const person = await someone(street);
    const path = await brought(street, person, "&visibility=tenant");
    await alter(street, person, become("member"));
    return put(street, path, person.headers);
  },

  ...withBadCredentials("get /documents/:id/content", ({ server }, headers) => server.get(NOWHERE, headers)),
  "get /documents/:id/content invalid_input": async (_, street) =>
    street.server.get(`${NOWHERE}?version=x`, (await someone(street)).headers),
  "get /documents/:id/content not_found": async (_, street) =>
    street.server.get(NOWHERE, (await someone(street)).headers),
};

export const DOCUMENT_SUCCESSES: Examples = {
  "post /documents 201": async (_, street) => bring(street, (await someone(street)).headers),
  "put /documents/:id/content 200": async (_, street) => {
    const person = await someone(street);
    return put(street, await brought(street, person), person.headers);
  },
  "get /documents/:id/content 200": async (_, street) => {
    const person = await someone(street);
    return street.server.get(await brought(street, person), person.headers);
  },
  "get /documents/:id/content 304": async (_, street) => {
    const person = await someone(street);
    const path = await brought(street, person);
    const { headers } = await street.server.get(path, person.headers);
    // Otherwise fetch asks everybody on the way to send it anew.
    return street.server.get(path, {
      ...person.headers,
      "Cache-Control": "max-age=0",
      "If-None-Match": headers.get("ETag")!,
    });
  },
};
