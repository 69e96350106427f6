import * as v from "valibot";

// The bodies of answers, as schemas: openapi.json describes them with these, and tests hold answers against them. An object
// has the members that are listed, and no other.

const uuid = v.pipe(v.string(), v.uuid());

const tenant = v.strictObject({ id: uuid, slug: v.string(), name: v.string() });

const user = v.strictObject({
  id: uuid,
  email: v.pipe(v.nullable(v.string()), v.description("Null for a guest, who has none.")),
  name: v.string(),
  locale: v.string(),
  guest: v.pipe(v.boolean(), v.description("Whether it is a visitor without an account.")),
});

const tokens = {
  access_token: v.pipe(v.string(), v.description("A JWT (RFC 9068), good for `expires_in` seconds.")),
  token_type: v.pipe(
    v.picklist(["Bearer", "DPoP"]),
    v.description("DPoP (RFC 9449) where the call came with a proof: the tokens are good with its key only."),
  ),
  expires_in: v.pipe(v.number(), v.integer()),
  refresh_token: v.optional(
    v.pipe(
      v.string(),
      v.description(
        "Replaces the one before it. Absent where it is in the cookie `__Host-rowhouse_refresh`.",
      ),
    ),
  ),
};

/** A company that was made. */
export const tenantCreated = v.strictObject({ tenant });

/** A token response (RFC 6749 section 5.1). */
export const tokenResponse = v.strictObject(tokens);

/** A token response that says who signed in, where, and where else they could. */
export const signedIn = v.strictObject({
  ...tokens,
  user,
  tenant: v.pipe(v.nullable(tenant), v.description("The company of this session; null for none.")),
  tenants: v.pipe(v.array(tenant), v.description("Every company that this person can sign in to.")),
});

/** Who is signed in, where, and for how long. */
export const sessionAnswer = v.strictObject({
  user,
  tenant: v.nullable(tenant),
  tenants: v.array(tenant),
  permissions: v.array(v.string()),
  amr: v.pipe(v.array(v.string()), v.description("By what they proved who they are (RFC 8176).")),
  auth_time: v.pipe(v.number(), v.description("When they did, in seconds since 1970.")),
  expires_at: v.pipe(
    v.number(),
    v.description("When the session ends if nobody refreshes it, in seconds since 1970."),
  ),
});

/** A secret for an app that shows codes. */
export const totpSecret = v.strictObject({ secret: v.string(), otpauthUrl: v.string() });

/** Codes that are shown this once; with the tokens of the sign-in, where one waited for them. */
export const recoveryCodes = v.looseObject({ recoveryCodes: v.array(v.string()) });

const descriptor = v.strictObject({
  type: v.literal("public-key"),
  id: v.string(),
  transports: v.array(v.string()),
});

/** What an authenticator is to make: PublicKeyCredentialCreationOptionsJSON (WebAuthn section 5.1.8). */
export const passkeyCreation = v.strictObject({
  rp: v.strictObject({ id: v.string(), name: v.string() }),
  user: v.strictObject({ id: v.string(), name: v.string(), displayName: v.string() }),
  challenge: v.string(),
  pubKeyCredParams: v.array(v.strictObject({ type: v.literal("public-key"), alg: v.number() })),
  timeout: v.number(),
  attestation: v.literal("none"),
  authenticatorSelection: v.strictObject({
    residentKey: v.literal("required"),
    requireResidentKey: v.literal(true),
    userVerification: v.literal("required"),
  }),
  excludeCredentials: v.array(descriptor),
});

/** What an authenticator is to sign: PublicKeyCredentialRequestOptionsJSON (WebAuthn section 5.1.9). */
export const passkeyRequest = v.strictObject({
  rpId: v.string(),
  challenge: v.string(),
  timeout: v.number(),
  userVerification: v.literal("required"),
  allowCredentials: v.array(descriptor),
});

/** A new passkey; with recovery codes, where there were none, and with the tokens of the sign-in, where one waited for it. */
export const passkeyAdded = v.looseObject({
  passkey: v.strictObject({ id: uuid, name: v.string(), synced: v.boolean(), createdAt: v.string() }),
  recoveryCodes: v.optional(v.array(v.string())),
});

/** When somebody last proved who they are, in seconds since 1970. */
export const steppedUp = v.strictObject({ authTime: v.pipe(v.number(), v.integer()) });

/** The company that somebody is a member of now. */
export const joined = v.strictObject({ tenant });

