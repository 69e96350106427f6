import type { PgResource } from "postgraphile/@dataplan/pg";
import { access, context, type FieldArgs, list, object, type Step, sideEffect } from "postgraphile/grafast";
import { callFunction } from "./call_function.ts";
import { previewOf } from "./prompt_preview.ts";
import type { GivenProvider, TakenProvider } from "./take_provider.ts";

declare global {
  namespace Grafast {
    interface Context {
      /** Looks at a provider that a company names, and encrypts its key under the server's master key. */
      takeProvider?: (given: GivenProvider) => Promise<TakenProvider>;
    }
  }
}

/** What the server says of a key that it seals, and no client; by the names of the function's arguments. */
const MADE_HERE: Readonly<Record<string, keyof TakenProvider>> = { key_id: "id", sealed_key: "sealed" };

const SAYS: Readonly<Record<string, string>> = {
  baseUrl:
    "Where it is asked: https, at a port that models are called at, at a public address. Another address takes its key anew.",
  models: "The models that may be asked for; left out: any.",
  defaultModel: "The model that answers where nobody chose one; of the list, where there is one.",
  embeddingModel:
    "The model that embeds documents and questions; left out: none, and passages are found by words and letters.",
  systemPrompt:
    "The template of the system prompt, with {{user}}, {{company}}, {{role}}, {{language}}, {{tone}} and {{preferences}}; left out: the installation's.",
  active: "Whether it answers: true, unless it is said.",
};

/**
 * A company's own provider of models. What it is sent is looked at here, where names are looked up, and its key is encrypted
 * before the database sees it. Who may, and what of it is kept, the database decides.
 */
export const ModelProviderPlugin: GraphileConfig.Plugin = {
  name: "ModelProviderPlugin",
  version: "1.0.0",
  schema: {
    hooks: {
      GraphQLInputObjectType_fields(fields, build, { Self }) {
        if (Self.name !== "SetModelProviderInput") return fields;
        const hidden = Object.keys(MADE_HERE).map((name) => build.inflection.camelCase(name));
        const shown = Object.fromEntries(Object.entries(fields).filter(([name]) => !hidden.includes(name)));
        return build.extend(
          shown,
          {
            key: {
              type: build.graphql.GraphQLString,
              description:
                "What the provider knows the company by; nobody is told it again. Left out, the one that is kept stays.",
            },
          },
          "Adding the key of a provider of models",
        );
      },
      GraphQLInputObjectType_fields_field(field, { graphql: { GraphQLNonNull, isNullableType } }, context) {
        const { fieldName } = context.scope;
        if (context.Self.name !== "SetModelProviderInput" || !SAYS[fieldName]) return field;
        const { type } = field;
        const required = fieldName === "baseUrl" && isNullableType(type);
        return {
          ...field,
          description: SAYS[fieldName],
          ...(required && { type: new GraphQLNonNull(type) }),
        };
      },
      GraphQLObjectType_fields(fields, build, { scope }) {
        return scope.isRootQuery
          ? build.extend(
              fields,
              { systemPromptPreview: previewOf(build) },
              "Adding the preview of a system prompt",
            )
          : fields;
      },
      GraphQLObjectType_fields_field(field, build, { scope }) {
        if (!scope.isRootMutation || scope.fieldName !== "setModelProvider") return field;
        return { ...field, plan: (_: Step, args: FieldArgs) => planWithKey(build, args) };
      },
    },
  },
};

function planWithKey(build: GraphileBuild.Build, args: FieldArgs) {
  const { model_provider: read, set_model_provider: set } = build.pgResources as Record<string, PgResource>;
  const given = (name: string): Step => args.getRaw(["input", name]);
  // Whoever may not set one learns nothing of where a name leads: the database refuses them here.
  const $allowed = (read!.execute([], "mutation") as unknown as { get(name: string): Step }).get("has_key");
  const $taken = sideEffect(
    list([context().get("takeProvider"), given("baseUrl"), given("key"), $allowed]),
    ([take, baseUrl, key]) => take!({ baseUrl, key }),
  );
  const $result = callFunction(
    build,
    set!,
    args,
    Object.fromEntries(Object.entries(MADE_HERE).map(([name, made]) => [name, access($taken, made)])),
  );
  return object({ result: $result });
}
