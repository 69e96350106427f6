import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectRoot } from "../../../src/database/migrations.ts";
import type { Direction } from "../../../src/inspect/policies/change.ts";
import { type Comparison, compareConditions } from "../../../src/inspect/policies/conditions.ts";
import { diffSnapshots } from "../../../src/inspect/policies/diff.ts";
import { type PolicySnapshot, parseSnapshot } from "../../../src/inspect/policies/snapshot.ts";

const ours = readFileSync(join(projectRoot, "db", "policies.json"), "utf8");

/** A snapshot to be changed at will. */
type Changeable<T> = { -readonly [Key in keyof T]: Changeable<T[Key]> };
type Draft = Changeable<PolicySnapshot>;

/** What differs after a change of our own snapshot. */
function changedBy(work: (draft: Draft) => void) {
  const changed = JSON.parse(ours) as Draft;
  work(changed);
  return diffSnapshots(parseSnapshot(ours), changed);
}

const conversations = (draft: Draft) => draft.relations["app.conversations"]!;
const policy = (draft: Draft, name: string) => conversations(draft).policies[name]!;
const OWN = "members read their own conversations";
const RENAME = "members rename, pin and archive their own conversations";
const WALL = "nothing crosses the wall";

describe("a change is told, and which way it goes", () => {
  const changes: readonly (readonly [
    what: string,
    direction: Direction,
    review: boolean,
    (draft: Draft) => void,
  ])[] = [
    [
      "a permissive policy was added",
      "widening",
      false,
      (d) => {
        conversations(d).policies.more = { ...policy(d, OWN), using: "true" };
      },
    ],
    [
      "a permissive policy that never holds was added",
      "neutral",
      false,
      (d) => {
        conversations(d).policies.more = { ...policy(d, OWN), using: "false" };
      },
    ],
    [
      "a permissive policy was dropped",
      "tightening",
      false,
      (d) => {
        delete conversations(d).policies[OWN];
      },
    ],
    [
      "a restrictive policy was added",
      "tightening",
      false,
      (d) => {
        conversations(d).policies.more = { ...policy(d, WALL), roles: ["public"] };
      },
    ],
    [
      "a restrictive policy was dropped",
      "widening",
      false,
      (d) => {
        delete conversations(d).policies[WALL];
      },
    ],
    [
      "a policy was renamed",
      "neutral",
      false,
      (d) => {
        conversations(d).policies.renamed = policy(d, OWN);
        delete conversations(d).policies[OWN];
      },
    ],
    [
      "a restrictive policy became permissive",
      "widening",
      false,
      (d) => {
        policy(d, WALL).permissive = true;
      },
    ],
    [
      "a permissive policy became restrictive",
      "tightening",
      false,
      (d) => {
        policy(d, OWN).permissive = false;
      },
    ],
    [
      "a permissive policy got a role",
      "widening",
      false,
      (d) => {
        policy(d, OWN).roles.push("rowhouse_auth");
      },
    ],
    [
      "a permissive policy is for everybody",
      "widening",
      false,
      (d) => {
        policy(d, OWN).roles = ["public"];
      },
    ],
    [
      "a permissive policy lost a role",
      "tightening",
      false,
      (d) => {
        policy(d, OWN).roles = [];
      },
    ],
    [
      "a restrictive policy lost a role",
      "widening",
      false,
      (d) => {
        policy(d, WALL).roles = [];
      },
    ],
    [
      "a permissive policy is for one command less",
      "tightening",
      false,
      (d) => {
        policy(d, OWN).command = "delete";
        delete conversations(d).policies["members delete their own conversations"];
      },
    ],
    [
      "a condition was removed",
      "widening",
      false,
      (d) => {
        policy(d, RENAME).using =
          "(tenant_id = ( SELECT context.tenant_requiring('chat'::text) AS tenant_requiring))";
      },
    ],
    [
      "a condition was added",
      "tightening",
      false,
      (d) => {
        policy(d, OWN).using = policy(d, OWN).using!.replace(/\)$/, " AND (status = 'open'::text))");
      },
    ],
    [
      "an alternative was added",
      "widening",
      false,
      (d) => {
        policy(d, OWN).using = `(${policy(d, OWN).using} OR (status = 'open'::text))`;
      },
    ],
    [
      "a condition is another",
      "widening",
      true,
      (d) => {
        policy(d, OWN).using = policy(d, OWN).using!.replace("'chat'", "'view_all_chats'");
      },
    ],
    [
      "the check of an update was dropped, and USING is the same",
      "neutral",
      false,
      (d) => {
        policy(d, OWN).comment = "Another reason.";
      },
    ],
    [
      "row security was disabled",
      "widening",
      false,
      (d) => {
        conversations(d).rowSecurity = false;
      },
    ],
    [
      "row security is not forced",
      "widening",
      false,
      (d) => {
        conversations(d).forced = false;
      },
    ],
    [
      "the owner is another",
      "widening",
      true,
      (d) => {
        conversations(d).owner = "rowhouse_app";
      },
    ],
    [
      "a table was granted",
      "widening",
      false,
      (d) => {
        conversations(d).grants.rowhouse_auth = { select: true };
      },
    ],
    [
      "a column was granted",
      "widening",
      false,
      (d) => {
        (conversations(d).grants.rowhouse_app!.update as string[]).push("user_id");
      },
    ],
    [
      "a column was revoked",
      "tightening",
      false,
      (d) => {
        conversations(d).grants.rowhouse_app!.update = ["title"];
      },
    ],
    [
      "every column was granted",
      "widening",
      false,
      (d) => {
        conversations(d).grants.rowhouse_app!.update = true;
      },
    ],
    [
      "a grant was revoked",
      "tightening",
      false,
      (d) => {
        delete conversations(d).grants.rowhouse_app!.delete;
      },
    ],
    [
      "a table without row security is new",
      "widening",
      false,
      (d) => {
        d.relations["app.new"] = { ...conversations(d), rowSecurity: false, grants: {}, policies: {} };
      },
    ],
    [
      "a closed table is new",
      "neutral",
      false,
      (d) => {
        d.relations["app.new"] = { ...conversations(d), grants: {}, policies: {} };
      },
    ],
    [
      "a table is gone",
      "tightening",
      false,
      (d) => {
        delete d.relations["app.messages"];
      },
    ],
    [
      "a view asks as its owner",
      "widening",
      false,
      (d) => {
        d.relations["app.audit_events"]!.securityInvoker = false;
      },
    ],
    [
      "a definer function is new",
      "widening",
      false,
      (d) => {
        d.functions["app.new()"] = d.functions["context.open_seal(permission text)"]!;
      },
    ],
    [
      "a function that decides changed",
      "widening",
      true,
      (d) => {
        d.functions["context.tenant_where(permission text)"]!.body = "other";
      },
    ],
    [
      "a definer function is for somebody more",
      "widening",
      false,
      (d) => {
        d.functions["context.open_seal(permission text)"]!.executableBy.push("public");
      },
    ],
    [
      "a search path is no longer pinned",
      "widening",
      false,
      (d) => {
        d.functions["context.open_seal(permission text)"]!.searchPath = null;
      },
    ],
    [
      "a role bypasses row security",
      "widening",
      false,
      (d) => {
        d.roles.rowhouse_app!.bypassRls = true;
      },
    ],
    [
      "a role is a member of another",
      "widening",
      false,
      (d) => {
        d.roles.rowhouse_app!.memberOf.rowhouse_definer = ["set"];
      },
    ],
    [
      "a membership ended",
      "tightening",
      false,
      (d) => {
        d.roles.rowhouse_owner!.memberOf = {};
      },
    ],
    [
      "a schema was granted",
      "widening",
      false,
      (d) => {
        d.schemas.jobs!.grants.rowhouse_app = { usage: true };
      },
    ],
    [
      "tables to come are granted",
      "widening",
      false,
      (d) => {
        d.defaultPrivileges["tables of rowhouse_owner"] = { rowhouse_app: { select: true } };
      },
    ],
  ];
  test.each(changes)("%s: %s", (_, direction, review, work) => {
    const found = changedBy(work);
    expect(found.map((change) => [change.direction, change.review])).toContainEqual([direction, review]);
    // Whatever else it is told to be, it is not told to be the opposite.
    const opposite = direction === "widening" ? "tightening" : "widening";
    if (direction !== "tightening")
      expect(found.filter((change) => change.direction === opposite)).toEqual([]);
  });

  test("and where nothing changed, nothing is told", () => {
    expect(changedBy(() => {})).toEqual([]);
  });
});

