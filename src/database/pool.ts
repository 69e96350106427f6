import pg from "pg";
import type { Log } from "../log.ts";
import { wireOf } from "./pg_internals.ts";
import { PLANNING, withSettings } from "./session_settings.ts";

export interface PoolOptions {
  readonly connectionString: string;
  /** Connections at most. */
  readonly max: number;
  /** What `pg_stat_activity` calls them. */
  readonly name: string;
  /** Milliseconds a statement may take. */
  readonly statementTimeout: number;
  /** Milliseconds until an answer has to be there; a little more than `statementTimeout` unless given. */
  readonly answerTimeout?: number;
  /** Settings of its sessions beyond those that all have. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Milliseconds to wait for a connection, be it a free one or a new one. */
export const CONNECT_PATIENCE = 5_000;
/** Milliseconds beyond a statement's own time that its answer may need. */
export const ANSWER_PATIENCE = 2_000;
/** Milliseconds that the other side has to close a connection that we end. */
const END_PATIENCE = 500;
/** Milliseconds without a word after which the kernel asks whether the other side is still there. */
const KEEP_ALIVE = 10_000;

/**
 * A pool in which every wait has a bound on our side, because a network that swallows bytes gives none: to
 * connect, for an answer (a little above the time that the server itself allows), to end. A connection that
 * kept somebody waiting for longer is destroyed, and so its slot comes free.
 */
export class Pool extends pg.Pool {
  /** On loan. */
  readonly #held = new Set<pg.PoolClient>();

  constructor(options: PoolOptions, log: Log) {
    const { connectionString, max, name, statementTimeout, settings } = options;
    super({
      Client: EndingClient,
      connectionString: withSettings(connectionString, {
        statement_timeout: String(statementTimeout),
        ...settings,
      }),
      max,
      application_name: name,
      connectionTimeoutMillis: CONNECT_PATIENCE,
      query_timeout: options.answerTimeout ?? statementTimeout + ANSWER_PATIENCE,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE,
    });
    // A connection that breaks while nobody uses it. The pool drops it and opens another when it is needed.
    this.on("error", (error) => log.warn({ reason: error.message }, "lost an idle database connection"));
    this.on("acquire", (client) => this.#held.add(client));
    this.on("release", (_error, client) => this.#held.delete(client));
  }

  /** Ends the pool. Whoever holds a connection for longer than `grace` milliseconds loses it. */
  async close(grace = ANSWER_PATIENCE): Promise<void> {
    const impatience = setTimeout(() => {
      for (const client of this.#held) wireOf(client).stream.destroy();
    }, grace);
    await this.end();
    clearTimeout(impatience);
  }
}

/** Milliseconds that the look at the catalogue may take when the schema is built: outside the door, which limits all else. */
export const CATALOGUE_TIMEOUT = 60_000;

/** A pool of connections that go through the door, which limits each statement; their sessions have a second net. */
export function openDoorPool(
  {
    connectionString,
    max,
    statementTimeout,
  }: Pick<PoolOptions, "connectionString" | "max" | "statementTimeout">,
  log: Log,
): Pool {
  const answerTimeout = statementTimeout + ANSWER_PATIENCE;
  return new Pool(
    {
      connectionString,
      max,
      name: "rowhouse",
      statementTimeout: CATALOGUE_TIMEOUT,
      answerTimeout,
      settings: PLANNING,
    },
    log,
  );
}

/** pg ends a connection politely and then waits for the other side to close it, which a silent network never tells. */
class EndingClient extends pg.Client {
  override end(): Promise<void>;
  override end(callback: (error: Error) => void): void;
  override end(callback?: (error: Error) => void): Promise<void> | void {
    const impatience = setTimeout(() => wireOf(this).stream.destroy(), END_PATIENCE).unref();
    this.once("end", () => clearTimeout(impatience));
    return callback ? super.end(callback) : super.end();
  }
}
