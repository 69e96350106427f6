import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { objectUrl, openS3 } from "../../../src/documents/storage/s3.ts";
import { verified } from "../../../src/documents/storage/verified.ts";
import { type S3Double, startS3 } from "../../support/s3/server.ts";
import { faultOf, signatureOf } from "../../support/s3/signature.ts";

const KEY = "3f0b9d2e-0000-7000-8000-000000000000/00112233445566778899aabbccddeeff";
const QUICK = { answer: 300, stall: 300 };
let folder: string;
let s3: S3Double;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rowhouse-s3-"));
  s3 = await startS3();
});
beforeEach(() => {
  s3.objects.clear();
  s3.seen.length = 0;
  s3.weather = {};
});
afterAll(async () => {
  await s3.close();
  rmSync(folder, { recursive: true });
});

function fileOf(content: string | Buffer) {
  const path = join(folder, "file");
  writeFileSync(path, content);
  const sha256 = createHash("sha256").update(content).digest("hex");
  return { path, sha256, bytes: Buffer.byteLength(content) };
}
const outcome = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "ok",
    (error: { code: string }) => error.code,
  );
const all = (pieces: AsyncIterable<Buffer>): Promise<Buffer> => buffer(pieces);

describe("an object", () => {
  test("comes back as it went, however large it is, and is gone when it is deleted, twice too", async () => {
    const storage = openS3(s3.settings);
    const content = Buffer.alloc(3_500_000, "0123456789");
    await storage.put(KEY, fileOf(content));
    expect((await all(storage.read(KEY))).equals(content)).toBe(true);
    await storage.remove(KEY);
    await storage.remove(KEY);
    expect(s3.objects.size).toBe(0);
    expect(await outcome(all(storage.read(KEY)))).toBe("content_corrupt");
  });

  test("is encrypted by the storage where that is asked for", async () => {
    await openS3({ ...s3.settings, encryption: "AES256" }).put(KEY, fileOf("x"));
    expect(s3.objects.get(KEY)).toMatchObject({ encryption: "AES256" });
  });

  test.each([
    ["https://s3.example.com", true, `https://s3.example.com/documents/${KEY}`],
    ["https://s3.example.com", false, `https://documents.s3.example.com/${KEY}`],
    ["http://storage:9000/s3/", true, `http://storage:9000/s3/documents/${KEY}`],
    ["http://storage:9000", false, `http://documents.storage:9000/${KEY}`],
  ])("of %s, with the bucket in the path: %s, is at %s", (endpoint, pathStyle, url) => {
    expect(objectUrl({ endpoint, bucket: "documents", pathStyle }, KEY)).toBe(url);
  });

  test("that is not as its SHA-256 has it is refused by the storage, and not there", async () => {
    const { path } = fileOf("x");
    expect(await outcome(openS3(s3.settings).put(KEY, { path, sha256: "0".repeat(64) }))).toBe(
      "storage_unavailable",
    );
    expect(s3.objects.size).toBe(0);
  });
});

describe("a storage that does not do its part", () => {
  test("is asked three times, and then given up", async () => {
    s3.weather = { down: true };
    const storage = openS3(s3.settings);
    expect(await outcome(storage.put(KEY, fileOf("x")))).toBe("storage_unavailable");
    expect(s3.seen).toHaveLength(3);
    expect(await outcome(all(storage.read(KEY)))).toBe("storage_unavailable");
    expect(await outcome(storage.remove(KEY))).toBe("storage_unavailable");
  });

  test("is waited for so long and no longer, before it answers and in the middle", async () => {
    const storage = openS3(s3.settings, QUICK);
    await storage.put(KEY, fileOf("x".repeat(100)));
    s3.weather = { cutAfter: 50 };
    expect(await outcome(all(storage.read(KEY)))).toBe("storage_unavailable");
    s3.weather = { silent: true };
    expect(await outcome(all(storage.read(KEY)))).toBe("storage_unavailable");
    expect(await outcome(storage.put(KEY, fileOf("x")))).toBe("storage_unavailable");
  });

  test("does not know us by another secret, key, region or clock", async () => {
    for (const wrong of [
      { secretAccessKey: "another" },
      { accessKeyId: "AKIAOTHER" },
      { region: "elsewhere" },
    ]) {
      expect(await outcome(openS3({ ...s3.settings, ...wrong }).put(KEY, fileOf("x")))).toBe(
        "storage_unavailable",
      );
    }
    expect(s3.seen.map(({ status }) => status)).toEqual([403, 403, 403]);
    expect(s3.objects.size).toBe(0);
  });

  test("leads nobody elsewhere with what was signed for it", async () => {
    const server = createServer((_, res) => res.writeHead(307, { Location: s3.settings.endpoint }).end());
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await outcome(openS3({ ...s3.settings, endpoint }).put(KEY, fileOf("x")))).toBe(
      "storage_unavailable",
    );
    expect(s3.seen).toEqual([]);
    server.close();
  });

  test("and what it says of accounts and keys is in no message", async () => {
    const error = await openS3({ ...s3.settings, secretAccessKey: "another" })
      .put(KEY, fileOf("x"))
      .catch((one: Error) => one);
    expect(String(error)).toBe("StorageUnavailable: the object storage answered 403 to PUT");
  });
});

