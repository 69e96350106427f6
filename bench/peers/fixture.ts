import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { exportJWK, generateKeyPair } from "jose";
import pg from "pg";
import { pino } from "pino";
import { masterKeys } from "../../src/auth/encryption.ts";
import { openSigningKeys } from "../../src/auth/signing_keys.ts";
import type { Defer } from "../../src/commands/closing.ts";
import { BENCH_KEY, type BenchServer } from "../server.ts";
import { ISSUER } from "./callers.ts";
import { startChild } from "./child.ts";
import type { Introduction } from "./load/load.ts";
import { copyRows, insertRows, type Size } from "./rows.ts";
import type { Fixture, PlainAccess } from "./start.ts";

/** Fills the server's tables and starts the load; the tokens are signed with the key that our server signs with. */
export async function prepareFixture(server: BenchServer, size: Size, defer: Defer): Promise<Fixture> {
  const callers = await insertRows(server.admin, size);
  const auth = new pg.Pool({ connectionString: server.connections.auth, max: 1 });
  defer(() => auth.end());
  const keys = masterKeys({ masterKey: BENCH_KEY, previousMasterKey: null });
  const authority = {
    keys: await openSigningKeys(auth, keys, "EdDSA", pino({ level: "silent" })),
    issuer: ISSUER,
  };
  const load = startChild(new URL("load/load.ts", import.meta.url), join(server.folder, "load.log"));
  defer(() => load.close());
  await load.ask({ callers } satisfies Introduction);
  return { server, callers, authority, load };
}

/** Copies the rows into the plain schema. What its servers issue, they sign with a key of their own. */
export async function preparePlain({ server, callers, authority }: Fixture): Promise<PlainAccess> {
  const password = randomBytes(16).toString("hex");
  await copyRows(server.admin, callers, password);
  const { keys } = await authority.keys.jwks();
  const own = await generateKeyPair("EdDSA", { extractable: true });
  return { password, publicJwk: keys[0]!, privateJwk: await exportJWK(own.privateKey) };
}
