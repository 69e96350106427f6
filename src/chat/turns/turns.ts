import { randomBytes } from "node:crypto";
import type pg from "pg";
import type { Caller } from "../../database/caller.ts";
import { askInDoor } from "../../database/door.ts";
import type { ExtractionLimits } from "../../documents/extracted.ts";
import { describeError } from "../../http/describe_error.ts";
import { catalogued, type ErrorCatalogue } from "../../http/error_catalogue.ts";
import type { Log } from "../../log.ts";
import type { Given } from "../curated/curated_answer.ts";
import type { AnswerEvent } from "../provider/events.ts";
import { ProviderFailure } from "../provider/failure.ts";
import { embedderOf, MOST_KEPT } from "../provider/whose.ts";
import { readFiles } from "../read_file.ts";
import type { SentFile } from "../sent_file.ts";
import { type Continued, continuedOf } from "../tools/continued.ts";
import { stopped, TurnEnded } from "../turn_ended.ts";
import { type Answerer, type AnswererParts, answererOf, wordsOf } from "./answerer.ts";
import { type Begun, beginTurn, type Generator, type Question } from "./begin_turn.ts";
import { type EventLog, openEventLog } from "./event_log.ts";
import { noteQuestion } from "./note_question.ts";
import { type Found, type Meaning, retrieve } from "./retrieve.ts";
import { runAnswer } from "./run_answer.ts";
import { settleTurn } from "./settle.ts";
import type { SharedLog } from "./shared_log.ts";
import { watchTurns } from "./watch.ts";

export interface TurnsParts extends AnswererParts {
  /** As rowhouse_app, through the door. */
  readonly app: pg.Pool;
  /** As rowhouse_auth. */
  readonly auth: Pick<pg.Pool, "query">;
  /** Where other processes follow answers of this one, and it theirs; null: each follows its own. */
  readonly shared: SharedLog | null;
  /** What a file beside a question may cost. */
  readonly files: ExtractionLimits;
  readonly catalogue: ErrorCatalogue;
  readonly log: Pick<Log, "warn" | "error">;
}

/** A question and its answer, which goes on whoever reads it. */
export interface Turn {
  readonly id: string;
  readonly tenantId: string;
  /** Null where nothing is kept, and so with the next two. */
  readonly conversationId: string | null;
  readonly questionId: string | null;
  readonly answerId: string | null;
  readonly generator: Generator;
  /** The model, or what the generator is called. */
  readonly answeredBy: string;
  /** The answer from its first event; it ends with a `ProviderFailure` or a `TurnEnded` where it is not whole. */
  follow(signal?: AbortSignal): AsyncGenerator<AnswerEvent, void, undefined>;
}

/** What `begin` gives: a turn that began, or one that the same Idempotency-Key began before, by its ids only. */
export type TurnIds = Omit<Turn, "follow">;
export type Beginning =
  | { readonly replayed: false; readonly turn: Turn }
  | { readonly replayed: true; readonly turn: TurnIds };

/** All turns of this process. */
export interface Turns {
  /**
   * Begins a turn and has it answered. A turn belongs to the process: nobody need follow it.
   *
   * @throws {pg.DatabaseError} the refusals of context.begin_turn(), the door's, and what searching raises
   * @throws {ProviderFailure} `prompt_too_long`
   * @throws {FileRefused} for a file beside the question that cannot be read
   */
  begin(caller: Caller | undefined, question: Question): Promise<Beginning>;
  /** One that is under way, or ended a moment ago: here, or in another process where they share what is said. */
  find(ids: TurnIds): Promise<Turn | undefined>;
  /** Ends one that is under way here, as whoever asked wishes; that they may, the database has said. */
  stop(id: string): void;
  /** Waits for what is under way, ends what takes longer than so many milliseconds from now, and settles all of it. */
  leave(patience?: number): Promise<void>;
  /** The same without patience, when nobody can ask any more. */
  close(): Promise<void>;
}

interface Running extends Turn {
  readonly settlement: Buffer;
  documents: readonly string[];
  readonly ending: AbortController;
  readonly events: EventLog;
}

/** Milliseconds for which an answer can be followed after its end, and how many that are over are remembered. */
const REMEMBERED_FOR = 120_000;
const REMEMBERED = 1_000;
/** Milliseconds that the meaning of a question is waited for; without it, passages are found by their words. */
const EMBEDDING_PATIENCE = 5_000;
/** Milliseconds that turns have to end by themselves when the process closes. */
const CLOSING_PATIENCE = 6_000;

