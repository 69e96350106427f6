import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openFetch } from "../../src/egress/fetch.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";

const inside = { internal: true, ports: [], mostBytes: 10_000 };

describe("fetch, where it may go", () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(() => receiver.close());
  const post = (given: RequestInit = {}) =>
    openFetch(inside)(receiver.url, { method: "POST", body: '{"é":1}', headers: { "X-One": "1" }, ...given });

  test("sends a body and headers, and answers as fetch does", async () => {
    receiver.answer = () => ({ status: 418, headers: { "X-Two": "2" }, body: '{"a":1}' });
    const response = await post();
    expect(response.status).toBe(418);
    expect(response.headers.get("x-two")).toBe("2");
    expect(await response.json()).toEqual({ a: 1 });
    expect(receiver.received).toMatchObject([
      { body: '{"é":1}', headers: { "x-one": "1", "accept-encoding": "identity", "content-length": "8" } },
    ]);
  });

  test("takes an answer without a body", async () => {
    expect((await post()).status).toBe(204);
  });

  test("takes no more bytes than it may", async () => {
    receiver.answer = () => ({ status: 200, body: "x".repeat(10_001) });
    await expect((await post()).text()).rejects.toMatchObject({ code: "TOO_MANY_BYTES" });
  });

  test.each([301, 302, 303, 307, 308, 304])("follows no %i", async (status) => {
    receiver.answer = () => ({ status, headers: { Location: receiver.url } });
    await expect(post()).rejects.toMatchObject({ code: "REDIRECT_REFUSED" });
    expect(receiver.received).toHaveLength(1);
  });

  test("stops when it is told to, before and while it waits", async () => {
    await expect(post({ signal: AbortSignal.abort() })).rejects.toThrow();
    expect(receiver.received).toEqual([]);
    const controller = new AbortController();
    receiver.answer = () => {
      controller.abort();
      return "never";
    };
    await expect(post({ signal: controller.signal })).rejects.toThrow();
  });

  test("uses no proxy of the environment", async () => {
    process.env.HTTP_PROXY = process.env.http_proxy = "http://127.0.0.1:9";
    try {
      expect((await post()).status).toBe(204);
    } finally {
      delete process.env.HTTP_PROXY;
      delete process.env.http_proxy;
    }
  });

  test("does not go inside otherwise", async () => {
    const outside = openFetch({ ...inside, internal: false, ports: [receiver.port] });
    for (const url of [receiver.url, receiver.url.replace("http:", "https:")]) {
      await expect(outside(url)).rejects.toMatchObject({ code: "ADDRESS_REFUSED" });
    }
    expect(receiver.received).toEqual([]);
  });
});

describe("encryption", () => {
  let server: Server;
  let folder: string;
  let ca: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "rowhouse-tls-"));
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const made =
      "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=models.example";
    execFileSync(
      "openssl",
      [...made.split(" "), "-addext", "subjectAltName=DNS:models.example", "-keyout", key, "-out", cert],
      { stdio: "ignore" },
    );
    ca = readFileSync(cert, "utf8");
    server = createServer({ key: readFileSync(key), cert: ca }, (_request, response) => response.end("well"));
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  const get = (name: string, given: { ca?: string } = {}) => {
    const resolve = async () => [{ address: "127.0.0.1", family: 4 }];
    return openFetch({ ...inside, resolve, ...given })(
      `https://${name}:${(server.address() as AddressInfo).port}/`,
    );
  };

  test("the certificate is the name's, which is looked up once and never again", async () => {
    expect(await (await get("models.example", { ca })).text()).toBe("well");
    await expect(get("other.example", { ca })).rejects.toMatchObject({
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
  });

  test("a certificate that nobody vouches for is none", async () => {
    await expect(get("models.example")).rejects.toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  });
});
