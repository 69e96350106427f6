import type { Context } from "koa";
import { MAX_NESTING, nestedDeeper } from "./nesting.ts";
import { invalidInput, Problem } from "./problem.ts";

/** Most bytes of a JSON body, unless a call takes more. */
export const BODY_LIMIT = 100_000;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads a JSON object from the request's body; an absent body is an empty object.
 *
 * Refuses with 415 unsupported_media_type, 413 body_too_large, 400 malformed_json (also for bytes that are
 * not UTF-8), 400 body_too_deep, 400 invalid_input if it is no object.
 */
export async function readJson(ctx: Context, limit = BODY_LIMIT): Promise<Record<string, unknown>> {
  if (!hasBody(ctx)) return {};
  requireJson(ctx);
  const bytes = await readBytes(ctx, limit);
  if (bytes.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    // The parser's message quotes the body, and a body may hold a password: it goes nowhere.
    const why = cause instanceof SyntaxError ? "JSON" : "UTF-8";
    throw new Problem(400, "malformed_json", `The body is not well-formed ${why}.`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidInput("The body must be a JSON object.");
  }
  if (nestedDeeper(value)) {
    throw new Problem(400, "body_too_deep", `A body is nested at most ${MAX_NESTING} levels deep.`);
  }
  return value as Record<string, unknown>;
}

function hasBody(ctx: Context): boolean {
  return ctx.get("Transfer-Encoding") !== "" || Number(ctx.get("Content-Length") || 0) > 0;
}

function requireJson(ctx: Context): void {
  if (!isJson(ctx)) {
    throw new Problem(415, "unsupported_media_type", "Send the body as application/json in UTF-8.", {
      headers: { Accept: "application/json" },
    });
  }
  const encoding = ctx.get("Content-Encoding").toLowerCase();
  if (encoding !== "" && encoding !== "identity") {
    throw new Problem(415, "unsupported_media_type", "Send the body without a content encoding.", {
      headers: { "Accept-Encoding": "identity" },
    });
  }
}

function isJson(ctx: Context): boolean {
  const given = ctx.get("Content-Type");
  if (given === "application/json") return true;
  // Names of types and of charsets have no case (RFC 9110 section 8.3).
  const [type = ""] = given.split(";");
  const charset = ctx.request.charset.toLowerCase();
  return type.trim().toLowerCase() === "application/json" && (charset === "" || charset === "utf-8");
}

/** Reads no further than the limit; Node throws the rest away once the answer is out. */
function readBytes(ctx: Context, limit: number): Promise<Buffer> {
  const { req } = ctx;
  const tooLarge = (): Problem =>
    new Problem(413, "body_too_large", `A body has at most ${limit} bytes.`, {
      headers: { Connection: "close" },
    });
  if (Number(ctx.get("Content-Length")) > limit) throw tooLarge();
  return new Promise((done, fail) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (finish: () => void): void => {
      req.off("data", onData).off("end", onEnd).off("error", onError).off("close", onClose);
      finish();
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limit) settle(() => fail(tooLarge()));
      else chunks.push(chunk);
    };
    const onEnd = (): void => settle(() => done(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    const onError = (cause?: unknown): void =>
      settle(() => fail(new Problem(400, "body_incomplete", "The body ended early.", { cause })));
    const onClose = (): void => onError();
    req.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
  });
}