describe("what is read is compared with what was brought", () => {
  const sent = async (content: Buffer, expected: { bytes: number; sha256: string }) => {
    let got = 0;
    const code = await outcome(
      (async () => {
        for await (const piece of verified(cut(content), expected)) got += piece.length;
      })(),
    );
    return { code, got };
  };
  async function* cut(content: Buffer): AsyncGenerator<Buffer, void> {
    for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536);
  }

  test.each([
    ["other bytes", (content: Buffer) => Buffer.concat([content.subarray(1), Buffer.from("!")])],
    ["a byte too few", (content: Buffer) => content.subarray(1)],
    ["a byte too many", (content: Buffer) => Buffer.concat([content, Buffer.from("!")])],
    ["nothing", () => Buffer.alloc(0)],
  ])("and %s of a small file never arrive, nor the end of a large one", async (_, change) => {
    for (const size of [1000, 3_000_000]) {
      const content = Buffer.alloc(size, "abc");
      const expected = { bytes: size, sha256: createHash("sha256").update(content).digest("hex") };
      expect(await sent(content, expected)).toEqual({ code: "ok", got: size });
      const { code, got } = await sent(change(content), expected);
      expect(code).toBe("content_corrupt");
      expect(got).toBeLessThanOrEqual(size - Math.min(size, 1_048_576));
    }
  });
});

describe("the double of a storage", () => {
  /** From Amazon's documentation of Signature Version 4 for S3: "GET Object". */
  const example = {
    method: "GET",
    url: "/test.txt",
    headers: {
      host: "examplebucket.s3.amazonaws.com",
      range: "bytes=0-9",
      "x-amz-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "x-amz-date": "20130524T000000Z",
    },
  };
  const account = {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    region: "us-east-1",
  };
  const signed = ["host", "range", "x-amz-content-sha256", "x-amz-date"];
  const signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";

  test("signs as Amazon's example has it", () => {
    expect(signatureOf(example, signed, { ...account, at: "20130524T000000Z" })).toBe(signature);
  });

  test("takes that, and nothing that was changed, is old, or leaves a header out", () => {
    const authorization = `AWS4-HMAC-SHA256 Credential=${account.accessKeyId}/20130524/us-east-1/s3/aws4_request, SignedHeaders=${signed.join(";")}, Signature=${signature}`;
    const headers = { ...example.headers, authorization };
    const then = new Date("2013-05-24T00:10:00Z");
    expect(faultOf({ ...example, headers }, account, then)).toBeNull();
    expect(faultOf({ ...example, url: "/other.txt", headers }, account, then)).toBe("SignatureDoesNotMatch");
    expect(faultOf({ ...example, method: "DELETE", headers }, account, then)).toBe("SignatureDoesNotMatch");
    expect(faultOf({ ...example, headers }, account)).toBe("RequestTimeTooSkewed");
    expect(faultOf({ ...example, headers: { ...headers, "x-amz-acl": "public-read" } }, account, then)).toBe(
      "MissingSecurityHeader",
    );
    expect(faultOf(example, account, then)).toBe("AccessDenied");
  });
});
