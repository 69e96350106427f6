import type { Span, SpanOptions } from "@opentelemetry/api";
import { watchDoor } from "./database/observed.ts";

type Api = typeof import("@opentelemetry/api");

/** Set by `startTracing`; until then nothing of OpenTelemetry is even loaded. */
let api: Api | null = null;

/**
 * Makes spans from now on: one for each request, each round trip through the door, each job. Only
 * `@opentelemetry/api` is used. What becomes of the spans is up to the SDK that the operator loads before us
 * (docs/operations.md); without one they cost a little and go nowhere.
 */
export async function startTracing(): Promise<void> {
  if (api !== null) return;
  api = await import("@opentelemetry/api");
  const { trace, SpanKind } = api;
  watchDoor(
    ({ statement }) =>
      trace.getTracer("rowhouse").startSpan("door", {
        kind: SpanKind.CLIENT,
        attributes: {
          "db.system.name": "postgresql",
          ...(statement !== undefined && { "db.query.summary": statement }),
        },
      }),
    (span, { error }) => end(span, error),
  );
}

/** What `traced` tells of a piece of work. Attributes name, they never quote: a span leaves the server. */
export interface Work {
  readonly name: string;
  readonly kind: "server" | "consumer";
  readonly attributes: NonNullable<SpanOptions["attributes"]>;
  /** Header fields of whoever asked, for the trace that it belongs to (W3C Trace Context). */
  readonly headers?: Readonly<Record<string, unknown>>;
  /** Attributes that are known when it is over; a status of `failed` marks the span. */
  readonly outcome?: () => { readonly name?: string; readonly failed?: boolean } & {
    readonly attributes: NonNullable<SpanOptions["attributes"]>;
  };
}

/** Does `work` within a span of its own; without tracing, just does it. */
export async function traced<T>(
  { name, kind, attributes, headers, outcome }: Work,
  work: () => Promise<T>,
): Promise<T> {
  if (api === null) return work();
  const { context, propagation, SpanKind, SpanStatusCode, trace } = api;
  const parent = headers ? propagation.extract(context.active(), headers) : context.active();
  const options = { kind: kind === "server" ? SpanKind.SERVER : SpanKind.CONSUMER, attributes };
  return trace.getTracer("rowhouse").startActiveSpan(name, options, parent, async (span) => {
    try {
      const result = await work();
      const known = outcome?.();
      if (known) span.setAttributes(known.attributes);
      if (known?.name) span.updateName(known.name);
      if (known?.failed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
      return result;
    } catch (error) {
      end(span, error);
      throw error;
    }
  });
}

function end(span: Span, error: unknown): void {
  if (error !== undefined && api !== null) {
    const { code, name } = error as { code?: unknown; name?: unknown };
    // Neither message nor stack: they may quote what people wrote.
    span.setAttribute("error.type", String(code ?? name ?? "error"));
    span.setStatus({ code: api.SpanStatusCode.ERROR });
  }
  span.end();
}
