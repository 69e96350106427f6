import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { developmentSecrets } from "./secrets.ts";

/**
 * Everything a Rowhouse process can be told, read once and validated whole.
 *
 * This is the only file that reads `process.env`. `.env.example` documents each variable.
 */
export interface Config {
  readonly environment: "development" | "production" | "test";
  readonly host: string;
  readonly port: number;
  /** Origin without a trailing slash: links in mails begin with it, and it is the issuer of tokens. */
  readonly publicUrl: string;
  /** Absolute path of the folder that holds the embedded database, generated secrets and mail files. */
  readonly stateDir: string;
  readonly database: {
    /** `null`: the embedded server. Otherwise `migrate`'s connection, and where the server is. */
    readonly url: string | null;
    readonly appUrl: string | null;
    readonly authUrl: string | null;
    readonly workerUrl: string | null;
    /** Connections per pool. */
    readonly poolSize: number;
    /** Milliseconds a statement of a request may take. */
    readonly statementTimeout: number;
  };
  readonly redisUrl: string | null;
  /** 32 bytes that encrypt what must be read back (signing keys, …) and derive the database passwords. */
  readonly masterKey: Buffer;
  /** The key before a rotation: still decrypts, never encrypts. */
  readonly previousMasterKey: Buffer | null;
  readonly corsOrigins: readonly string[];
  readonly mail: { readonly smtpUrl: string | null; readonly from: string };
  readonly logLevel: LogLevel;
  /** How many reverse proxies stand in front: that many `X-Forwarded-For` entries are believed. */
  readonly trustedProxies: number;
  /** Requests per minute: under /auth/ from one address, elsewhere with one credential. */
  readonly rateLimits: { readonly signIn: number; readonly api: number };
  readonly accessTokenAlgorithm: "EdDSA" | "ES256" | "RS256";
  /** Whether the web process runs background jobs too. */
  readonly worker: boolean;
  readonly graphiql: boolean;
  /** Whether two demo companies are made at the first start. */
  readonly demo: boolean;
  readonly metricsToken: string | null;
}

export type LogLevel = (typeof logLevels)[number];
const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

/** The value `.env.example` shows. A key that everybody can read is no key. */
export const EXAMPLE_MASTER_KEY = "ZXhhbXBsZS1leGFtcGxlLWV4YW1wbGUtZXhhbXBsZSE=";

/** Settings that cannot be used: `problems` lists all of them, one sentence each. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** Adds the variables of `.env` in the working directory, if there is one; what is set already wins. */
export function loadEnvironmentFile(path = ".env"): void {
  if (existsSync(path)) process.loadEnvFile(path);
}

