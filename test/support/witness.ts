import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { openCheckpoint, readCheckpoint } from "../../src/audit/checkpoint.ts";
import { provesConsistency } from "../../src/audit/merkle.ts";
import { BadNote, cosign, type Signer, textOf, type Verifier } from "../../src/audit/note.ts";
import type { Witness } from "../../src/audit/witness.ts";

/** A witness as C2SP tlog-witness describes one, over HTTP. */
export interface RunningWitness extends Witness {
  /** Each request's first line, in their order. */
  readonly asked: string[];
  /** Answers this to the next requests in place of what it would; null: what it would. */
  answer: { status: number; body: string } | null;
  /** Forgets what it saw. */
  forget(): void;
  close(): Promise<void>;
}

/** @param logs whose checkpoints it signs: the key of a tree, by the name of the tree */
export async function startWitness(logs: (origin: string) => Promise<Verifier[]>): Promise<RunningWitness> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const signer: Signer = {
    name: "witness.example/w1",
    kind: "cosignature",
    publicKey: Buffer.from(publicKey.export({ format: "jwk" }).x!, "base64url"),
    privateKey,
  };
  const seen = new Map<string, { size: number; root: Buffer }>();
  const asked: string[] = [];
  const state = { answer: null as RunningWitness["answer"] };

  const answerTo = async (body: string): Promise<{ status: number; body: string; type?: string }> => {
    const [older, ...lines] = body.slice(0, body.indexOf("\n\n")).split("\n");
    const note = body.slice(body.indexOf("\n\n") + 2);
    const { origin } = readCheckpoint(note);
    const trusted = await logs(origin);
    if (trusted.length === 0) return { status: 404, body: "" };
    let checkpoint: ReturnType<typeof openCheckpoint>;
    try {
      checkpoint = openCheckpoint(note, trusted);
    } catch (error) {
      if (error instanceof BadNote) return { status: 403, body: "" };
      throw error;
    }
    const size = Number(older!.slice("old ".length));
    const last = seen.get(origin) ?? { size: 0, root: Buffer.alloc(0) };
    if (size > checkpoint.size) return { status: 400, body: "" };
    if (size !== last.size) return { status: 409, body: `${last.size}\n`, type: "text/x.tlog.size" };
    const path = lines.map((line) => Buffer.from(line, "base64"));
    if (size > 0 ? !provesConsistency({ older: last, newer: checkpoint, path }) : path.length > 0) {
      return { status: 422, body: "" };
    }
    seen.set(origin, checkpoint);
    return { status: 200, body: cosign(textOf(note), signer, Math.floor(Date.now() / 1000)) };
  };

  const server = createServer(async (request, response) => {
    const body = await text(request);
    asked.push(body.split("\n")[0]!);
    const {
      status,
      body: says,
      type = "text/plain",
    } = { type: undefined, ...(state.answer ?? (await answerTo(body))) };
    response.writeHead(status, { "content-type": type }).end(says);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    verifier: { name: signer.name, kind: signer.kind, publicKey: signer.publicKey },
    asked,
    forget: () => seen.clear(),
    close: () => new Promise<void>((closed) => void server.close(() => closed())),
  });
}
