import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { bring, embedding, find, MODEL, readAll } from "../support/library.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
  const by = (who: typeof acme.admin, title: string, text: string, visibility = "tenant") =>
    actingAs(who).rows(bring, [title, text, visibility, null]);
  await by(
    acme.admin,
    "Leave",
    "Everybody has thirty days of leave a year.\n\nParental leave lasts fourteen months.",
  );
  await by(acme.admin, "Reisen", "Dienstreisen müssen vor der Buchung genehmigt werden.");
  await by(acme.admin, "Café", "The café on the mountain is open until eight.");
  await by(acme.member, "My own", "My notes on leave: ask for the first week of August.", "private");
  await by(globex.admin, "Leave", "Globex gives twenty days of leave.");
  await database.admin.query("update app.documents set language = 'de' where title = 'Reisen'");
  await readAll(database);
});
afterAll(() => database.drop());

interface Found {
  readonly title: string;
  readonly content: string;
  readonly rank: number;
  readonly score: number;
}
const ask = (who: typeof acme.member, question: string, vector: number[] | null = null, wanted = 8) =>
  actingAs(who).rows<Found>(find, [question, vector, wanted]);
const titles = async (question: string, vector: number[] | null = null) =>
  (await ask(acme.colleague, question, vector)).map(({ title }) => title);

describe("words", () => {
  test("a question in a sentence finds what answers it", async () => {
    expect((await titles("How many days of leave do I have?"))[0]).toBe("Leave");
  });

  test("stems, accents and the language of a document do not stand in the way", async () => {
    expect((await titles("Wurde meine Dienstreise genehmigt?"))[0]).toBe("Reisen");
    expect((await titles("mussen"))[0]).toBe("Reisen");
    expect((await titles("cafes"))[0]).toBe("Café");
  });

  test("what is misspelt is found by its letters", async () => {
    expect((await titles("mountian"))[0]).toBe("Café");
    expect((await titles("dienstriesen"))[0]).toBe("Reisen");
    expect(await titles("xylophone")).toEqual([]);
  });

  test.for([
    ["left out", "moutain"],
    ["left out, the first", "ountain"],
    ["added", "mounttain"],
    ["taken for another", "mounzain"],
    ["in each other's place", "omuntain"],
    ["and two neighbours that are one too few", "mouain"],
  ])("a letter is %s: found all the same", async ([, word]) => {
    expect(await titles(word!)).toEqual(["Café"]);
  });

  test("whatever somebody asks is a question and no syntax", async () => {
    for (const question of [
      "",
      "   ",
      "' | & ! :* <->",
      "a\\'b",
      "\\",
      "&&&& leave",
      "(",
      "it's",
      "😀",
      "x".repeat(100_000),
    ]) {
      const outcome = await actingAs(acme.member).attempt(find, [question, null, 8]);
      expect([question.slice(0, 20), "refusal" in outcome]).toEqual([question.slice(0, 20), false]);
    }
  });
});

describe("the caller's own", () => {
  test("documents are in reach beside the company's", async () => {
    const found = (await ask(acme.member, "leave", embedding("leave"))).map(({ title }) => title);
    expect(found).toContain("My own");
    expect(found).toContain("Leave");
    expect(await titles("leave august", embedding("leave august"))).not.toContain("My own");
  });

  test("profile is seen by nobody else, moves what is near to it up, and is forgotten when it is switched off", async () => {
    const note = "select context.note_question($1, $2)";
    const score = async () =>
      (await ask(acme.member, "year", embedding("year"))).find(({ title }) => title === "Leave")!.score;
    const before = await score();
    for (let count = 0; count < 3; count += 1) {
      await actingAs(acme.member).rows(note, [embedding("Everybody has thirty days of leave a year"), MODEL]);
    }
    expect(
      await actingAs(acme.member).rows("select enabled, questions, model from app.my_profile()"),
    ).toEqual([{ enabled: true, questions: 3, model: MODEL }]);
    expect(await score()).toBeGreaterThan(before);
    expect(await score()).toBeLessThan(before * 1.1 + 1e-9);
    await actingAs(acme.admin).expect("select id from app.user_profiles").toReach(0);
    await actingAs(acme.admin).expect("select embedding from app.user_profiles").toBeRefused("42501");
    await actingAs(acme.member).rows("select app.use_profile(false)");
    expect(await score()).toBe(before);
    await actingAs(acme.member).rows(note, [embedding("leave"), MODEL]);
    const { rows } = await database.admin.query(
      "select enabled, questions, embedding from app.user_profiles",
    );
    expect(rows).toEqual([{ enabled: false, questions: 0, embedding: null }]);
  });
});

