import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Koa from "koa";
import pg from "pg";
import { pino } from "pino";
import { openReadings } from "../../src/audit/readings.ts";
import { masterKeys } from "../../src/auth/encryption.ts";
import { createGraphQL, type GraphQLOptions } from "../../src/graphql/server.ts";
import { readCatalogue } from "../../src/http/error_catalogue.ts";
import { reportErrors } from "../../src/http/report_errors.ts";
import type { RequestState } from "../../src/http/request_facts.ts";
import { type TestDatabase, testMasterKey } from "./database.ts";
import { facts } from "./people.ts";

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: an answer has the shape of its query
  readonly data: any;
  /** `extensions.code` of each error, in order. */
  readonly codes: readonly string[];
  readonly errors: readonly { message: string; path?: string[]; extensions: Record<string, unknown> }[];
  /** The whole body, for answers that are not GraphQL's. */
  readonly text: string;
  readonly headers: Headers;
}

export interface GraphQLHouse {
  readonly url: string;
  /** Sends a request with somebody's credential; null sends none. */
  ask(person: { digest: Buffer } | null, query: string, variables?: Record<string, unknown>): Promise<Answer>;
  /** Sends this body as it is. */
  post(person: { digest: Buffer } | null, body: string, path?: string): Promise<Answer>;
  /** What was reported for the trail: code and detail. */
  readonly refusals: [string, string | null][];
  /** The SQL that was run for requests, the oldest first. */
  readonly statements: { readonly text: string; readonly values: readonly unknown[] }[];
  /** How often a connection was taken out of the pool so far. */
  readonly connectionsTaken: () => number;
  /** Lines of the log. */
  readonly logged: Record<string, unknown>[];
  close(): Promise<void>;
}

/**
 * The GraphQL API behind real HTTP. Signing in is somebody else's test: here the header `Credential` holds
 * the digest that `authenticate` would have made of a token.
 */
export async function startGraphQL(
  database: TestDatabase,
  given: {
    environment?: "production" | "development";
    graphiql?: boolean;
    poolSize?: number;
    statementTimeout?: number;
    resolve?: GraphQLOptions["resolve"];
  } = {},
): Promise<GraphQLHouse> {
  const pool = new pg.Pool({ connectionString: database.appUrl, max: given.poolSize ?? 10 });
  pool.on("error", () => {});
  const statements: GraphQLHouse["statements"] = [];
  pool.on("connect", (client) => {
    const query = client.query.bind(client) as (...given: unknown[]) => unknown;
    Object.assign(client, {
      query(...given: unknown[]) {
        const { text, values } = (given[0] ?? {}) as { text?: string; values?: unknown[] };
        if (text && values) statements.push({ text, values });
        return query(...given);
      },
    });
  });
  let taken = 0;
  pool.on("acquire", () => {
    taken += 1;
  });
  const refusals: GraphQLHouse["refusals"] = [];
  const logged: Record<string, unknown>[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => logged.push(JSON.parse(line)) });
  const catalogue = await readCatalogue(pool);
  const onRefusal: GraphQLOptions["onRefusal"] = async (_caller, code, detail) => {
    refusals.push([code, detail]);
  };
  const graphql = await createGraphQL({
    config: {
      environment: given.environment ?? "production",
      graphiql: given.graphiql ?? false,
      database: {
        statementTimeout: given.statementTimeout ?? 10_000,
      } as GraphQLOptions["config"]["database"],
      modelProviders: { internal: true, ports: [443] },
      subscriptions: { most: 100, perCredential: 10 },
    },
    resolve: given.resolve,
    pool,
    auth: database.auth,
    keys: masterKeys({ masterKey: testMasterKey, previousMasterKey: null }),
    log,
    catalogue,
    onRefusal,
    readings: openReadings(database.auth),
  });

  const app = new Koa<RequestState>({});
  app.silent = true;
  app.use((ctx, next) => {
    ctx.state.facts = { ...facts, user_agent: null };
    const credential = ctx.get("Credential");
    if (credential) ctx.state.caller = { credential: Buffer.from(credential, "hex"), facts: ctx.state.facts };
    return next();
  });
  app.use(reportErrors(catalogue, onRefusal));
  app.use(graphql.middleware);
  const server = createServer(app.callback());
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const post: GraphQLHouse["post"] = async (person, body, path = "/graphql") => {
    const response = await fetch(url + path, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        ...(person && { Credential: person.digest.toString("hex") }),
      },
      body,
    });
    const text = await response.text();
    const json = text.startsWith("{") ? JSON.parse(text) : {};
    const errors = json.errors ?? [];
    return {
      status: response.status,
      data: json.data,
      errors,
      codes: errors.map((error: Answer["errors"][number]) => error.extensions?.code),
      text,
      headers: response.headers,
    };
  };
  return {
    url,
    post,
    ask: (person, query, variables) => post(person, JSON.stringify({ query, variables })),
    refusals,
    statements,
    connectionsTaken: () => taken,
    logged,
    async close() {
      await new Promise((done) => {
        server.close(done);
        server.closeAllConnections();
      });
      await graphql.close();
      await pool.end();
    },
  };
}
