import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { recordAccesses } from "../audit/accesses.ts";
import { openReadings } from "../audit/readings.ts";
import { openAccountDeletion } from "../auth/account_deletion.ts";
import { openAccountExport } from "../auth/account_export.ts";
import { countApiKeyUsage } from "../auth/api_key_usage.ts";
import { openCaptcha } from "../auth/captcha/siteverify.ts";
import { masterKeys } from "../auth/encryption.ts";
import { openGuests } from "../auth/guests.ts";
import { openIdentity } from "../auth/identity.ts";
import { openJoining } from "../auth/joining.ts";
import { openMailProofs } from "../auth/mail_proofs.ts";
import { openProviders } from "../auth/oauth/providers.ts";
import { openOwnAccount } from "../auth/own_account.ts";
import { openOwnTenants } from "../auth/own_tenants.ts";
import { openPasskeys } from "../auth/passkeys/passkeys.ts";
import { passwordRules } from "../auth/password_rules.ts";
import { countRequests } from "../auth/request_counts.ts";
import { openSecondFactors } from "../auth/second_factors.ts";
import { openSigningKeys } from "../auth/signing_keys.ts";
import { openModels } from "../chat/models/models.ts";
import { openProviders as openModelProviders } from "../chat/provider/providers.ts";
import { openSharedLog } from "../chat/turns/shared_log.ts";
import { openTurns } from "../chat/turns/turns.ts";
import type { Config } from "../config.ts";
import type { Connections } from "../database/credentials.ts";
import { openDoorPool, Pool } from "../database/pool.ts";
import { requireSuitablePooler } from "../database/pooler.ts";
import { openLibrary } from "../documents/library.ts";
import { openStorage } from "../documents/storage/open_storage.ts";
import { createGraphQL, type SignInOffer } from "../graphql/server.ts";
import type { Log } from "../log.ts";
import { openMailer } from "../mail/mailer.ts";
import { openMailQueue } from "../mail/queue.ts";
import { openTransport } from "../mail/transport.ts";
import { createMetrics, type Metrics } from "../metrics.ts";
import { createAdmission } from "./admission.ts";
import { createApp } from "./app.ts";
import { openBrowserSessions } from "./browser_sessions.ts";
import { openPossession } from "./dpop/possession.ts";
import { drainable } from "./draining.ts";
import { readCatalogue } from "./error_catalogue.ts";
import { rememberKeyLimits } from "./key_limits.ts";
import { createRateLimits } from "./rate_limit.ts";
import { connectRedis } from "./redis.ts";
import { openProbe } from "./routes/health.ts";

export interface RunningServer {
  /** The origin it listens at, e.g. `http://127.0.0.1:4000`. */
  readonly url: string;
  /**
   * Says at /readyz that it is leaving, goes on for `shutdownDelay`, stops accepting, finishes what is in flight (10
   * seconds at most), lets go of everything.
   */
  close(): Promise<void>;
  /**
   * Leaves to other processes that listen at the same port what is asked from now on, and closes. Connections stay for as
   * long as their clients may count on them, and nobody is told that the service is leaving, because it is not.
   */
  handOver(): Promise<void>;
}

/** Milliseconds beyond the announced keep-alive in which a request may still be on its way. */
const KEEP_ALIVE_MARGIN = 1_000;

/**
 * Opens the pools, the signing keys, the mailer and the limiter, and listens.
 *
 * @throws what keeps it from starting, after letting go of what it had opened
 */
