import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { BadNote, readVerifier } from "./audit/note.ts";
import type { S3Anchor } from "./audit/s3_anchor.ts";
import type { Outside } from "./audit/take_outside.ts";
import type { Witness } from "./audit/witness.ts";
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from "./auth/signing_algorithms.ts";
import { BadConnectionString, readConnectionString } from "./database/connection_string.ts";
import type { ExtractionLimits } from "./documents/extracted.ts";
import type { S3Settings } from "./documents/storage/s3_settings.ts";
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
  /** Which list of leaked passwords new ones are looked up in (by five digits of a hash); null: none. No trailing slash. */
  readonly breachedPasswordsUrl: string | null;
  /** Where webhooks may lead: addresses inside of our network (in development only), and which ports elsewhere. */
  readonly webhooks: { readonly internal: boolean; readonly ports: readonly number[] };
  /** Where companies' tools may be: addresses inside of our network (in development only), and which ports elsewhere. */
  readonly tools: { readonly internal: boolean; readonly ports: readonly number[] };
  /** Where model providers may be: the installation's own also inside of our network, a company's never; and which ports elsewhere. */
  readonly modelProviders: { readonly internal: boolean; readonly ports: readonly number[] };
  /** The installation's own provider, for companies that have none; null: none, and answers are quoted from documents. */
  readonly model: InstallationModel | null;
  /** Which requests to the API leave an event in the trail: all, or those that failed or were privileged. */
  readonly auditApiAccess: "all" | "notable";
  /** How the trail is sealed. */
  readonly audit: {
    /** What the names of the tenants' trees begin with: an address without its scheme. */
    readonly origin: string;
    /** Where checkpoints are taken, so that what is missing here is missed there. */
    readonly outside: Outside;
    /** Whether the trail may be sent to syslog without encryption. */
    readonly plainSyslog: boolean;
  };
  readonly logLevel: LogLevel;
  readonly logFormat: "json" | "pretty";
  /** Whether spans are made with `@opentelemetry/api`; what becomes of them is the operator's SDK's business. */
  readonly tracing: boolean;
  /** How many reverse proxies stand in front: that many `X-Forwarded-For` entries are believed. */
  readonly trustedProxies: number;
  /** Requests per minute: under /auth/ from one address, elsewhere with one credential; and new guests from one address. */
  readonly rateLimits: { readonly signIn: number; readonly api: number; readonly guests: number };
  /** Subscriptions that are open at a time: in one process, and with one credential there. */
  readonly subscriptions: { readonly most: number; readonly perCredential: number };
  /** Who gets an account that has none: anybody; whom the operator invited; nobody. */
  readonly registration: "open" | "invited" | "closed";
  /** Days between asking for one's account to be deleted and its erasure. */
  readonly accountDeletionGraceDays: number;
  /** Visitors without an account: how many a company has at a time, and days after which one whom nobody saw is forgotten. */
  readonly guests: { readonly most: number; readonly idleDays: number };
  /** What reading one uploaded file may cost. */
  readonly documents: ExtractionLimits;
  /** Where new bytes of documents are kept, and what else holds some (docs/documents/storage.md). */
  readonly documentStorage: { readonly keepIn: "postgres" | "s3"; readonly s3: S3Settings | null };
  /** Who is asked whether a person registers, asks for a mail or visits; null: nobody. */
  readonly captcha: CaptchaSettings | null;
  /** Who else may sign people in. */
  readonly oauth: {
    readonly github: OAuthClient | null;
    /** Google and Microsoft, where they are switched on, and every issuer of OIDC_PROVIDERS. */
    readonly oidc: readonly OidcProvider[];
  };
  /** For which domain passkeys are made (WebAuthn's RP ID): the host of the public URL, or a domain above it. */
  readonly passkeyRpId: string;
  /** What signs access tokens. */
  readonly accessTokenAlgorithm: SigningAlgorithm;
  /** What they may be signed with: that, and what signed before it while a change is under way. */
  readonly acceptedAlgorithms: readonly SigningAlgorithm[];
  /** How many web processes answer at the one port. With more than one, the process that starts them answers nothing. */
  readonly processes: number;
  /** Whether `rowhouse start` runs background jobs too. */
  readonly worker: boolean;
  readonly graphiql: boolean;
  /** Whether two demo companies are made at the first start. */
  readonly demo: boolean;
  readonly metricsToken: string | null;
  /** Where a `rowhouse worker` answers /healthz and /metrics; null: nowhere. */
  readonly workerPort: number | null;
  /** Milliseconds between saying "not ready" and accepting no more, for a balancer to notice. */
  readonly shutdownDelay: number;
}

