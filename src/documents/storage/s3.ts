import { hash } from "node:crypto";
import { openAsBlob } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsV4Signer } from "aws4fetch";
import { ContentCorrupt, type ObjectStorage, StorageUnavailable } from "./object_storage.ts";
import type { S3Settings } from "./s3_settings.ts";

/** SHA-256 of nothing: what a request without a body is signed with. */
const OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/** Milliseconds before it is asked again when it failed or was not there. */
const PAUSES = [100, 400];
/** Milliseconds until an answer begins; a hundred MiB take a while. */
const PATIENCE = 60_000;
/** Milliseconds without a byte of an answer that has begun. */
const STALL = 30_000;

/** How long it is waited, for tests that cannot wait as long. */
export interface Patience {
  readonly answer: number;
  readonly stall: number;
}

/** What a bucket can do beside what documents need. */
export interface S3Objects extends ObjectStorage {
  /**
   * Stores bytes under a name that is new; where there is an object of that name already, it stays as it is. Also where Object Lock keeps
   * what is stored, nothing is asked for that it forbids.
   *
   * @returns whether they were stored
   * @throws {StorageUnavailable}
   */
  putOnce(key: string, bytes: Buffer): Promise<boolean>;
  /**
   * The first names that begin with `prefix`, in their order.
   *
   * @param most at most 1,000. Names hold nothing that XML escapes
   * @throws {StorageUnavailable}
   */
  list(prefix: string, most: number): Promise<string[]>;
}

/**
 * Objects in a bucket of anything that speaks Amazon's S3: its REST API with Signature Version 4, of which `PUT`, `GET` and
 * `DELETE` of one object, and a list of names, are all that is used. Bodies are signed with their SHA-256, so what arrives is what was sent or is refused.
 * No redirect is followed: it would take the signature somewhere else.
 */
export function openS3(
  settings: S3Settings,
  { answer, stall }: Patience = { answer: PATIENCE, stall: STALL },
): S3Objects {
  const { accessKeyId, secretAccessKey, region, encryption } = settings;
  const cache = new Map<string, ArrayBuffer>();

  async function ask(
    method: "PUT" | "GET" | "DELETE",
    key: string,
    body: { readonly blob: Blob; readonly sha256: string; readonly once?: boolean } | null = null,
    signal: AbortSignal = AbortSignal.timeout(answer),
    query: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const asked = new URL(objectUrl(settings, key));
    for (const [name, value] of Object.entries(query)) asked.searchParams.set(name, value);
    const url = asked.href;
    const sealed = method === "PUT" && encryption !== null;
    const signed = await new AwsV4Signer({
      method,
      url,
      headers: {
        "X-Amz-Content-Sha256": body?.sha256 ?? OF_NOTHING,
        ...(body && { "Content-Type": "application/octet-stream" }),
        ...(body?.once && { "If-None-Match": "*" }),
        ...(sealed && { "X-Amz-Server-Side-Encryption": encryption }),
      },
      accessKeyId,
      secretAccessKey,
      service: "s3",
      region,
      cache,
    }).sign();
    return fetch(signed.url, {
      method,
      headers: signed.headers,
      body: body?.blob ?? null,
      redirect: "manual",
      signal,
    });
  }

  /** Asks again what may go better: each request is the same however often it is sent. */
  async function askPatiently(...asked: Parameters<typeof ask>): Promise<Response> {
    for (const pause of [...PAUSES, null]) {
      const response = await ask(...asked).catch((cause: Error) => {
        if (pause === null) throw new StorageUnavailable("the object storage cannot be reached", { cause });
        return null;
      });
      if (response !== null && (pause === null || (response.status < 500 && response.status !== 429))) {
        return response;
      }
      await response?.body?.cancel();
      await sleep(pause!);
    }
    throw new Error("unreachable");
  }

  return {
    async put(key, { path, sha256 }) {
      const response = await askPatiently("PUT", key, { blob: await openAsBlob(path), sha256 });
      await response.body?.cancel();
      if (response.status !== 200) throw refused("PUT", response);
    },
    async putOnce(key, bytes) {
      const sha256 = hash("sha256", bytes);
      const blob = new Blob([Uint8Array.from(bytes)]);
      const response = await askPatiently("PUT", key, { blob, sha256, once: true });
      await response.body?.cancel();
      if (response.status === 412) return false;
      if (response.status !== 200) throw refused("PUT", response);
      return true;
    },
    async list(prefix, most) {
      const query = { "list-type": "2", prefix, "max-keys": String(most) };
      const response = await askPatiently("GET", "", null, AbortSignal.timeout(answer), query);
      const text = await response.text().catch((cause: Error) => {
        throw new StorageUnavailable("the object storage broke off", { cause });
      });
      if (response.status !== 200) throw refused("GET", response);
      return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key!);
    },
    async *read(key) {
      const stalled = new AbortController();
      let clock = setTimeout(() => stalled.abort(), answer);
      try {
        const response = await askPatiently("GET", key, null, stalled.signal);
        if (response.status !== 200) {
          await response.body?.cancel();
          if (response.status === 404) throw new ContentCorrupt("there is no such object");
          throw refused("GET", response);
        }
        for await (const piece of response.body ?? []) {
          clearTimeout(clock);
          yield Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
          clock = setTimeout(() => stalled.abort(), stall);
        }
      } catch (cause) {
        if (cause instanceof ContentCorrupt || cause instanceof StorageUnavailable) throw cause;
        throw new StorageUnavailable("the object storage broke off", { cause });
      } finally {
        clearTimeout(clock);
        stalled.abort();
      }
    },
    async remove(key) {
      const response = await askPatiently("DELETE", key);
      await response.body?.cancel();
      if (response.status !== 204 && response.status !== 200 && response.status !== 404) {
        throw refused("DELETE", response);
      }
    },
  };
}

/** Where an object is: with path style the bucket is the first part of the path, else of the host. */
export function objectUrl(
  { endpoint, bucket, pathStyle }: Pick<S3Settings, "endpoint" | "bucket" | "pathStyle">,
  key: string,
): string {
  const url = new URL(endpoint);
  const path = url.pathname.replace(/\/+$/, "");
  if (pathStyle) url.pathname = `${path}/${bucket}/${key}`;
  else {
    url.host = `${bucket}.${url.host}`;
    url.pathname = `${path}/${key}`;
  }
  return url.href;
}

/** What it says in its body is left out: it may name accounts and keys. */
function refused(method: string, { status }: Response): StorageUnavailable {
  return new StorageUnavailable(`the object storage answered ${status} to ${method}`);
}
