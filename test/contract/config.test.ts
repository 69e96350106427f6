import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigError, EXAMPLE_MASTER_KEY, readConfig } from "../../src/config.ts";
import { projectRoot } from "../../src/database/migrations.ts";

const KEY = "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=";
const production = { NODE_ENV: "production", MASTER_KEY: KEY, PUBLIC_URL: "https://chat.example.com" };

function problems(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("the configuration", () => {
  let STATE_DIR: string;
  beforeEach(() => {
    STATE_DIR = mkdtempSync(join(tmpdir(), "rowhouse-config-"));
  });
  afterEach(() => rmSync(STATE_DIR, { recursive: true }));

  test("needs nothing in development", () => {
    const config = readConfig({ STATE_DIR });
    expect(config).toMatchObject({
      environment: "development",
      host: "127.0.0.1",
      port: 4000,
      publicUrl: "http://localhost:4000",
      database: { url: null },
      accessTokenAlgorithm: "EdDSA",
      acceptedAlgorithms: ["EdDSA"],
      worker: true,
      graphiql: true,
      demo: true,
    });
  });

  test("makes a master key in development, keeps it, and lets nobody else read it", () => {
    const first = readConfig({ STATE_DIR }).masterKey;
    expect(first).toHaveLength(32);
    expect(readConfig({ STATE_DIR }).masterKey).toEqual(first);
    expect(statSync(join(STATE_DIR, "secrets.json")).mode & 0o777).toBe(0o600);
  });

  test("is frozen", () => {
    const config = readConfig({ STATE_DIR });
    expect(() => Object.assign(config, { port: 1 })).toThrow(TypeError);
    expect(() => Object.assign(config.database, { poolSize: 1 })).toThrow(TypeError);
  });

  test("wants a secret for a CAPTCHA, and none without one", () => {
    expect(readConfig({ STATE_DIR }).captcha).toBeNull();
    expect(readConfig({ STATE_DIR, CAPTCHA: "off", CAPTCHA_SECRET: "x" }).captcha).toBeNull();
    expect(readConfig({ STATE_DIR, CAPTCHA: "hcaptcha", CAPTCHA_SECRET: "x" }).captcha).toEqual({
      provider: "hcaptcha",
      secret: "x",
      verifyUrl: null,
    });
    expect(problems({ STATE_DIR, CAPTCHA: "turnstile" })).toEqual([
      expect.stringMatching(/^CAPTCHA_SECRET must be set/),
    ]);
    expect(problems({ STATE_DIR, CAPTCHA: "recaptcha", CAPTCHA_SECRET: "hush" })[0]).not.toContain("hush");
  });

  test("knows what reading an uploaded file may cost", () => {
    expect(readConfig({ STATE_DIR }).documents).toEqual({
      maxBytes: 20_971_520,
      maxCharacters: 2_000_000,
      timeout: 30_000,
      memory: 512,
    });
    const none = { DOCUMENT_MAX_BYTES: "0", DOCUMENT_MAX_CHARACTERS: "0", DOCUMENT_TIMEOUT_MS: "0" };
    expect(problems({ STATE_DIR, ...none, DOCUMENT_MEMORY_MB: "255" })).toHaveLength(4);
  });

  test("knows a bucket for documents, all of it or nothing, and reports what is wrong with it at once", () => {
    expect(readConfig({ STATE_DIR }).documentStorage).toEqual({ keepIn: "postgres", s3: null });
    const bucket = {
      S3_ENDPOINT: "https://s3.example.com/",
      S3_BUCKET: "documents",
      S3_ACCESS_KEY_ID: "AKIA",
      S3_SECRET_ACCESS_KEY: "hush",
    };
    expect(readConfig({ STATE_DIR, ...bucket, S3_ENCRYPTION: "aws:kms" }).documentStorage).toEqual({
      keepIn: "postgres",
      s3: {
        endpoint: "https://s3.example.com",
        region: "us-east-1",
        bucket: "documents",
        accessKeyId: "AKIA",
        secretAccessKey: "hush",
        pathStyle: true,
        encryption: "aws:kms",
      },
    });
    expect(problems({ STATE_DIR, DOCUMENT_STORAGE: "s3" })).toEqual([
      expect.stringMatching(/^DOCUMENT_STORAGE is "s3", and S3_ENDPOINT, /),
    ]);
    expect(problems({ STATE_DIR, S3_BUCKET: "documents" })).toHaveLength(3);
    const wrong = problems({
      STATE_DIR,
      ...bucket,
      DOCUMENT_STORAGE: "disk",
      S3_ENDPOINT: "https://AKIA:hush@s3.example.com",
      S3_BUCKET: "../documents",
      S3_PATH_STYLE: "yes",
      S3_ENCRYPTION: "none",
    });
    expect(wrong).toHaveLength(5);
    expect(wrong.join()).not.toContain("hush");
  });

  test("knows how many guests there may be, and for how long", () => {
    expect(readConfig({ STATE_DIR })).toMatchObject({
      guests: { most: 10_000, idleDays: 30 },
      rateLimits: { guests: 10 },
    });
    expect(problems({ STATE_DIR, GUEST_IDLE_DAYS: "91", GUEST_LIMIT: "0" })).toHaveLength(2);
  });

  test("reports every problem at once", () => {
    const found = problems({
      STATE_DIR,
      NODE_ENV: "staging",
      PORT: "abc",
      PUBLIC_URL: "chat.example.com",
      DATABASE_URL: "mysql://root:secret@db/rowhouse",
      DATABASE_POOL_SIZE: "0",
      CORS_ORIGINS: "https://a.example, https://b.example/path",
      TRUSTED_PROXIES: "-1",
      PROCESSES: "-2",
      WORKER: "yes",
      ACCESS_TOKEN_ALGORITHM: "none",
      METRICS_TOKEN: "short",
      WEBHOOK_PORTS: "443,0",
    });
    expect(found.map((sentence) => sentence.split(" ")[0])).toEqual([
      "NODE_ENV",
      "PORT",
      "PUBLIC_URL",
      "DATABASE_URL",
      "DATABASE_POOL_SIZE",
      "CORS_ORIGINS",
      "WEBHOOK_PORTS",
      "TRUSTED_PROXIES",
      "ACCESS_TOKEN_ALGORITHM",
      "PROCESSES",
      "WORKER",
      "METRICS_TOKEN",
    ]);
    expect(found.join()).not.toContain("secret");
  });

  test("is complete in production with a key and an origin; explorer and demo are off", () => {
    expect(readConfig(production)).toMatchObject({ host: "0.0.0.0", graphiql: false, demo: false });
  });

  test.each([
    ["missing", undefined],
    ["short", "c2hvcnQ="],
    ["the example value", EXAMPLE_MASTER_KEY],
    ["no base64", "x".repeat(44)],
    ["all zeros", Buffer.alloc(32).toString("base64")],
  ])("refuses production when the master key is %s", (_, MASTER_KEY) => {
    expect(problems({ ...production, MASTER_KEY })).toEqual([expect.stringMatching(/^MASTER_KEY /)]);
  });

  test("refuses production without an origin, or with a demo", () => {
    expect(problems({ ...production, PUBLIC_URL: "", DEMO: "on" })).toEqual([
      expect.stringMatching(/^PUBLIC_URL /),
      expect.stringMatching(/^DEMO /),
    ]);
  });

  test("gives somebody who wants to be gone at least a day to think again", () => {
    const grace = (ACCOUNT_DELETION_GRACE_DAYS?: string) =>
      readConfig({ STATE_DIR, ACCOUNT_DELETION_GRACE_DAYS }).accountDeletionGraceDays;
    expect([grace(), grace("1"), grace("90")]).toEqual([14, 1, 90]);
    for (const ACCOUNT_DELETION_GRACE_DAYS of ["0", "91", "soon"]) {
      expect(problems({ STATE_DIR, ACCOUNT_DELETION_GRACE_DAYS })).toEqual([
        expect.stringMatching(/^ACCOUNT_DELETION_GRACE_DAYS /),
      ]);
    }
  });

  test("has the trail sent without encryption only where the operator says so", () => {
    expect(readConfig({ STATE_DIR }).audit.plainSyslog).toBe(false);
    expect(readConfig({ ...production, AUDIT_SYSLOG_PLAIN: "on" }).audit.plainSyslog).toBe(true);
  });

  test("has webhooks lead inside in development only, and elsewhere to the ports that are named", () => {
    expect(readConfig({ STATE_DIR }).webhooks).toEqual({ internal: true, ports: [443] });
    expect(readConfig({ ...production, WEBHOOK_PORTS: "443, 8443" }).webhooks).toEqual({
      internal: false,
      ports: [443, 8443],
    });
    expect(problems({ ...production, WEBHOOK_INTERNAL: "on" })).toEqual([
      expect.stringMatching(/^WEBHOOK_INTERNAL /),
    ]);
  });

  test("has tools inside in development only, and elsewhere at the ports that are named", () => {
    expect(readConfig({ STATE_DIR }).tools).toEqual({ internal: true, ports: [443] });
    expect(readConfig({ ...production, TOOL_PORTS: "443, 8443" }).tools).toEqual({
      internal: false,
      ports: [443, 8443],
    });
    expect(problems({ ...production, TOOL_INTERNAL: "on" })).toEqual([
      expect.stringMatching(/^TOOL_INTERNAL /),
    ]);
  });

  test("has the installation's own model provider inside in development, or where the operator says so", () => {
    expect(readConfig({ STATE_DIR }).modelProviders).toEqual({ internal: true, ports: [443] });
    expect(readConfig(production).modelProviders).toEqual({ internal: false, ports: [443] });
    const named = { MODEL_PROVIDER_INTERNAL: "on", MODEL_PROVIDER_PORTS: "443,8443" };
    expect(readConfig({ ...production, ...named }).modelProviders).toEqual({
      internal: true,
      ports: [443, 8443],
    });
    expect(problems({ ...production, MODEL_PROVIDER_PORTS: "0" })).toEqual([
      expect.stringMatching(/^MODEL_PROVIDER_PORTS /),
    ]);
  });

  test("knows who answers where a company has set nobody", () => {
    expect(readConfig({ STATE_DIR }).model).toBeNull();
    const least = { MODEL_PROVIDER_URL: "http://127.0.0.1:11434/v1/", MODEL: "qwen3:8b" };
    expect(readConfig({ STATE_DIR, ...least }).model).toEqual({
      baseUrl: "http://127.0.0.1:11434/v1",
      apiKey: null,
      name: "qwen3:8b",
      models: ["qwen3:8b"],
      embeddingModel: null,
      maxInputTokens: 32_000,
      maxOutputTokens: 4_096,
    });
    const whole = {
      MODEL_PROVIDER_URL: "https://models.example.com/v1",
      MODEL_PROVIDER_KEY: "sk-1",
      MODEL: "large",
      MODEL_PROVIDER_MODELS: "small, large,org/tiny:1",
      EMBEDDING_MODEL: "meaning",
      MODEL_MAX_INPUT_TOKENS: "100000",
      MODEL_MAX_OUTPUT_TOKENS: "8000",
    };
    expect(readConfig({ ...production, ...whole }).model).toEqual({
      baseUrl: "https://models.example.com/v1",
      apiKey: "sk-1",
      name: "large",
      models: ["large", "small", "org/tiny:1"],
      embeddingModel: "meaning",
      maxInputTokens: 100_000,
      maxOutputTokens: 8_000,
    });
  });

  test("wants all of a provider or nothing of it, and never repeats its key", () => {
    const key = "hush hush";
    expect(
      problems({
        STATE_DIR,
        MODEL_PROVIDER_KEY: key,
        MODEL: "large",
        MODEL_PROVIDER_MODELS: "small",
        EMBEDDING_MODEL: "meaning",
      }),
    ).toEqual([
      expect.stringMatching(/^MODEL_PROVIDER_KEY holds what no header can/),
      expect.stringMatching(/^MODEL_PROVIDER_KEY is set without/),
      expect.stringMatching(/^MODEL is set without/),
      expect.stringMatching(/^MODEL_PROVIDER_MODELS is set without/),
      expect.stringMatching(/^EMBEDDING_MODEL is set without/),
    ]);
    expect(problems({ STATE_DIR, MODEL_PROVIDER_KEY: key }).join()).not.toContain("hush");
    const MODEL_PROVIDER_URL = "https://models.example.com/v1";
    expect(problems({ STATE_DIR, MODEL_PROVIDER_URL })).toEqual([
      expect.stringMatching(/^MODEL must be set/),
    ]);
    for (const MODEL of ["extractive", "a model"]) {
      expect(problems({ STATE_DIR, MODEL_PROVIDER_URL, MODEL })).toEqual([
        expect.stringMatching(/^MODEL is /),
      ]);
    }
    const many = Array.from({ length: 101 }, (_, at) => `model-${at}`).join(",");
    for (const MODEL_PROVIDER_MODELS of ["a model", "small,,tiny", "small,extractive", many]) {
      expect(problems({ STATE_DIR, MODEL_PROVIDER_URL, MODEL: "large", MODEL_PROVIDER_MODELS })).toEqual([
        expect.stringMatching(/^MODEL_PROVIDER_MODELS is /),
      ]);
    }
  });

  test("refuses an address at which a model would never be asked", () => {
    const at = (MODEL_PROVIDER_URL: string, more = {}) =>
      problems({ ...production, MODEL_PROVIDER_URL, MODEL: "large", ...more });
    expect(at("http://models.example.com/v1")).toEqual([expect.stringMatching(/begin with https/)]);
    expect(at("https://models.example.com:8443/v1")).toEqual([expect.stringMatching(/MODEL_PROVIDER_PORTS/)]);
    expect(at("https://me:hush@models.example.com/v1")).toEqual([
      expect.stringMatching(/MODEL_PROVIDER_KEY/),
    ]);
    expect(at("https://models.example.com:8443/v1", { MODEL_PROVIDER_PORTS: "8443" })).toEqual([]);
    expect(at("http://models:8000/v1", { MODEL_PROVIDER_INTERNAL: "on" })).toEqual([]);
  });

  test("takes a number of processes, or as many as can run at the same time", () => {
    const processes = (PROCESSES?: string) => readConfig({ STATE_DIR, PROCESSES }).processes;
    expect([processes(), processes("4"), processes("64")]).toEqual([1, 4, 64]);
    expect(processes("auto")).toBe(Math.min(availableParallelism(), 64));
  });

  test("makes passkeys for the host of the public URL, or for a domain above it", () => {
    const rpId = (PASSKEY_RP_ID?: string) => readConfig({ ...production, PASSKEY_RP_ID }).passkeyRpId;
    expect([rpId(), rpId("chat.example.com"), rpId("example.com")]).toEqual([
      "chat.example.com",
      "chat.example.com",
      "example.com",
    ]);
    for (const PASSKEY_RP_ID of [
      "com",
      "ample.com",
      "example.org",
      "https://example.com",
      "a.chat.example.com",
    ]) {
      expect(problems({ ...production, PASSKEY_RP_ID })).toEqual([expect.stringMatching(/^PASSKEY_RP_ID /)]);
    }
  });

  test("generates nothing in production", () => {
    problems({ ...production, MASTER_KEY: "", STATE_DIR });
    expect(() => statSync(join(STATE_DIR, "secrets.json"))).toThrow("ENOENT");
  });

  test("is documented in .env.example, every variable of it", () => {
    const read = new Set<string>();
    const spy = new Proxy<NodeJS.ProcessEnv>(
      { STATE_DIR },
      {
        get: (target, name) => {
          if (typeof name === "string") read.add(name);
          return Reflect.get(target, name);
        },
      },
    );
    readConfig(spy);
    const text = readFileSync(join(projectRoot, ".env.example"), "utf8");
    const documented = [...text.matchAll(/^#?([A-Z0-9_]+)=/gm)].map((match) => match[1]);
    read.delete("ROWHOUSE_ENV");
    expect(documented.sort()).toEqual([...read].sort());
  });
});
