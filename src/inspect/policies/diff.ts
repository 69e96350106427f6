import { type Change, change, type Direction, pairs } from "./change.ts";
import { diffPolicies } from "./diff_policies.ts";
import type { FunctionState, Grants, PolicySnapshot, RelationState, RoleState } from "./snapshot.ts";

/** Every difference in what decides about access, widening ones first. */
export function diffSnapshots(before: PolicySnapshot, after: PolicySnapshot): Change[] {
  const changes = [
    ...pairs(before.schemas, after.schemas).flatMap(([name, old, now]) => [
      ...diffGrants(`schema ${name}`, old?.grants, now?.grants),
      ...(old && now ? ownerChanged(`schema ${name}`, old.owner, now.owner) : []),
    ]),
    ...pairs(before.relations, after.relations).flatMap(([name, old, now]) => diffRelation(name, old, now)),
    ...pairs(before.functions, after.functions).flatMap(([name, old, now]) => diffFunction(name, old, now)),
    ...pairs(before.roles, after.roles).flatMap(([name, old, now]) => diffRole(name, old, now)),
    ...pairs(before.defaultPrivileges, after.defaultPrivileges).flatMap(([name, old, now]) =>
      diffGrants(`default privileges on ${name}`, old, now),
    ),
  ];
  const order: readonly Direction[] = ["widening", "tightening", "neutral"];
  return changes.sort((one, other) => order.indexOf(one.direction) - order.indexOf(other.direction));
}

function diffRelation(
  name: string,
  before: RelationState | undefined,
  after: RelationState | undefined,
): Change[] {
  const changes: Change[] = [];
  if (!before && after) {
    changes.push(change("neutral", name, `the ${after.kind} is new`, "what it opens is told below"));
    if (isTable(after) && !after.rowSecurity) {
      changes.push(change("widening", name, "the table has no row security", "grants alone decide"));
    } else if (isTable(after) && !after.forced) {
      changes.push(change("widening", name, "row security is not forced", "the owner passes it"));
    }
    if (after.kind === "view" && !after.securityInvoker) {
      changes.push(
        change(
          "widening",
          name,
          `the view asks as its owner, ${after.owner}`,
          "callers see what the owner sees",
        ),
      );
    }
  } else if (before && !after) {
    return [change("tightening", name, `the ${before.kind} is gone`, "nothing is there to reach")];
  } else if (before && after) {
    changes.push(...diffSwitches(name, before, after), ...ownerChanged(name, before.owner, after.owner));
    if (before.kind !== after.kind) {
      changes.push(
        change(
          "widening",
          name,
          `${before.kind} became ${after.kind}`,
          "what decides there is another thing",
          true,
        ),
      );
    }
  }
  return [
    ...changes,
    ...diffGrants(name, before?.grants, after?.grants),
    ...diffPolicies(name, before?.policies ?? {}, after?.policies ?? {}),
  ];
}

const isTable = ({ kind }: RelationState): boolean => kind === "table" || kind === "partitioned table";

function diffSwitches(name: string, before: RelationState, after: RelationState): Change[] {
  const changes: Change[] = [];
  if (before.rowSecurity !== after.rowSecurity) {
    changes.push(
      after.rowSecurity
        ? change("tightening", name, "row security was enabled", "policies decide from now on")
        : change(
            "widening",
            name,
            "row security was disabled",
            "no policy is asked any more: grants alone decide",
          ),
    );
  }
  if (before.forced !== after.forced) {
    changes.push(
      after.forced
        ? change("tightening", name, "row security was forced", "it holds the owner, too")
        : change("widening", name, "row security is no longer forced", "it does not hold the owner any more"),
    );
  }
  if (before.securityInvoker !== after.securityInvoker) {
    changes.push(
      after.securityInvoker
        ? change("tightening", name, "the view asks as its caller", "the caller's policies apply")
        : change("widening", name, "the view asks as its owner", "the owner's policies apply to everybody"),
    );
  } else if (before.definition !== after.definition) {
    changes.push(
      change(
        "widening",
        name,
        "the view's definition changed",
        "it asks with its owner's rights: read it",
        true,
      ),
    );
  }
  return changes;
}

function ownerChanged(name: string, before: string, after: string): Change[] {
  if (before === after) return [];
  return [
    change(
      "widening",
      name,
      `the owner is ${after}, was ${before}`,
      "an owner can change everything about it",
      true,
    ),
  ];
}

function diffGrants(
  name: string,
  before: Readonly<Record<string, Grants>> = {},
  after: Readonly<Record<string, Grants>> = {},
): Change[] {
  return pairs(before, after).flatMap(([grantee, old, now]) =>
    pairs(old ?? {}, now ?? {}).flatMap(([privilege, had, has]) => {
      const more = minus(has, had);
      const less = minus(had, has);
      const named = (columns: string): string => `${privilege}${columns} to ${grantee}`;
      return [
        ...(more === null ? [] : [change("widening", name, `granted ${named(more)}`, "a grant was added")]),
        ...(less === null
          ? []
          : [change("tightening", name, `revoked ${named(less)}`, "a grant was taken away")]),
      ];
    }),
  );
}

