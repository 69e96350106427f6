import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Chat, startChat } from "../support/chatting.ts";
import { blocksOf, pageAt } from "../support/documents.ts";
import { routersSource } from "../support/routers.ts";

const page = pageAt("docs/chat/http.md");
let chat: Chat;
beforeAll(async () => {
  chat = await startChat(null);
});
afterAll(() => chat.close());

test("the page's example is answered as the page says", async () => {
  const [example] = blocksOf(page, "sh");
  const { Authorization } = await chat.headersOf(chat.acme.member);
  const { stdout } = await promisify(execFile)(
    "sh",
    ["-c", example!.replaceAll("http://localhost:4000", chat.server.url)],
    { env: { PATH: process.env.PATH, TOKEN: Authorization!.replace("Bearer ", "") } },
  );
  const [, listed] = /The answer has ([^.]*)\./.exec(page)!;
  const named = [...listed!.replaceAll(/\([^)]*\)/g, "").matchAll(/`(\w+)`/g)].map(([, name]) => name);
  expect(Object.keys(JSON.parse(stdout)).sort()).toEqual(named.sort());
});

test("the page names calls that the server has", () => {
  for (const [, method, path] of page.matchAll(/^\| `(GET|POST) (\/[a-z/:]+)`/gm))
    expect(routersSource).toContain(`.${method!.toLowerCase()}("${path}"`);
});
