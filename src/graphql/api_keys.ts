import type { PgResource } from "postgraphile/@dataplan/pg";
import {
  access,
  constant,
  type FieldArgs,
  lambda,
  object,
  type Step,
  sideEffect,
} from "postgraphile/grafast";
import { type ApiKeyKind, createApiKeys, storedOf } from "../auth/api_key.ts";
import { callFunction, shownOnce } from "./call_function.ts";
import { refuseMissing } from "./not_found.ts";

/** What the server says of a key that it makes, and no client. */
const MADE_HERE = ["digests", "beginnings"];

/** What has to be given. PostgreSQL does not say so of a function's arguments. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  CreateApiKeyInput: ["name", "scopes"],
  RotateApiKeyInput: ["id"],
  RevokeApiKeyInput: ["id"],
};

const OVERLAP =
  "Seconds for which the old key goes on, 2,592,000 (30 days) at most and never longer than it would have. Without them it ends now.";

/**
 * Makes the secrets of API keys. The database is sent a digest and how the key begins, so that no statement, log or trail of
 * it ever held the key; the answer has it once, as `secret`. A key that is not there to be seen is NOT_FOUND, and then there
 * is no secret either. What may be made, policies and a trigger of the database decide.
 */
export const ApiKeysPlugin: GraphileConfig.Plugin = {
  name: "ApiKeysPlugin",
  version: "1.0.0",
  schema: {
    hooks: {
      GraphQLInputObjectType_fields(fields, _build, { Self }) {
        if (!REQUIRED[Self.name]) return fields;
        return Object.fromEntries(Object.entries(fields).filter(([name]) => !MADE_HERE.includes(name)));
      },
      GraphQLInputObjectType_fields_field(field, { graphql: { GraphQLNonNull, isNullableType } }, context) {
        const { fieldName } = context.scope;
        if (!REQUIRED[context.Self.name]) return field;
        if (fieldName === "overlap") return { ...field, description: OVERLAP };
        const { type } = field;
        const required = REQUIRED[context.Self.name]?.includes(fieldName) && isNullableType(type);
        return required ? { ...field, type: new GraphQLNonNull(type) } : field;
      },
      GraphQLObjectType_fields(fields, build, { Self }) {
        if (!["CreateApiKeyPayload", "RotateApiKeyPayload"].includes(Self.name)) return fields;
        return build.extend(
          fields,
          { secret: shownOnce(build, "The key itself, shown this once: nobody can tell it again.") },
          "Adding the secret of a new API key",
        );
      },
      GraphQLObjectType_fields_field(field, build, { scope }) {
        const { fieldName, isRootMutation } = scope;
        if (!isRootMutation || !/^(create|rotate|revoke)ApiKey$/.test(String(fieldName))) return field;
        const resource = build.pgResources[
          `${String(fieldName).replace("ApiKey", "")}_api_key`
        ] as PgResource;
        return {
          ...field,
          plan: (_: Step, args: FieldArgs) => planWithSecret(build, resource, args),
        };
      },
    },
  },
};

function planWithSecret(build: GraphileBuild.Build, resource: PgResource, args: FieldArgs) {
  // A step with effects is run once for each field: two keys never share a secret.
  const $made = sideEffect(constant(null), make);
  const $result = callFunction(
    build,
    resource,
    args,
    Object.fromEntries(MADE_HERE.map((name) => [name, access($made, name)])),
  );
  refuseMissing($result.get("id"));
  const $secret = lambda([$made, $result.get("kind")], ([{ keys }, kind]) => keys[kind as ApiKeyKind]);
  return object({ result: $result, secret: $secret });
}

/** A new key of each kind, and what the database is told of them. */
function make() {
  const keys = createApiKeys();
  const stored = [storedOf(keys.secret), storedOf(keys.publishable)];
  return {
    keys,
    digests: stored.map(({ digest }) => digest),
    beginnings: stored.map(({ beginning }) => beginning),
  };
}
