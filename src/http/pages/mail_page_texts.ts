import type { MailPurpose } from "../../auth/mail_secrets.ts";
import type { LanguageTag } from "../../mail/compose.ts";

/** What the page of a mail's link says. */
export interface MailPageText {
  readonly title: string;
  readonly lead: string;
  readonly button: string;
  /** When it is done. */
  readonly done: string;
}

/** What every such page says, in one language. */
export interface MailPageTexts {
  readonly pages: Readonly<Record<MailPurpose, MailPageText>>;
  readonly email: string;
  readonly code: string;
  readonly name: string;
  readonly password: string;
  readonly passwordHint: string;
  readonly show: string;
  readonly noLink: string;
  readonly noScript: string;
  /** Where a link was asked for in another browser. */
  readonly elsewhere: Readonly<Partial<Record<MailPurpose, string>>>;
  /** By the code of the answer; of the others the answer's own sentence is shown. */
  readonly refusals: Readonly<Record<string, string>>;
  readonly unreachable: string;
}

const en: MailPageTexts = {
  pages: {
    register: {
      title: "Confirm your e-mail address",
      lead: "Choose the password of your new account. With it, and by pressing the button, you confirm that the address is yours.",
      button: "Confirm and set password",
      done: "Your address is confirmed and your password is set. You can sign in now.",
    },
    reset_password: {
      title: "Choose a new password",
      lead: "With it you can sign in again. Everywhere else you are signed out.",
      button: "Set password",
      done: "Your new password is set. You can sign in now.",
    },
    sign_in: {
      title: "Sign in",
      lead: "Press the button to sign in with this browser.",
      button: "Sign in",
      done: "You are signed in.",
    },
    change_email: {
      title: "Confirm your new e-mail address",
      lead: "Press the button to use this address for your account from now on.",
      button: "Use this address",
      done: "Your e-mail address is changed.",
    },
    restore_account: {
      title: "Keep your account",
      lead: "It was to be deleted. Press the button, and it stays.",
      button: "Keep my account",
      done: "Your account stays. You can sign in now.",
    },
    restore_tenant: {
      title: "Keep the company",
      lead: "It was to be deleted. Press the button, and it stays.",
      button: "Keep the company",
      done: "The company stays. You can sign in to it now; its API keys are made anew.",
    },
    invitation: {
      title: "Accept the invitation",
      lead: "You have no account yet? Choose your name and password here. If you have one, sign in with it in your application and accept there.",
      button: "Accept",
      done: "You are a member now, and your password is set. You can sign in.",
    },
  },
  email: "E-mail address",
  code: "Six digits from the mail",
  name: "Your name",
  password: "Password",
  passwordHint: "At least 15 characters. A few words that do not belong together are easy to remember.",
  show: "Show it",
  noLink: "There is no link here: type the address and the six digits of the mail.",
  noScript: "This page needs JavaScript.",
  elsewhere: {
    register:
      "The account was asked for in another browser. Open the link there, or type the six digits where you chat.",
    sign_in:
      "The link was asked for in another browser. Open it there, or type the address and the six digits of the mail here.",
    change_email:
      "The change was asked for in another browser. Open the link there, or type the six digits where you are signed in.",
  },
  refusals: {
    invalid_verification_token:
      "This link or code was used, has expired, was replaced by a newer one, or is wrong.",
    too_many_attempts: "Too many codes were tried. Wait a while, or open the link of the mail.",
    invitation_needs_sign_in:
      "This address has an account. Sign in with it in your application, and accept there.",
    inviter_lost_right: "Whoever invited you may not any more. Ask the company for another invitation.",
    seats_taken: "The company has no seat left. Ask it to make room; the link stays good.",
    way_not_allowed:
      "This company's people sign in with another service. Sign in with it in your application, and accept there.",
    registration_closed: "Nobody gets an account here at present. Ask whoever runs the service.",
    registration_invited: "Only who is invited gets an account here. Ask whoever runs the service.",
  },
  unreachable: "The server could not be reached. Try again.",
};

