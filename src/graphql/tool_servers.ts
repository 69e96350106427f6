import type { PgResource } from "postgraphile/@dataplan/pg";
import {
  access,
  context,
  type FieldArgs,
  lambda,
  list,
  object,
  type Step,
  sideEffect,
} from "postgraphile/grafast";
import type { ListedTool } from "../chat/tools/mcp_server.ts";
import { callFunction } from "./call_function.ts";

declare global {
  namespace Grafast {
    interface Context {
      /** Encrypts what a tool server knows the company by under the server's master key; null: there is to be none. */
      sealToolSecret?: (secret: string | null | undefined) => { id: string; sealed: string | null };
      /** Asks an MCP server of the caller's company what it offers. */
      listTools?: (server: string) => Promise<ListedTool[]>;
    }
  }
}

/** Arguments of functions that the server makes, and no client; by the type of the input. */
const MADE_HERE: Readonly<Record<string, readonly string[]>> = {
  SetToolSecretInput: ["secretId", "sealedSecret"],
  RefreshToolServerInput: ["listed"],
};

const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  SetToolSecretInput: ["serverId"],
  RefreshToolServerInput: ["serverId"],
  ApproveToolInput: ["id", "fingerprint"],
};

const SAYS: Readonly<Record<string, string>> = {
  serverId: "The tool server.",
  header: "The header that it is sent in, as in X-Api-Key or Authorization.",
  id: "The tool.",
  fingerprint: "What it was when whoever approves it looked.",
};

/**
 * Tool servers of companies: their secrets are encrypted before the database sees them, and MCP servers are asked here what they
 * offer. Who may, and what of it is kept, the database decides.
 */
export const ToolServersPlugin: GraphileConfig.Plugin = {
  name: "ToolServersPlugin",
  version: "1.0.0",
  schema: {
    hooks: {
      GraphQLInputObjectType_fields(fields, build, { Self }) {
        const hidden = MADE_HERE[Self.name];
        if (!hidden) return fields;
        const shown = Object.fromEntries(Object.entries(fields).filter(([name]) => !hidden.includes(name)));
        if (Self.name !== "SetToolSecretInput") return shown;
        return build.extend(
          shown,
          {
            secret: {
              type: build.graphql.GraphQLString,
              description: "The header's value; nobody is told it again. Left out, it is taken away.",
            },
          },
          "Adding the secret of a tool server",
        );
      },
      GraphQLInputObjectType_fields_field(field, { graphql: { GraphQLNonNull, isNullableType } }, context) {
        const { fieldName } = context.scope;
        const required = REQUIRED[context.Self.name];
        if (!required) return field;
        const { type } = field;
        return {
          ...field,
          description: field.description ?? SAYS[fieldName],
          ...(required.includes(fieldName) && isNullableType(type) && { type: new GraphQLNonNull(type) }),
        };
      },
      GraphQLObjectType_fields_field(field, build, { scope }) {
        if (!scope.isRootMutation) return field;
        if (scope.fieldName === "setToolSecret")
          return { ...field, plan: (_: Step, args: FieldArgs) => planWithSecret(build, args) };
        if (scope.fieldName === "refreshToolServer")
          return { ...field, plan: (_: Step, args: FieldArgs) => planWithList(build, args) };
        return field;
      },
    },
  },
};

function planWithSecret(build: GraphileBuild.Build, args: FieldArgs) {
  const $sealed = sideEffect(
    list([context().get("sealToolSecret"), args.getRaw(["input", "secret"])]),
    ([seal, secret]) => seal!(secret),
  );
  return planWith(build, "set_tool_secret", args, {
    secret_id: access($sealed, "id"),
    sealed_secret: access($sealed, "sealed"),
  });
}

function planWithList(build: GraphileBuild.Build, args: FieldArgs) {
  const $listed = sideEffect(
    list([context().get("listTools"), args.getRaw(["input", "serverId"])]),
    ([ask, server]) => ask!(server),
  );
  return planWith(build, "refresh_tool_server", args, { listed: lambda($listed, (tools) => tools) });
}

function planWith(
  build: GraphileBuild.Build,
  name: string,
  args: FieldArgs,
  made: Readonly<Record<string, Step>>,
) {
  return object({ result: callFunction(build, build.pgResources[name] as PgResource, args, made) });
}
