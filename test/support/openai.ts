import OpenAI, { type ClientOptions } from "openai";
import { createApiKeys } from "../../src/auth/api_key.ts";
import { actors } from "./acting_as.ts";
import { createDatabase, type TestDatabase } from "./database.ts";
import { bring, readAll } from "./library.ts";
import type { Member } from "./people.ts";
import { type Provider, STUB_MODELS, startProvider } from "./provider.ts";
import { startTestServer, type TestServer } from "./server.ts";
import { buildTenants, type TenantFixture } from "./tenants.ts";

/** Two companies with a document each, a provider that the installation asks, and a server that OpenAI's package talks to. */
export interface OpenAIWorld {
  readonly database: TestDatabase;
  readonly acme: TenantFixture;
  readonly globex: TenantFixture;
  readonly provider: Provider;
  readonly server: TestServer;
  /** What a turn has cost, newest first. */
  usage(tenant: TenantFixture): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export async function openAIWorld(env: Record<string, string> = {}): Promise<OpenAIWorld> {
  const database = await createDatabase();
  const { acme, globex } = await buildTenants(database);
  const by = (who: Member, text: string) =>
    actors(database.app)(who).rows(bring, ["Leave", text, "tenant", null]);
  await by(acme.admin, "Acme gives thirty days of leave.");
  await by(globex.admin, "Globex gives twenty days of leave.");
  await readAll(database);
  // Those of the fixture are of a time before.
  await database.admin.query("delete from app.usage_events");
  const provider = await startProvider();
  const server = await startTestServer(database, {
    MODEL_PROVIDER_URL: provider.url,
    MODEL_PROVIDER_INTERNAL: "on",
    MODEL: "ok",
    MODEL_PROVIDER_MODELS: STUB_MODELS,
    ...env,
  });
  return {
    database,
    acme,
    globex,
    provider,
    server,
    async usage({ tenantId }) {
      const { rows } = await database.admin.query(
        "select * from app.usage_events where tenant_id = $1 order by id desc",
        [tenantId],
      );
      return rows;
    },
    async close() {
      await server.close();
      await provider.close();
      await database.drop();
    },
  };
}

/** An API key of somebody's, for the package. */
export async function secretKey(
  { admin }: Pick<TestDatabase, "admin">,
  { tenantId, userId }: Pick<Member, "tenantId" | "userId">,
): Promise<string> {
  const key = createApiKeys().secret;
  await admin.query(
    `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes)
     values ($1, $2, 'For a program', sha256(sha256(convert_to($3, 'UTF8'))), '{chat,read_documents}')`,
    [tenantId, userId, key],
  );
  return key;
}

/** The package as its users have it, but that it tries nothing twice. */
export const openAIClient = (
  { url }: Pick<TestServer, "url">,
  apiKey: string,
  more: ClientOptions = {},
): OpenAI => new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0, logLevel: "off", ...more });
