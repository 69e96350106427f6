import type { Message } from "./mailer.ts";

// What strangers can have mailed to an address says nothing that they chose: no name, no company.

/** Where a verification link leads. The secret is in the fragment, which no server log and no Referer sees. */
export function verificationLink(publicUrl: string, token: string): string {
  return `${publicUrl}/auth/email/verify#token=${token}`;
}

export function verificationMessage(to: string, link: string): Message {
  return {
    to,
    link,
    subject: "Confirm your e-mail address",
    text: `Somebody, probably you, signed up with this e-mail address.

To confirm it, open this page and press the button:

${link}

The link works for 24 hours, once. If it was not you, ignore this mail: without the link, no account
is made.
`,
  };
}

export function accountExistsMessage(to: string, publicUrl: string): Message {
  return {
    to,
    subject: "You already have an account",
    text: `Somebody, probably you, signed up at ${publicUrl} with this e-mail address.

It belongs to an account already, so nothing was changed: sign in with the password you chose.
If it was not you, you need not do anything.
`,
  };
}
