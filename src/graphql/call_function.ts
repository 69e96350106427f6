import type { PgResource, PgSelectSingleStep } from "postgraphile/@dataplan/pg";
import type { FieldArgs, ObjectStep, Step } from "postgraphile/grafast";

/** Calls a function of the database with what the client gave, and with what is made here: by the names of its arguments. */
export function callFunction(
  build: GraphileBuild.Build,
  resource: PgResource,
  args: FieldArgs,
  made: Readonly<Record<string, Step>>,
): PgSelectSingleStep {
  return resource.execute(
    (resource.parameters ?? []).map(({ name, codec }) => ({
      name: name ?? undefined,
      pgCodec: codec,
      step: made[name ?? ""] ?? args.getRaw(["input", build.inflection.camelCase(name!)]),
    })),
    "mutation",
  ) as PgSelectSingleStep;
}

/** The field of a payload that shows a secret, this once; the payload is an object that has it. */
export function shownOnce({ graphql: { GraphQLNonNull, GraphQLString } }: GraphileBuild.Build, says: string) {
  return {
    type: new GraphQLNonNull(GraphQLString),
    description: says,
    plan: ($payload: Step) => ($payload as ObjectStep<{ secret: Step }>).getStepForKey("secret"),
  };
}
