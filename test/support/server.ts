import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { type Config, readConfig } from "../../src/config.ts";
import type { SignInOffer } from "../../src/graphql/explorer/explorer.ts";
import { startServer } from "../../src/http/server.ts";
import { createLog } from "../../src/log.ts";
import type { Metrics } from "../../src/metrics.ts";
import { type TestDatabase, testMasterKey } from "./database.ts";

/** An answer, with its body read: JSON where it is JSON, else text. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // The shape is what the test is about to assert.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any;
}

export type LogLine = Record<string, unknown> & { msg: string; level: number };

/** Sends requests and reads the answers. */
export interface TestClient {
  request(
    method: string,
    path: string,
    options?: { body?: unknown; headers?: Record<string, string> },
  ): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

/** A server that listens on a free port, with a database, a mail folder and a log of its own. */
export interface TestServer extends TestClient {
  readonly url: string;
  readonly config: Config;
  /** Every line it has logged so far, at level debug and up. */
  readonly log: readonly LogLine[];
  /** The mails it has written to files, oldest first. */
  mails(): string[];
  handOver(): Promise<void>;
  close(): Promise<void>;
}

/** @param env settings beyond those of a test, as the environment would hold them */
export async function startTestServer(
  database: Pick<TestDatabase, "connections">,
  env: Record<string, string> = {},
  metrics?: Metrics,
  people: readonly SignInOffer[] = [],
): Promise<TestServer> {
  const stateDir = mkdtempSync(join(tmpdir(), "rowhouse-http-"));
  const config = readConfig({
    NODE_ENV: "test",
    PORT: "0",
    STATE_DIR: stateDir,
    PUBLIC_URL: "https://chat.rowhouse.test",
    MASTER_KEY: testMasterKey.toString("base64"),
    RATE_LIMIT_SIGN_IN: "100000",
    RATE_LIMIT: "100000",
    RATE_LIMIT_GUESTS: "100000",
    ...env,
  });
  const log: LogLine[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      log.push(JSON.parse(chunk.toString()) as LogLine);
      done();
    },
  });
  const server = await startServer({
    config,
    people,
    connections: database.connections,
    log: createLog({ logLevel: "debug", logFormat: "json" }, sink),
    metrics,
  });

  return {
    ...clientOf(server.url),
    url: server.url,
    config,
    log,
    mails: () => mailsIn(stateDir),
    handOver: () => server.handOver(),
    async close() {
      await server.close();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

/** A client of the server at this origin. */
export function clientOf(url: string): TestClient {
  const request: TestClient["request"] = async (method, path, { body, headers } = {}) => {
    const sent = new Headers(headers);
    if (body !== undefined && !sent.has("Content-Type")) sent.set("Content-Type", "application/json");
    const raw = body === undefined || typeof body === "string" || body instanceof Uint8Array;
    const answer = await fetch(url + path, {
      method,
      headers: sent,
      body: (raw ? body : JSON.stringify(body)) as string | undefined,
      redirect: "manual",
    });
    const text = await answer.text();
    const json = /[/+]json\b/.test(answer.headers.get("Content-Type") ?? "") && text !== "";
    return { status: answer.status, headers: answer.headers, body: json ? JSON.parse(text) : text };
  };
  return {
    request,
    get: (path, headers) => request("GET", path, { headers }),
    post: (path, body, headers) => request("POST", path, { body, headers }),
  };
}

/** The mails in a state folder, oldest first. */
export function mailsIn(stateDir: string): string[] {
  const folder = join(stateDir, "mail");
  return readdirSync(folder)
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8"));
}

/** The text of a mail as a reader sees it: quoted-printable undone (RFC 2045 section 6.7). */
export function readable(mail: string): string {
  return mail
    .replaceAll(/=\r?\n/g, "")
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Waits until `probe` gives something; a mail that is sent in the background, a line that is logged, a row. */
export async function eventually<T>(
  probe: () => Sought<T> | Promise<Sought<T>>,
  patience = 15_000,
): Promise<T> {
  for (const deadline = Date.now() + patience; ; ) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited ${patience} ms for ${probe}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

type Sought<T> = T | undefined | null | false;
