import "../graphql/environment.ts";
import pg from "pg";
import { makeSchema } from "postgraphile";
import { lexicographicSortSchema, printSchema } from "postgraphile/graphql";
import { doorService } from "../database/adaptor.ts";
import { schemaPreset } from "../graphql/preset.ts";

/**
 * The GraphQL schema in its own language, sorted: what `schema.graphql` holds.
 *
 * @param connectionString of rowhouse_app, whose grants shape the schema
 */
export async function graphqlSchema(connectionString: string): Promise<string> {
  const pool = new pg.Pool({ connectionString, max: 1 });
  // See generate.ts: a goodbye that the server's stop overtakes is no failure.
  pool.on("error", () => {});
  try {
    const { schema } = await makeSchema({
      extends: [schemaPreset],
      pgServices: [doorService({ pool, schemas: ["app"], callerOf: () => undefined })],
    });
    return `${printSchema(lexicographicSortSchema(schema))}\n`;
  } finally {
    await pool.end();
  }
}
