import "../src/graphql/environment.ts";
import { createHash } from "node:crypto";
import type pg from "pg";
import { postgraphile } from "postgraphile";
import { execute, hookArgs } from "postgraphile/grafast";
import { type DocumentNode, type ExecutionResult, parse } from "postgraphile/graphql";
import { doorService } from "../src/database/adaptor.ts";
import type { Caller } from "../src/database/caller.ts";
import { schemaPreset } from "../src/graphql/preset.ts";
import type { Person } from "./people.ts";

export interface Answer {
  readonly data: Readonly<Record<string, unknown>>;
  readonly milliseconds: number;
}

export interface Api {
  /**
   * Runs an operation without HTTP. A document is parsed once, as the server does it, and so planned once.
   *
   * @returns what it answered, and the milliseconds that it took
   */
  ask(query: string, caller: Caller, variables?: Readonly<Record<string, unknown>>): Promise<Answer>;
  close(): Promise<void>;
}

type Service = GraphileConfig.PgServiceConfiguration;

/** The GraphQL API over a pool of rowhouse_app, with the door's adaptor or what `adapt` makes of it. Closing it ends the pool. */
export async function openApi(
  pool: pg.Pool,
  adapt: (service: Service) => Service = (service) => service,
): Promise<Api> {
  pool.on("error", () => {});
  const callerOf = (request: object): Caller | undefined => (request as { caller?: Caller }).caller;
  const instance = postgraphile({
    extends: [schemaPreset],
    pgServices: [adapt(doorService({ pool, schemas: ["app"], callerOf }))],
  });
  const { schema, resolvedPreset } = await instance.getSchemaResult();
  const documents = new Map<string, DocumentNode>();
  return {
    async ask(query, caller, variableValues = {}) {
      const document = documents.get(query) ?? parse(query);
      documents.set(query, document);
      const began = performance.now();
      const requestContext = { caller };
      const args = { schema, document, variableValues, resolvedPreset, requestContext, contextValue: {} };
      await hookArgs(args);
      const { data, errors } = (await execute(args)) as ExecutionResult;
      if (errors) throw errors[0];
      return { data: data ?? {}, milliseconds: performance.now() - began };
    },
    async close() {
      await instance.release();
      await pool.end();
    },
  };
}

/** The caller that a person with a session is. */
export const callerOf = ({ handle }: Person): Caller => ({
  credential: createHash("sha256").update(handle).digest(),
  facts: { request_id: "bench", ip: "192.0.2.1", user_agent: null },
});
