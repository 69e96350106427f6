/** What an extractive answer says of its own, and which words of a question mean nothing by themselves. */
export interface ExtractiveLanguage {
  /** Above the sentences that were found. */
  readonly found: string;
  readonly nothing: string;
  readonly quotes: readonly [string, string];
  readonly fillers: ReadonlySet<string>;
  /** Asks for a number, a date or a time. */
  readonly asksForNumber: RegExp;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** Those that mails are in. */
const LANGUAGES = {
  en: {
    found: "This is what your documents say:",
    nothing: "I found nothing in your documents that answers this.",
    quotes: ["“", "”"],
    fillers: words(
      "a about all also am an and any are as at be been but by can could did do does for from had has have how i if in into is it its many may me much my no not of on or our shall should so some tell than that the their them then there these they this to us was we were what when where which who whom whose why will with would you your",
    ),
    asksForNumber: /\b(?:how (?:many|much|long|often|far|old)|when|what time|which year)\b/i,
  },
  de: {
    found: "Das steht in Ihren Dokumenten:",
    nothing: "In Ihren Dokumenten habe ich nichts gefunden, was diese Frage beantwortet.",
    quotes: ["„", "“"],
    fillers: words(
      "aber alle als also am an auch auf aus bei bin bis bitte da dann das dass dem den denn der des die dies diese dieser dieses doch du durch ein eine einem einen einer eines er es fur gibt hat habe haben hatte ich ihr ihre im in ist ja kann kein keine konnen man mein meine mich mir mit muss nach nicht noch nur oder ob ohne sein seine sich sie sind so soll uber um und uns unser unsere vom von vor wann war warum was weil welche welcher welches wenn wer werden wie wieviel wieviele viel viele wir wird wo wofur woran wurde zu zum zur",
    ),
    asksForNumber: /\b(?:wie ?viele?|wie (?:lange|oft|weit|alt)|wann|um wie)\b/i,
  },
} as const satisfies Record<string, ExtractiveLanguage>;

/** @param tag a language tag (BCP 47); where there are no words in that language, they are English */
export function extractiveLanguage(tag: string): ExtractiveLanguage & { readonly tag: string } {
  const language = tag.toLowerCase().split("-")[0]!;
  const known = Object.hasOwn(LANGUAGES, language) ? (language as keyof typeof LANGUAGES) : "en";
  return { ...LANGUAGES[known], tag: known };
}

/** Whether a question asks for a number, a date or a time, in any of the languages. */
export const asksForNumber = (question: string): boolean =>
  Object.values(LANGUAGES).some((language) => language.asksForNumber.test(question));

/**
 * The words that mean nothing by themselves in the language that a question seems to be in, which need not be that of whoever asks: the
 * one that has most of its words. "die" is an article, or what somebody wants to know about.
 */
export function fillersFor(terms: readonly string[], tag: string): ReadonlySet<string> {
  const count = (fillers: ReadonlySet<string>): number => terms.filter((term) => fillers.has(term)).length;
  const own = extractiveLanguage(tag).fillers;
  return Object.values(LANGUAGES).reduce<ReadonlySet<string>>(
    (best, { fillers }) => (count(fillers) > count(best) ? fillers : best),
    own,
  );
}
