import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import * as v from "valibot";
import * as field from "../../fields.ts";

// What a browser's `credential.toJSON()` gives (WebAuthn section 5.1). Browsers add members to it as the standard grows, so
// those that we do not read are let through.

const bytes = (longest: number) =>
  field.text(1, longest, /^[A-Za-z0-9_-]+$/, "must be base64url without padding");

/** At most 1,023 bytes (WebAuthn section 5.8.3). */
const credentialId = bytes(1_364);

const common = {
  id: credentialId,
  rawId: credentialId,
  type: v.literal("public-key", 'must be "public-key"'),
  clientExtensionResults: v.optional(v.looseObject({}, "must be an object"), {}),
};

/** What `navigator.credentials.create()` gave. */
export const newCredential = v.looseObject(
  {
    ...common,
    response: v.looseObject(
      {
        clientDataJSON: bytes(8_000),
        attestationObject: bytes(16_000),
        transports: v.optional(
          v.pipe(
            v.array(field.text(1, 40), "must be a list"),
            v.maxLength(10, "must have at most 10 members"),
          ),
        ),
      },
      "must be an object",
    ),
  },
  "must be an object",
) as unknown as field.Field<RegistrationResponseJSON>;

/** What `navigator.credentials.get()` gave. */
export const shownCredential = v.looseObject(
  {
    ...common,
    response: v.looseObject(
      {
        clientDataJSON: bytes(8_000),
        authenticatorData: bytes(8_000),
        signature: bytes(4_000),
        userHandle: v.optional(v.nullable(bytes(100))),
      },
      "must be an object",
    ),
  },
  "must be an object",
) as unknown as field.Field<AuthenticationResponseJSON>;
