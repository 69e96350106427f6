import { spawn } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";
import { actors } from "../support/acting_as.ts";
import { type Chat, startChat } from "../support/chatting.ts";
import { blocksOf, pageAt } from "../support/documents.ts";
import { eventually } from "../support/server.ts";

const page = pageAt("docs/subscriptions.md");
let chat: Chat;
beforeAll(async () => {
  chat = await startChat(null);
});
afterAll(() => chat.close());

test("the page's example prints what is there, what is said then, and why it ends", async () => {
  const [example] = blocksOf(page, "js");
  const { member } = chat.acme;
  const headers = await chat.headersOf(member);
  const program = spawn(
    process.execPath,
    ["--input-type=module", "-e", example!.replaceAll("http://localhost:4000", chat.server.url)],
    {
      cwd: projectRoot,
      env: {
        PATH: process.env.PATH,
        TOKEN: headers.Authorization!.replace("Bearer ", ""),
        CONVERSATION: member.conversationId,
      },
    },
  );
  let printed = "";
  program.stdout.on("data", (piece: Buffer) => {
    printed += piece;
  });
  program.stderr.on("data", (piece: Buffer) => {
    printed += piece;
  });
  const lines = (count: number) =>
    eventually(() => {
      const found = printed.split("\n").slice(0, -1);
      return found.length >= count && found;
    });
  try {
    await lines(1);
    await actors(chat.database.app)(member).rows(
      "insert into app.messages (conversation_id, content) values ($1, 'When is tea?')",
      [member.conversationId],
    );
    await lines(2);
    await chat.server.post("/auth/logout", {}, headers);
    const [first, second, last] = await lines(3);
    expect(JSON.parse(first!).conversation.messages.nodes).toHaveLength(1);
    expect(JSON.parse(second!).conversation.messages.nodes[1]).toMatchObject({ content: "When is tea?" });
    expect(last).toBe('["SESSION_ENDED"]');
    await eventually(() => program.exitCode === 0);
  } finally {
    program.kill();
  }
});

test("the page has the type as the schema has it", () => {
  const type = /^type Subscription \{.*?^\}/ms;
  const plain = (text: string) => text.replaceAll(/"""(.*?)"""/gs, "").replaceAll(/\s+/g, "");
  expect(plain(type.exec(page)![0])).toBe(plain(type.exec(pageAt("schema.graphql"))![0]));
});
