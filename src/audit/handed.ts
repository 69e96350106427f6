/** A row of somebody's that went into an answer. */
export interface HandedRow {
  readonly id: string;
  readonly userId: string;
  /** Whether whoever asked is in the team that it is of; null where it is of none. */
  readonly byTeam: boolean | null;
}

/** What one request handed out of what people said, and of the trail: noted while its answer is put together. */
export interface Handed {
  /** A conversation's title, or a message of it. */
  conversation(row: HandedRow, messageId?: string): void;
  /** What somebody thought of an answer. */
  feedback(row: Pick<HandedRow, "id" | "userId">): void;
  /** An event of the trail. */
  event(id: string): void;
  /** What a company asks again and again, in somebody's words. */
  question(): void;
  /** A whole conversation, as a file: an event also where it is one's own. */
  exported(row: HandedRow, format: string): void;
  /** What was asked for, in the names of the API: all that support asks is in the trail. */
  asked(what: () => readonly string[]): void;
  /**
   * What auth.record_reading() is told; null where all of it is the reader's own, their team's, or nothing.
   *
   * @param reader whose rows are the reader's own; null: nobody's, as for support; undefined: not known yet
   */
  anothers(reader: string | null | undefined): object | null;
}

/** @returns one with nothing in it */
export function nothingHanded(): Handed {
  const conversations = new Map<string, HandedRow & { messages: Set<string> }>();
  const feedback = new Map<string, string>();
  const events = new Set<string>();
  let questions = 0;
  let asked: () => readonly string[] = () => [];
  let exported: object | undefined;
  return {
    conversation(row, messageId) {
      const known = conversations.get(row.id) ?? { ...row, messages: new Set() };
      conversations.set(row.id, known);
      if (messageId !== undefined) known.messages.add(messageId);
    },
    feedback({ id, userId }) {
      feedback.set(id, userId);
    },
    event(id) {
      events.add(id);
    },
    question() {
      questions += 1;
    },
    exported(row, format) {
      this.conversation(row);
      exported = { conversation_id: row.id, format };
    },
    asked(what) {
      asked = what;
    },
    anothers(reader) {
      const read = [...conversations.values()].filter((row) => row.userId !== reader && row.byTeam !== true);
      const thought = [...feedback].filter(([, userId]) => userId !== reader);
      const told = typeof reader === "string" ? [] : asked();
      if (read.length + thought.length + events.size + questions + told.length === 0 && !exported)
        return null;
      return {
        conversations: read.map(({ id, userId, byTeam, messages }) => ({
          id,
          user_id: userId,
          by_team: byTeam,
          messages: messages.size,
        })),
        feedback: thought.map(([id, userId]) => ({ id, user_id: userId })),
        ...(events.size > 0 && { events: rangeOf(events) }),
        ...(questions > 0 && { questions }),
        ...(exported && { exported }),
        ...(told.length > 0 && { asked: told }),
      };
    },
  };
}

/** Of events, whose ids ascend with time. */
function rangeOf(events: ReadonlySet<string>): object {
  const ids = [...events].sort();
  return { events: ids.length, first: ids[0], last: ids.at(-1) };
}
