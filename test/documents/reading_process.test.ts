import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";
import { pdfOfStream } from "../support/files/pdf.ts";
import { expectRefused, LIMITS, read } from "../support/files/reading.ts";

/** Operators without end, for a reader who takes each of them seriously. */
const endless = pdfOfStream(Buffer.from("q ".repeat(50_000_000)));
const ROOMY = { ...LIMITS, memory: 4_000 };

describe("the process that reads a file", () => {
  test("is ended when its time is over", () =>
    expectRefused(read("slow.pdf", endless, { ...ROOMY, timeout: 1_500 }), "file_too_slow"));

  test("is ended when nobody wants its answer any more", async () => {
    const reason = new Error("the server stops");
    const controller = new AbortController();
    const reading = read("slow.pdf", endless, ROOMY, { signal: controller.signal });
    const waiting = read("a.txt", "never begun", LIMITS, { signal: controller.signal });
    setImmediate(() => controller.abort(reason));
    await expect(reading).rejects.toBe(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  test("is one at a time, in order, and a refusal keeps nobody back", async () => {
    const order: string[] = [];
    const note = (name: string) => () => void order.push(name);
    await Promise.all([
      read("a.txt", "first").then(note("first")),
      read("b.exe", "second").catch(note("second")),
      read("c.txt", "third").then(note("third")),
    ]);
    expect(order).toEqual(["first", "second", "third"]);
  });

  test("leaves its starter free meanwhile", async () => {
    let turns = 0;
    const count = setInterval(() => (turns += 1), 1);
    await expectRefused(read("slow.pdf", endless, { ...ROOMY, timeout: 2_000 }), "file_too_slow");
    clearInterval(count);
    expect(turns).toBeGreaterThan(20);
  });

  test("takes no more than a file may have, of bytes and of characters", async () => {
    await expectRefused(read("a.txt", "eleven byte", { ...LIMITS, maxBytes: 10 }), "file_too_large");
    await expectRefused(
      read("a.txt", { path: "/dev/zero" }, { ...LIMITS, maxBytes: 1_000_000 }),
      "file_too_large",
    );
    for (const [name, text] of [
      ["a.txt", "eleven char"],
      ["a.md", "eleven char"],
      ["a.html", "eleven char"],
    ] as const) {
      await expectRefused(read(name, text, { ...LIMITS, maxCharacters: 10 }), "file_too_long");
    }
    expect(
      (await read("a.txt", "ten chars.", { ...LIMITS, maxBytes: 10, maxCharacters: 10 })).text,
    ).toHaveLength(10);
  });
});

describe("within that process", () => {
  const within = async (script: string): Promise<unknown> => {
    const sealed = `import { giveUpNetwork } from "./src/documents/reading/without_network.ts"; giveUpNetwork();`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        "--permission",
        `--allow-fs-read=${join(projectRoot, "src/documents")}`,
        "--input-type=module",
        "-e",
        `${sealed}\n${script}`,
      ],
      { cwd: projectRoot, env: {} },
    );
    return JSON.parse(stdout);
  };
  const tried = (attempts: Readonly<Record<string, string>>): string =>
    `const answers = {};
    ${Object.entries(attempts)
      .map(
        ([name, code]) =>
          `try { ${code}; answers[${JSON.stringify(name)}] = "done"; } catch (error) { answers[${JSON.stringify(name)}] = error.code ?? error.message; }`,
      )
      .join("\n")}
    console.log(JSON.stringify(answers));`;

  test("there is no network", async () => {
    const none = "the process that reads files has no network";
    const attempts = {
      net: `(await import("node:net")).connect(80, "127.0.0.1")`,
      http: `(await import("node:http")).get("http://127.0.0.1")`,
      https: `(await import("node:https")).get("https://127.0.0.1")`,
      dns: `(await import("node:dns")).lookup("localhost", () => {})`,
      promises: `await (await import("node:dns/promises")).resolve4("localhost")`,
      dgram: `(await import("node:dgram")).createSocket("udp4").send("x", 53, "127.0.0.1")`,
      listen: `(await import("node:net")).createServer().listen(0)`,
    };
    const answers = (await within(tried(attempts))) as Record<string, string>;
    for (const name of Object.keys(attempts))
      expect(answers[name], name).toMatch(new RegExp(`${none}|ERR_ACCESS_DENIED`));
    expect(await within("console.log(JSON.stringify([typeof fetch, typeof WebSocket]))")).toEqual([
      "undefined",
      "undefined",
    ]);
  });

  test("there is no environment, no file but our program's, and no other process", async () => {
    const attempts = {
      read: `(await import("node:fs")).readFileSync("/etc/hostname")`,
      settings: `(await import("node:fs")).readFileSync(".env.example")`,
      write: `(await import("node:fs")).writeFileSync("/tmp/x", "")`,
      spawn: `(await import("node:child_process")).spawnSync("true")`,
    };
    const denied = Object.fromEntries(Object.keys(attempts).map((name) => [name, "ERR_ACCESS_DENIED"]));
    expect(await within(tried(attempts))).toEqual(denied);
    expect(await within("console.log(JSON.stringify(Object.keys(process.env)))")).toEqual([]);
  });
});
