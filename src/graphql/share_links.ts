import type { PgResource } from "postgraphile/@dataplan/pg";
import { constant, type FieldArgs, lambda, object, type Step, sideEffect } from "postgraphile/grafast";
import { digestOfShare, newShareSecret } from "../chat/share_secret.ts";
import { callFunction, shownOnce } from "./call_function.ts";

/** The mutations that make or take a secret, with their functions. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  createShareLink: "create_share_link",
  openShareLink: "open_share_link",
};

/** What has to be given. PostgreSQL does not say so of a function's arguments. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  CreateShareLinkInput: ["conversationId"],
  OpenShareLinkInput: ["secret"],
  RevokeShareLinkInput: ["id"],
};

const SAYS: Readonly<Record<string, string>> = {
  days: "For how many days it is good: 1 to 365, and 30 unless it is said.",
  messageId: "Up to which message, with those before it in its branch; the newest unless it is said.",
};

/**
 * Makes the secrets of links to conversations, and takes them. The database is sent a digest, so that no statement, log or trail of it ever
 * held one; the answer has it once, as `secret`. Who may make, open and revoke one, the database decides.
 */
export const ShareLinksPlugin: GraphileConfig.Plugin = {
  name: "ShareLinksPlugin",
  version: "1.0.0",
  schema: {
    hooks: {
      GraphQLInputObjectType_fields(fields, build, { Self }) {
        if (!REQUIRED[Self.name]) return fields;
        const { GraphQLNonNull, GraphQLString } = build.graphql;
        const { digest: _, ...shown } = fields;
        if (Self.name !== "OpenShareLinkInput") return shown;
        return build.extend(
          shown,
          {
            secret: {
              type: new GraphQLNonNull(GraphQLString),
              description: "The secret of the link, as it was shown when it was made.",
            },
          },
          "Adding the secret of the link that is opened",
        );
      },
      GraphQLInputObjectType_fields_field(field, { graphql: { GraphQLNonNull, isNullableType } }, context) {
        const required = REQUIRED[context.Self.name];
        if (!required) return field;
        const { fieldName } = context.scope;
        const { type } = field;
        const said = SAYS[fieldName] ? { ...field, description: SAYS[fieldName] } : field;
        return required.includes(fieldName) && isNullableType(type)
          ? { ...said, type: new GraphQLNonNull(type) }
          : said;
      },
      GraphQLObjectType_fields(fields, build, { Self }) {
        if (Self.name !== "CreateShareLinkPayload") return fields;
        return build.extend(
          fields,
          { secret: shownOnce(build, "What opens the link, shown this once: nobody can tell it again.") },
          "Adding the secret of a new link",
        );
      },
      GraphQLObjectType_fields_field(field, build, { scope }) {
        const name = FUNCTIONS[String(scope.fieldName)];
        if (!scope.isRootMutation || !name) return field;
        const resource = build.pgResources[name] as PgResource;
        return { ...field, plan: (_: Step, args: FieldArgs) => planWithDigest(build, resource, args) };
      },
    },
  },
};

function planWithDigest(build: GraphileBuild.Build, resource: PgResource, args: FieldArgs) {
  const opens = resource.name === "open_share_link";
  // A step with effects is run once for each field: two links never share a secret.
  const $secret = opens ? args.getRaw(["input", "secret"]) : sideEffect(constant(null), newShareSecret);
  const $result = callFunction(build, resource, args, {
    digest: lambda($secret as Step<string>, digestOfShare),
  });
  return object({ result: $result, secret: $secret });
}