describe("two conditions are compared by their AND and OR", () => {
  const comparisons: readonly (readonly [before: string, after: string, Comparison])[] = [
    ["((a = 1) AND (b = 2))", "((b = 2) AND (a = 1))", "same"],
    ["(a = 1)", "((a = 1) AND (b = 2))", "tighter"],
    ["((a = 1) AND (b = 2))", "(a = 1)", "looser"],
    ["(a = 1)", "((a = 1) OR (b = 2))", "looser"],
    ["((a = 1) OR (b = 2))", "(b = 2)", "tighter"],
    ["((a = 1) AND ((b = 2) OR (c = 3)))", "((a = 1) AND (b = 2))", "tighter"],
    ["((a = 1) AND (b = 2))", "((a = 1) AND ((b = 2) OR (c = 3)))", "looser"],
    ["((a = 1) AND (b = 2))", "(((a = 1) AND (b = 2)) OR (c = 3))", "looser"],
    ["true", "(a = 1)", "tighter"],
    ["(a = 1)", "true", "looser"],
    ["(a = 1)", "false", "tighter"],
    ["(a = 1)", "(a = 2)", "unclear"],
    ["((a = 1) AND (b = 2))", "((a = 1) AND (b = 3))", "unclear"],
    ["((a = 1) AND (b = 2))", "((a = 1) OR (b = 2))", "looser"],
    ["(a = who.org())", "(a = ( SELECT who.org() AS org))", "same"],
    ["((a = 1) AND (1 = 1))", "(a = 1)", "same"],
    ["(a IS NOT NULL)", "(a = 1)", "tighter"],
    ["(a = ' AND '::text)", "(a = ' OR '::text)", "unclear"],
    ["((a = '( AND '::text) AND (b = 2))", "(b = 2)", "looser"],
    ["( SELECT f('x'::text) AS f)", "(( SELECT f('x'::text) AS f) AND b)", "tighter"],
    ["(NOT (a OR b))", "(NOT a)", "unclear"],
  ];
  test.each(comparisons)("%s → %s: %s", (before, next, verdict) => {
    expect(compareConditions(before, next)).toBe(verdict);
  });
});