/** Who makes the puzzles that a person solves and a program does not. */
export interface CaptchaSettings {
  readonly provider: (typeof captchaProviders)[number];
  readonly secret: string;
  /** Where it is asked; null: where the provider is. */
  readonly verifyUrl: string | null;
}
const captchaProviders = ["turnstile", "hcaptcha"] as const;

/** Who answers where a company has no provider of its own: any API in the shape of OpenAI's. */
export interface InstallationModel {
  /** With its path, e.g. `https://api.openai.com/v1`; no trailing slash. */
  readonly baseUrl: string;
  /** Null where none is wanted. */
  readonly apiKey: string | null;
  /** Which model answers, unless another is asked for. */
  readonly name: string;
  /** Which may be asked for: that one, and what the operator allows beside it. */
  readonly models: readonly string[];
  /** Which one finds passages by meaning; null: words and letters only. */
  readonly embeddingModel: string | null;
  /** Tokens that a question with all it brings along may have, and an answer: what is held of a budget before it is asked. */
  readonly maxInputTokens: number;
  readonly maxOutputTokens: number;
}

/** What a provider knows us by. */
export interface OAuthClient {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** A provider that speaks OpenID Connect. */
export interface OidcProvider {
  /** As in `/auth/oauth/:provider`. */
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Null for a public client. */
  readonly clientSecret: string | null;
  readonly scope: string;
  /** Whether an address that it says it proved is believed, so that it may join the account which has the address. */
  readonly trustEmail: boolean;
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
 * Forgets what the shell's environment says to PostgreSQL's clients (PGSSLMODE, PGOPTIONS, PGSERVICE, …). For a
 * process that works with the embedded server, whose connections are complete: what is set for another server would
 * only break them.
 */
export function forgetPostgresEnvironment(): void {
  for (const name of Object.keys(process.env)) if (/^PG[A-Z]+$/.test(name)) delete process.env[name];
}

/** The environment for a program that we start: ours, without what it says to PostgreSQL's clients, and with this. */
export function environmentWith(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const rest = Object.entries(process.env).filter(([name]) => !/^PG[A-Z]+$/.test(name));
  return { ...Object.fromEntries(rest), ...settings };
}

/** Whether npm started this process, as `npm start` does. */
export function startedByNpm(): boolean {
  return process.env.npm_lifecycle_event !== undefined;
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

  const publicUrl = read.origin("PUBLIC_URL") ?? `http://localhost:${port}`;
  const storage = documentStorage(read);

  const config: Omit<Config, "masterKey"> & { masterKey: Buffer | null } = {
    environment,
    host: read.text("HOST", inProduction ? "0.0.0.0" : "127.0.0.1"),
    port,
    publicUrl,
    stateDir,
    database: Object.freeze({
      url: read.connection("DATABASE_URL"),
      appUrl: read.connection("DATABASE_APP_URL"),
      authUrl: read.connection("DATABASE_AUTH_URL"),
      workerUrl: read.connection("DATABASE_WORKER_URL"),
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
    breachedPasswordsUrl:
      read.url("BREACHED_PASSWORDS_URL", ["https:", "http:"])?.replace(/\/+$/, "") ?? null,
    webhooks: Object.freeze({
      internal: read.onOff("WEBHOOK_INTERNAL", environment === "development"),
      ports: Object.freeze(read.ports("WEBHOOK_PORTS", "443")),
    }),
    tools: Object.freeze({
      internal: read.onOff("TOOL_INTERNAL", environment === "development"),
      ports: Object.freeze(read.ports("TOOL_PORTS", "443")),
    }),
    modelProviders: Object.freeze({
      internal: read.onOff("MODEL_PROVIDER_INTERNAL", environment === "development"),
      ports: Object.freeze(read.ports("MODEL_PROVIDER_PORTS", "443")),
    }),
    model: installationModel(read),
    auditApiAccess: read.choice("AUDIT_API_ACCESS", ["all", "notable"], "all"),
    audit: Object.freeze({
      origin: read.treeName("AUDIT_ORIGIN", `${new URL(publicUrl).host}/audit`),
      plainSyslog: read.onOff("AUDIT_SYSLOG_PLAIN", false),
      outside: Object.freeze({
        file: read.optional("AUDIT_ANCHOR_FILE"),
        url: read.url("AUDIT_ANCHOR_URL", ["https:", "http:"]),
        s3: auditBucket(read, storage.s3),
        witness: auditWitness(read),
      }),
    }),
    logLevel: read.choice("LOG_LEVEL", logLevels, environment === "test" ? "silent" : "info"),
    logFormat: read.choice(
      "LOG_FORMAT",
      ["json", "pretty"],
      environment === "development" ? "pretty" : "json",
    ),
    tracing: read.onOff("TRACING", false),
    trustedProxies: read.integer("TRUSTED_PROXIES", 0, 0, 16),
    rateLimits: Object.freeze({
      signIn: read.integer("RATE_LIMIT_SIGN_IN", 60, 1, 1_000_000),
      api: read.integer("RATE_LIMIT", 1_200, 1, 1_000_000),
      guests: read.integer("RATE_LIMIT_GUESTS", 10, 1, 1_000_000),
    }),
    subscriptions: Object.freeze({
      most: read.integer("SUBSCRIPTION_LIMIT", 1_000, 1, 100_000),
      perCredential: read.integer("SUBSCRIPTIONS_PER_CREDENTIAL", 20, 1, 100_000),
    }),
    registration: read.choice("REGISTRATION", ["open", "invited", "closed"], "open"),
    accountDeletionGraceDays: read.integer("ACCOUNT_DELETION_GRACE_DAYS", 14, 1, 90),
    guests: Object.freeze({
      most: read.integer("GUEST_LIMIT", 10_000, 1, 1_000_000),
      // Sessions that are over are kept for 90 days, and who has none was never seen.
      idleDays: read.integer("GUEST_IDLE_DAYS", 30, 1, 90),
    }),
    documents: Object.freeze({
      maxBytes: read.integer("DOCUMENT_MAX_BYTES", 20 * 2 ** 20, 1, 100 * 2 ** 20),
      maxCharacters: read.integer("DOCUMENT_MAX_CHARACTERS", 2_000_000, 1, 20_000_000),
      timeout: read.integer("DOCUMENT_TIMEOUT_MS", 30_000, 1_000, 600_000),
      // Node.js itself, and the reader of PDF without a file, take 100.
      memory: read.integer("DOCUMENT_MEMORY_MB", 512, 256, 16_384),
    }),
    documentStorage: storage,
    captcha: captchaSettings(read),
    oauth: Object.freeze(oauthProviders(read)),
    passkeyRpId: read.relyingParty("PASSKEY_RP_ID", new URL(publicUrl).hostname),
    ...tokenAlgorithms(read),
    processes: read.processes("PROCESSES", 1),
    worker: read.onOff("WORKER", true),
    graphiql: read.onOff("GRAPHIQL", !inProduction),
    demo: read.onOff("DEMO", environment === "development"),
    metricsToken: read.secret("METRICS_TOKEN"),
    workerPort: env.WORKER_PORT?.trim() ? read.integer("WORKER_PORT", 0, 0, 65535) : null,
    shutdownDelay: read.integer("SHUTDOWN_DELAY_MS", inProduction ? 5_000 : 0, 0, 600_000),
  };

  if (inProduction && config.demo) read.problem("DEMO cannot be on in production: its passwords are public.");
  if (inProduction && config.webhooks.internal) {
    read.problem("WEBHOOK_INTERNAL cannot be on in production: tenants would call our own network.");
  }
  if (inProduction && config.tools.internal) {
    read.problem("TOOL_INTERNAL cannot be on in production: tenants would call our own network.");
  }
  checkModelAddress(read, config);
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

function captchaSettings(read: ReturnType<typeof reader>): CaptchaSettings | null {
  const provider = read.choice("CAPTCHA", ["off", ...captchaProviders], "off");
  const secret = read.optional("CAPTCHA_SECRET");
  const verifyUrl = read.url("CAPTCHA_VERIFY_URL", ["https:", "http:"]);
  if (provider === "off") return null;
  if (secret === null) read.problem("CAPTCHA_SECRET must be set where CAPTCHA is on: the provider gives it.");
  return Object.freeze({ provider, secret: secret ?? "", verifyUrl });
}

/** Either all of what a bucket needs, or nothing: half of it is a mistake. */
function documentStorage(read: ReturnType<typeof reader>): Config["documentStorage"] {
  const keepIn = read.choice("DOCUMENT_STORAGE", ["postgres", "s3"], "postgres");
  const endpoint = read.url("S3_ENDPOINT", ["https:", "http:"])?.replace(/\/+$/, "") ?? null;
  const region = read.text("S3_REGION", "us-east-1");
  const bucket = read.optional("S3_BUCKET");
  const accessKeyId = read.headerValue("S3_ACCESS_KEY_ID");
  const secretAccessKey = read.optional("S3_SECRET_ACCESS_KEY");
  const pathStyle = read.onOff("S3_PATH_STYLE", true);
  const encryption = read.choice("S3_ENCRYPTION", ["off", "AES256", "aws:kms"], "off");
  const wanted = ["S3_ENDPOINT", "S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"] as const;
  const given = wanted.filter((name) => read.optional(name) !== null);
  if (given.length === 0) {
    if (keepIn === "s3") read.problem(`DOCUMENT_STORAGE is "s3", and ${wanted.join(", ")} are not set.`);
    return Object.freeze({ keepIn, s3: null });
  }
  for (const name of wanted.filter((one) => !given.includes(one))) {
    read.problem(`${name} must be set where ${given[0]} is.`);
  }
  if (bucket !== null && !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    read.problem("S3_BUCKET is no name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens.");
  }
  if (endpoint !== null && (new URL(endpoint).username || new URL(endpoint).password)) {
    read.problem(
      "S3_ENDPOINT holds a name or a password; those are S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY.",
    );
  }
  if (endpoint === null || bucket === null || accessKeyId === null || secretAccessKey === null) {
    return Object.freeze({ keepIn, s3: null });
  }
  const s3 = Object.freeze({
    endpoint,
    region,
    bucket,
    accessKeyId,
    secretAccessKey,
    pathStyle,
    encryption: encryption === "off" ? null : encryption,
  });
  return Object.freeze({ keepIn, s3 });
}

/** A bucket beside that of the documents, with their endpoint and keys: `bucket` or `bucket/prefix`. */
function auditBucket(read: ReturnType<typeof reader>, documents: S3Settings | null): S3Anchor | null {
  const given = read.optional("AUDIT_ANCHOR_S3");
  if (given === null) return null;
  const [, bucket, prefix = ""] =
    /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/((?:[a-z0-9_-]+\/?)+))?$/.exec(given) ?? [];
  if (bucket === undefined) {
    read.problem(
      "AUDIT_ANCHOR_S3 must be a bucket, or a bucket and what names begin with: checkpoints/rowhouse.",
    );
  } else if (documents === null) {
    read.problem("AUDIT_ANCHOR_S3 wants S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY.");
  } else {
    const settings = Object.freeze({ ...documents, bucket });
    return Object.freeze({ settings, prefix: prefix && `${prefix.replace(/\/+$/, "")}/` });
  }
  return null;
}

/** A witness is asked at an address, and known by its key. */
function auditWitness(read: ReturnType<typeof reader>): Witness | null {
  const url = read.url("AUDIT_WITNESS_URL", ["https:", "http:"])?.replace(/\/+$/, "") ?? null;
  const key = read.optional("AUDIT_WITNESS_KEY");
  if ((read.optional("AUDIT_WITNESS_URL") === null) !== (key === null)) {
    read.problem("AUDIT_WITNESS_URL and AUDIT_WITNESS_KEY come together.");
  }
  if (url === null || key === null) return null;
  try {
    const verifier = readVerifier(key);
    if (verifier.kind === "cosignature") return Object.freeze({ url, verifier });
    read.problem("AUDIT_WITNESS_KEY is a key for notes, and none of a witness.");
  } catch (error) {
    if (!(error instanceof BadNote)) throw error;
    read.problem("AUDIT_WITNESS_KEY must be a key as witnesses tell it: name+id+key.");
  }
  return null;
}

function installationModel(read: ReturnType<typeof reader>): InstallationModel | null {
  const baseUrl = read.url("MODEL_PROVIDER_URL", ["https:", "http:"])?.replace(/\/+$/, "") ?? null;
  const apiKey = read.headerValue("MODEL_PROVIDER_KEY");
  const name = read.model("MODEL");
  const others = read.models("MODEL_PROVIDER_MODELS");
  const embeddingModel = read.model("EMBEDDING_MODEL");
  const maxInputTokens = read.integer("MODEL_MAX_INPUT_TOKENS", 32_000, 1_000, 2_000_000);
  const maxOutputTokens = read.integer("MODEL_MAX_OUTPUT_TOKENS", 4_096, 16, 100_000);
  if (read.optional("MODEL_PROVIDER_URL") === null) {
    for (const other of ["MODEL_PROVIDER_KEY", "MODEL", "MODEL_PROVIDER_MODELS", "EMBEDDING_MODEL"]) {
      if (read.optional(other))
        read.problem(`${other} is set without MODEL_PROVIDER_URL, where it would be used.`);
    }
    return null;
  }
  if (read.optional("MODEL") === null) {
    read.problem("MODEL must be set where MODEL_PROVIDER_URL is: which of its models answers.");
  }
  if (baseUrl === null || name === null) return null;
  const models = Object.freeze([...new Set([name, ...others])]);
  return Object.freeze({ baseUrl, apiKey, name, models, embeddingModel, maxInputTokens, maxOutputTokens });
}

/** What the egress would refuse each time, told at the start. Where a name leads is seen when it is asked. */
function checkModelAddress(
  read: ReturnType<typeof reader>,
  config: Pick<Config, "model" | "modelProviders">,
): void {
  if (config.model === null) return;
  const { protocol, port, username, password } = new URL(config.model.baseUrl);
  if (username || password) {
    read.problem(
      "MODEL_PROVIDER_URL holds a name or a password; what the provider wants is MODEL_PROVIDER_KEY.",
    );
  }
  if (config.modelProviders.internal) return;
  if (protocol !== "https:") {
    read.problem("MODEL_PROVIDER_URL must begin with https://, unless MODEL_PROVIDER_INTERNAL is on.");
  } else if (!config.modelProviders.ports.includes(Number(port || 443))) {
    read.problem("MODEL_PROVIDER_URL has a port that is none of MODEL_PROVIDER_PORTS.");
  }
}

/** The first of a list signs, and all of it is accepted. */
function tokenAlgorithms(read: ReturnType<typeof reader>) {
  const [first = "EdDSA" as const, ...others] = read.choices(
    "ACCESS_TOKEN_ALGORITHM",
    SIGNING_ALGORITHMS,
    "EdDSA",
  );
  return { accessTokenAlgorithm: first, acceptedAlgorithms: Object.freeze([first, ...others]) };
}

/** Google, GitHub and Microsoft by two variables each, others as a list in JSON. */
function oauthProviders(read: ReturnType<typeof reader>): Config["oauth"] {
  const google = read.oauthClient("GOOGLE");
  const microsoft = read.oauthClient("MICROSOFT");
  const directory = read.text("MICROSOFT_TENANT", "common");
  const scope = "openid email profile";
  const known: OidcProvider[] = [];
  if (google) {
    const issuer = "https://accounts.google.com";
    known.push({ id: "google", name: "Google", issuer, ...google, scope, trustEmail: true });
  }
  if (microsoft) {
    // Whoever runs a directory at Microsoft writes any address into it: it is never proof.
    const issuer = `https://login.microsoftonline.com/${directory}/v2.0`;
    known.push({ id: "microsoft", name: "Microsoft", issuer, ...microsoft, scope, trustEmail: false });
  }
  const oidc = [...known, ...read.oidcProviders("OIDC_PROVIDERS")];
  const github = read.oauthClient("GITHUB");
  const ids = [...oidc.map(({ id }) => id), ...(github ? ["github"] : [])];
  for (const id of new Set(ids.filter((id, place) => ids.indexOf(id) !== place))) {
    read.problem(`OIDC_PROVIDERS holds "${id}" where another provider is called so already.`);
  }
  return { github, oidc: Object.freeze(oidc) };
}

const MOST_PROCESSES = 64;
/** What a number of processes has to be, for a sentence. */
export const PROCESSES_WANTED = `"auto" or a whole number from 1 to ${MOST_PROCESSES}`;

/** How many processes somebody asks for; `auto` is as many as can run here at the same time. Null: that is no number. */
export function processesOf(text: string): number | null {
  if (text === "auto") return Math.min(availableParallelism(), MOST_PROCESSES);
  const number = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= MOST_PROCESSES ? number : null;
}

/** `extractive` is what answers without a model. */
const isModel = (name: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$/.test(name) && name !== "extractive";

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

  /** A list with commas, of which the first comes first. */
  function choices<const T extends string>(name: string, choices: readonly T[], preset: NoInfer<T>): T[] {
    const values = (optional(name) ?? preset).split(",").map((one) => one.trim());
    const found = choices.filter((one) => values.includes(one));
    if (found.length !== values.length) {
      problem(
        `${name} is "${values.join(",")}"; it can be ${choices.join(", ")}, or a list of them with commas.`,
      );
    }
    return found.sort((one, other) => values.indexOf(one) - values.indexOf(other));
  }

  function integer(name: string, preset: number, least: number, most: number): number {
    const value = optional(name);
    if (value === null) return preset;
    const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    problem(`${name} is "${value}"; it must be a whole number from ${least} to ${most}.`);
    return preset;
  }

  /** A list with commas. */
  function ports(name: string, preset: string): number[] {
    const values = (optional(name) ?? preset).split(",").map((one) => one.trim());
    const numbers = values.map((one) => (/^\d{1,5}$/.test(one) ? Number(one) : 0));
    if (numbers.every((port) => port >= 1 && port <= 65_535)) return numbers;
    problem(
      `${name} is "${values.join(",")}"; it must be a port from 1 to 65535, or a list of them with commas.`,
    );
    return [];
  }

  function processes(name: string, preset: number): number {
    const value = optional(name);
    if (value === null) return preset;
    const number = processesOf(value);
    if (number === null) problem(`${name} is "${value}"; it must be ${PROCESSES_WANTED}.`);
    return number ?? preset;
  }

  function connection(name: string): string | null {
    const value = optional(name);
    if (value === null) return null;
    try {
      return readConnectionString(value, optional("PGHOST") ?? undefined);
    } catch (error) {
      if (!(error instanceof BadConnectionString)) throw error;
      problem(`${name} is no connection string that can be used: ${error.message}.`);
      return null;
    }
  }

  // URLs may hold passwords, so a problem with one never quotes it; and what is left of a password behind an
  // unescaped #, / or ? must not be taken for something else and be printed later.
  function url(name: string, protocols: readonly string[]): string | null {
    const value = optional(name);
    if (value === null) return null;
    if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
      problem(`${name} must be a URL that begins with ${protocols.map((one) => `${one}//`).join(" or ")}.`);
      return null;
    }
    const { pathname, search, hash } = new URL(value);
    if (hash !== "" || /@/.test(pathname + search)) {
      problem(
        `${name} holds a # or a second @; in a password they are written as %23 and %40, / as %2F, ? as %3F.`,
      );
      return null;
    }
    return value;
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

  /** What can stand in a header: a line break in it would be another header. */
  function headerValue(name: string): string | null {
    const value = optional(name);
    if (value === null || /^[\x21-\x7e]{1,1000}$/.test(value)) return value;
    problem(`${name} holds what no header can: spaces, line breaks or letters that are not ASCII.`);
    return null;
  }

  /** What names of trees begin with (C2SP tlog-checkpoint). */
  function treeName(name: string, preset: string): string {
    const value = optional(name) ?? preset;
    if (/^[a-z0-9.:[\]-]+(\/[a-z0-9._-]+)*$/.test(value) && value.length <= 300) return value;
    problem(
      `${name} is "${value}"; it must be an address without its scheme, such as chat.example.com/audit.`,
    );
    return preset;
  }

  /** The name of a model, as prices and budgets know it; `extractive` is our own. */
  function model(name: string): string | null {
    const value = optional(name);
    if (value === null || isModel(value)) return value;
    problem(`${name} is "${value}"; it must be the name of a model, such as gpt-5-mini.`);
    return null;
  }

  function models(name: string): string[] {
    const values = optional(name)?.split(",") ?? [];
    const found = values.map((one) => one.trim()).filter(isModel);
    if (found.length < values.length || found.length > 100) {
      problem(
        `${name} is "${values.join(",")}"; it must be the names of 1 to 100 models with commas between them.`,
      );
    }
    return found;
  }

  /** @param host of our own address; passkeys of a domain above it are good there too */
  function relyingParty(name: string, host: string): string {
    const value = optional(name);
    if (value === null || value === host) return host;
    if (/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(value) && host.endsWith(`.${value}`)) return value;
    problem(`${name} is "${value}"; it must be the host of PUBLIC_URL, ${host}, or a domain above it.`);
    return host;
  }

  function oauthClient(provider: string): OAuthClient | null {
    const clientId = optional(`${provider}_CLIENT_ID`);
    const clientSecret = optional(`${provider}_CLIENT_SECRET`);
    if (clientId !== null && clientSecret !== null) return { clientId, clientSecret };
    if (clientId !== null || clientSecret !== null) {
      problem(`${provider}_CLIENT_ID and ${provider}_CLIENT_SECRET come together.`);
    }
    return null;
  }

  function oidcProviders(name: string): OidcProvider[] {
    const value = optional(name);
    if (value === null) return [];
    const wants = `${name} must be a JSON list of {"id", "name", "issuer", "clientId", "clientSecret"?, "scope"?, "trustEmail"?}`;
    let list: unknown;
    try {
      list = JSON.parse(value);
    } catch {
      list = null;
    }
    if (!Array.isArray(list)) {
      problem(`${wants}.`);
      return [];
    }
    return list.flatMap((entry: Partial<Record<keyof OidcProvider, unknown>>, place) => {
      const { id, name: called, issuer, clientId, clientSecret = null, ...more } = entry ?? {};
      const { scope = "openid email profile", trustEmail = false, ...unknown } = more;
      const texts = [called, issuer, clientId, scope, clientSecret ?? ""];
      const good =
        typeof id === "string" &&
        /^[a-z0-9-]{1,40}$/.test(id) &&
        texts.every((text) => typeof text === "string") &&
        URL.canParse(String(issuer)) &&
        typeof trustEmail === "boolean" &&
        Object.keys(unknown).length === 0;
      // A secret may stand in it, so the entry is not quoted.
      if (!good) problem(`${wants}; entry ${place + 1} is not so, or its "id" is no lower-case name.`);
      return good
        ? [{ id, name: called, issuer, clientId, clientSecret, scope, trustEmail } as OidcProvider]
        : [];
    });
  }

  return {
    problems,
    problem,
    relyingParty,
    oauthClient,
    oidcProviders,
    optional,
    choice,
    choices,
    integer,
    ports,
    processes,
    connection,
    url,
    origin,
    origins,
    key,
    secret,
    headerValue,
    treeName,
    model,
    models,
    text: (name: string, preset: string): string => optional(name) ?? preset,
    onOff: (name: string, preset: boolean): boolean =>
      choice(name, ["on", "off"], preset ? "on" : "off") === "on",
  };
}
