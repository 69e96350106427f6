import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import pg from "pg";
import { masterKeys } from "../auth/encryption.ts";
import { openIdentity } from "../auth/identity.ts";
import { openSigningKeys } from "../auth/signing_keys.ts";
import type { Config } from "../config.ts";
import type { Connections } from "../database/credentials.ts";
import { createGraphQL } from "../graphql/server.ts";
import type { Log } from "../log.ts";
import { createMailer } from "../mail/mailer.ts";
import { createApp } from "./app.ts";
import { drainable } from "./draining.ts";
import { readCatalogue } from "./error_catalogue.ts";
import { createMetrics } from "./metrics.ts";
import { createRateLimits } from "./rate_limit.ts";

export interface RunningServer {
  /** The origin it listens at, e.g. `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Stops accepting, finishes what is in flight (10 seconds at most), lets go of everything. */
  close(): Promise<void>;
}

/**
 * Opens the pools, the signing keys, the mailer and the limiter, and listens.
 *
 * @throws what keeps it from starting, after letting go of what it had opened
 */
export async function startServer(options: {
  config: Config;
  connections: Connections;
  log: Log;
}): Promise<RunningServer> {
  const { config, connections, log } = options;
  const opened: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const close of opened.splice(0).reverse()) await close().catch((error) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, "the server did not close cleanly");
  };
  try {
    const app = openPool({ connectionString: connections.app, max: config.database.poolSize }, log);
    opened.push(() => app.end());
    const auth = openPool(
      {
        connectionString: connections.auth,
        max: config.database.poolSize,
        // The door limits the application's statements; these functions do not come through it.
        query_timeout: config.database.statementTimeout,
      },
      log,
    );
    opened.push(() => auth.end());
    const catalogue = await readCatalogue(app);
    const keys = masterKeys(config);
    const identity = openIdentity(auth);
    const mailer = createMailer(config, log);
    opened.push(() => mailer.close());
    const limits = createRateLimits(config, log);
    opened.push(() => limits.close());
    const graphql = await createGraphQL({
      config,
      pool: app,
      log,
      catalogue,
      onRefusal: identity.recordRefusal,
    });
    opened.push(() => graphql.close());

    const koa = createApp({
      config,
      log,
      metrics: createMetrics(),
      app,
      catalogue,
      identity,
      authority: {
        keys: await openSigningKeys(auth, keys, config.accessTokenAlgorithm, log),
        issuer: config.publicUrl,
      },
      masterKeys: keys,
      mailer,
      limits,
      onRefusal: identity.recordRefusal,
      graphql: graphql.middleware,
    });

    const server = createServer({
      // Against slow senders: the header within ten seconds, all of the request within thirty.
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 2_000,
    });
    server.on("request", koa.callback());
    const drain = drainable(server, log);
    await listen(server, config);
    opened.push(drain);
    return { url: originOf(server), close: closeAll };
  } catch (error) {
    await closeAll().catch((failure) => log.warn({ err: failure }, "could not let go of everything"));
    throw error;
  }
}

function openPool(options: pg.PoolConfig, log: Log): pg.Pool {
  const pool = new pg.Pool({ connectionTimeoutMillis: 5_000, application_name: "rowhouse", ...options });
  // A connection that breaks while nobody uses it. The pool drops it and opens another when it is needed.
  pool.on("error", (error) => log.warn({ reason: error.message }, "lost an idle database connection"));
  return pool;
}

function listen(server: Server, { host, port }: Config): Promise<void> {
  return new Promise((done, fail) => {
    server.once("error", fail);
    server.listen(port, host, () => {
      server.off("error", fail);
      done();
    });
  });
}

function originOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  // What listens everywhere is reached at the loopback address, at least from here.
  const host =
    { "0.0.0.0": "127.0.0.1", "::": "[::1]" }[address] ?? (family === "IPv6" ? `[${address}]` : address);
  return `http://${host}:${port}`;
}