export async function startServer(options: {
  config: Config;
  connections: Connections;
  log: Log;
  /** What /metrics tells; the worker of the same process adds to it. */
  metrics?: Metrics;
  /** Whom the explorer signs in at a click. */
  people?: readonly SignInOffer[];
}): Promise<RunningServer> {
  const { config, connections, log, metrics = createMetrics() } = options;
  let leaving = false;
  let handingOver = false;
  const opened: (() => Promise<void>)[] = [];
  if (!options.metrics) opened.push(async () => metrics.close());
  const closeAll = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const close of opened.splice(0).reverse()) await close().catch((error) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, "the server did not close cleanly");
  };
  try {
    await requireSuitablePooler(connections.app);
    const { poolSize: max, statementTimeout } = config.database;
    const app = openDoorPool({ connectionString: connections.app, max, statementTimeout }, log);
    opened.push(() => app.close());
    metrics.watchPool("app", app);
    const auth = new Pool(
      { connectionString: connections.auth, max, name: "rowhouse", statementTimeout },
      log,
    );
    opened.push(() => auth.close());
    metrics.watchPool("auth", auth);
    const probe = openProbe(connections.app, log);
    opened.push(() => probe.close());
    const catalogue = await readCatalogue(app);
    const keys = masterKeys(config);
    const identity = openIdentity(auth);
    const mailer = openMailer({
      queue: openMailQueue(auth),
      transport: openTransport(config, log),
      keys,
      publicUrl: config.publicUrl,
      log,
      metrics,
    });
    opened.push(() => mailer.close());
    const browsers = openBrowserSessions(config, keys, log);
    opened.push(async () => browsers.close());
    const usage = countApiKeyUsage(auth, log);
    opened.push(() => usage.close());
    const requestCounts = countRequests(auth, log);
    opened.push(() => requestCounts.close());
    const accesses = recordAccesses(auth, { log, metrics, which: config.auditApiAccess });
    opened.push(() => accesses.close());
    const keyLimits = rememberKeyLimits();
    const limits = createRateLimits(config, log, keyLimits);
    opened.push(() => limits.close());
    const possession = openPossession(config, keys, log);
    opened.push(async () => possession.close());
    const readings = openReadings(auth);
    const authority = {
      keys: await openSigningKeys(auth, keys, config.accessTokenAlgorithm, log, config.acceptedAlgorithms),
      issuer: config.publicUrl,
    };
    // What a secret signs nobody else can check, so no tool would know who asks.
    const toolMeans =
      config.accessTokenAlgorithm === "HS256" ? null : { authority, keys, reach: config.tools };
    const graphql = await createGraphQL({
      config,
      toolMeans,
      pool: app,
      auth,
      keys,
      log,
      catalogue,
      onRefusal: identity.recordRefusal,
      readings,
      keyLimits,
      people: options.people,
    });
    opened.push(() => graphql.close());
    metrics.watchSubscriptions(graphql.openSubscriptions);

    const redis =
      config.redisUrl === null
        ? null
        : connectRedis(
            config.redisUrl,
            log,
            () => true,
            "answers are followed in the process that writes them",
          );
    if (redis) opened.push(async () => redis.close());
    const storage = openStorage(config);
    const chat = {
      app,
      auth,
      providers: openModelProviders({ reach: config.modelProviders, log, metrics: metrics.providers }),
      keys,
      model: config.model,
      files: config.documents,
      tools: toolMeans && { means: toolMeans, auth, catalogue, log },
      shared: redis && openSharedLog(redis, keys),
      catalogue,
      log,
    };
    const turns = openTurns(chat);

    const koa = createApp({
      config,
      log,
      metrics,
      probe,
      catalogue,
      identity,
      proofs: openMailProofs(auth),
      guests: openGuests(auth),
      captcha: openCaptcha(config, log),
      account: openOwnAccount(auth),
      deletion: openAccountDeletion(auth),
      tenants: openOwnTenants(auth),
      exports: openAccountExport(auth, storage.objects),
      joining: openJoining(auth),
      library: openLibrary(app, storage),
      rules: passwordRules(config, log),
      factors: openSecondFactors(auth),
      passkeys: openPasskeys(auth),
      authority,
      masterKeys: keys,
      usage,
      requestCounts,
      mailer,
      providers: openProviders(config),
      browsers,
      limits,
      possession,
      onRefusal: identity.recordRefusal,
      turns,
      readings,
      accesses,
      models: openModels(chat),
      admission: createAdmission(app, statementTimeout, keyLimits),
      app,
      graphql: graphql.middleware,
      leaving: () => leaving,
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
    opened.push(async () => {
      const idle = handingOver ? server.keepAliveTimeout + KEEP_ALIVE_MARGIN : 0;
      // An answer that somebody reads is a request in flight; the others end by themselves, or are told to.
      graphql.leave();
      await Promise.all([drain({ idle }), turns.leave()]);
      // What was asked by a request that came in while the others were finished, and whose client has left.
      await turns.close();
    });
    opened.push(async () => {
      if (handingOver) return;
      leaving = true;
      if (config.shutdownDelay > 0)
        log.info({ ms: config.shutdownDelay }, "not ready any more; closing in a while");
      await delay(config.shutdownDelay);
    });
    return {
      url: originOf(server),
      close: closeAll,
      handOver() {
        handingOver = true;
        return closeAll();
      },
    };
  } catch (error) {
    await closeAll().catch((failure) => log.warn({ err: failure }, "could not let go of everything"));
    throw error;
  }
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
