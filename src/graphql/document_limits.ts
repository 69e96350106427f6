import { GraphQLError, Lexer, Source, TokenKind } from "postgraphile/graphql";
import { RecentlyUsed } from "../recently_used.ts";
import { LIMITS } from "./limits.ts";
import { refusal } from "./refusal.ts";

/** Documents that broke no limit: clients have a few, and send them again and again. */
const good = new RecentlyUsed<string, true>(500);
/** Characters of a document that is remembered. */
const LONGEST_REMEMBERED = 4_000;

/**
 * Measures the text of a document, token by token, before it is parsed: the parser, and whoever walks what it makes,
 * calls itself for each level, and validation takes time that grows with the square of the tokens. What was good
 * lately is not measured again.
 *
 * @returns the limit that it breaks, with `extensions.code` DOCUMENT_TOO_LARGE or TOO_DEEP; else null, also for a text
 *   that is no GraphQL, about which the parser says more
 */
export function brokenDocumentLimit(query: string): GraphQLError | null {
  if (good.get(query)) return null;
  const broken = measured(query);
  if (broken === null && query.length <= LONGEST_REMEMBERED) good.set(query, true);
  return broken;
}

function measured(query: string): GraphQLError | null {
  const lexer = new Lexer(new Source(query));
  let nesting = 0;
  for (let tokens = 0; tokens <= LIMITS.tokens; tokens++) {
    const kind = nextToken(lexer);
    if (kind === null || kind === TokenKind.EOF) return null;
    if (opening.has(kind)) nesting += 1;
    if (closing.has(kind)) nesting -= 1;
    if (nesting > LIMITS.nesting) {
      return refusal(
        "TOO_DEEP",
        `Brackets and braces of a document are nested at most ${LIMITS.nesting} deep.`,
      );
    }
  }
  return refusal("DOCUMENT_TOO_LARGE", `A document has at most ${LIMITS.tokens} tokens.`);
}

const opening: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const closing: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/** Null where the text is no GraphQL. */
function nextToken(lexer: Lexer): TokenKind | null {
  try {
    return lexer.advance().kind;
  } catch (error) {
    if (error instanceof GraphQLError) return null;
    throw error;
  }
}
