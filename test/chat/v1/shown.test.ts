import type OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { pdf } from "../../support/files/pdf.ts";
import { type OpenAIWorld, openAIClient, openAIWorld, secretKey } from "../../support/openai.ts";

// Images and files that come with a question of OpenAI's API, in either of its ways.

let world: OpenAIWorld;
let client: OpenAI;
let document: string;
beforeAll(async () => {
  world = await openAIWorld();
  client = openAIClient(world.server, await secretKey(world.database, world.acme.member));
  document = `data:application/pdf;base64,${(await pdf((page) => page.text("zztea is at four."))).toString("base64")}`;
});
beforeEach(() => {
  world.provider.requests.length = 0;
});
afterAll(() => world.close());

const PICTURE = `data:image/png;base64,${Buffer.from("89504e470d0a1a0a00", "hex").toString("base64")}`;
const completion = (...parts: object[]) =>
  client.chat.completions.create({
    model: "ok",
    messages: [{ role: "user", content: [{ type: "text", text: "What is this?" }, ...parts] }],
  } as never);
const response = (...parts: object[]) =>
  client.responses.create({
    model: "ok",
    input: [{ role: "user", content: [{ type: "input_text", text: "What is this?" }, ...parts] }],
  } as never);
const last = () => world.provider.requests.at(-1)!.body.messages.at(-1).content;

test.each([
  [
    "a completion",
    () =>
      completion(
        { type: "image_url", image_url: { url: PICTURE, detail: "low" } },
        { type: "file", file: { filename: "tea.pdf", file_data: document } },
      ),
  ],
  [
    "a response",
    () =>
      response(
        { type: "input_image", image_url: PICTURE, detail: "auto" },
        { type: "input_file", filename: "tea.pdf", file_data: document },
      ),
  ],
])("%s shows the model both, and keeps nothing", async (_, call) => {
  const before = await world.database.admin.query("select count(*)::int as n from app.messages");
  await call();
  expect(last()).toEqual([
    {
      type: "text",
      text: expect.stringMatching(/File "tea\.pdf":\n[\s\S]*zztea is at four[\s\S]*What is this\?$/),
    },
    { type: "image_url", image_url: { url: PICTURE } },
  ]);
  expect((await world.database.admin.query("select count(*)::int as n from app.messages")).rows).toEqual(
    before.rows,
  );
});

test("what came with an earlier message is not shown again", async () => {
  await client.chat.completions.create({
    model: "ok",
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          { type: "image_url", image_url: { url: PICTURE } },
          { type: "file", file: { file_data: document } },
        ],
      },
      { role: "assistant", content: "Tea." },
      { role: "user", content: "Are you sure?" },
    ],
  });
  const said = JSON.stringify(world.provider.requests.at(-1)!.body.messages);
  expect(said).toContain("What is this?");
  expect(said).not.toMatch(/base64|zztea/);
});

test.each<[string, () => Promise<unknown>]>([
  [
    "an address",
    () => completion({ type: "image_url", image_url: { url: "https://pictures.example/1.png" } }),
  ],
  [
    "an address inside",
    () => completion({ type: "image_url", image_url: { url: "http://169.254.169.254/" } }),
  ],
  [
    "a drawing",
    () => completion({ type: "image_url", image_url: { url: "data:image/svg+xml;base64,PHN2Zz4=" } }),
  ],
  [
    "an address of a response",
    () => response({ type: "input_image", image_url: "https://pictures.example/1.png" }),
  ],
  ["a file by its address", () => response({ type: "input_file", file_url: "https://files.example/1.pdf" })],
  ["a file that is kept elsewhere", () => completion({ type: "file", file: { file_id: "file-1" } })],
  ["a file that is none", () => completion({ type: "file", file: { file_data: "cGRm", filename: "a.pdf" } })],
  [
    "a broken one",
    () =>
      completion({
        type: "file",
        file: { file_data: "data:application/pdf;base64,JVBERi0xLjcK", filename: "a.pdf" },
      }),
  ],
])("%s is refused, and nobody is asked", async (_, call) => {
  await expect(call()).rejects.toMatchObject({ status: 400, code: "invalid_input" });
  expect(world.provider.requests).toEqual([]);
});
