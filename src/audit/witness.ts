import { BadNote, openNote, textOf, type Verifier } from "./note.ts";

/** Somebody else who signs that a tree only grew (C2SP tlog-witness). */
export interface Witness {
  /** What `/add-checkpoint` is added to. */
  readonly url: string;
  readonly verifier: Verifier;
}

/** A witness that cannot be asked, or that says no. */
export class WitnessFailure extends Error {
  override readonly name = "WitnessFailure";
}

/** Milliseconds that a witness has for an answer. */
const PATIENCE = 10_000;
/** Bytes of an answer that are read. */
const MOST = 10_000;

/**
 * Asks a witness to sign a checkpoint.
 *
 * @param seen how many leaves the witness saw last, as far as we know; it says so where it knows better
 * @param path what shows that the tree goes on from that many
 * @returns the line that it signed with, checked
 * @throws {WitnessFailure}
 */
export async function askWitness(
  { url, verifier }: Witness,
  note: string,
  seen: number,
  path: (older: number) => Promise<readonly Buffer[]>,
): Promise<string> {
  let answer = await submit(url, note, seen, await path(seen));
  if (answer.status === 409 && answer.type.startsWith("text/x.tlog.size")) {
    const size = Number(answer.body.trim());
    if (!Number.isSafeInteger(size)) throw new WitnessFailure(`${verifier.name} says no size`);
    answer = await submit(url, note, size, await path(size));
  }
  if (answer.status !== 200) throw new WitnessFailure(`${verifier.name} answers ${answer.status}`);
  const lines = answer.body.split("\n").map((line) => `${line}\n`);
  const line = lines.find((one) => one.startsWith(`\u2014 ${verifier.name} `));
  try {
    if (line === undefined) throw new BadNote("no line is of its name");
    openNote(`${textOf(note)}\n${line}`, [verifier]);
  } catch (cause) {
    if (!(cause instanceof BadNote)) throw cause;
    throw new WitnessFailure(`what ${verifier.name} signed does not stand: ${cause.message}`, { cause });
  }
  return line;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function submit(url: string, note: string, older: number, path: readonly Buffer[]): Promise<Answer> {
  const proof = path.map((hash) => `${hash.toString("base64")}\n`).join("");
  try {
    const response = await fetch(`${url}/add-checkpoint`, {
      method: "POST",
      body: `old ${older}\n${proof}\n${note}`,
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE),
    });
    const body = (await response.text()).slice(0, MOST);
    return { status: response.status, type: response.headers.get("content-type") ?? "", body };
  } catch (cause) {
    throw new WitnessFailure(`a witness cannot be asked: ${(cause as Error).message}`, { cause });
  }
}
