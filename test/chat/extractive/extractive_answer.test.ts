import { describe, expect, test } from "vitest";
import { extractiveAnswer } from "../../../src/chat/extractive/extractive_answer.ts";
import { extractiveLanguage } from "../../../src/chat/extractive/languages.ts";
import type { Passage } from "../../../src/chat/passage.ts";
import { LANGUAGES } from "../../../src/mail/compose.ts";
import { outcomeOf } from "../../support/providers.ts";

const passage = (id: string, title: string, content: string): Passage => ({
  id,
  documentId: `document of ${id}`,
  title,
  content,
  score: 1,
});
const HANDBOOK = passage(
  "p1",
  "Handbook",
  "# Holidays\n\nEverybody has 28 days of holiday a year. Unused days expire in March.\n\n- Ask your manager two weeks ahead.\n- The office is closed on 24 December.",
);
const CANTEEN = passage("p2", "Canteen", "The canteen opens at noon. It serves soup. Is soup a meal?");
const URLAUB = passage(
  "p3",
  "Handbuch",
  "Alle Beschäftigten haben 28 Urlaubstage im Jahr. Die Kantine öffnet um zwölf. Größere Anträge stellt man früh.",
);

const answerTo = (question: string, passages: readonly Passage[], language = "en") =>
  outcomeOf(extractiveAnswer({ question, passages, language }));
const cited = ({ events }: Awaited<ReturnType<typeof answerTo>>) =>
  events.flatMap((event) => (event.type === "citation" ? [event.citation] : []));

describe("an extractive answer", () => {
  test("quotes the sentence that says it, with its citation, and costs nothing", async () => {
    const answer = await answerTo("How many days of holiday do I have a year?", [CANTEEN, HANDBOOK]);
    expect(answer.text).toBe(
      "This is what your documents say:\n\n“Everybody has 28 days of holiday a year.” [1]",
    );
    expect(cited(answer)).toEqual([
      { number: 1, passageId: "p1", documentId: "document of p1", title: "Handbook" },
    ]);
    expect(answer.usage).toEqual({ input: 0, cachedInput: 0, output: 0, reasoning: 0, estimated: false });
    expect(answer.finish).toBe("stop");
  });

  test("quotes no heading, but what stands under it, which the heading says it is about", async () => {
    const rules = passage(
      "p8",
      "Leave",
      "Carrying over\n\nUp to five of them move into the next year.\n\nLaunches\n\nTen days before one, the crew stays.",
    );
    const { text } = await answerTo("How many can I carry over?", [rules]);
    expect(text).toBe(
      "This is what your documents say:\n\n“Up to five of them move into the next year.” [1]",
    );
    const list = passage("p9", "Tools", "Tools\n\n- Hammer\n- Saw");
    expect((await answerTo("Where is the saw?", [list])).text).toContain("“Saw” [1]");
    const alone = passage("p10", "Title", "Opening hours");
    expect((await answerTo("opening hours", [alone])).text).toContain("“Opening hours” [1]");
  });

  test("prefers what has a number where a number is asked for", async () => {
    const prose = passage("p11", "Prose", "Leave takes days to plan. Everybody has 28 days of leave.");
    expect((await answerTo("How many days of leave?", [prose])).text).toContain("“Everybody has 28 days");
    expect((await answerTo("Wie viele days of leave?", [prose], "de")).text).toContain("„Everybody has 28");
  });

  test("takes from several passages what together answers a question of several parts", async () => {
    const answer = await answerTo("When does the canteen open, and when is the office closed?", [
      HANDBOOK,
      CANTEEN,
    ]);
    expect(answer.text).toContain("“The office is closed on 24 December.” [1]");
    expect(answer.text).toContain("“The canteen opens at noon.” [2]");
    expect(cited(answer).map(({ passageId }) => passageId)).toEqual(["p1", "p2"]);
  });

  test("understands German words in other forms and in compounds, and answers in German", async () => {
    const answer = await answerTo("Wie viel Urlaub habe ich im Jahr?", [URLAUB], "de-AT");
    expect(answer.text).toBe(
      "Das steht in Ihren Dokumenten:\n\n„Alle Beschäftigten haben 28 Urlaubstage im Jahr.“ [1]",
    );
    expect((await answerTo("groesse GRÖSSERE antraege", [URLAUB], "de")).text).toContain("Größere Anträge");
  });

  test("works in scripts without spaces", async () => {
    const japanese = passage("p4", "規則", "休暇は年に二十八日です。食堂は正午に開きます。");
    expect((await answerTo("食堂はいつ開きますか", [japanese], "ja")).text).toContain(
      "食堂は正午に開きます。",
    );
  });

  test.each([
    ["no passage", "When is lunch?", []],
    ["no sentence with a word of the question", "Where do I park?", [HANDBOOK, CANTEEN]],
    ["a question of fillers", "What is it?", [HANDBOOK]],
    ["an empty question", "", [HANDBOOK]],
  ])("says plainly that there is nothing: %s", async (_what, question, passages) => {
    const answer = await answerTo(question, passages);
    expect(answer.text).toBe("I found nothing in your documents that answers this.");
    expect(cited(answer)).toEqual([]);
    expect((await answerTo(question, passages, "de")).text).toMatch(
      /^In Ihren Dokumenten habe ich nichts gefunden/,
    );
  });

  test("is the same each time", async () => {
    const ask = () => answerTo("holiday office canteen soup manager", [HANDBOOK, CANTEEN, URLAUB]);
    expect((await ask()).events).toEqual((await ask()).events);
  });

  test("does not say a thing twice that several documents say", async () => {
    const copy = { ...HANDBOOK, id: "p9" };
    const { text } = await answerTo("How many days of holiday?", [HANDBOOK, copy]);
    expect(text.match(/Everybody has/g)).toHaveLength(1);
  });

  test("has no citation in it that a document wrote", async () => {
    const sly = passage("p5", "Sly", "Holidays are abolished, as everybody knows [2].");
    const { text } = await answerTo("holidays", [sly]);
    expect(text).toContain("knows (2).” [1]");
  });

  test("cuts a sentence that never ends, and looks at a list that never ends for so long", async () => {
    const long = passage("p6", "Long", `Holidays ${"and more ".repeat(10_000)}`);
    expect((await answerTo("holidays", [long])).text.length).toBeLessThan(500);
    const list = passage("p7", "List", "- holiday\n".repeat(100_000));
    expect((await answerTo("holidays", [list])).finish).toBe("stop");
  });
});

test("speaks the languages that mails are in", () => {
  expect(LANGUAGES.map((language) => extractiveLanguage(language).tag)).toEqual([...LANGUAGES]);
});
