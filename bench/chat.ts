// What a turn costs beside the provider's own time: ms until the first words and until the end, over asking the provider directly;
// turns a second; and memory of the web process for each stream that is open. node bench/chat.ts [--short]
//
// The provider is a stub in this process that answers at once, or a word a second. Nobody has documents here: what finding passages
// costs, retrieval.ts says.
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { hashPassword } from "../src/auth/passwords.ts";
import { closingAfter } from "../src/commands/closing.ts";
import { median, milliseconds, percentile, table } from "./measure.ts";
import { PASSWORD, USER_AGENT } from "./peers/callers.ts";
import { privateMemoryOf } from "./peers/processes.ts";
import { startOursAlone } from "./peers/start.ts";
import { addRows } from "./people.ts";
import { withServer } from "./server.ts";

const { short } = parseArgs({ options: { short: { type: "boolean", default: false } } }).values;
const ROUNDS = short ? 40 : 400;
const SECONDS = short ? 5 : 20;
const CALLERS = 16;
const STREAMS = short ? [50, 100] : [100, 400, 800];
const WORDS = 60;
/** Seconds between two looks at the memory. */
const PAUSE = short ? 2 : 10;

/** An answer word by word, all at once, or a word each second for as long as somebody listens. */
const stub = http.createServer(async (incoming, response) => {
  let body = "";
  for await (const piece of incoming) body += piece;
  const { model } = JSON.parse(body) as { model: string };
  const event = (data: object): string => `data: ${JSON.stringify({ model, ...data })}\n\n`;
  const word = event({ choices: [{ index: 0, delta: { content: "word " } }] });
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  if (model === "slow") {
    const timer = setInterval(() => response.write(word), 1_000);
    response.once("close", () => clearInterval(timer));
    return;
  }
  for (let n = 0; n < WORDS; n++) response.write(word);
  const usage = { prompt_tokens: 100, completion_tokens: WORDS, total_tokens: 100 + WORDS };
  response.write(event({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }));
  response.end(`${event({ choices: [], usage })}data: [DONE]\n\n`);
});
stub.listen(0, "127.0.0.1");
await once(stub, "listening");
const provider = `http://127.0.0.1:${(stub.address() as AddressInfo).port}/v1`;

const agent = new http.Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

interface Streamed {
  /** Milliseconds until the first words, and until the end. */
  readonly first: number;
  readonly whole: number;
}

/** Asks, and reads the stream to its end. */
async function asked(url: string, token: string, body: object, words: string): Promise<Streamed> {
  const began = performance.now();
  const response = await posted(url, token, body);
  let first = Number.NaN;
  let text = "";
  for await (const piece of response.setEncoding("utf8") as AsyncIterable<string>) {
    text += piece;
    if (Number.isNaN(first) && text.includes(words)) first = performance.now() - began;
  }
  if (response.statusCode !== 200 || !text.includes("[DONE]"))
    throw new Error(`${response.statusCode}: ${text}`);
  return { first, whole: performance.now() - began };
}

async function posted(url: string, token: string, body: object): Promise<http.IncomingMessage> {
  const headers = {
    ...(token !== "" && { Authorization: `Bearer ${token}` }),
    "Content-Type": "application/json",
    "User-Agent": USER_AGENT,
  };
  const request = http.request(url, { method: "POST", agent, headers });
  request.end(JSON.stringify(body));
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  return response;
}

const DIRECT = { model: "fast", stream: true, messages: [{ role: "user", content: "How long is a day?" }] };

