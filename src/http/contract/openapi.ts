import { STATUS_CODES } from "node:http";
import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { type Code, statusesOf } from "../codes.ts";
import type { Fields } from "../fields.ts";
import { REFRESH_COOKIE } from "../refresh_cookie.ts";
import { openAIRefusal, problem } from "./answers.ts";
import { EVERYWHERE, type Operation, type Success } from "./operation.ts";

/** The description of the REST calls (OpenAPI 3.1), written from what reads and answers them. */
export function openApi(operations: readonly Operation[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of operations) {
    const path = operation.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [operation.method]: described(operation) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Rowhouse",
      version: "1",
      description:
        "The calls beside GraphQL: signing in, health, keys. Everything else is `POST /graphql`; its schema is schema.graphql. Every refusal is application/problem+json (RFC 9457), but at /graphql, which answers as GraphQL does, and under /v1/, which answers as OpenAI's API does.",
    },
    servers: [{ url: "/" }],
    tags: [...new Set(operations.map(({ area }) => area))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem: schemaOf(problem, "output"), OpenAIError: schemaOf(openAIRefusal, "output") },
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
        dpop: {
          type: "http",
          scheme: "dpop",
          description:
            "A token whose `token_type` is DPoP, with a proof of its key in the header `DPoP` (RFC 9449). Calls that open a session, and `/auth/refresh`, take such a header too; answers then bring a nonce in `DPoP-Nonce`.",
        },
        apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
        refreshCookie: { type: "apiKey", in: "cookie", name: REFRESH_COOKIE },
        metrics: { type: "http", scheme: "bearer", description: "METRICS_TOKEN, where it is set." },
      },
    },
  };
}

const SECURITY = {
  bearer: [{ bearer: [] }, { dpop: [] }],
  key: [{ bearer: [] }, { apiKey: [] }],
  any: [{ bearer: [] }, { dpop: [] }, { apiKey: [] }],
  refresh: [{ refreshCookie: [] }, {}],
  metrics: [{ metrics: [] }, {}],
} as const;

function described(operation: Operation): object {
  const { summary, description, area, credential, parameters, body, upload, answers, refusals } = operation;
  return {
    operationId: operationId(operation),
    tags: [area],
    summary,
    ...(description && { description }),
    ...(credential && { security: SECURITY[credential] }),
    ...(parameters && {
      parameters: parameters.map(({ says, required, ...parameter }) => ({
        ...parameter,
        description: says,
        required: required ?? parameter.in === "path",
        schema: { type: "string" },
      })),
    }),
    ...(body && {
      requestBody: {
        required: Object.values(body).some(({ type }) => type !== "optional"),
        content: { "application/json": { schema: bodySchema(body) } },
      },
    }),
    ...(upload && { requestBody: { required: true, content: uploaded(upload) } }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, success]) => [status, answered(success)])),
      ...refused(operation.path.startsWith("/v1/") ? ofOpenAI : ofProblems, [...EVERYWHERE, ...refusals]),
    },
  };
}

/** `POST /auth/email/verify` → `postAuthEmailVerify`: the name of the function that a generator of clients makes. */
function operationId({ method, path }: Operation): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter(Boolean);
  return method + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
}

function answered({ says, body, type = "application/json", headers }: Success): object {
  return {
    description: says,
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, means]) => [
          name,
          { description: means, schema: { type: "string" } },
        ]),
      ),
    }),
    ...(body
      ? { content: { [type]: { schema: schemaOf(body, "output") } } }
      : type !== "application/json" && { content: { [type]: {} } }),
  };
}

/** One response for each status, with the codes that it can have. */
function refused(written: Written, codes: readonly Code[]): Record<string, object> {
  const every = [...new Set(codes)].sort();
  const statuses = new Set(every.flatMap(statusesOf));
  return Object.fromEntries(
    [...statuses].map((status) => {
      const ofStatus = every.filter((code) => statusesOf(code).includes(status));
      return [
        String(status),
        {
          description: `${STATUS_CODES[status]}: ${ofStatus.map((code) => `\`${code}\``).join(", ")}`,
          content: written(status, ofStatus),
        },
      ];
    }),
  );
}

/** How refusals of one status are written. */
type Written = (status: number, codes: readonly Code[]) => object;

const ofProblems: Written = (status, codes) => ({
  "application/problem+json": {
    schema: {
      allOf: [
        { $ref: "#/components/schemas/Problem" },
        { properties: { code: { enum: codes }, status: { const: status } } },
      ],
    },
  },
});

const ofOpenAI: Written = (_, codes) => ({
  "application/json": {
    schema: {
      allOf: [
        { $ref: "#/components/schemas/OpenAIError" },
        { properties: { error: { properties: { code: { enum: codes } } } } },
      ],
    },
  },
});

/** A form with a file, or the file. */
function uploaded(fields: Fields): object {
  const { properties, ...form } = bodySchema(fields) as { properties?: object };
  const file = { type: "string", format: "binary", description: "The file, and its name." };
  return {
    "multipart/form-data": { schema: { ...form, properties: { file, ...properties }, required: ["file"] } },
    "application/octet-stream": {},
  };
}

function bodySchema(fields: Fields): JsonSchema {
  return schemaOf(v.strictObject(fields), "input");
}

/** What a check tests by itself, its metadata says in the words of JSON Schema. */
function schemaOf(schema: v.GenericSchema, typeMode: "input" | "output"): JsonSchema {
  const { $schema, ...described } = toJsonSchema(schema, {
    typeMode,
    ignoreActions: ["check", "trim", "to_lower_case"],
    overrideAction: ({ valibotAction, jsonSchema }) =>
      valibotAction.type === "metadata"
        ? { ...jsonSchema, ...(valibotAction as unknown as { metadata: object }).metadata }
        : undefined,
  });
  return described;
}
