import "./environment.ts";
import type { Middleware } from "koa";
import type pg from "pg";
import { postgraphile } from "postgraphile";
import type { Readings } from "../audit/readings.ts";
import type { MasterKeys } from "../auth/encryption.ts";
import type { ToolMeans } from "../chat/tools/tool_request.ts";
import type { Config } from "../config.ts";
import { doorService } from "../database/adaptor.ts";
import type { Resolve } from "../egress/addresses.ts";
import { createAdmission } from "../http/admission.ts";
import type { ErrorCatalogue } from "../http/error_catalogue.ts";
import type { KeyLimits } from "../http/key_limits.ts";
import type { OnRefusal } from "../http/report_errors.ts";
import type { RequestState } from "../http/request_facts.ts";
import type { Log } from "../log.ts";
import { makeWebhookSecret } from "../webhooks/secret.ts";
import { maskErrors } from "./errors.ts";
import { explorerFiles, explorerPreset, type SignInOffer } from "./explorer/explorer.ts";
import { guardPlugin } from "./guard.ts";
import { listTools } from "./list_tools.ts";
import { serveGraphQL } from "./middleware.ts";
import { createOnce } from "./once.ts";
import { schemaPreset } from "./preset.ts";
import { GraphQLService } from "./service.ts";
import { openSubscriptions } from "./subscriptions/subscriptions.ts";
import { takeProvider } from "./take_provider.ts";
import { takeToolSecret } from "./take_tool_secret.ts";

export type { SignInOffer } from "./explorer/explorer.ts";

export interface GraphQLOptions {
  readonly config: Pick<Config, "environment" | "graphiql" | "database" | "modelProviders" | "subscriptions">;
  /** Connected as rowhouse_app. */
  readonly pool: pg.Pool;
  /** Connected as rowhouse_auth: it watches over subscriptions. */
  readonly auth: pg.Pool;
  readonly keys: MasterKeys;
  readonly log: Log;
  readonly catalogue: ErrorCatalogue;
  readonly onRefusal: OnRefusal;
  /** Tells the trail whose words an answer holds. */
  readonly readings: Readings;
  /** Learns what the door says of API keys. */
  readonly keyLimits?: KeyLimits;
  /** With what tool servers are asked; null: none are. */
  readonly toolMeans?: ToolMeans | null;
  /** How names of model providers are looked up; by the system, unless it is said. */
  readonly resolve?: Resolve;
  /** Whom the explorer signs in at a click. */
  readonly people?: readonly SignInOffer[];
}

export interface GraphQLServer {
  /** To be mounted behind `authenticate`; passes on what is not its own. */
  readonly middleware: Middleware<RequestState>;
  /** How many subscriptions are open. */
  readonly openSubscriptions: () => number;
  /** Ends subscriptions: the process leaves. */
  leave(): void;
  close(): Promise<void>;
}

/**
 * The GraphQL API over the schema `app`, built from what the database says of itself.
 *
 * @throws if the schema cannot be built
 */
export async function createGraphQL(options: GraphQLOptions): Promise<GraphQLServer> {
  const {
    config,
    pool,
    auth,
    keys,
    log,
    catalogue,
    onRefusal,
    readings,
    keyLimits,
    people = [],
    resolve,
    toolMeans: means = null,
  } = options;
  const reach = { ports: config.modelProviders.ports, resolve };
  const introspection = config.environment !== "production" || config.graphiql;
  const { statementTimeout } = config.database;
  const instance = postgraphile({
    extends: [schemaPreset],
    plugins: [guardPlugin({ introspection, onRefusal, readings, log })],
    pgServices: [
      doorService({ pool, schemas: ["app"], statementTimeout, callerOf: (request) => request.caller }),
    ],
    ruru: explorerPreset(people),
    grafast: {
      explain: false,
      context: ({ caller, handed }) => ({
        handed,
        makeWebhookSecret: () => makeWebhookSecret(keys),
        takeProvider: (given) => takeProvider(given, { keys, reach }),
        sealToolSecret: (secret) => takeToolSecret(secret, keys),
        listTools: (server) => listTools({ pool, means }, caller, server),
      }),
      // A statement's own time, and room before it to wait for one's turn and for a connection.
      timeouts: { planning: 2_000, execution: statementTimeout + 15_000 },
    },
    grafserv: {
      graphqlPath: "/graphql",
      graphiql: config.graphiql,
      graphiqlPath: "/graphiql",
      graphiqlOnGraphQLGET: false,
      graphqlOverGET: false,
      websockets: false,
      maskError: maskErrors({ catalogue, log, helpful: introspection }),
    },
  });
  await instance.getSchema();
  const serv = instance.createServ((given) => new GraphQLService(given));
  await serv.ready();
  const subscriptions = openSubscriptions({ auth, log }, config.subscriptions);
  const api = serveGraphQL(serv, {
    admission: createAdmission(pool, statementTimeout, keyLimits),
    anonymousMayAskForSchema: config.environment === "development",
    once: createOnce({ pool, keys, log }),
    subscriptions,
  });
  const files = explorerFiles();
  return {
    middleware: config.graphiql ? (ctx, next) => files(ctx, () => api(ctx, next)) : api,
    openSubscriptions: () => subscriptions.size,
    leave: () => subscriptions.leave(),
    async close() {
      subscriptions.close();
      await instance.release();
    },
  };
}