/** The same of who was invited, perhaps into teams of it as well. */
export const accepted = v.strictObject({
  tenant,
  teams: v.array(v.strictObject({ id: uuid, name: v.string(), role: v.picklist(["lead", "member"]) })),
});

/** What is said to everybody alike, so that nobody learns whether an address has an account. */
export const acknowledged = v.strictObject({ message: v.string() });

/** When an account that somebody wants to be gone will be. */
export const deletionAsked = v.strictObject({
  deletedAt: v.pipe(v.string(), v.isoTimestamp(), v.description("From when on it is erased.")),
});

const own = v.array(v.looseObject({}));

/** All that is somebody's own. Members may be added to what is in the lists; what is there keeps its meaning in one version. */
export const accountExport = v.strictObject({
  format: v.literal("rowhouse-account"),
  version: v.literal(1),
  exportedAt: v.pipe(v.string(), v.isoTimestamp()),
  profile: v.looseObject({ id: uuid, email: v.string(), name: v.string() }),
  memberships: own,
  teams: own,
  grants: own,
  invitations: own,
  supportAccesses: own,
  sessions: own,
  identities: own,
  secondFactors: own,
  passkeys: own,
  apiKeys: own,
  preferences: own,
  events: own,
  conversations: own,
  messages: own,
  shareLinks: own,
  documents: own,
  documentContents: own,
  profiles: own,
  memories: own,
  feedback: own,
  usage: own,
});

/** A conversation with all its messages, the oldest first. */
export const conversationExport = v.strictObject({
  format: v.literal("rowhouse-conversation"),
  version: v.literal(1),
  exportedAt: v.pipe(v.string(), v.isoTimestamp()),
  conversation: v.looseObject({ id: uuid, title: v.string(), status: v.string() }),
  messages: v.array(
    v.looseObject({ id: uuid, parentId: v.nullable(uuid), role: v.string(), content: v.string() }),
  ),
});

/** A refusal (RFC 9457). */
export const problem = v.looseObject({
  type: v.pipe(v.string(), v.description("Leads to the page of its code.")),
  title: v.string(),
  status: v.number(),
  detail: v.pipe(v.string(), v.description("One sentence for a person. Programs compare `code`.")),
  instance: v.string(),
  code: v.string(),
  requestId: v.pipe(v.string(), v.description("The request's name in our log and in the trail.")),
  errors: v.optional(
    v.pipe(
      v.array(v.strictObject({ field: v.string(), detail: v.string() })),
      v.description("With `invalid_input`: each field that is wrong, and how."),
    ),
  ),
  retryAfter: v.optional(v.pipe(v.number(), v.description("Seconds to wait, as in Retry-After."))),
});

/** The same under /v1/, as OpenAI's clients read it. */
export const openAIRefusal = v.strictObject({
  error: v.looseObject({
    message: v.pipe(v.string(), v.description("One sentence for a person. Programs compare `code`.")),
    type: v.string(),
    code: v.string(),
    param: v.pipe(v.nullable(v.string()), v.description("Which parameter is wrong: `messages[2].content`.")),
    request_id: v.string(),
    retryAfter: v.optional(v.number()),
  }),
});

/** A set of keys (RFC 7517 section 5). */
export const keySet = v.strictObject({ keys: v.array(v.looseObject({ kid: v.string(), kty: v.string() })) });

/** Keys of checkpoints, as verifiers of signed notes take them. */
export const auditKeySet = v.strictObject({
  keys: v.array(
    v.strictObject({
      number: v.pipe(v.number(), v.description("Counted from 1; the last one signs.")),
      key: v.pipe(v.string(), v.description("`name+id+key` (C2SP signed-note).")),
      endorsement: v.pipe(
        v.nullable(v.string()),
        v.description("A signed note of the key before it that this one comes next; null of the first."),
      ),
      createdAt: v.string(),
    }),
  ),
});

/** A document without its content. */
export const documentAnswer = v.strictObject({
  document: v.strictObject({
    id: uuid,
    title: v.string(),
    fileName: v.nullable(v.string()),
    mediaType: v.pipe(v.string(), v.description("What its bytes and its name say that it is.")),
    sizeBytes: v.number(),
    sha256: v.pipe(v.string(), v.description("Of its bytes, in hexadecimal.")),
    version: v.pipe(v.number(), v.description("Counted from 1.")),
    visibility: v.picklist(["private", "team", "tenant"]),
    teamId: v.nullable(uuid),
    tags: v.array(v.string()),
    language: v.nullable(v.string()),
    status: v.picklist(["queued", "processing", "ready", "failed"]),
  }),
});