await withServer((server) =>
  closingAfter(async (defer) => {
    await addRows(server.admin, "acme", CALLERS);
    await server.admin.query("insert into auth.passwords (user_id, hash) select id, $1 from app.users", [
      await hashPassword(PASSWORD),
    ]);
    const start = () =>
      startOursAlone(server, Number(new URL(server.adminUrl).port), defer, {
        MODEL_PROVIDER_URL: provider,
        MODEL_PROVIDER_KEY: "sk-stub",
        MODEL_PROVIDER_INTERNAL: "on",
        MODEL: "fast",
        MODEL_PROVIDER_MODELS: "slow",
      });
    const { url } = await start();
    const tokens: string[] = [];
    for (let n = 1; n <= CALLERS; n++) {
      const login = { email: `${n}@acme.example`, password: PASSWORD, tenant: "acme" };
      const response = await posted(`${url}/auth/login`, "", login);
      const text = (await response.setEncoding("utf8").toArray()).join("");
      if (response.statusCode !== 200) throw new Error(text);
      tokens.push(JSON.parse(text).access_token);
    }
    const [token] = tokens as [string];

    const turn = (who: string, body: object = {}) =>
      asked(`${url}/chat`, who, { content: "How long is a day?", ...body }, '"text-delta"');
    const direct = () => asked(`${provider}/chat/completions`, "sk-stub", DIRECT, '"content"');
    const kinds = {
      "the provider, asked directly": direct,
      "a turn that begins a conversation": () => turn(token),
      "a temporary turn, of which nothing is kept": () => turn(token, { temporary: true }),
    };
    const took = new Map<string, Streamed[]>(Object.keys(kinds).map((kind) => [kind, []]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const [kind, ask] of Object.entries(kinds)) {
        const streamed = await ask();
        // The first find everything cold.
        if (round >= ROUNDS / 10) took.get(kind)!.push(streamed);
      }
    }
    const figures = (of: readonly number[]): string[] => {
      const sorted = of.toSorted((a, b) => a - b);
      return [milliseconds(median(sorted)), milliseconds(percentile(sorted, 0.95))];
    };
    console.log(
      table(
        ["one caller at a time", "first words", "95 of 100", "whole", "95 of 100"],
        [...took].map(([kind, of]) => [
          kind,
          ...figures(of.map(({ first }) => first)),
          ...figures(of.map(({ whole }) => whole)),
        ]),
      ),
    );

    const until = performance.now() + SECONDS * 1_000;
    let turns = 0;
    await Promise.all(
      tokens.map(async (who) => {
        while (performance.now() < until) {
          await turn(who);
          turns += 1;
        }
      }),
    );
    console.log(`\n${CALLERS} callers at once: ${(turns / SECONDS).toFixed(0)} turns a second\n`);

    const rows: string[][] = [];
    // A process of its own: the one before still lets go of what it had to do.
    const idle = await start();
    await asked(`${idle.url}/chat`, token, { content: "Awake?", temporary: true }, '"text-delta"');
    await new Promise((done) => setTimeout(done, PAUSE * 1_000));
    const before = privateMemoryOf(idle.child.pid);
    let open = 0;
    let last = { streams: 0, mebibytes: 0 };
    for (const wanted of STREAMS) {
      for (; open < wanted; open++) {
        const body = { content: "For ever?", model: "slow", temporary: true };
        const response = await posted(`${idle.url}/chat`, tokens[open % CALLERS]!, body);
        if (response.statusCode !== 200) throw new Error(`stream ${open}: ${response.statusCode}`);
        response.resume();
      }
      const memory: number[] = [];
      for (let n = 0; n < 3; n++) {
        await new Promise((done) => setTimeout(done, PAUSE * 1_000));
        memory.push((privateMemoryOf(idle.child.pid) - before) / 1024 ** 2);
      }
      rows.push([
        String(wanted),
        ...memory.map((mebibytes) => `${mebibytes.toFixed(0)} MiB`),
        // A young process gives back what it took to start, so the first say little.
        last.streams === 0
          ? "–"
          : `${(((memory.at(-1)! - last.mebibytes) * 1024) / (wanted - last.streams)).toFixed(0)} KiB`,
      ]);
      last = { streams: wanted, mebibytes: memory.at(-1)! };
    }
    console.log(
      table(["open streams", `more memory after ${PAUSE} s`, "again", "and again", "each further one"], rows),
    );
    agent.destroy();
  }),
);
stub.closeAllConnections();
stub.close();