const de: MailPageTexts = {
  pages: {
    register: {
      title: "Bestätigen Sie Ihre E-Mail-Adresse",
      lead: "Wählen Sie das Passwort Ihres neuen Kontos. Damit, und mit dem Knopfdruck, bestätigen Sie, dass die Adresse Ihnen gehört.",
      button: "Bestätigen und Passwort setzen",
      done: "Ihre Adresse ist bestätigt und Ihr Passwort gesetzt. Sie können sich jetzt anmelden.",
    },
    reset_password: {
      title: "Wählen Sie ein neues Passwort",
      lead: "Damit können Sie sich wieder anmelden. Überall sonst werden Sie abgemeldet.",
      button: "Passwort setzen",
      done: "Ihr neues Passwort ist gesetzt. Sie können sich jetzt anmelden.",
    },
    sign_in: {
      title: "Anmelden",
      lead: "Drücken Sie den Knopf, um sich in diesem Browser anzumelden.",
      button: "Anmelden",
      done: "Sie sind angemeldet.",
    },
    change_email: {
      title: "Bestätigen Sie Ihre neue E-Mail-Adresse",
      lead: "Drücken Sie den Knopf, um diese Adresse ab jetzt für Ihr Konto zu verwenden.",
      button: "Diese Adresse verwenden",
      done: "Ihre E-Mail-Adresse ist geändert.",
    },
    restore_account: {
      title: "Behalten Sie Ihr Konto",
      lead: "Es sollte gelöscht werden. Drücken Sie den Knopf, und es bleibt.",
      button: "Mein Konto behalten",
      done: "Ihr Konto bleibt. Sie können sich jetzt anmelden.",
    },
    restore_tenant: {
      title: "Die Firma behalten",
      lead: "Sie sollte gelöscht werden. Drücken Sie den Knopf, und sie bleibt.",
      button: "Die Firma behalten",
      done: "Die Firma bleibt. Sie können sich jetzt dort anmelden; API-Schlüssel braucht sie neue.",
    },
    invitation: {
      title: "Einladung annehmen",
      lead: "Sie haben noch kein Konto? Wählen Sie hier Ihren Namen und Ihr Passwort. Falls Sie eines haben, melden Sie sich in Ihrer Anwendung damit an und nehmen dort an.",
      button: "Annehmen",
      done: "Sie gehören jetzt dazu, und Ihr Passwort ist gesetzt. Sie können sich anmelden.",
    },
  },
  email: "E-Mail-Adresse",
  code: "Sechs Ziffern aus der E-Mail",
  name: "Ihr Name",
  password: "Passwort",
  passwordHint: "Mindestens 15 Zeichen. Ein paar Wörter, die nicht zusammengehören, merkt man sich leicht.",
  show: "Anzeigen",
  noLink: "Hier fehlt der Link: Geben Sie die Adresse und die sechs Ziffern aus der E-Mail ein.",
  noScript: "Diese Seite braucht JavaScript.",
  elsewhere: {
    register:
      "Das Konto wurde in einem anderen Browser angefordert. Öffnen Sie den Link dort, oder geben Sie die sechs Ziffern ein, wo Sie schreiben.",
    sign_in:
      "Der Link wurde in einem anderen Browser angefordert. Öffnen Sie ihn dort, oder geben Sie hier die Adresse und die sechs Ziffern aus der E-Mail ein.",
    change_email:
      "Die Änderung wurde in einem anderen Browser angefordert. Öffnen Sie den Link dort, oder geben Sie die sechs Ziffern ein, wo Sie angemeldet sind.",
  },
  refusals: {
    invalid_verification_token:
      "Dieser Link oder Code wurde benutzt, ist abgelaufen, wurde durch einen neueren ersetzt oder ist falsch.",
    too_many_attempts:
      "Es wurden zu viele Codes versucht. Warten Sie eine Weile, oder öffnen Sie den Link der E-Mail.",
    invitation_needs_sign_in:
      "Diese Adresse hat ein Konto. Melden Sie sich in Ihrer Anwendung damit an, und nehmen Sie dort an.",
    inviter_lost_right:
      "Wer Sie eingeladen hat, darf das nicht mehr. Bitten Sie die Firma um eine neue Einladung.",
    seats_taken: "Die Firma hat keinen Platz mehr. Bitten Sie sie um einen; der Link bleibt gültig.",
    way_not_allowed:
      "Wer zu dieser Firma gehört, meldet sich bei einem anderen Dienst an. Melden Sie sich damit in Ihrer Anwendung an, und nehmen Sie dort an.",
    registration_closed: "Zurzeit bekommt hier niemand ein Konto. Fragen Sie, wer den Dienst betreibt.",
    registration_invited:
      "Ein Konto bekommt hier nur, wer eingeladen ist. Fragen Sie, wer den Dienst betreibt.",
    weak_password: "Dieses Passwort ist zu kurz oder zu leicht zu erraten. Nehmen Sie mindestens 15 Zeichen.",
  },
  unreachable: "Der Server ist nicht zu erreichen. Versuchen Sie es noch einmal.",
};

export const mailPageTexts: Readonly<Record<LanguageTag, MailPageTexts>> = { en, de };
