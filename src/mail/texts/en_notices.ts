import type { Notices } from "./text.ts";

const at = (date: Date): string =>
  `${date.toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" })} UTC`;
/** What whoever did not do it does then. */
const ALARM =
  "If it was not you, choose a new password at once (ask for it where you sign in), and sign out everywhere.";

export const enNotices: Notices = {
  second_factor_added: (facts) => ({
    subject: "Your account has a second factor",
    before: [`Since ${at(facts.at)} signing in to your account takes a code of an app beside the password.`],
    after: [ALARM],
  }),
  second_factor_removed: (facts) => ({
    subject: "The second factor of your account was removed",
    before: [`Since ${at(facts.at)} signing in takes no code any more. The recovery codes are worthless.`],
    after: [ALARM],
  }),
  recovery_code_used: (facts) => ({
    subject: "A recovery code was used",
    before: [
      `On ${at(facts.at)} somebody, probably you, used a recovery code of your account in place of the app's code. It does not work again.`,
      "If you have lost the app, remove the second factor and set up a new one: that also makes new codes.",
    ],
    after: [ALARM],
  }),
  new_device: (facts) => ({
    subject: "A sign-in from a new device",
    before: [
      `On ${at(facts.at)} somebody, probably you, signed in to your account at ${facts.service} from a browser or program that was not used for it before.`,
    ],
    after: [ALARM],
  }),
  api_key_created: (facts) => ({
    subject: "An API key was made",
    before: [
      `On ${at(facts.at)} an API key was made with your account. With it, programs act in your name, or in that of your company, until it is revoked.`,
    ],
    after: [`If it was not you, revoke it. ${ALARM}`],
  }),
  identity_linked: (facts) => ({
    subject: "Another account signs in to yours",
    before: [`Since ${at(facts.at)} you can also sign in to your account with one of another service.`],
    after: [`If it was not you, unlink it. ${ALARM}`],
  }),
  identity_unlinked: (facts) => ({
    subject: "An account does not sign in to yours any more",
    before: [`Since ${at(facts.at)} an account of another service does not sign in to yours any more.`],
    after: [ALARM],
  }),
  deletion_asked: (facts) => ({
    subject: "Your account is to be deleted",
    before: [
      `On ${at(facts.at)} somebody, probably you, asked for your account at ${facts.service} to be deleted. Until that is done, nobody can sign in to it, and its API keys are revoked.`,
      "If you want to keep it, or if it was not you, open this page:",
    ],
    button: "Keep my account",
    after: [
      "Link and code work until the account is erased, once. If you want it to be gone, you need not do anything. Never tell anybody the code.",
    ],
  }),
  deletion_withdrawn: (facts) => ({
    subject: "Your account stays",
    before: [
      `Since ${at(facts.at)} your account is not going to be deleted any more. Sign in as before. API keys that were revoked stay revoked.`,
    ],
    after: [
      "If it was not you who asked for it to be deleted, choose a new password at once: ask for it where you sign in.",
    ],
  }),
  deletion_postponed: (facts) => ({
    subject: "Your account is not deleted yet",
    before: [
      `Your account at ${facts.service} was to be deleted on ${at(facts.at)}, but you are the only owner of a company by now. We try again in a week.`,
      "To make somebody else an owner, keep your account with the link of our earlier mail, sign in, and then ask for it to be deleted again.",
    ],
    after: ["Or ask whoever runs the service for help."],
  }),
  account_deleted: (facts) => ({
    subject: "Your account was deleted",
    before: [
      `Your account at ${facts.service} was erased on ${at(facts.at)}, with what you wrote there. This is the last mail about it.`,
    ],
    after: ["You can sign up with this address again."],
  }),
  support_opened: (facts) => ({
    subject: "Support has entered your company",
    before: [
      `On ${at(facts.at)} whoever runs ${facts.service} entered a company of yours to help, for a limited time. You are told because you own it, or because they see it as you do.`,
      "Its admins see who, why and until when under supportAccesses, can end it at once, and can turn such visits off.",
    ],
    after: ["If nobody asked for help, ask whoever runs the service why."],
  }),
  retention_lowered: (facts) => ({
    subject: "A company of yours is to keep its audit trail for a shorter time",
    before: [
      `On ${at(facts.at)} somebody who manages a company that you own at ${facts.service} had its audit trail be kept for a shorter time than before. It counts in thirty days; until then nothing goes that would have stayed.`,
      "Its trail says who it was. Whoever manages the company can set it back at once: auditRetentionMonths.",
    ],
    after: [
      "If nobody of you wanted it, set it back, and ask whoever runs the service to place a legal hold.",
    ],
  }),
  tenant_deletion_asked: (facts) => ({
    subject: "A company of yours is to be deleted",
    before: [
      `On ${at(facts.at)} one of its owners asked for a company that you own at ${facts.service} to be deleted. Nobody gets in any more, and its API keys are revoked. When its grace is over, all that it has is erased.`,
      "If it is to stay, open this page:",
    ],
    button: "Keep the company",
    after: [
      "The link works until the company is erased, once. If it is to be gone, you need not do anything. If none of you asked for it, keep it, and let every owner choose a new password.",
    ],
  }),
  tenant_deletion_withdrawn: (facts) => ({
    subject: "A company of yours stays",
    before: [
      `Since ${at(facts.at)} a company that you own at ${facts.service} is not going to be deleted any more: one of its owners opened the link of our earlier mail. Sign in as before. API keys that were revoked stay revoked.`,
    ],
    after: ["If it is to be deleted after all, ask for it again."],
  }),
};
