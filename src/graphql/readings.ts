import { PgSelectSingleStep, TYPES } from "postgraphile/@dataplan/pg";
import { context, type FieldArgs, lambda, type Step } from "postgraphile/grafast";
import { sql } from "postgraphile/pg-sql2";
import type { Handed } from "../audit/handed.ts";

declare global {
  namespace Grafast {
    interface RequestContext {
      /** Takes up whose words go into the answer. */
      handed?: Handed;
    }
    interface Context {
      handed?: Handed;
    }
  }
}

type Values = readonly [value: unknown, handed: Handed | undefined, ...facts: unknown[]];

/** What is somebody's words, by table and column; with what has to be known of the row, and how it is noted. */
interface Words {
  readonly columns: ReadonlySet<string> | "all";
  readonly facts: ($row: PgSelectSingleStep) => Step[];
  readonly note: (handed: Handed, ...facts: never[]) => void;
}

/** Whether the caller is in the row's team, as the policies ask it; PostgreSQL looks only where a row has one. */
const byTeam = ($row: PgSelectSingleStep): Step =>
  $row.select(
    sql`(${$row.getClassStep().alias}.team_id = any ((select context.teams('chat'))::uuid[]))`,
    TYPES.boolean,
  );

const WORDS: Readonly<Record<string, Words>> = {
  conversations: {
    columns: new Set(["title"]),
    facts: ($row) => [$row.get("id"), $row.get("user_id"), byTeam($row)],
    note: (handed: Handed, id: string, userId: string, mine: boolean | null) =>
      handed.conversation({ id, userId, byTeam: mine }),
  },
  messages: {
    columns: new Set(["content", "parts", "provenance"]),
    facts: ($row) => [$row.get("conversation_id"), $row.get("user_id"), byTeam($row), $row.get("id")],
    note: (handed: Handed, id: string, userId: string, mine: boolean | null, message: string) =>
      handed.conversation({ id, userId, byTeam: mine }, message),
  },
  message_feedback: {
    columns: new Set(["comment"]),
    facts: ($row) => [$row.get("id"), $row.get("user_id")],
    note: (handed: Handed, id: string, userId: string) => handed.feedback({ id, userId }),
  },
  // Of the whole company, whoever asked.
  company_question: {
    columns: new Set(["question"]),
    facts: () => [],
    note: (handed: Handed) => handed.question(),
  },
  audit_events: {
    columns: "all",
    facts: ($row) => [$row.get("id")],
    note: (handed: Handed, id: string) => handed.event(id),
  },
  // A state is read off an event.
  audited_state: {
    columns: "all",
    facts: ($row) => [$row.get("event_id")],
    note: (handed: Handed, id: string | null) => id !== null && handed.event(id),
  },
};

/**
 * Notes whose words go into an answer, field by field, so that the trail can say who read them (`src/audit/readings.ts`). That a row
 * came out of the database is not enough: a list may be asked for its length, and its words are read only where they are shown.
 */
export const ReadingsPlugin: GraphileConfig.Plugin = {
  name: "ReadingsPlugin",
  version: "1.0.0",
  schema: {
    hooks: {
      GraphQLObjectType_fields_field(field, _build, { scope }) {
        const { pgCodec, pgFieldAttribute } = scope;
        const schema = pgCodec?.extensions?.pg?.schemaName;
        const words = schema === "app" && pgFieldAttribute ? WORDS[pgCodec!.extensions!.pg!.name] : undefined;
        if (!words) return field;
        const column = Object.entries(pgCodec!.attributes ?? {}).find(
          ([, one]) => one === pgFieldAttribute,
        )![0];
        if (words.columns !== "all" && !words.columns.has(column)) return field;
        const { plan } = field;
        return {
          ...field,
          plan($row: Step, args: FieldArgs, info) {
            const $value = plan ? plan($row, args, info) : ($row as PgSelectSingleStep).get(column);
            // What a mutation answers with is a row that its caller may write: their own.
            if (!($row instanceof PgSelectSingleStep)) return $value;
            return lambda(
              [$value as Step, context().get("handed"), ...words.facts($row)],
              ([value, handed, ...facts]: Values) => {
                const said = words.columns === "all" || (value ?? "") !== "";
                if (handed && said) words.note(handed, ...(facts as never[]));
                return value;
              },
              true,
            );
          },
        };
      },
    },
  },
};
