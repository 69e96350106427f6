import { expect, test } from "vitest";
import { RecentlyUsed } from "../../src/recently_used.ts";

test("what was not used for longest makes room, and is handed back", () => {
  const map = new RecentlyUsed<string, number>(2);
  expect([map.set("a", 1), map.set("b", 2), map.set("c", 3)]).toEqual([undefined, undefined, 1]);
  expect([map.get("a"), map.get("b"), map.get("c")]).toEqual([undefined, 2, 3]);
});

test("to look is to use, and so is to set again", () => {
  const map = new RecentlyUsed<string, number>(2);
  map.set("a", 1);
  map.set("b", 2);
  map.get("a");
  expect(map.set("c", 3)).toBe(2);
  map.set("a", 4);
  expect(map.set("d", 5)).toBe(3);
  expect([map.get("a"), map.get("d")]).toEqual([4, 5]);
});

test("what was deleted is gone, also if it was used last", () => {
  const map = new RecentlyUsed<string, number>(2);
  map.set("a", 1);
  map.delete("a");
  expect(map.get("a")).toBeUndefined();
  map.set("a", 2);
  expect(map.get("a")).toBe(2);
});
