import pg from "pg";

/**
 * What Rowhouse uses of pg beyond its documented interface, so that the door and a query can share one
 * flush. None of it is promised by pg, therefore package.json pins pg exactly and
 * test/contract/adaptor_internals.test.ts asks for every piece: an upgrade that moves one fails there.
 */
export interface WireConnection {
  readonly stream: { cork(): void; uncork(): void };
  /** Names that the server is known to hold, with their texts. */
  readonly parsedStatements: Record<string, string>;
  /** Names whose Parse is under way. */
  readonly submittedNamedStatements: Record<string, string>;
  parse(message: { name: string; text: string; types?: number[] }): void;
  bind(message: {
    portal: string;
    statement: string;
    values: readonly WireValue[];
    binary: boolean;
    valueMapper: (value: WireValue) => WireValue;
  }): void;
  execute(message: { portal: string; rows: number }): void;
  close(message: { type: "S"; name: string }): void;
  sync(): void;
}

/** A parameter in the form that goes over the wire. */
export type WireValue = string | Buffer | null;

/** pg's Query as a subclass sees it: the client submits it, then hands it each message of the answer. */
export interface WireQuery extends pg.Submittable {
  readonly text: string;
  readonly name: string | undefined;
  values: unknown[] | undefined;
  /** Writes Parse (if the name is new), Bind, Describe, Execute and Sync. */
  prepare(connection: WireConnection): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: WireConnection): void;
}

type WireQueryConstructor = new (
  config: {
    text: string;
    values?: unknown[];
    name?: string;
    rowMode?: "array";
    queryMode?: "extended";
  },
  values: undefined,
  callback: (error: Error | null, result?: pg.QueryResult) => void,
) => WireQuery;

export const WireQuery = pg.Query as unknown as WireQueryConstructor;

/** The connection beneath a client. */
export function wireOf(client: pg.ClientBase): WireConnection {
  return (client as unknown as { connection: WireConnection }).connection;
}
