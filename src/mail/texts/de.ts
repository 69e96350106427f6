import { deNotices } from "./de_notices.ts";
import type { Language, MailFacts } from "./text.ts";

const when = ({ at }: MailFacts): string =>
  `${at.toLocaleString("de-DE", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" })} Uhr (UTC)`;

export const de: Language = {
  code: "Oder geben Sie diesen Code ein, wo danach gefragt wird:",
  link: "Wenn die Schaltfläche nicht funktioniert, öffnen Sie diese Adresse:",
  mails: {
    verify_email: () => ({
      subject: "Bestätigen Sie Ihre E-Mail-Adresse",
      before: [
        "Jemand, vermutlich Sie, hat sich mit dieser E-Mail-Adresse registriert.",
        "Um zu bestätigen, dass sie Ihnen gehört, öffnen Sie diese Seite und wählen dort Ihr Passwort:",
      ],
      button: "Bestätigen und Passwort wählen",
      after: [
        "Link und Code gelten 24 Stunden, einmal. Falls Sie es nicht waren, ignorieren Sie diese E-Mail: Ohne sie entsteht kein Konto.",
      ],
    }),
    guest_upgrade: () => ({
      subject: "Behalten Sie Ihre Gespräche",
      before: [
        "Jemand, vermutlich Sie, hat als Gast geschrieben und möchte mit dieser E-Mail-Adresse ein Konto.",
        "Um zu bestätigen, dass sie Ihnen gehört, öffnen Sie diese Seite in dem Browser, in dem Sie das Konto angefordert haben, und wählen dort Ihr Passwort:",
      ],
      button: "Bestätigen und Passwort wählen",
      after: [
        "Link und Code gelten eine Stunde, einmal. Falls Sie es nicht waren, ignorieren Sie diese E-Mail, und nennen Sie den Code niemandem: Ohne sie entsteht kein Konto.",
      ],
    }),
    account_exists: ({ service }) => ({
      subject: "Sie haben schon ein Konto",
      before: [
        `Jemand, vermutlich Sie, hat sich bei ${service} mit dieser E-Mail-Adresse registriert.`,
        "Sie gehört schon zu einem Konto, daher wurde nichts geändert: Melden Sie sich mit Ihrem Passwort an, oder fordern Sie ein neues an.",
      ],
      after: ["Falls Sie es nicht waren, müssen Sie nichts tun."],
    }),
    reset_password: () => ({
      subject: "Wählen Sie ein neues Passwort",
      before: [
        "Jemand, vermutlich Sie, hat ein neues Passwort für Ihr Konto angefordert.",
        "Um eines zu wählen, öffnen Sie diese Seite:",
      ],
      button: "Neues Passwort wählen",
      after: [
        "Link und Code gelten 30 Minuten, einmal; danach sind Sie überall abgemeldet. Falls Sie es nicht waren, ignorieren Sie diese E-Mail: Ihr Passwort bleibt, wie es ist. Nennen Sie den Code niemandem.",
      ],
    }),
    no_account: ({ service }) => ({
      subject: "Zu dieser Adresse gibt es kein Konto",
      before: [
        `Jemand, vermutlich Sie, wollte sich bei ${service} mit dieser E-Mail-Adresse anmelden.`,
        "Kein Konto hat sie. Vielleicht haben Sie sich mit einer anderen Adresse registriert; oder Sie registrieren sich mit dieser.",
      ],
      after: ["Falls Sie es nicht waren, müssen Sie nichts tun."],
    }),
    sign_in: () => ({
      subject: "Ihr Link zum Anmelden",
      before: ["Öffnen Sie diese Seite in dem Browser, in dem Sie den Link angefordert haben:"],
      button: "Anmelden",
      after: [
        "Link und Code gelten 15 Minuten, einmal. Falls Sie sie nicht angefordert haben, ignorieren Sie diese E-Mail, und nennen Sie den Code niemandem.",
      ],
    }),
    change_email: () => ({
      subject: "Bestätigen Sie Ihre neue E-Mail-Adresse",
      before: [
        "Jemand, vermutlich Sie, möchte diese E-Mail-Adresse für sein Konto verwenden.",
        "Um zu bestätigen, dass sie Ihnen gehört, öffnen Sie diese Seite in dem Browser, in dem Sie die Änderung angefordert haben:",
      ],
      button: "Diese Adresse verwenden",
      after: [
        "Link und Code gelten eine Stunde, einmal. Falls Sie es nicht waren, ignorieren Sie diese E-Mail: Ohne sie wird nichts geändert.",
      ],
    }),
    email_taken: () => ({
      subject: "Sie verwenden diese Adresse schon",
      before: [
        "Jemand, vermutlich Sie, möchte diese E-Mail-Adresse für ein Konto verwenden. Sie gehört schon zu einem, daher wurde nichts geändert.",
      ],
      after: ["Falls Sie es nicht waren, müssen Sie nichts tun."],
    }),
    password_changed: (facts) => ({
      subject: "Ihr Passwort wurde geändert",
      before: [`Das Passwort Ihres Kontos wurde geändert: ${when(facts)}. Andere Geräte wurden abgemeldet.`],
      after: ["Falls Sie es nicht waren, fordern Sie sofort ein neues an, dort, wo Sie sich anmelden."],
    }),
    email_changed: (facts) => ({
      subject: "Ihre E-Mail-Adresse wurde geändert",
      before: [
        `Ihr Konto bei ${facts.service} hat eine neue E-Mail-Adresse: ${when(facts)}. Diese wird nicht mehr verwendet.`,
      ],
      after: ["Falls Sie es nicht waren, melden Sie sich sofort bei denen, die den Dienst betreiben."],
    }),
    invitation: ({ service }) => ({
      subject: "Sie sind eingeladen",
      before: [
        `Wer ${service} betreibt, lädt Sie ein, dort mit dieser E-Mail-Adresse ein Konto zu haben.`,
        "Um anzunehmen, öffnen Sie diese Seite und wählen dort Ihr Passwort:",
      ],
      button: "Annehmen und Passwort wählen",
      after: [
        "Link und Code gelten eine Woche, einmal. Falls Sie kein Konto möchten, ignorieren Sie diese E-Mail: Ohne sie entsteht keines.",
      ],
    }),
    password_removed: ({ service }) => ({
      subject: "Ihr Passwort wurde entfernt",
      before: [
        `Wer ${service} betreibt, hat das Passwort Ihres Kontos entfernt und Sie überall abgemeldet, vielleicht auf Ihren Wunsch.`,
        "Um ein neues zu wählen, öffnen Sie diese Seite:",
      ],
      button: "Neues Passwort setzen",
      after: [
        "Link und Code gelten einen Tag, einmal; danach fordern Sie ein neues Passwort an, wo Sie sich anmelden. Nennen Sie den Code niemandem, auch nicht denen, die den Dienst betreiben.",
      ],
    }),
    passkey_added: (facts) => ({
      subject: "Ihr Konto hat einen neuen Passkey",
      before: [
        `Zu Ihrem Konto bei ${facts.service} wurde ein Passkey hinzugefügt: ${when(facts)}. Wer sein Gerät hat, kann sich damit anmelden.`,
      ],
      after: [
        "Falls Sie es nicht waren, entfernen Sie ihn sofort, dort, wo Sie Ihr Konto verwalten, melden Sie sich überall ab und wählen Sie ein neues Passwort.",
      ],
    }),
    passkey_removed: (facts) => ({
      subject: "Ein Passkey Ihres Kontos wurde entfernt",
      before: [
        `Ein Passkey Ihres Kontos bei ${facts.service} wurde entfernt: ${when(facts)}. Er meldet Sie nicht mehr an.`,
      ],
      after: [
        "Falls Sie es nicht waren, melden Sie sich überall ab und wählen Sie sofort ein neues Passwort.",
      ],
    }),
    webhook_disabled: (facts) => ({
      subject: "Ein Webhook wurde abgeschaltet",
      before: [
        `Eine Adresse, der ${facts.service} Ereignisse in Ihrem Unternehmen meldet, hat seit Tagen keines angenommen oder geantwortet, dass es sie nicht mehr gibt. Sie wurde abgeschaltet: ${when(facts)}.`,
      ],
      after: [
        "Was ihr nicht gemeldet wurde, wird dreißig Tage aufgehoben. Wer die Webhooks Ihres Unternehmens verwaltet, sieht, welche es ist, und kann sie wieder einschalten und alles noch einmal senden lassen.",
      ],
    }),
    audit_stream_disabled: (facts) => ({
      subject: "Ihr Audit-Protokoll wird nicht mehr gesendet",
      before: [
        `Eine Adresse, an die ${facts.service} das Audit-Protokoll Ihres Unternehmens sendet, hat seit Tagen nichts angenommen oder geantwortet, dass es sie nicht mehr gibt. Sie wurde abgeschaltet: ${when(facts)}.`,
      ],
      after: [
        "Es ist nichts verloren. Wer Ihr Unternehmen verwaltet und sein Protokoll liest, sieht, welche Adresse es ist, und kann sie wieder einschalten: Es geht mit dem ersten Ereignis weiter, das nicht angenommen wurde.",
      ],
    }),
    tenant_invitation: ({ service }) => ({
      subject: "Eine Firma lädt Sie ein",
      before: [
        `Eine Firma, die ${service} benutzt, lädt Sie ein, dort mit dieser E-Mail-Adresse dazuzugehören.`,
        "Um anzunehmen, öffnen Sie diese Seite. Falls Sie noch kein Konto haben, wählen Sie dort Ihren Namen und Ihr Passwort:",
      ],
      button: "Einladung annehmen",
      after: [
        "Der Link gilt einmal, so lange, wie die Firma es festgelegt hat, höchstens einen Monat. Falls Sie nicht dazugehören möchten, ignorieren Sie diese E-Mail: Ohne sie geschieht nichts.",
      ],
    }),
    ...deNotices,
  },
};