/** Opens the engine of the chat: begin, retrieve, prompt, answer, settle. */
export function openTurns(parts: TurnsParts): Turns {
  const { app, auth, catalogue, files, keys, log, model, providers, shared } = parts;
  const running = new Map<string, { readonly turn: Running; readonly done: Promise<void> }>();
  const over = new Map<string, Turn>();
  /** Questions that are on their way to the database: what comes of them is a turn of this process too. */
  const beginnings = new Set<Promise<unknown>>();
  /** When turns have to be over because this process leaves, by its own clock. */
  let leavesAt = Number.POSITIVE_INFINITY;
  const watch = watchTurns(
    auth,
    () => [...running.values()].map(({ turn }) => turn),
    (id, reason) => running.get(id)?.turn.ending.abort(endedBy(reason, catalogue)),
    (error) => log.warn({ err: describeError(error) }, "running answers could not be watched"),
  );

  return {
    async begin(caller, question) {
      const beginning = start(caller, question);
      beginnings.add(beginning);
      const started = await beginning.finally(() => beginnings.delete(beginning));
      if (started.replayed) return started;
      await started.ready;
      return { replayed: false, turn: started.turn };
    },
    async find(ids) {
      const here = () => running.get(ids.id)?.turn ?? over.get(ids.id);
      // The database knows of a turn a moment before whoever begins it here does: the other of two that were sent at once looks then.
      if (!here()) await Promise.allSettled([...beginnings]);
      const known = here();
      if (known) return known;
      const follow = await shared?.find(ids.id);
      return follow ? { ...ids, follow } : undefined;
    },
    stop: (id) => running.get(id)?.turn.ending.abort(stopped("stopped")),
    leave,
    async close() {
      await leave(0);
      watch.stop();
      over.clear();
    },
  };

  /** Begins a turn, and sees to it that it is answered; `ready` when the answer is about to be asked for. */
  async function start(
    caller: Caller | undefined,
    given: Question,
  ): Promise<{ replayed: true; turn: TurnIds } | { replayed: false; turn: Running; ready: Promise<void> }> {
    const settlement = randomBytes(32);
    const began = performance.now();
    const asked = { ...given, tools: given.tools === true && parts.tools !== null };
    const question = given.files?.length ? await withFilesRead(caller, asked, given.files) : asked;
    const begun = await beginTurn(app, caller, question, settlement, model);
    if (begun.replayed) return { replayed: true, turn: idsOf(begun) };
    const events = openEventLog();
    const turn: Running = {
      ...idsOf(begun),
      settlement,
      documents: [],
      ending: new AbortController(),
      events,
      follow: (signal) => events.follow(signal),
    };
    const ready = Promise.withResolvers<void>();
    const meaning = begun.given
      ? Promise.resolve(null)
      : meaningOf(begun, wordsOf(begun, question), turn.ending.signal);
    const preparing = () => prepare(caller, question, begun, turn, meaning);
    const before = begun.continued && continuedOf(begun.continued);
    const answered = answer(turn, began, begun.given, preparing, meaning, ready, before);
    const noted = answered.then((whole) => (whole ? note(caller, question, meaning) : undefined));
    const done = Promise.all([noted, shared?.share(turn.id, events.follow())]).then(() => {
      running.delete(turn.id);
      remember(turn);
    });
    running.set(turn.id, { turn, done });
    if (leavesAt < Number.POSITIVE_INFINITY) endWhenLeaving(turn);
    return { replayed: false, turn, ready: ready.promise };
  }

  /** Only for who may ask at all: to read a file is work. */
  async function withFilesRead(
    caller: Caller | undefined,
    question: Question,
    sent: readonly SentFile[],
  ): Promise<Question> {
    await askInDoor(app, caller, {
      name: "may_chat",
      text: "select context.tenant_requiring('chat')",
      values: [],
    });
    return { ...question, parts: [...(question.parts ?? []), ...(await readFiles(sent, files))] };
  }

  async function leave(patience = CLOSING_PATIENCE): Promise<void> {
    leavesAt = Math.min(leavesAt, performance.now() + patience);
    for (const { turn } of running.values()) endWhenLeaving(turn);
    while (running.size + beginnings.size > 0) {
      await Promise.allSettled([...beginnings, ...[...running.values()].map(({ done }) => done)]);
    }
  }

  function endWhenLeaving({ id, ending }: Running): void {
    const timer = setTimeout(
      () => ending.abort(stopped("leaving")),
      Math.max(leavesAt - performance.now(), 0),
    );
    void running.get(id)?.done.then(() => clearTimeout(timer));
  }

  /** What lies between the question and the first word: no more than one further round trip, whatever was said before. */
  async function prepare(
    caller: Caller | undefined,
    question: Question,
    begun: Begun,
    turn: Running,
    meaning: Promise<Meaning | null>,
  ): Promise<{ answerer: Answerer; passages: Found[] }> {
    if (begun.given) {
      turn.documents = begun.given.sources.map(({ documentId }) => documentId);
      return { answerer: await answererOf(parts, begun, question, [], turn), passages: [] };
    }
    const passages = await retrieve(app, caller, wordsOf(begun, question), await meaning);
    turn.documents = [...new Set(passages.map(({ documentId }) => documentId))];
    return { answerer: await answererOf(parts, begun, question, passages, turn), passages };
  }

  /** It never throws. */
  async function meaningOf({ provider }: Begun, words: string, signal: AbortSignal): Promise<Meaning | null> {
    if (words.trim() === "") return null;
    try {
      const embedder = embedderOf(provider, model, keys);
      if (embedder === null) return null;
      const { vectors, usage } = await providers.embed({
        ...embedder,
        texts: [words],
        signal,
        limits: { patience: EMBEDDING_PATIENCE, dimensions: MOST_KEPT },
      });
      return { vector: vectors[0]!, model: embedder.model, usage };
    } catch {
      // The provider's failure is in the log. A question is answered without its meaning rather than not at all.
      return null;
    }
  }

  /** A question that was asked for the first time, and is kept, says something of whoever asked. It never throws. */
  async function note(
    caller: Caller | undefined,
    { content, keep }: Question,
    meaning: Promise<Meaning | null>,
  ): Promise<void> {
    const meant = await meaning;
    if (meant === null || content === null || keep === false) return;
    try {
      await noteQuestion(app, caller, meant);
    } catch (error) {
      log.warn({ err: describeError(error) }, "a question was not drawn into a profile");
    }
  }

  /** @returns whether the answer is whole */
  async function answer(
    turn: Running,
    began: number,
    given: Given | null,
    preparing: () => Promise<{ answerer: Answerer; passages: Found[] }>,
    meaning: Promise<Meaning | null>,
    ready: PromiseWithResolvers<void>,
    before: Continued | null,
  ): Promise<boolean> {
    const { end, error, last } = await runAnswer(turn, began, given, preparing, ready.resolve, before);
    try {
      await settleTurn(auth, turn, end, (await meaning)?.usage ?? null);
    } catch (failure) {
      log.error({ err: describeError(failure), turn: turn.id }, "an answer could not be settled");
    }
    // Only now: whoever reads the end asks the next question at once, and it is to know of this answer.
    if (last) turn.events.add(last);
    turn.events.end(error);
    if (error === undefined || error instanceof TurnEnded) {
      ready.resolve();
      return error === undefined;
    }
    if (!(error instanceof ProviderFailure))
      log.error({ err: describeError(error), turn: turn.id }, "an answer failed");
    ready.reject(error);
    return false;
  }

  function remember(turn: Running): void {
    const { settlement: _, ending: __, events: ___, documents: ____, ...shown } = turn;
    over.set(turn.id, shown);
    setTimeout(() => over.delete(turn.id), REMEMBERED_FOR).unref();
    if (over.size > REMEMBERED) over.delete(over.keys().next().value!);
  }
}

function idsOf(begun: Begun): TurnIds {
  return {
    id: begun.turn_id,
    tenantId: begun.tenant_id,
    conversationId: begun.conversation_id,
    questionId: begun.question_id,
    answerId: begun.answer_id,
    generator: begun.generator,
    answeredBy: begun.answered_by,
  };
}

/** What whoever reads the stream is told of a reason of auth.watch_turns(). */
function endedBy(reason: string, catalogue: ErrorCatalogue): TurnEnded {
  switch (reason) {
    case "stopped":
      return stopped("stopped");
    case "lost":
      return new TurnEnded(reason, "model_cut", "The answer broke off. Try again.");
    case "chat":
      return new TurnEnded(reason, "permission_denied", "You may not chat here any more.");
    case "conversation":
      return new TurnEnded(reason, "not_found", "The conversation is not there for you to see any more.");
    case "document":
      return new TurnEnded(
        reason,
        "not_found",
        "A document of this answer is not there for you to read any more.",
      );
    default: {
      const { name, meaning } = catalogued(catalogue, "RH401", reason)!;
      return new TurnEnded(reason, name, meaning);
    }
  }
}