describe("a profile", () => {
  const question = "a rule of the annex";
  const order = async () => (await ask(acme.member, question, embedding(question))).map(({ title }) => title);
  const note = (text: string) =>
    actingAs(acme.member).rows("select context.note_question($1, $2)", [embedding(text), MODEL]);
  beforeAll(async () => {
    for (const [title, content] of [
      ["Annex of bees", "A rule of the annex about bees"],
      ["Annex of cats", "A rule of the annex about cats"],
      ["Annex", "A rule of the annex"],
    ]) {
      await actingAs(acme.admin).rows(bring, [title, content, "tenant", null]);
    }
    await readAll(database);
  });
  beforeEach(() => actingAs(acme.member).rows("delete from app.user_profiles"));

  test("changes the order of what answers alike, and puts nothing before what answers better", async () => {
    const [best, second, third] = await order();
    expect(best).toBe("Annex");
    const interests: Readonly<Record<string, string>> = {
      "Annex of bees": "A rule of the annex about bees",
      "Annex of cats": "A rule of the annex about cats",
    };
    expect(Object.keys(interests).sort()).toEqual([second, third].sort());
    await note(interests[third!]!);
    expect((await order()).slice(0, 3)).toEqual([best, third, second]);
    await actingAs(acme.member).rows("select app.use_profile(false)");
    await note(interests[third!]!);
    expect((await order()).slice(0, 3)).toEqual([best, second, third]);
  });

  test("that its owner erased changes nothing any more", async () => {
    const before = await ask(acme.member, question, embedding(question));
    await note("A rule of the annex about cats");
    expect(await ask(acme.member, question, embedding(question))).not.toEqual(before);
    await actingAs(acme.member).expect("delete from app.user_profiles").toReach(1);
    expect(await ask(acme.member, question, embedding(question))).toEqual(before);
  });

  test("is nobody else's to draw, to change or to be moved by", async () => {
    const before = await ask(acme.colleague, question, embedding(question));
    await note("A rule of the annex about cats");
    expect(await ask(acme.colleague, question, embedding(question))).toEqual(before);
    await actingAs(acme.admin).expect("delete from app.user_profiles").toReach(0);
    await actingAs(globex.member).expect("delete from app.user_profiles").toReach(0);
    await actingAs(acme.member).expect("update app.user_profiles set questions = 9").toBeRefused("42501");
    const { rows } = await database.admin.query("select tenant_id, user_id from app.user_profiles");
    expect(rows).toEqual([{ tenant_id: acme.tenantId, user_id: acme.member.userId }]);
  });
});

describe("filters", () => {
  test("narrow the search to tags, a team, or a time", async () => {
    await database.admin.query(
      "update app.documents set tags = '{hr,2026}' where title = 'Leave' and tenant_id = $1",
      [acme.tenantId],
    );
    await database.admin.query("update app.documents set created_at = '2020-06-01' where title = 'Café'");
    const search = async (filter: string, values: unknown[]) =>
      new Set(
        (
          await actingAs(acme.colleague).rows<Found>(
            `select title from app.search_passages(query => 'leave mountain', embedding => $1, ${filter})`,
            [embedding("leave mountain"), ...values],
          )
        ).map(({ title }) => title),
      );
    expect(await search("tags => $2", [["hr"]])).toEqual(new Set(["Leave"]));
    expect(await search("tags => $2", [["none"]])).toEqual(new Set());
    expect(await search("until => $2", ["2020-07-01"])).toEqual(new Set(["Café"]));
    const later = await search("since => $2", ["2020-07-01"]);
    expect([later.has("Leave"), later.has("Reisen"), later.has("Café")]).toEqual([true, true, false]);
    expect(await search("team_id => $2", [acme.member.teamId])).toEqual(new Set());
  });
});

describe("two checks", () => {
  const broken = async (make: string, mend: string) => {
    await database.admin.query(make);
    try {
      return await actingAs(acme.colleague).attempt(find, ["leave", null, 8]);
    } finally {
      await database.admin.query(mend);
    }
  };

  test("that do not agree are an error, and never a shorter list", async () => {
    const outcome = await broken(
      `create policy "broken" on app.document_chunks as restrictive for select to rowhouse_app using (ordinal > 0)`,
      `drop policy "broken" on app.document_chunks`,
    );
    expect(outcome).toMatchObject({ refusal: { code: "XX000" } });
  });

  test("of which one fails are an error", async () => {
    const inRowSecurity = await broken(
      `create policy "broken" on app.document_chunks as restrictive for select to rowhouse_app using (1 / (ordinal - ordinal) > 0)`,
      `drop policy "broken" on app.document_chunks`,
    );
    expect(inRowSecurity).toMatchObject({ refusal: { code: "22012" } });
    const inSearch = await broken(
      "alter function context.reaches rename to reaches_away",
      "alter function context.reaches_away rename to reaches",
    );
    expect(inSearch).toMatchObject({ refusal: { code: "42883" } });
  });
});

test("an embedding of another length or model compares with nothing, and words still find", async () => {
  expect((await titles("leave", [1, 2, 3]))[0]).toBe("Leave");
  expect((await titles("leave", new Array(256).fill(0)))[0]).toBe("Leave");
  const other = await actingAs(acme.colleague).rows(
    "select title from app.search_passages(query => 'xylophone', embedding => $1, model => 'another')",
    [embedding("leave")],
  );
  expect(other).toEqual([]);
});
