import type { PgResource } from "postgraphile/@dataplan/pg";
import { type FieldArgs, lambda, list, type Step } from "postgraphile/grafast";
import { type Asker, valuesOf } from "../chat/prompt/prompt_values.ts";
import { fillTemplate, UnknownPlaceholders } from "../chat/prompt/template.ts";
import { refusal } from "./refusal.ts";

/** The field of the root that fills a template as if its caller asked now. Nothing is stored, and no model is asked. */
export function previewOf(build: GraphileBuild.Build) {
  const { GraphQLNonNull, GraphQLString } = build.graphql;
  const asker = build.pgResources.prompt_asker as PgResource;
  return {
    type: new GraphQLNonNull(GraphQLString),
    description:
      "A system prompt as a model would be told it if the caller asked now; what keeps data from being instructions follows it. For holders of configure_model.",
    args: {
      template: { type: new GraphQLNonNull(GraphQLString), description: "Of at most 8,000 characters." },
    },
    plan: (_: Step, args: FieldArgs) =>
      lambda(list([asker.execute([]) as Step<Asker>, args.getRaw("template")]), ([who, template]) =>
        filled(template as string, who as Asker),
      ),
  };
}

function filled(template: string, asker: Asker): string {
  if (template.length > 8_000)
    throw refusal("INVALID_INPUT", "A system prompt has at most 8,000 characters.");
  try {
    return fillTemplate(template, valuesOf(asker));
  } catch (error) {
    if (error instanceof UnknownPlaceholders) throw refusal("UNKNOWN_PLACEHOLDERS", error.message);
    throw error;
  }
}
