import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";
import { about, createLog } from "../../src/log.ts";

/** What a process writes to standard output that logs two lines this way. */
function written(logFormat: "json" | "pretty"): Promise<string> {
  const log = JSON.stringify(join(projectRoot, "src", "log.ts"));
  const program = `
    import { createLog, about } from ${log};
    const log = createLog({ logLevel: "info", logFormat: "${logFormat}" });
    about({ requestId: "r1" }, () => log.info({ status: 200, password: "hunter2" }, "request"));
    log.error({ err: new Error("trouble") }, "request failed");`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  return new Promise((done) => child.once("close", () => done(out)));
}

test("for machines a line is an object with its time in ISO 8601", async () => {
  const [first, second] = (await written("json"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(first).toEqual({
    level: 30,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    requestId: "r1",
    status: 200,
    password: "[secret]",
    msg: "request",
  });
  expect(second).toMatchObject({ level: 50, msg: "request failed", err: { message: "trouble" } });
});

test("for people a line is a time, a level, what happened and the fields, without colours where nobody looks", async () => {
  const [first, second] = (await written("pretty")).split("\n");
  expect(first).toMatch(
    /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: request \{"requestId":"r1","status":200,"password":"\[secret\]"\}$/,
  );
  expect(second).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] ERROR: request failed/);
});

test("what is logged during a piece of work says what it is about, however deep, and what comes later does not", async () => {
  const lines: Record<string, unknown>[] = [];
  const log = createLog(
    { logLevel: "info", logFormat: "json" },
    { write: (line) => void lines.push(JSON.parse(line)) },
  );
  const work = async (id: string): Promise<void> => {
    await new Promise((done) => setTimeout(done, 1));
    log.info(`within ${id}`);
  };
  await Promise.all(["a", "b"].map((id) => about({ requestId: id }, () => work(id))));
  log.info("after");
  const told = lines.map(({ msg, requestId }) => [msg, requestId]);
  expect(told.toSorted()).toEqual([
    ["after", undefined],
    ["within a", "a"],
    ["within b", "b"],
  ]);
});

describe("a secret is not logged, whatever it is in:", () => {
  const secret = "hunter2";
  const circle: Record<string, unknown> = { token: secret };
  circle.itself = circle;

  test.each<[string, object]>([
    ["a field", { authorization: secret, "x-api-key": secret, "set-cookie": [secret] }],
    ["an object", { request: { headers: { cookie: secret } } }],
    ["far down", { one: { two: { three: { four: [{ five: { refresh_token: secret } }] } } } }],
    ["a list", { tried: ["a", { password: secret }] }],
    [
      "an error",
      { err: Object.assign(new Error("trouble"), { config: { headers: { authorization: secret } } }) },
    ],
    ["an error by another name", { reason: Object.assign(new Error("trouble"), { access_token: secret }) }],
    ["what writes itself as JSON", { answer: { toJSON: () => ({ token: secret }) } }],
    ["a circle", { circle }],
  ])("%s", (_, fields) => {
    const lines: string[] = [];
    const log = createLog(
      { logLevel: "info", logFormat: "json" },
      { write: (line) => void lines.push(line) },
    );
    log.info(fields, "something happened");
    expect(lines[0]).toContain("[secret]");
    expect(lines[0]).not.toContain(secret);
  });

  test("a logger's own fields", () => {
    const lines: string[] = [];
    const log = createLog(
      { logLevel: "info", logFormat: "json" },
      { write: (line) => void lines.push(line) },
    );
    log.child({ token: secret }).info("something happened");
    expect(lines[0]).toContain(`"token":"[secret]"`);
  });

  test("and whoever had it logged has it still", () => {
    const log = createLog({ logLevel: "info", logFormat: "json" }, { write: () => {} });
    const fields = { token: secret, inner: { password: secret } };
    log.info(fields, "something happened");
    expect(fields).toEqual({ token: secret, inner: { password: secret } });
  });

  test("and what is none is logged as it was", () => {
    const lines: string[] = [];
    const log = createLog(
      { logLevel: "info", logFormat: "json" },
      { write: (line) => void lines.push(line) },
    );
    const fields = { at: new Date(0), tokens: 3, list: [1, "a", null], inner: { bytes: Buffer.from("ab") } };
    log.info(fields, "something happened");
    expect(JSON.parse(lines[0]!)).toMatchObject(JSON.parse(JSON.stringify(fields)));
    log.error(Object.assign(new TypeError("outer", { cause: new Error("inner") }), { code: "E1" }));
    expect(JSON.parse(lines[1]!).err).toMatchObject({
      type: "TypeError",
      message: "outer: inner",
      code: "E1",
    });
  });
});
