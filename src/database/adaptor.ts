import { hash } from "node:crypto";
import type pg from "pg";
import type { PgClientQuery, WithPgClient } from "postgraphile/@dataplan/pg";
import { makePgService, type NodePostgresPgClient } from "postgraphile/adaptors/pg";
import type { Caller } from "./caller.ts";
import { doorValues, knownCaller, STATEMENT_TIMEOUT } from "./door.ts";
import { type Lease, takeConnection, takeConnectionForNobody } from "./lease.ts";
import { noticeOf, type PgNotice, type WireNotice } from "./notice.ts";
import { CATALOGUE_TIMEOUT } from "./pool.ts";
import { type DoorValues, type Statement, send } from "./statement.ts";
import { oneAtATime, runThroughDoor, type Transaction, transactionThroughDoor } from "./transaction.ts";

/**
 * PostGraphile's way to the database: the door and each query go out in one flush, as one implicit
 * transaction, in one round trip (the stock adaptor takes four).
 *
 * Each `client.query` enters the door and is a transaction of its own, also within one callback: steps
 * that belong together use `client.withTransaction`.
 */
export interface ServiceOptions {
  /** Connections of rowhouse_app. */
  readonly pool: pg.Pool;
  readonly schemas: string[];
  /** Milliseconds a statement may take. */
  readonly statementTimeout?: number;
  /** Whose request it is. */
  readonly callerOf: (request: Partial<Grafast.RequestContext>) => Caller | undefined;
}

/** A PostGraphile service whose every query goes through the door. */
export function doorService(options: ServiceOptions): GraphileConfig.PgServiceConfiguration {
  const { pool, schemas, statementTimeout = STATEMENT_TIMEOUT, callerOf } = options;
  const service = makePgService({
    pool,
    schemas,
    pubsub: false,
    pgSettings: (request) => settingsOf(callerOf(request)),
    pgSettingsForIntrospection: CATALOGUE,
  });
  const createWithPgClient = (): WithPgClient<NodePostgresPgClient> => withPgClient(pool, statementTimeout);
  return { ...service, adaptor: { ...service.adaptor, createWithPgClient } };
}

/** PostGraphile hands settings from the request to the adaptor as they are: an empty object, which stands for a caller. */
export type Settings = Record<string, string | undefined>;

const callers = new WeakMap<Settings, Caller>();

/** The settings that a request's caller becomes; nobody's are settings like others. */
export function settingsOf(caller: Caller | undefined): Settings {
  const settings: Settings = {};
  if (caller) callers.set(settings, caller);
  return settings;
}

/** Marks the look at the catalogue when the schema is built: outside the door, where no row is visible. */
const CATALOGUE: Settings = Object.freeze({ catalogue: "on" });

/**
 * The function through which PostGraphile runs all its SQL.
 *
 * @throws {NoCredentialError} if the settings hold no caller: nothing runs on behalf of nobody
 */
export function withPgClient(pool: pg.Pool, statementTimeout: number): WithPgClient<NodePostgresPgClient> {
  return async (settings, callback) => {
    const caller = settings === CATALOGUE ? null : knownCaller(callers.get(settings ?? {}));
    const lease = caller === null ? await takeConnectionForNobody(pool) : await takeConnection(pool, caller);
    try {
      return await callback(
        caller === null ? catalogueClient(lease) : doorClient(lease, doorValues(caller, statementTimeout)),
      );
    } finally {
      lease.end();
    }
  };
}

function doorClient(lease: Lease, door: DoorValues): NodePostgresPgClient {
  const inTurn = oneAtATime();
  return {
    get rawClient() {
      return lease.client;
    },
    query: (query) => inTurn(() => withNotices(lease, () => runThroughDoor(lease, door, named(query)))),
    withTransaction: (work) =>
      inTurn(() =>
        transactionThroughDoor(lease, door, (transaction) => work(transactionClient(lease, transaction))),
      ),
  };
}

function transactionClient(lease: Lease, transaction: Transaction): NodePostgresPgClient {
  return {
    rawClient: lease.client,
    query: (query) => withNotices(lease, () => transaction.run(statementOf(query))),
    withTransaction: (work) => transaction.nested((inner) => work(transactionClient(lease, inner))),
  };
}

function catalogueClient(lease: Lease): NodePostgresPgClient {
  return {
    rawClient: lease.client,
    query: (query) =>
      withNotices(lease, () =>
        send(lease.client, { ...statementOf(query), answerTimeout: CATALOGUE_TIMEOUT }),
      ),
    withTransaction() {
      throw new Error("Looking at the catalogue takes no transaction.");
    },
  };
}

/** PostGraphile names what it reads with, and not what it changes with; either comes again with the same text. */
function named(query: PgClientQuery): Statement {
  return { ...statementOf(query), name: query.name ?? hash("sha256", query.text, "base64url") };
}

function statementOf({ text, values, name, arrayMode }: PgClientQuery): Statement {
  return { text, values, name, arrayMode };
}

async function withNotices<Row>(lease: Lease, run: () => Promise<pg.QueryResult>) {
  const notices: PgNotice[] = [];
  const listener = (notice: WireNotice): void => {
    notices.push(noticeOf(notice));
  };
  const { client } = lease;
  client.on("notice", listener);
  try {
    const { rows, rowCount } = await run();
    return { rows: rows as Row[], rowCount, notices };
  } finally {
    client.off("notice", listener);
  }
}