/**
 * Reads and validates the settings. In development and test a missing master key is generated into
 * `STATE_DIR/secrets.json` (mode 0600); production has to be given one.
 *
 * @throws {ConfigError} with every problem at once
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const read = reader(env);
  const environment = read.choice(
    env.ROWHOUSE_ENV ? "ROWHOUSE_ENV" : "NODE_ENV",
    ["development", "production", "test"],
    "development",
  );
  const inProduction = environment === "production";
  const port = read.integer("PORT", 4000, 0, 65535);
  const stateDir = resolve(read.text("STATE_DIR", ".rowhouse"));
  if (inProduction && !read.optional("PUBLIC_URL")) {
    read.problem("PUBLIC_URL must be set in production: links and tokens carry it.");
  }

  const config: Omit<Config, "masterKey"> & { masterKey: Buffer | null } = {
    environment,
    host: read.text("HOST", inProduction ? "0.0.0.0" : "127.0.0.1"),
    port,
    publicUrl: read.origin("PUBLIC_URL") ?? `http://localhost:${port}`,
    stateDir,
    database: Object.freeze({
      url: read.url("DATABASE_URL", ["postgres:", "postgresql:"]),
      appUrl: read.url("DATABASE_APP_URL", ["postgres:", "postgresql:"]),
      authUrl: read.url("DATABASE_AUTH_URL", ["postgres:", "postgresql:"]),
      workerUrl: read.url("DATABASE_WORKER_URL", ["postgres:", "postgresql:"]),
      poolSize: read.integer("DATABASE_POOL_SIZE", 10, 1, 1000),
      statementTimeout: read.integer("STATEMENT_TIMEOUT_MS", 10_000, 1, 3_600_000),
    }),
    redisUrl: read.url("REDIS_URL", ["redis:", "rediss:", "unix:"]),
    masterKey: read.key("MASTER_KEY"),
    previousMasterKey: read.key("MASTER_KEY_PREVIOUS"),
    corsOrigins: Object.freeze(read.origins("CORS_ORIGINS")),
    mail: Object.freeze({
      smtpUrl: read.url("SMTP_URL", ["smtp:", "smtps:"]),
      from: read.text("MAIL_FROM", "Rowhouse <rowhouse@localhost>"),
    }),
    logLevel: read.choice("LOG_LEVEL", logLevels, environment === "test" ? "silent" : "info"),
    trustedProxies: read.integer("TRUSTED_PROXIES", 0, 0, 16),
    rateLimits: Object.freeze({
      signIn: read.integer("RATE_LIMIT_SIGN_IN", 60, 1, 1_000_000),
      api: read.integer("RATE_LIMIT", 1_200, 1, 1_000_000),
    }),
    accessTokenAlgorithm: read.choice("ACCESS_TOKEN_ALGORITHM", ["EdDSA", "ES256", "RS256"], "EdDSA"),
    worker: read.onOff("WORKER", true),
    graphiql: read.onOff("GRAPHIQL", !inProduction),
    demo: read.onOff("DEMO", environment === "development"),
    metricsToken: read.secret("METRICS_TOKEN"),
  };

  if (inProduction && config.demo) read.problem("DEMO cannot be on in production: its passwords are public.");
  if (!env.MASTER_KEY) {
    if (inProduction) {
      read.problem(
        "MASTER_KEY must be set in production: 32 random bytes in base64 (openssl rand -base64 32).",
      );
    } else if (read.problems.length === 0) {
      config.masterKey = developmentSecrets(stateDir).masterKey;
    }
  }
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  return Object.freeze(config as Config);
}

/** Reads single variables; notes what is wrong with them and carries on, so that all problems are found. */
function reader(env: NodeJS.ProcessEnv) {
  const problems: string[] = [];
  const problem = (sentence: string): void => {
    problems.push(sentence);
  };
  const optional = (name: string): string | null => env[name]?.trim() || null;

  function choice<const T extends string>(name: string, choices: readonly T[], preset: NoInfer<T>): T {
    const value = optional(name) ?? preset;
    const found = choices.find((one) => one === value);
    if (found === undefined) problem(`${name} is "${value}"; it can be ${choices.join(", ")}.`);
    return found ?? preset;
  }

  function integer(name: string, preset: number, least: number, most: number): number {
    const value = optional(name);
    if (value === null) return preset;
    const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    problem(`${name} is "${value}"; it must be a whole number from ${least} to ${most}.`);
    return preset;
  }

  // URLs may hold passwords, so a problem with one never quotes it.
  function url(name: string, protocols: readonly string[]): string | null {
    const value = optional(name);
    if (value === null) return null;
    if (URL.canParse(value) && protocols.includes(new URL(value).protocol)) return value;
    problem(`${name} must be a URL that begins with ${protocols.map((one) => `${one}//`).join(" or ")}.`);
    return null;
  }

  function asOrigin(name: string, value: string): string | null {
    const parsed = URL.canParse(value) ? new URL(value) : null;
    if (parsed && /^https?:$/.test(parsed.protocol) && `${parsed.origin}/` === parsed.href)
      return parsed.origin;
    problem(
      `${name} holds "${value}"; it must be an origin such as https://chat.example.com, without a path.`,
    );
    return null;
  }

  function origin(name: string): string | null {
    const value = optional(name);
    return value === null ? null : asOrigin(name, value);
  }

  function origins(name: string): string[] {
    const values = (optional(name) ?? "").split(",").map((one) => one.trim());
    return values
      .filter(Boolean)
      .map((one) => asOrigin(name, one))
      .filter((one) => one !== null);
  }

  function key(name: string): Buffer | null {
    const value = optional(name);
    if (value === null) return null;
    if (value === EXAMPLE_MASTER_KEY) {
      problem(
        `${name} is the example value, which everybody knows; make your own (openssl rand -base64 32).`,
      );
      return null;
    }
    const bytes = Buffer.from(value, "base64");
    if (!/^[A-Za-z0-9+/]{43}=$/.test(value) || bytes.length !== 32) {
      problem(`${name} must be exactly 32 bytes in base64 (openssl rand -base64 32).`);
      return null;
    }
    if (new Set(bytes).size < 8) {
      problem(`${name} is not random; make one with openssl rand -base64 32.`);
      return null;
    }
    return bytes;
  }

  function secret(name: string): string | null {
    const value = optional(name);
    if (value !== null && value.length < 16) problem(`${name} must have at least 16 characters.`);
    return value;
  }

  return {
    problems,
    problem,
    optional,
    choice,
    integer,
    url,
    origin,
    origins,
    key,
    secret,
    text: (name: string, preset: string): string => optional(name) ?? preset,
    onOff: (name: string, preset: boolean): boolean =>
      choice(name, ["on", "off"], preset ? "on" : "off") === "on",
  };
}
