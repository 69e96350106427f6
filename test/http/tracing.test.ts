import { context, propagation, SpanStatusCode, trace } from "@opentelemetry/api";
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { startWorker } from "../../src/jobs/worker.ts";
import { createLog } from "../../src/log.ts";
import { startTracing } from "../../src/tracing.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";
import { type SignUp, signUp } from "../support/people.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const spans = new InMemorySpanExporter();
const sdk = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });

let database: TestDatabase;
let server: TestServer;
let person: SignUp;
beforeAll(async () => {
  // What the operator's SDK does before Rowhouse is loaded.
  sdk.register();
  database = await createDatabase();
  server = await startTestServer(database, { TRACING: "on" });
  person = await signUp(server, { tenant: { name: "Traced", slug: "traced" } });
  await server.post("/graphql", { query: "{ me { id } }" }, person.headers);
  expect(spans.getFinishedSpans()).toEqual([]);
  await startTracing();
});
afterAll(async () => {
  await server.close();
  await database.drop();
  trace.disable();
  context.disable();
  propagation.disable();
});
beforeEach(() => spans.reset());
afterEach(() => spans.reset());

const traceId = "0af7651916cd43dd8448eb211c80319c";
const parent = "b7ad6b7169203331";
const traceparent = `00-${traceId}-${parent}-01`;

/** The finished spans of the trace, once the request's own is among them. */
async function finished(name: string) {
  await vi.waitFor(() => expect(spans.getFinishedSpans().map((span) => span.name)).toContain(name));
  return spans.getFinishedSpans().filter((span) => span.spanContext().traceId === traceId);
}

test("a request is a span in the trace that its header names, and its way through the door one within", async () => {
  const answer = await server.post(
    "/graphql",
    { query: "{ me { id } }" },
    { ...person.headers, traceparent },
  );
  const all = await finished("POST /graphql");
  const request = all.find(({ name }) => name === "POST /graphql")!;
  expect(request.parentSpanContext?.spanId).toBe(parent);
  expect(request.attributes).toMatchObject({
    "http.request.method": "POST",
    "http.route": "/graphql",
    "http.response.status_code": 200,
    "rowhouse.request.id": answer.headers.get("X-Request-Id"),
  });
  const door = all.filter(({ name }) => name === "door");
  expect(door.length).toBeGreaterThan(0);
  for (const span of door) {
    expect(span.parentSpanContext?.spanId).toBe(request.spanContext().spanId);
    expect(span.attributes).toMatchObject({ "db.system.name": "postgresql" });
  }
});

test("no span quotes: neither what people write nor what an error says", async () => {
  const query =
    "mutation ($title: String!) { createConversation(input: {conversation: {title: $title}}) { conversation { id } } }";
  const title = "a plan that is nobody else's business";
  await server.post("/graphql", { query, variables: { title } }, { ...person.headers, traceparent });
  await server.post(
    "/graphql",
    { query, variables: { title: title.repeat(9) } },
    { ...person.headers, traceparent },
  );
  await finished("POST /graphql");
  await vi.waitFor(() =>
    expect(spans.getFinishedSpans().filter(({ name }) => name === "POST /graphql")).toHaveLength(2),
  );
  const failed = spans.getFinishedSpans().filter(({ status }) => status.code === SpanStatusCode.ERROR);
  expect(failed.map(({ attributes }) => attributes["error.type"])).toEqual(["23514"]);
  for (const { name, attributes, events, status } of spans.getFinishedSpans()) {
    expect(JSON.stringify({ name, attributes, events, status })).not.toContain("nobody else's business");
  }
});

test("a job is a span", async () => {
  const worker = await startWorker({
    connectionString: database.workerUrl,
    config: jobContext(database).config,
    log: createLog({ logLevel: "silent", logFormat: "json" }),
  });
  try {
    await vi.waitFor(
      () => expect(spans.getFinishedSpans().map(({ name }) => name)).toContain("job create_audit_partitions"),
      { timeout: 30_000 },
    );
  } finally {
    await worker.stop();
  }
});
