import { pino } from "pino";

/** What a secret is called, in whatever is logged. */
const NAMES: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "password",
  "mfaToken",
  "otpauthUrl",
  "recoveryCodes",
  "refresh_token",
  "access_token",
  "token",
  "set-cookie",
  "x-api-key",
  "apiKey",
  "sealedKey",
]);

const CENSORED = "[secret]";

/**
 * The fields of a log line without the values of those that are called like a secret, however deep they stand: a last
 * net, because nothing should log these in the first place. A line that holds no objects, as most do not, costs a look at
 * its names.
 */
export function withoutSecrets(fields: Record<string, unknown>): Record<string, unknown> {
  const harmless = Object.entries(fields).every(
    ([name, value]) => !NAMES.has(name) && (typeof value !== "object" || value === null),
  );
  return harmless ? fields : (copyOf(fields, new Map()) as Record<string, unknown>);
}

/** The same for the fields that a child logger has of its own, of which pino asks its serializers only. */
export const censors: Readonly<Record<string, () => string>> = Object.fromEntries(
  [...NAMES].map((name) => [name, () => CENSORED]),
);

/** @param copies those that are made or being made, by what they are of: a circle stays one, which pino cuts */
function copyOf(value: unknown, copies: Map<object, object>): unknown {
  if (typeof value !== "object" || value === null) return value;
  const known = copies.get(value);
  if (known) return known;
  const source = asWritten(value);
  if (typeof source !== "object" || source === null) return source;
  const copy = Array.isArray(source) ? [] : Object.create(null);
  copies.set(value, copy);
  for (const [name, inner] of Object.entries(source)) {
    copy[name] = NAMES.has(name) ? CENSORED : copyOf(inner, copies);
  }
  return copy;
}

/** An error as pino writes it, with what is enumerable of it; all else as JSON has it. */
function asWritten(value: object): unknown {
  if (value instanceof Error) return pino.stdSerializers.err(value);
  return "toJSON" in value && typeof value.toJSON === "function" ? value.toJSON() : value;
}
