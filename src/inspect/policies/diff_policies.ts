import { type Change, change, pairs } from "./change.ts";
import { compareConditions, tidyExpression } from "./conditions.ts";
import type { PolicyState } from "./snapshot.ts";

type Policies = Readonly<Record<string, PolicyState>>;

/** The differences between the policies of one table. */
export function diffPolicies(table: string, before: Policies, after: Policies): Change[] {
  const renamed = findRenamed(before, after);
  return pairs(before, after).flatMap(([name, old, now]) => {
    const object = `policy "${name}" on ${table}`;
    if (old && !now) {
      const newName = renamed.get(name);
      return newName === undefined
        ? [gone(object, old)]
        : [
            change(
              "neutral",
              object,
              `it is called "${newName}" now`,
              "the same conditions for the same roles",
            ),
          ];
    }
    if (!old && now) return [...renamed.values()].includes(name) ? [] : [come(object, now)];
    return diffPolicy(object, old!, now!);
  });
}

function gone(object: string, policy: PolicyState): Change {
  return policy.permissive
    ? change(
        "tightening",
        object,
        `the permissive policy for ${policy.command} was dropped`,
        "one way to the rows less",
      )
    : change(
        "widening",
        object,
        `the restrictive policy for ${policy.command} was dropped`,
        "one condition less on every row",
      );
}

function come(object: string, policy: PolicyState): Change {
  const to = policy.roles.join(", ");
  if (!policy.permissive) {
    return change(
      "tightening",
      object,
      `a restrictive policy for ${policy.command} to ${to}`,
      "one condition more on every row",
    );
  }
  const never = [policy.using, policy.check].every((side) => side === null || side === "false");
  return never
    ? change(
        "neutral",
        object,
        `a permissive policy for ${policy.command} to ${to} that never holds`,
        "it lets nothing through",
      )
    : change(
        "widening",
        object,
        `a permissive policy for ${policy.command} to ${to}`,
        "one way to the rows more",
      );
}

/** Policies that only got another name: from old to new. */
function findRenamed(before: Policies, after: Policies): Map<string, string> {
  const essence = ({ comment: _, ...policy }: PolicyState): string => JSON.stringify(policy);
  const fresh = Object.entries(after).filter(([name]) => !(name in before));
  const renamed = new Map<string, string>();
  for (const [name, policy] of Object.entries(before)) {
    if (name in after) continue;
    const twin = fresh.find(
      ([one, other]) => essence(other) === essence(policy) && ![...renamed.values()].includes(one),
    );
    if (twin) renamed.set(name, twin[0]);
  }
  return renamed;
}

function diffPolicy(object: string, before: PolicyState, after: PolicyState): Change[] {
  const changes: Change[] = [];
  if (before.permissive !== after.permissive) {
    changes.push(
      after.permissive
        ? change(
            "widening",
            object,
            "it became permissive",
            "it was a condition on every row; now it is a way to the rows",
          )
        : change(
            "tightening",
            object,
            "it became restrictive",
            "it was a way to the rows; now it is a condition on every row",
          ),
    );
  }
  changes.push(
    ...reach(object, "the command", commands(before), commands(after), after.permissive),
    ...reach(object, "the role", before.roles, after.roles, after.permissive),
    ...side(object, "using", usingOf(before), usingOf(after)),
    // Where no check was written USING is the check, and told once.
    ...(before.check === null && after.check === null
      ? []
      : side(object, "check", checkOf(before), checkOf(after))),
  );
  if (before.comment !== after.comment) {
    changes.push(change("neutral", object, "its comment changed", "it says why, and decides nothing"));
  }
  return changes;
}

const commands = ({ command }: PolicyState): string[] =>
  command === "all" ? ["select", "insert", "update", "delete"] : [command];

/** More commands or roles: wider for a permissive policy, tighter for a restrictive one; fewer: the other way round. */
function reach(
  object: string,
  what: string,
  before: readonly string[],
  after: readonly string[],
  permissive: boolean,
): Change[] {
  // Where everybody is meant, naming somebody beside changes nothing.
  const [old, now] = [before, after].map((list) => (list.includes("public") ? ["public"] : list)) as [
    string[],
    string[],
  ];
  const kind = permissive ? "permissive" : "restrictive";
  const added = old.includes("public") ? [] : now.filter((one) => !old.includes(one));
  const removed = now.includes("public") ? [] : old.filter((one) => !now.includes(one));
  return [
    ...added.map((one) =>
      change(
        permissive ? "widening" : "tightening",
        object,
        `it is for ${what} ${one} as well`,
        `a ${kind} policy reaches further`,
      ),
    ),
    ...removed.map((one) =>
      change(
        permissive ? "tightening" : "widening",
        object,
        `it is no longer for ${what} ${one}`,
        `a ${kind} policy reaches less far`,
      ),
    ),
  ];
}

/** A policy without USING lets nothing through where it is permissive, and holds nothing back where it is restrictive. */
const nothing = ({ permissive }: PolicyState): string => (permissive ? "false" : "true");

const usingOf = (policy: PolicyState): string | null =>
  policy.command === "insert" ? null : (policy.using ?? nothing(policy));

/** New rows are checked by USING where an update or all policy has no check. */
const checkOf = (policy: PolicyState): string | null =>
  policy.command === "select" || policy.command === "delete"
    ? null
    : (policy.check ?? policy.using ?? nothing(policy));

function side(
  object: string,
  name: "using" | "check",
  before: string | null,
  after: string | null,
): Change[] {
  // A side that the command has not, or had not, is told by the change of the command.
  if (before === null || after === null) return [];
  const told = `${name}: ${tidyExpression(before)} → ${tidyExpression(after)}`;
  switch (compareConditions(before, after)) {
    case "same":
      return [];
    case "tighter":
      return [change("tightening", object, told, `${name} asks for more: fewer rows pass`)];
    case "looser":
      return [change("widening", object, told, `${name} asks for less: more rows pass`)];
    case "unclear":
      return [
        change("widening", object, told, `${name} changed in a way that only a person can judge`, true),
      ];
  }
}
