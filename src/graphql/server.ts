import "./environment.ts";
import type { Middleware } from "koa";
import type pg from "pg";
import { postgraphile } from "postgraphile";
import type { Config } from "../config.ts";
import { doorService } from "../database/adaptor.ts";
import type { ErrorCatalogue } from "../http/error_catalogue.ts";
import type { OnRefusal } from "../http/report_errors.ts";
import type { RequestState } from "../http/request_facts.ts";
import type { Log } from "../log.ts";
import { maskErrors } from "./errors.ts";
import { guardPlugin } from "./guard.ts";
import { GraphQLService, serveGraphQL } from "./middleware.ts";
import { schemaPreset } from "./preset.ts";

export interface GraphQLOptions {
  readonly config: Pick<Config, "environment" | "graphiql" | "database">;
  /** Connected as rowhouse_app. */
  readonly pool: pg.Pool;
  readonly log: Log;
  readonly catalogue: ErrorCatalogue;
  readonly onRefusal: OnRefusal;
}

export interface GraphQLServer {
  /** To be mounted behind `authenticate`; passes on what is not its own. */
  readonly middleware: Middleware<RequestState>;
  close(): Promise<void>;
}

/**
 * The GraphQL API over the schema `app`, built from what the database says of itself.
 *
 * @throws if the schema cannot be built
 */
export async function createGraphQL(options: GraphQLOptions): Promise<GraphQLServer> {
  const { config, pool, log, catalogue, onRefusal } = options;
  const introspection = config.environment !== "production" || config.graphiql;
  const { statementTimeout } = config.database;
  const instance = postgraphile({
    extends: [schemaPreset],
    plugins: [guardPlugin({ introspection, onRefusal, log })],
    pgServices: [
      doorService({ pool, schemas: ["app"], statementTimeout, callerOf: (request) => request.caller }),
    ],
    grafast: {
      explain: false,
      timeouts: { planning: 2_000, execution: statementTimeout + 5_000 },
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
  return {
    middleware: serveGraphQL(serv, { anonymous: config.environment === "development" }),
    close: async () => instance.release(),
  };
}
