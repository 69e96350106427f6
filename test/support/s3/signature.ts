import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

export interface S3Account {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

/** Why a request is refused, as S3 calls it. */
export type S3Fault =
  | "AccessDenied"
  | "InvalidAccessKeyId"
  | "SignatureDoesNotMatch"
  | "RequestTimeTooSkewed"
  | "MissingSecurityHeader";

/** Milliseconds that the clocks of the two may differ. */
const SKEW = 15 * 60_000;

type Signed = Pick<IncomingMessage, "method" | "url" | "headers">;

/**
 * Checks Signature Version 4 of a request, from the request as it came and by the rules as Amazon publishes them ("Authenticating
 * Requests: Using the Authorization Header"); null where it is good. The body's SHA-256 is only taken from its header here:
 * whoever has the body compares it.
 */
export function faultOf(req: Signed, account: S3Account, now = new Date()): S3Fault | null {
  const authorization =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      req.headers.authorization ?? "",
    );
  if (!authorization) return "AccessDenied";
  const [, id = "", day = "", region = "", names = "", signature = ""] = authorization;
  if (id !== account.accessKeyId) return "InvalidAccessKeyId";
  const at = String(req.headers["x-amz-date"]);
  const time = Date.parse(at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (!(Math.abs(now.getTime() - time) <= SKEW)) return "RequestTimeTooSkewed";
  const signed = names.split(";");
  const wanted = ["host", ...Object.keys(req.headers).filter((name) => name.startsWith("x-amz-"))];
  if (wanted.some((name) => !signed.includes(name))) return "MissingSecurityHeader";
  if (region !== account.region || !at.startsWith(day)) return "SignatureDoesNotMatch";
  const right = Buffer.from(signatureOf(req, signed, { ...account, at }), "hex");
  return timingSafeEqual(right, Buffer.from(signature, "hex")) ? null : "SignatureDoesNotMatch";
}

/** The signature that a request has to have. */
export function signatureOf(
  { method, url, headers }: Signed,
  signed: readonly string[],
  { secretAccessKey, region, at }: S3Account & { readonly at: string },
): string {
  const { pathname, searchParams } = new URL(url ?? "/", "http://s3.test");
  const query = [...searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join("&");
  const lines = signed.map((name) => `${name}:${String(headers[name]).trim().replace(/\s+/g, " ")}\n`);
  const canonical = [
    method,
    pathname,
    query,
    lines.join(""),
    signed.join(";"),
    headers["x-amz-content-sha256"],
  ].join("\n");
  const day = at.slice(0, 8);
  const scope = `${day}/${region}/s3/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", at, scope, sha256(canonical)].join("\n");
  const key = [day, region, "s3", "aws4_request"].reduce<Buffer | string>(
    (before, part) => createHmac("sha256", before).update(part).digest(),
    `AWS4${secretAccessKey}`,
  );
  return createHmac("sha256", key).update(toSign).digest("hex");
}

export const sha256 = (bytes: string | Buffer): string => createHash("sha256").update(bytes).digest("hex");
