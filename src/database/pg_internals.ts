import type { Socket } from "node:net";
import pg from "pg";

/**
 * What Rowhouse uses of pg beyond its documented interface, so that the door and a query can share one
 * flush. None of it is promised by pg, therefore package.json pins pg exactly and
 * test/contract/adaptor_internals.test.ts asks for every piece: an upgrade that moves one fails there.
 */
export interface WireConnection {
  readonly stream: Pick<Socket, "cork" | "uncork" | "write" | "writable" | "destroy">;
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
  describe(message: { type: "P"; name: string }): void;
  execute(message: { portal: string; rows: number }): void;
  close(message: { type: "S"; name: string }): void;
  sync(): void;
}

/** A parameter in the form that goes over the wire. */
export type WireValue = string | Buffer | null;

/** One column of a result, as pg has it from the server's RowDescription. */
export interface WireField {
  readonly name: string;
}

/** pg's Query as a subclass sees it: the client submits it, then hands it each message of the answer. */
export interface WireQuery extends pg.Submittable {
  text: string;
  name: string | undefined;
  values: readonly unknown[] | undefined;
  /** Whether it takes the messages of the extended protocol. */
  requiresPreparation(): boolean;
  /** Writes Parse (if the name is new), Bind, Describe, Execute and Sync. */
  prepare(connection: WireConnection): void;
  handleRowDescription(message: { readonly fields: readonly WireField[] }): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: WireConnection): void;
  handleError(error: Error, connection: WireConnection): void;
}

type WireQueryConstructor = new (
  config: { text?: string; name?: string; rowMode?: "array"; queryMode?: "extended" },
  values: undefined,
  callback: (error: Error | null, result?: pg.QueryResult) => void,
) => WireQuery;

export const WireQuery = pg.Query as unknown as WireQueryConstructor;

/** The connection beneath a client. */
export function wireOf(client: pg.ClientBase): WireConnection {
  return (client as unknown as { connection: WireConnection }).connection;
}
