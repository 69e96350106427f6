import type { PgResource } from "postgraphile/@dataplan/pg";
import { access, context, type FieldArgs, object, type Step, sideEffect } from "postgraphile/grafast";
import type { WebhookSecret } from "../webhooks/secret.ts";
import { callFunction, shownOnce } from "./call_function.ts";

declare global {
  namespace Grafast {
    interface Context {
      /** A new secret, encrypted under the server's master key. */
      makeWebhookSecret?: () => WebhookSecret;
    }
  }
}

/** What the server says of a secret that it makes, and no client; by the names of the functions' arguments. */
const MADE_HERE: Readonly<Record<string, keyof WebhookSecret>> = {
  secret_id: "id",
  sealed_secret: "sealed",
};

/** The mutations that make one, with their functions and what has to be given: PostgreSQL does not say so of arguments. */
const MAKING: Readonly<Record<string, { name: string; required: readonly string[] }>> = {
  createWebhookEndpoint: { name: "create_webhook_endpoint", required: ["url", "events"] },
  rotateWebhookSecret: { name: "rotate_webhook_secret", required: ["id"] },
  createAuditStream: { name: "create_audit_stream", required: ["url"] },
  rotateAuditStreamSecret: { name: "rotate_audit_stream_secret", required: ["id"] },
};

const OVERLAP =
  "Seconds for which the former secret signs beside the new one: 86,400 (a day) unless it is said, 604,800 (a week) at most.";

/** The mutation to which a type of input or payload belongs. */
const mutationOf = (type: string, kind: "Input" | "Payload"): string | undefined =>
  Object.keys(MAKING).find((name) => `${name.charAt(0).toUpperCase()}${name.slice(1)}${kind}` === type);

/**
 * Makes the secrets of webhook endpoints and audit streams. The database is sent what is encrypted; the answer has the secret once. Who may,
 * policies and functions of the database decide.
 */
export const WebhookSecretsPlugin: GraphileConfig.Plugin = {
  name: "WebhookSecretsPlugin",
  version: "1.0.0",
  schema: {
    hooks: {
      GraphQLInputObjectType_fields(fields, build, { Self }) {
        if (!mutationOf(Self.name, "Input")) return fields;
        const hidden = Object.keys(MADE_HERE).map((name) => build.inflection.camelCase(name));
        return Object.fromEntries(Object.entries(fields).filter(([name]) => !hidden.includes(name)));
      },
      GraphQLInputObjectType_fields_field(field, { graphql: { GraphQLNonNull, isNullableType } }, context) {
        const { fieldName } = context.scope;
        const mutation = mutationOf(context.Self.name, "Input");
        if (!mutation) return field;
        if (fieldName === "overlap") return { ...field, description: OVERLAP };
        const { type } = field;
        const required = MAKING[mutation]!.required.includes(fieldName) && isNullableType(type);
        return required ? { ...field, type: new GraphQLNonNull(type) } : field;
      },
      GraphQLObjectType_fields(fields, build, { Self }) {
        if (!mutationOf(Self.name, "Payload")) return fields;
        return build.extend(
          fields,
          {
            secret: shownOnce(
              build,
              "What the receiver verifies signatures with (whsec_…), shown this once: nobody can tell it again.",
            ),
          },
          "Adding the secret of what is signed",
        );
      },
      GraphQLObjectType_fields_field(field, build, { scope }) {
        const making = scope.isRootMutation && MAKING[String(scope.fieldName)];
        if (!making) return field;
        const resource = build.pgResources[making.name] as PgResource;
        return { ...field, plan: (_: Step, args: FieldArgs) => planWithSecret(build, resource, args) };
      },
    },
  },
};

function planWithSecret(build: GraphileBuild.Build, resource: PgResource, args: FieldArgs) {
  // A step with effects is run once for each field: two endpoints never share a secret.
  const $made = sideEffect(context().get("makeWebhookSecret"), (make) => make!());
  const $result = callFunction(
    build,
    resource,
    args,
    Object.fromEntries(Object.entries(MADE_HERE).map(([name, made]) => [name, access($made, made)])),
  );
  return object({ result: $result, secret: access($made, "secret") });
}
