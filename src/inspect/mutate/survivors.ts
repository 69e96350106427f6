import type { Mutant } from "./mutants.ts";

/** Why a mutant that nobody noticed lets nothing across, or null if it cannot be said in advance. */
export function explain(mutant: Mutant): string | null {
  return EXPLANATIONS.find(([pattern]) => pattern.test(mutant.name))?.[1] ?? null;
}

const EXPLANATIONS: readonly (readonly [RegExp, string])[] = [
  [
    /^statistics again of every column of app\.(tenants|users)$/,
    "The wall leads to one row by the table's own key, so the planner expects one row, whatever it knows of the other columns.",
  ],
  [
    /^context\.open_seal\(text\): the backend is not checked$/,
    "The transaction's timestamp is checked too: two backends would have to begin in the same microsecond and know each other's seal.",
  ],
  [
    /^context\.open_seal\(text\): the expiry is not checked$/,
    "On one server a seal dies with its transaction; the expiry stands in for that where servers' clocks differ (Citus).",
  ],
  [
    /^using \(id = \( SELECT context\.unverified_\w+\(\).* on app\.(tenants|users)$/,
    "Half of this table's wall is left, which does not check the seal; every policy that lets somebody through it does.",
  ],
  [
    /^drop trigger receive_message on app\.messages$/,
    "It refuses blank messages and archived conversations, and moves the clock of a conversation that is the caller's own: nothing of it is about tenants.",
  ],
  [
    /^drop trigger announce on /,
    "It writes into the outbox of the tenant's own webhooks and refuses nothing. test/access/webhooks.test.ts asks for every event.",
  ],
  [
    /^drop trigger guard_erasure on audit\.events$/,
    "It holds whoever erases values of the trail to erasing them, and no caller erases. test/audit/erasure.test.ts asks for it.",
  ],
  [
    /^drop trigger guard_webhook_endpoint on /,
    "Within a tenant it says what is an event, how many endpoints there are, and who has to sign in afresh; the policies keep tenants apart. test/access/webhooks.test.ts asks for each.",
  ],
  [
    /^drop trigger guard_seats on app\.memberships$/,
    "The attack's tenants have as many seats as they like, and a limit is a tenant's own: nothing of it is about two. test/access/members.test.ts asks for it.",
  ],
  [
    /^drop trigger guard_keys on auth\.api_keys$/,
    "The attack's tenants have as many keys as they like, and a limit is a tenant's own: nothing of it is about two. test/tenants/settings.test.ts asks for it.",
  ],
  [
    /^drop trigger guard_second_factor on app\.tenants$/,
    "Within a tenant it says what takes a fresh sign-in; the attack's people have just signed in. test/tenants/settings.test.ts asks for it.",
  ],
  [
    /^drop trigger end_powers on app\.memberships$/,
    "Within a tenant it keeps teams and grants from waiting for whoever was removed, whom the door does not let in meanwhile. test/access/grants.test.ts asks for it.",
  ],
  [
    /^drop trigger notify_of_api_key on auth\.api_keys$/,
    "It tells the key's owner by mail and refuses nothing. test/mail/notices.test.ts asks for the mail.",
  ],
  [
    /^with check \(the wall\): "managers of users grant what they hold" on app\.grants$/,
    "The trigger guard_grant asks for the same permission again, and granted_by is granted to nobody for input. test/access/grants.test.ts asks for both.",
  ],
  [
    /^drop trigger end_support_where_off on app\.tenants$/,
    "The door asks for the setting itself, so support is out while it is off. The trigger keeps it out when it is on again: test/access/support.test.ts asks for that.",
  ],
  [
    /^with check \(the wall\): "people make keys of their own, managers of keys the tenant's" on auth\.api_keys$/,
    "The attack makes keys of the caller's own, which the policy permits; whose a key is, is no input. test/access/api_keys.test.ts asks who may make the tenant's own.",
  ],
  [
    /^context\.tenant_holding\(text\[\]\): /,
    "It says which roles of their own tenant somebody may change; the role that the attack changes is one that its delegate holds. test/access/roles.test.ts asks for the others.",
  ],
  [
    /^with check \(the wall\): "managers of roles change roles they hold" on app\.roles$/,
    "The row came through the policy's using, which asks for the same permission, and built_in is granted to nobody for input.",
  ],
  [
    /^with check \(the wall\): "leads bring people into their team, managers of teams into each" on app\.team_members$/,
    "The trigger guard_team_member asks for the team and the permission again. test/access/teams.test.ts asks for both.",
  ],
  [
    /^with check \(the wall\): "people say what they think of an answer" on app\.message_feedback$/,
    "The trigger guard_feedback lets nobody rate what they may not read, and whose a rating is, is no input. db/policy-matrix.md has who may.",
  ],
  [
    /^drop trigger place_document_part on app\.document_(versions|contents|chunks)$/,
    "No caller writes a part of a document: the trigger says for the definer's functions, and the attack's parts say it themselves, whose a part is. test/access/documents.test.ts reads parts that functions wrote.",
  ],
  [
    /^drop trigger carry_visibility on app\.documents$/,
    "It takes the parts along when a document is shown to others or to fewer; the attack looks at a document's parts without having changed it. test/documents/canaries.test.ts asks from the very next question on.",
  ],
  [
    /^drop trigger prepare_chunk on app\.document_chunks$/,
    "It makes the words and signs that a search looks for and refuses nothing. test/documents/retrieval.test.ts finds by them.",
  ],
  [
    /^drop trigger guard_storage on app\.document_versions$/,
    "The attack's tenants store as much as they like, and a limit is a tenant's own: nothing of it is about two. test/access/document_storage.test.ts asks for it.",
  ],
  [
    /^drop trigger (count_usage on app\.usage_events|count_feedback on app\.message_feedback)$/,
    "It adds figures up in the tenant's own rows and refuses nothing. test/access/analytics.test.ts asks for the sums.",
  ],
  [
    /^drop trigger open_budget on app\.budgets$/,
    "It counts what a tenant's new budget finds spent already. test/access/budgets.test.ts asks for it.",
  ],
  [
    /^drop trigger stem_question on app\.messages$/,
    "It lets questions be counted that are the same, and refuses nothing. test/access/frequent_questions.test.ts counts them.",
  ],
  [
    /^drop trigger prepare_curated_answer on app\.curated_answers$/,
    "Within a tenant it says what an answer may rest on; the policies keep tenants apart. test/chat/turns/curated.test.ts asks for each.",
  ],
  [
    /^drop trigger forget_memory on app\.memories$/,
    "It has a job read no more of what its person said before, and refuses nothing. test/chat/turns/memories.test.ts asks for it.",
  ],
];
