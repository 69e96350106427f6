import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { S3Settings } from "../../../src/documents/storage/s3_settings.ts";
import { faultOf, type S3Account, sha256 } from "./signature.ts";

/** What goes wrong on purpose. */
export interface S3Weather {
  /** Answers 503 to everything, or only to these methods. */
  down?: boolean | readonly string[];
  /** Ends the connection after so many bytes of an answer. */
  cutAfter?: number;
  /** Takes the request, and says nothing. */
  silent?: boolean;
}

export interface S3Double {
  readonly settings: S3Settings;
  /** As the environment would hold them. */
  readonly env: Readonly<Record<string, string>>;
  readonly objects: Map<string, { readonly bytes: Buffer; readonly encryption: string | null }>;
  /** Of each request: the method and what it was answered. */
  readonly seen: { readonly method: string; readonly status: number }[];
  weather: S3Weather;
  close(): Promise<void>;
}

/**
 * A double of an object storage: no S3-compatible server that checks signatures comes from npm, so this one stands in for it. It knows `PUT` (also once only),
 * `GET` and `DELETE` of an object in one bucket, by path, the list of names, and nothing else. What it does check, it checks as Amazon does: Signature
 * Version 4 over the request as it came (signature.ts, which a published example of theirs tests), the clock, and the body against the
 * SHA-256 that was signed; an object is there whole or not at all.
 */
export async function startS3(account: Partial<S3Account> = {}): Promise<S3Double> {
  const known = {
    accessKeyId: "AKIATEST",
    secretAccessKey: "a secret of the storage",
    region: "eu-test-1",
    ...account,
  };
  const double: Pick<S3Double, "objects" | "seen" | "weather"> = {
    objects: new Map(),
    seen: [],
    weather: {},
  };
  const server = createServer((req, res) => {
    answer(req, res, known, double).catch((error: Error) => res.destroy(error));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings: S3Settings = { ...known, endpoint, bucket: BUCKET, pathStyle: true, encryption: null };
  return Object.assign(double, {
    settings,
    env: {
      S3_ENDPOINT: endpoint,
      S3_REGION: known.region,
      S3_BUCKET: BUCKET,
      S3_ACCESS_KEY_ID: known.accessKeyId,
      S3_SECRET_ACCESS_KEY: known.secretAccessKey,
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  });
}

const BUCKET = "documents";

async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  account: S3Account,
  { objects, seen, weather }: Pick<S3Double, "objects" | "seen" | "weather">,
): Promise<void> {
  const { method = "" } = req;
  const say = (status: number, body: string | Buffer = ""): void => {
    seen.push({ method, status });
    res.writeHead(status, { "Content-Length": Buffer.byteLength(body) });
    res.end(body);
  };
  if (weather.silent) return;
  if (weather.down === true || (Array.isArray(weather.down) && weather.down.includes(method))) {
    req.resume();
    return say(503, "<Code>SlowDown</Code>");
  }
  const fault = faultOf(req, account);
  if (fault !== null) return say(403, `<Code>${fault}</Code>`);
  const url = new URL(req.url ?? "", "http://storage");
  const [, bucket, key = ""] = /^\/([^/]+)\/(.*)$/.exec(decodeURIComponent(url.pathname)) ?? [];
  if (bucket !== BUCKET) return say(404, "<Code>NoSuchBucket</Code>");
  if (method === "GET" && key === "" && url.searchParams.get("list-type") === "2") {
    const names = [...objects.keys()]
      .filter((name) => name.startsWith(url.searchParams.get("prefix") ?? ""))
      .sort()
      .slice(0, Number(url.searchParams.get("max-keys")));
    return say(
      200,
      `<ListBucketResult>${names.map((name) => `<Contents><Key>${name}</Key></Contents>`).join("")}</ListBucketResult>`,
    );
  }
  if (method === "PUT") {
    const parts: Buffer[] = [];
    for await (const part of req) parts.push(part as Buffer);
    const bytes = Buffer.concat(parts);
    if (sha256(bytes) !== req.headers["x-amz-content-sha256"]) {
      return say(400, "<Code>XAmzContentSHA256Mismatch</Code>");
    }
    if (req.headers["if-none-match"] === "*" && objects.has(key)) {
      return say(412, "<Code>PreconditionFailed</Code>");
    }
    const encryption = String(req.headers["x-amz-server-side-encryption"] ?? "") || null;
    objects.set(key, { bytes, encryption });
    return say(200);
  }
  if (method === "DELETE") {
    objects.delete(key);
    return say(204);
  }
  const found = objects.get(key);
  if (method !== "GET" || !found) return say(404, "<Code>NoSuchKey</Code>");
  if (weather.cutAfter === undefined) return say(200, found.bytes);
  seen.push({ method, status: 200 });
  res.writeHead(200, { "Content-Length": found.bytes.length });
  res.write(found.bytes.subarray(0, weather.cutAfter), () => res.destroy());
}
