import { createHash } from "node:crypto";
import fc from "fast-check";
import type { Check, Column } from "./prove_catalogue.ts";

/** Makes values that look different in each house, and the same in each run with the same seed. */
export interface Mint {
  /** Stands in every text that is made here, so that it is recognised wherever it turns up. */
  readonly token: string;
  /** A number that has not been used yet. */
  next(): number;
  uuid(): string;
}

export function createMint(seed: number, house: string): Mint {
  const token = `prv${createHash("sha256").update(`${seed} ${house}`).digest("hex").slice(0, 8)}`;
  let count = 0;
  return {
    token,
    next: () => ++count,
    uuid() {
      const hex = createHash("sha256").update(`${token} ${++count}`).digest("hex");
      // Version 4, variant 1 (RFC 9562): some checks look.
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
    },
  };
}

/** Values of a column that are worth trying, best first; empty for a type nobody here can write. */
export function candidates(column: Column, checks: readonly Check[], mint: Mint): string[] {
  if (column.labels.length > 0) return [...column.labels];
  const mine = checks.filter(({ columns }) => columns.includes(column.name));
  if (column.base.endsWith("[]")) {
    const element = { ...column, base: column.base.slice(0, -2) };
    return ["{}", ...candidates(element, mine, mint).map((one) => `{${JSON.stringify(one)}}`)];
  }
  const own = BY_TYPE[column.base.replace(/^.*\./, "").replaceAll('"', "")]?.(mint);
  if (!own) return /range$/.test(column.base) ? ["empty"] : [];
  if (!TEXTS.has(column.base)) return [...own, ...numbersIn(mine)];
  return [
    ...mine.flatMap(({ definition }) => fromPattern(definition, mint)),
    ...own,
    ...mine.flatMap(({ definition }) => literalsIn(definition, mint)),
  ];
}

const TEXTS = new Set(["text", "character varying", "character", "citext", "name", '"char"']);

const texts = (mint: Mint): string[] => {
  const word = `${mint.token}n${mint.next()}`;
  const digest = createHash("sha256").update(word).digest("hex");
  return [
    word,
    `${word}@example.com`,
    `https://example.com/${word}`,
    mint.uuid(),
    digest,
    `+4930${String(mint.next()).padStart(7, "0")}`,
    "en",
    "DE",
    "EUR",
    "UTC",
    "1",
    "#a1b2c3",
    "/",
    "{}",
    "x",
    "",
  ];
};

const integers = (mint: Mint): string[] => [String(mint.next()), "1", "0", "2", "10", "100", "1000", "-1"];

/** What a value of a type looks like. */
const BY_TYPE: Readonly<Record<string, (mint: Mint) => string[]>> = {
  text: texts,
  "character varying": texts,
  character: texts,
  citext: texts,
  name: texts,
  char: () => ["a"],
  uuid: (mint) => [mint.uuid()],
  smallint: integers,
  integer: integers,
  bigint: (mint) => [String(900_000_000_000 + mint.next()), ...integers(mint)],
  numeric: integers,
  real: integers,
  "double precision": integers,
  money: integers,
  boolean: () => ["false", "true"],
  "timestamp with time zone": () => ["now", "tomorrow", "yesterday", "infinity", "2000-01-01"],
  "timestamp without time zone": () => ["now", "tomorrow", "yesterday", "2000-01-01"],
  date: () => ["today", "tomorrow", "yesterday", "2000-01-01"],
  "time without time zone": () => ["12:00"],
  "time with time zone": () => ["12:00+00"],
  interval: () => ["1 hour", "1 day", "0"],
  json: (mint) => ["{}", "[]", JSON.stringify(mint.token), "1", "null"],
  jsonb: (mint) => ["{}", "[]", JSON.stringify(mint.token), "1", "null"],
  bytea: (mint) => {
    const digest = createHash("sha256").update(`${mint.token} ${mint.next()}`).digest("hex");
    return [`\\x${digest}`, `\\x${digest.slice(0, 32)}`, `\\x${digest}${digest}`, "\\x"];
  },
  inet: (mint) => [`198.51.100.${mint.next() % 255}`],
  cidr: () => ["198.51.100.0/24"],
  macaddr: () => ["08:00:2b:01:02:03"],
  xid8: () => ["1"],
  oid: () => ["1"],
  bit: () => ["1"],
  "bit varying": () => ["1"],
  tsvector: () => [""],
  point: () => ["(1,1)"],
  xml: () => ["<a/>"],
  hstore: () => [""],
  ltree: (mint) => [mint.token],
  vector: () => ["[0]", `[${Array(384).fill(0)}]`, `[${Array(768).fill(0)}]`, `[${Array(1536).fill(0)}]`],
};

/** `status in ('open', 'done')` names its values; `hash like '$argon2id$%'` its beginning. */
function literalsIn(definition: string, mint: Mint): string[] {
  return [...definition.matchAll(/'((?:[^']|'')*)'/g)].map(([, literal]) =>
    literal!.replaceAll("''", "'").replaceAll(/[%_]/g, (wildcard) => (wildcard === "%" ? mint.token : "x")),
  );
}

/** `amount >= 50`: the number itself and its neighbours. */
function numbersIn(checks: readonly Check[]): string[] {
  return checks
    .flatMap(({ definition }) =>
      [...definition.matchAll(/-?\d+(?:\.\d+)?/g)].map(([number]) => Number(number)),
    )
    .flatMap((number) => [number, number + 1, number - 1].map(String));
}

/** A few texts that a regular expression of a check would match, with this house's token where it fits. */
function fromPattern(definition: string, mint: Mint): string[] {
  const made: string[] = [];
  for (const [, pattern] of definition.matchAll(/(?<!!)~\*? '((?:[^']|'')*)'/g)) {
    try {
      const regexp = new RegExp(toJavaScript(pattern!.replaceAll("''", "'")));
      const samples = fc.sample(fc.stringMatching(regexp, { size: "small" }), {
        seed: mint.next(),
        numRuns: 6,
      });
      const fitting = texts(mint).filter((text) => regexp.test(text));
      made.push(...fitting, ...samples.filter((text) => /^[\x20-\x7e]+$/.test(text)));
    } catch (error) {
      // Not every expression of PostgreSQL's is one of JavaScript's: the other candidates are still tried.
      if (!(error instanceof SyntaxError) && !/stringMatching|regex/i.test(String(error))) throw error;
    }
  }
  return made;
}

const CLASSES: Readonly<Record<string, string>> = {
  alpha: "a-zA-Z",
  digit: "0-9",
  alnum: "a-zA-Z0-9",
  lower: "a-z",
  upper: "A-Z",
  space: "\\s",
  punct: "!-\\/:-@",
  xdigit: "0-9a-fA-F",
  cntrl: "\\x00-\\x1f",
};

/** PostgreSQL's regular expression in JavaScript's words. */
function toJavaScript(pattern: string): string {
  return pattern
    .replaceAll(/\[:(\w+):\]/g, (whole, name: string) => CLASSES[name] ?? whole)
    .replaceAll(/\\[mMy]/g, "\\b")
    .replaceAll("\\A", "^")
    .replaceAll("\\Z", "$");
}
