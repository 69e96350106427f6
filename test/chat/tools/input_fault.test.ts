import { describe, expect, test } from "vitest";
import { checkable, inputFault, MOST_INPUT } from "../../../src/chat/tools/input_fault.ts";

const city = {
  type: "object",
  properties: { city: { type: "string", minLength: 2 }, days: { type: "integer", maximum: 7 } },
  required: ["city"],
  additionalProperties: false,
};

test.each([
  [{ city: "Oslo" }, true],
  [{ city: "Oslo", days: 7 }, true],
  [{ city: "Oslo", days: 8 }, false],
  [{ city: "O" }, false],
  [{ city: 7 }, false],
  [{}, false],
  [{ city: "Oslo", more: 1 }, false],
  [[], false],
  ["Oslo", false],
  [null, false],
])("%j fits: %s", (input, fits) => expect(inputFault(city, input) === null).toBe(fits));

test("what does not fit is said with its place", () => {
  expect(inputFault(city, { city: "Oslo", days: 8 })).toMatch(/at #\/days: /);
});

test("an input that is too long is not looked at", () => {
  expect(inputFault(city, { city: "x".repeat(MOST_INPUT) })).toMatch(/more than 8000 characters/);
});

describe("what could take for ever is not checked, and refuses nothing", () => {
  test("a regular expression that never ends", () => {
    const schema = {
      type: "object",
      properties: { a: { type: "string", pattern: "^(a+)+$", format: "regex" } },
      patternProperties: { "^(b+)+$": { type: "string" } },
      additionalProperties: false,
    };
    const began = performance.now();
    expect(inputFault(schema, { a: `${"a".repeat(40)}!`, [`${"b".repeat(40)}!`]: 1 })).toBeNull();
    expect(performance.now() - began).toBeLessThan(500);
  });

  test("a reference in a circle, and a bomb of references", () => {
    expect(inputFault({ type: "object", $ref: "#" }, {})).toBeNull();
    const $defs = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [
        `d${at}`,
        { allOf: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] },
      ]),
    );
    expect(inputFault({ type: "object", $defs, allOf: [{ $ref: "#/$defs/d0" }] }, {})).toBeNull();
  });

  test("a no of what is looked at in part", () => {
    expect(
      inputFault({ type: "object", not: { properties: { a: { pattern: "x" } } } }, { a: "y" }),
    ).toBeNull();
    expect(
      inputFault(
        { type: "object", oneOf: [{ required: ["a"], patternProperties: {} }, { required: ["a"] }] },
        { a: 1 },
      ),
    ).toBeNull();
    expect(inputFault({ type: "object", oneOf: [{ required: ["a"] }] }, {})).not.toBeNull();
  });

  test("a schema that is deeper than anybody needs", () => {
    let schema: object = { type: "string" };
    for (let level = 0; level < 5_000; level += 1) schema = { type: "object", properties: { a: schema } };
    expect(inputFault({ ...schema }, { a: 7 })).not.toBeNull();
    expect(JSON.stringify(checkable(schema)).length).toBeLessThan(2_000);
  });
});
