import { enNotices } from "./en_notices.ts";
import type { Language, MailFacts } from "./text.ts";

const when = ({ at }: MailFacts): string =>
  `${at.toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" })} UTC`;

export const en: Language = {
  code: "Or type this code where you are asked for it:",
  link: "If the button does not work, open this address:",
  mails: {
    verify_email: () => ({
      subject: "Confirm your e-mail address",
      before: [
        "Somebody, probably you, signed up with this e-mail address.",
        "To confirm that it is yours, open this page and choose your password there:",
      ],
      button: "Confirm and choose a password",
      after: [
        "Link and code work for 24 hours, once. If it was not you, ignore this mail: without it, no account is made.",
      ],
    }),
    guest_upgrade: () => ({
      subject: "Keep your conversations",
      before: [
        "Somebody, probably you, has chatted as a guest and wants an account with this e-mail address.",
        "To confirm that it is yours, open this page in the browser in which you asked, and choose your password there:",
      ],
      button: "Confirm and choose a password",
      after: [
        "Link and code work for an hour, once. If it was not you, ignore this mail, and never tell anybody the code: without it, no account is made.",
      ],
    }),
    account_exists: ({ service }) => ({
      subject: "You already have an account",
      before: [
        `Somebody, probably you, signed up at ${service} with this e-mail address.`,
        "It belongs to an account already, so nothing was changed: sign in with the password you chose, or ask for a new one.",
      ],
      after: ["If it was not you, you need not do anything."],
    }),
    reset_password: () => ({
      subject: "Choose a new password",
      before: [
        "Somebody, probably you, asked for a new password for your account.",
        "To choose one, open this page:",
      ],
      button: "Choose a new password",
      after: [
        "Link and code work for 30 minutes, once, and you are signed out everywhere then. If it was not you, ignore this mail: your password stays as it is. Never tell anybody the code.",
      ],
    }),
    no_account: ({ service }) => ({
      subject: "There is no account with this address",
      before: [
        `Somebody, probably you, wanted to come in at ${service} with this e-mail address.`,
        "No account has it. Perhaps you signed up with another address; or sign up with this one.",
      ],
      after: ["If it was not you, you need not do anything."],
    }),
    sign_in: () => ({
      subject: "Your link to sign in",
      before: ["Open this page in the browser in which you asked for the link:"],
      button: "Sign in",
      after: [
        "Link and code work for 15 minutes, once. If you did not ask for them, ignore this mail, and never tell anybody the code.",
      ],
    }),
    change_email: () => ({
      subject: "Confirm your new e-mail address",
      before: [
        "Somebody, probably you, wants to use this e-mail address for their account.",
        "To confirm that it is yours, open this page in the browser in which you asked for the change:",
      ],
      button: "Use this address",
      after: [
        "Link and code work for an hour, once. If it was not you, ignore this mail: nothing is changed without it.",
      ],
    }),
    email_taken: () => ({
      subject: "You already use this address",
      before: [
        "Somebody, probably you, wants to use this e-mail address for an account. It belongs to one already, so nothing was changed.",
      ],
      after: ["If it was not you, you need not do anything."],
    }),
    password_changed: (facts) => ({
      subject: "Your password was changed",
      before: [`The password of your account was changed on ${when(facts)}. Other devices were signed out.`],
      after: ["If it was not you, choose a new one at once: ask for it where you sign in."],
    }),
    email_changed: (facts) => ({
      subject: "Your e-mail address was changed",
      before: [
        `Your account at ${facts.service} has a new e-mail address since ${when(facts)}. This one is not used any more.`,
      ],
      after: ["If it was not you, tell whoever runs the service at once."],
    }),
    invitation: ({ service }) => ({
      subject: "You are invited",
      before: [
        `Whoever runs ${service} invites you to have an account there, with this e-mail address.`,
        "To accept, open this page and choose your password there:",
      ],
      button: "Accept and choose a password",
      after: [
        "Link and code work for a week, once. If you do not want an account, ignore this mail: without it, none is made.",
      ],
    }),
    password_removed: ({ service }) => ({
      subject: "Your password was removed",
      before: [
        `Whoever runs ${service} removed the password of your account and signed you out everywhere, perhaps because you asked for it.`,
        "To choose a new one, open this page:",
      ],
      button: "Set a new password",
      after: [
        "Link and code work for a day, once; after that, ask for a new password where you sign in. Never tell anybody the code, not even whoever runs the service.",
      ],
    }),
    passkey_added: (facts) => ({
      subject: "A passkey was added to your account",
      before: [
        `A passkey was added to your account at ${facts.service} on ${when(facts)}. Whoever has its device can sign in with it.`,
      ],
      after: [
        "If it was not you, remove it at once where you manage your account, sign out everywhere, and choose a new password.",
      ],
    }),
    passkey_removed: (facts) => ({
      subject: "A passkey was removed from your account",
      before: [
        `A passkey of your account at ${facts.service} was removed on ${when(facts)}. It does not sign you in any more.`,
      ],
      after: ["If it was not you, sign out everywhere and choose a new password at once."],
    }),
    webhook_disabled: (facts) => ({
      subject: "A webhook was switched off",
      before: [
        `An address that ${facts.service} tells of events in your company has taken none for days, or answered that it is gone. It was switched off on ${when(facts)}.`,
      ],
      after: [
        "What it was not told is kept for thirty days. Whoever manages your company's webhooks can see which it is, switch it on again and have everything sent once more.",
      ],
    }),
    audit_stream_disabled: (facts) => ({
      subject: "Your audit trail is not sent any more",
      before: [
        `An address to which ${facts.service} sends the audit trail of your company has taken nothing for days, or answered that it is gone. It was switched off on ${when(facts)}.`,
      ],
      after: [
        "Nothing is lost. Whoever manages your company and reads its trail can see which address it is, and switch it on again: it goes on with the first event that was not taken.",
      ],
    }),
    tenant_invitation: ({ service }) => ({
      subject: "You are invited to join a company",
      before: [
        `A company that uses ${service} invites you to join it there, with this e-mail address.`,
        "To accept, open this page. If you have no account yet, you choose your name and password there:",
      ],
      button: "Accept the invitation",
      after: [
        "The link works once, for as long as the company said, a month at most. If you do not want to join, ignore this mail: nothing happens without it.",
      ],
    }),
    ...enNotices,
  },
};