/** What the first has and the second has not: ' (columns)', '' for all, null for nothing. */
function minus(one: Grants[string] | undefined, other: Grants[string] | undefined): string | null {
  if (one === undefined || other === true) return null;
  if (one === true) return other === undefined ? "" : " on every column";
  const left = one.filter((column) => !(other ?? []).includes(column));
  return left.length === 0 ? null : ` (${left.join(", ")})`;
}

function diffFunction(
  name: string,
  before: FunctionState | undefined,
  after: FunctionState | undefined,
): Change[] {
  const object = `function ${name}`;
  if (!before || !after) {
    const state = (before ?? after)!;
    const role =
      state.security === "definer"
        ? `runs as ${state.owner}`
        : state.leakproof
          ? "is leakproof"
          : "decides in policies";
    if (before)
      return [
        change(
          "tightening",
          object,
          "the function is gone, or decides nothing any more",
          `it ${role.replace("runs", "ran")}`,
        ),
      ];
    if (state.security === "definer" || state.leakproof) {
      const callers = state.executableBy.join(", ") || "nobody but its owner and triggers";
      return [change("widening", object, `a new function ${role}`, `executable by ${callers}`)];
    }
    return [change("neutral", object, "policies call it now", "the policies that do are told on their own")];
  }
  const changes = ownerChanged(object, before.owner, after.owner);
  if (before.security !== after.security) {
    changes.push(
      after.security === "definer"
        ? change("widening", object, `it runs as ${after.owner} now`, "it passes what holds its caller")
        : change("tightening", object, "it runs as its caller now", "what holds the caller holds it"),
    );
  }
  if (before.searchPath !== after.searchPath) {
    changes.push(
      before.searchPath === null
        ? change(
            "tightening",
            object,
            `its search path is pinned to ${after.searchPath}`,
            "its caller no longer chooses what it calls",
          )
        : after.searchPath === "(empty)"
          ? change(
              "tightening",
              object,
              `its search path is empty, was ${before.searchPath}`,
              "only what it names with a schema answers",
            )
          : after.searchPath === null
            ? change(
                "widening",
                object,
                "its search path is no longer pinned",
                "its caller chooses what it calls",
              )
            : change(
                "widening",
                object,
                `its search path is ${after.searchPath}, was ${before.searchPath}`,
                "other objects may answer to its names",
                true,
              ),
    );
  }
  if (before.leakproof !== after.leakproof) {
    changes.push(
      after.leakproof
        ? change("widening", object, "it is leakproof now", "it may run before the policies")
        : change("tightening", object, "it is no longer leakproof", "it runs after the policies"),
    );
  }
  for (const role of after.executableBy.filter((one) => !before.executableBy.includes(one))) {
    changes.push(change("widening", object, `granted execute to ${role}`, "a grant was added"));
  }
  for (const role of before.executableBy.filter((one) => !after.executableBy.includes(one))) {
    changes.push(change("tightening", object, `revoked execute from ${role}`, "a grant was taken away"));
  }
  if (before.body !== after.body) {
    const why =
      after.security === "definer" ? `it runs as ${after.owner}: read it` : "policies call it: read it";
    changes.push(change("widening", object, "its body changed", why, true));
  }
  return changes;
}

const ATTRIBUTES = {
  superuser: "nothing holds a superuser",
  bypassRls: "no policy holds it",
  createRole: "it may make itself a member of roles",
  replication: "it may copy every row",
  login: "people and programs may sign in as it",
} as const;

function diffRole(name: string, before: RoleState | undefined, after: RoleState | undefined): Change[] {
  const object = `role ${name}`;
  if (before && !after)
    return [change("tightening", object, "the role has no part here any more", "nothing is granted to it")];
  const changes: Change[] = before
    ? []
    : [change("neutral", object, "the role is new here", "what it is granted is told on its own")];
  for (const [attribute, reason] of Object.entries(ATTRIBUTES) as [keyof typeof ATTRIBUTES, string][]) {
    const [had, has] = [before?.[attribute] ?? false, after![attribute]];
    if (had === has || (!before && attribute === "login")) continue;
    changes.push(
      has
        ? change("widening", object, `got ${attribute}`, reason)
        : change("tightening", object, `lost ${attribute}`, "the attribute was taken away"),
    );
  }
  for (const [granted, old, now] of pairs(before?.memberOf ?? {}, after!.memberOf)) {
    for (const way of (now ?? []).filter((one) => !(old ?? []).includes(one))) {
      changes.push(
        change("widening", object, `is a member of ${granted} (${way})`, "it may do what that role may"),
      );
    }
    for (const way of (old ?? []).filter((one) => !(now ?? []).includes(one))) {
      changes.push(
        change(
          "tightening",
          object,
          `is no member of ${granted} any more (${way})`,
          "a way to that role is gone",
        ),
      );
    }
  }
  return changes;
}
