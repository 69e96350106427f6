import type { ReviewedPerson } from "./access.ts";
import { KNOWN_DAYS } from "./activity.ts";
import type { Finding, ReportFacts } from "./facts.ts";

/** Days without use after which access is doubtful. */
export const IDLE_DAYS = 90;
/** Failed sign-ins of one account in the period that are more than forgetting. */
const MANY_FAILURES = 10;

type Gathered = Omit<ReportFacts, "findings">;

/** What stands out in the facts, the gravest first; nothing that is as it should be. */
export function findingsIn(facts: Gathered): Finding[] {
  const { people, keys, grants, support, activity, trees } = facts;
  const active = people.rows.filter(({ status }) => status === "active");
  const live = keys.rows.filter((key) => key.live);
  const idleSince = facts.made.at.getTime() - IDLE_DAYS * 86_400_000;
  const idle = (usedAt: Date | null, begunAt: Date): boolean => (usedAt ?? begunAt).getTime() < idleSince;
  const gone = new Set(
    people.rows
      .filter((one) => one.status === "removed" || one.accountStatus !== "active")
      .map(({ id }) => id),
  );
  const owners = active.filter(({ isOwner }) => isOwner);
  const byId = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id);
  const guessed = activity.failedAccounts.filter(({ failures }) => failures >= MANY_FAILURES);
  const visits = support.filter(({ mayWrite }) => mayWrite);
  const found: Finding[] = [
    {
      code: "trail_not_verified",
      weight: "alarm",
      says: "The trail that this review rests on is not what was sealed and signed.",
      rows: trees.flatMap(({ of, problems }) => (problems.length > 0 ? [of] : [])),
      part: "trail",
    },
    {
      code: "banned_member",
      weight: "alarm",
      says: "Members whose account the operator banned, or that is deleted.",
      rows: byId(active.filter(({ accountStatus }) => accountStatus !== "active")),
      part: "people",
    },
    {
      code: "key_of_leaver",
      weight: "look",
      says: "Keys that nobody revoked, of people who left.",
      rows: byId(live.filter(({ userId }) => userId !== null && gone.has(userId))),
      part: "keys",
    },
    {
      code: "refresh_reused",
      weight: "alarm",
      says: "Sessions that were ended because a used refresh token was shown again: somebody else may have had it.",
      rows: activity.reuses.map((_, place) => `reuse-${place}`),
      part: "activity",
    },
    {
      code: "powerful_without_second_factor",
      weight: "look",
      says: "People who may manage something and come in without a second factor.",
      rows: byId(active.filter((one) => !one.secondFactor && isPowerful(one, facts))),
      part: "people",
    },
    {
      code: "idle_person",
      weight: "look",
      says: `People who were not seen for ${IDLE_DAYS} days.`,
      rows: byId(active.filter(({ lastUseAt, since }) => idle(lastUseAt, since))),
      part: "people",
    },
    {
      code: "idle_key",
      weight: "look",
      says: `Keys that were not used for ${IDLE_DAYS} days.`,
      rows: byId(live.filter(({ lastUsedAt, createdAt }) => idle(lastUsedAt, createdAt))),
      part: "keys",
    },
    {
      code: "endless_key",
      weight: "look",
      says: "Keys that never expire.",
      rows: byId(live.filter(({ expiresAt }) => expiresAt === null)),
      part: "keys",
    },
    {
      code: "many_failures",
      weight: "look",
      says: `Accounts with ${MANY_FAILURES} failed sign-ins or more.`,
      rows: guessed.map(({ userId }) => `failed-${userId}`),
      part: "activity",
    },
    {
      code: "support_wrote",
      weight: "look",
      says: "Visits of the operator's support that could change something.",
      rows: byId(visits),
      part: "support",
    },
    {
      code: "one_owner",
      weight: "note",
      says: "One person alone owns the company: if they cannot come in, nobody can do what takes an owner.",
      rows: owners.length === 1 ? byId(owners) : [],
      part: "people",
    },
    {
      code: "new_network",
      weight: "note",
      says: `Sign-ins from a network that the person had not come from in the ${KNOWN_DAYS} days before.`,
      rows: activity.newNetworks.map((_, place) => `network-${place}`),
      part: "activity",
    },
    {
      code: "running_grant",
      weight: "note",
      says: "Permissions that somebody holds for a time, beside their role.",
      rows: byId(grants),
      part: "grants",
    },
  ].map((one) => ({ ...one, count: one.rows.length }) as Finding);
  const gravity = ["alarm", "look", "note"];
  return found
    .filter(({ count }) => count > 0)
    .sort((one, other) => gravity.indexOf(one.weight) - gravity.indexOf(other.weight));
}

/** Whether somebody may change what others may: an owner, or by a permission to manage. */
export function isPowerful(
  { id, isOwner, roleId }: ReviewedPerson,
  { roles, grants }: Pick<Gathered, "roles" | "grants">,
): boolean {
  const held = [
    ...(roles.find((role) => role.id === roleId)?.permissions ?? []),
    ...grants.filter(({ userId }) => userId === id).map(({ permission }) => permission),
  ];
  return isOwner || held.some((permission) => permission.startsWith("manage_"));
}
