import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createSecureServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Resolve } from "../../src/egress/addresses.ts";
import { openEgress } from "../../src/webhooks/egress.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const headers = { "Content-Type": "application/json" };
const refused = { status: null, failure: "address" };

/** A resolver that has these answers, one after the other, and counts how often it was asked. */
function resolver(...answers: string[][]) {
  const asked: string[] = [];
  const resolve: Resolve = async (name) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(name);
    return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };
  return { resolve, asked };
}

describe("the way out, in production", () => {
  const post = (url: string, resolve?: Resolve) =>
    openEgress({ internal: false, ports: [443], resolve, patience: 2_000 }).post(url, headers, "{}");

  test.each([
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://0/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://10.0.0.1/",
    "https://１２７.0.0.1/",
  ])("refuses %s, however it is written, and asks nobody", async (url) => {
    const { resolve, asked } = resolver(["93.184.215.14"]);
    expect(await post(url, resolve)).toEqual(refused);
    expect(asked).toEqual([]);
  });

  test.each(["https://localhost/", "https://localhost./", "https://LOCALHOST/"])(
    "refuses %s, by what the system says",
    async (url) => expect(await post(url)).toEqual(refused),
  );

  test.each([
    ["leads inside", ["10.0.0.7"]],
    ["leads inside by IPv6", ["fd00::7"]],
    ["leads inside beside the internet", ["93.184.215.14", "127.0.0.1"]],
    ["leads to an IPv4 address in IPv6's clothes", ["::ffff:10.0.0.7"]],
    ["is not there", []],
  ])("refuses a name that %s", async (_, addresses) => {
    expect(await post("https://hooks.example/", resolver(addresses).resolve)).toEqual(refused);
  });

  test("says the same of a name that is not there and of one inside, so that nobody learns our names", async () => {
    const missing: Resolve = () =>
      Promise.reject(Object.assign(new Error("ENOTFOUND"), { code: "ENOTFOUND" }));
    expect(await post("https://db.internal/", missing)).toEqual(refused);
  });

  test("refuses other ports, and what is not encrypted, before it looks a name up", async () => {
    const { resolve, asked } = resolver(["93.184.215.14"]);
    for (const url of ["https://hooks.example:22/", "https://hooks.example:8443/", "http://hooks.example/"]) {
      expect(await post(url, resolve)).toEqual(refused);
    }
    expect(asked).toEqual([]);
  });

  test("a name that leads inside the second time it is asked for (rebinding) is not asked for a second time", async () => {
    const { resolve, asked } = resolver(["192.88.98.1"], ["127.0.0.1"]);
    const egress = openEgress({ internal: false, ports: [443], resolve, patience: 300 });
    const { failure } = await egress.post("https://rebinding.example/", headers, "{}");
    expect(failure).not.toBe("address");
    expect(asked).toEqual(["rebinding.example"]);
    expect(receiver.received).toEqual([]);
  });
});

describe("the way out, where internal addresses are allowed", () => {
  const post = (url: string, given: { resolve?: Resolve; patience?: number } = {}) =>
    openEgress({ internal: true, ports: [443], patience: 2_000, ...given }).post(url, headers, "{}");

  test("goes to the very address that the name had, and asks nobody else", async () => {
    // Nobody but this resolver knows the name.
    const { resolve, asked } = resolver(["127.0.0.1"], ["192.0.2.1"]);
    const url = `http://receiver.invalid:${receiver.port}/hooks`;
    expect(await post(url, { resolve })).toEqual({ status: 204, failure: null });
    expect(asked).toEqual(["receiver.invalid"]);
    expect(receiver.received).toMatchObject([
      { body: "{}", headers: { host: `receiver.invalid:${receiver.port}` } },
    ]);
  });

  test.each([
    [200, null],
    [204, null],
    [301, "redirect"],
    [307, "redirect"],
    [404, "status"],
    [410, "status"],
    [500, "status"],
  ])("%s is %s", async (status, failure) => {
    receiver.answer = () => ({
      status,
      headers: { Location: `http://127.0.0.1:${receiver.port}/elsewhere` },
    });
    expect(await post(receiver.url)).toEqual({ status, failure });
    expect(receiver.received).toHaveLength(1);
  });

  test("an answer without an end is cut, and its status counts", async () => {
    receiver.answer = () => ({ status: 200, body: "x".repeat(10_000_000) });
    expect(await post(receiver.url)).toEqual({ status: 200, failure: null });
  });

  test("no answer is a timeout, and neither is a name that is looked up for ever", async () => {
    receiver.answer = () => "never";
    expect(await post(receiver.url, { patience: 200 })).toEqual({ status: null, failure: "timeout" });
    const never: Resolve = () => new Promise(() => {});
    expect(await post("http://slow.invalid/", { resolve: never, patience: 200 })).toEqual({
      status: null,
      failure: "timeout",
    });
  });

  test("nobody there is a failed connection", async () => {
    const { port } = receiver;
    await receiver.close();
    expect(await post(`http://127.0.0.1:${port}/`)).toEqual({ status: null, failure: "connection" });
    receiver = await startReceiver();
  });

  test("what stands in the environment about proxies changes nothing", async () => {
    process.env.HTTP_PROXY = process.env.http_proxy = "http://127.0.0.1:9";
    try {
      expect(await post(receiver.url)).toEqual({ status: 204, failure: null });
    } finally {
      delete process.env.HTTP_PROXY;
      delete process.env.http_proxy;
    }
  });
});

describe("encryption", () => {
  let server: Server;
  let folder: string;
  let ca: string;
  let port: number;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "rowhouse-tls-"));
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    execFileSync(
      "openssl",
      [
        ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=hooks.example".split(
          " ",
        ),
        ...["-addext", "subjectAltName=DNS:hooks.example", "-keyout", key, "-out", cert],
      ],
      { stdio: "ignore" },
    );
    ca = readFileSync(cert, "utf8");
    server = createSecureServer({ key: readFileSync(key), cert: ca }, (request, response) => {
      response.writeHead(request.headers.host === `hooks.example:${port}` ? 200 : 400).end();
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  const post = (name: string, given: { ca?: string } = {}) =>
    openEgress({
      internal: true,
      ports: [],
      resolve: resolver(["127.0.0.1"]).resolve,
      patience: 2_000,
      ...given,
    }).post(`https://${name}:${port}/`, headers, "{}");

  test("the certificate is the name's, not the address's", async () => {
    expect(await post("hooks.example", { ca })).toEqual({ status: 200, failure: null });
    expect(await post("other.example", { ca })).toEqual({ status: null, failure: "tls" });
  });

  test("a certificate that nobody vouches for is none", async () => {
    expect(await post("hooks.example")).toEqual({ status: null, failure: "tls" });
  });
});
