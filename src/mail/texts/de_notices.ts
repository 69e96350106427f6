import type { Notices } from "./text.ts";

const at = (date: Date): string =>
  `${date.toLocaleString("de-DE", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" })} UTC`;
/** What whoever did not do it does then. */
const ALARM =
  "Falls Sie es nicht waren, wählen Sie sofort ein neues Passwort (fordern Sie es an, wo Sie sich anmelden), und melden Sie sich überall ab.";

export const deNotices: Notices = {
  second_factor_added: (facts) => ({
    subject: "Ihr Konto hat einen zweiten Faktor",
    before: [
      `Wer sich in Ihrem Konto anmeldet, braucht seit ${at(facts.at)} neben dem Passwort den Code einer App.`,
    ],
    after: [ALARM],
  }),
  second_factor_removed: (facts) => ({
    subject: "Der zweite Faktor Ihres Kontos wurde entfernt",
    before: [
      `Zum Anmelden braucht es seit ${at(facts.at)} keinen Code mehr. Die Wiederherstellungscodes sind wertlos.`,
    ],
    after: [ALARM],
  }),
  recovery_code_used: (facts) => ({
    subject: "Ein Wiederherstellungscode wurde benutzt",
    before: [
      `Jemand, vermutlich Sie, hat statt des Codes der App einen Wiederherstellungscode Ihres Kontos benutzt: ${at(facts.at)}. Er gilt nicht noch einmal.`,
      "Falls Sie die App verloren haben, entfernen Sie den zweiten Faktor und richten Sie einen neuen ein: Dabei entstehen auch neue Codes.",
    ],
    after: [ALARM],
  }),
  new_device: (facts) => ({
    subject: "Eine Anmeldung von einem neuen Gerät",
    before: [
      `Jemand, vermutlich Sie, hat sich in Ihrem Konto bei ${facts.service} mit einem Browser oder Programm angemeldet, das dafür noch nicht verwendet wurde: ${at(facts.at)}.`,
    ],
    after: [ALARM],
  }),
  api_key_created: (facts) => ({
    subject: "Ein API-Schlüssel wurde erstellt",
    before: [
      `Mit Ihrem Konto wurde ein API-Schlüssel erstellt: ${at(facts.at)}. Damit handeln Programme in Ihrem Namen oder in dem Ihrer Firma, bis er widerrufen wird.`,
    ],
    after: [`Falls Sie es nicht waren, widerrufen Sie ihn. ${ALARM}`],
  }),
  identity_linked: (facts) => ({
    subject: "Ein weiteres Konto meldet Sie an",
    before: [`Sie können sich seit ${at(facts.at)} auch mit einem Konto eines anderen Dienstes anmelden.`],
    after: [`Falls Sie es nicht waren, trennen Sie die Verbindung. ${ALARM}`],
  }),
  identity_unlinked: (facts) => ({
    subject: "Ein Konto meldet Sie nicht mehr an",
    before: [`Ein Konto eines anderen Dienstes meldet Sie seit ${at(facts.at)} nicht mehr an.`],
    after: [ALARM],
  }),
  deletion_asked: (facts) => ({
    subject: "Ihr Konto soll gelöscht werden",
    before: [
      `Jemand, vermutlich Sie, hat verlangt, dass Ihr Konto bei ${facts.service} gelöscht wird: ${at(facts.at)}. Bis dahin kann sich niemand darin anmelden, und seine API-Schlüssel sind widerrufen.`,
      "Wenn Sie es behalten wollen, oder falls Sie es nicht waren, öffnen Sie diese Seite:",
    ],
    button: "Mein Konto behalten",
    after: [
      "Link und Code gelten, bis das Konto gelöscht ist, einmal. Wenn es gelöscht werden soll, müssen Sie nichts tun. Nennen Sie den Code niemandem.",
    ],
  }),
  deletion_withdrawn: (facts) => ({
    subject: "Ihr Konto bleibt",
    before: [
      `Ihr Konto wird nicht mehr gelöscht: ${at(facts.at)}. Melden Sie sich an wie bisher. Widerrufene API-Schlüssel bleiben widerrufen.`,
    ],
    after: [
      "Falls nicht Sie das Löschen verlangt haben, wählen Sie sofort ein neues Passwort: Fordern Sie es an, wo Sie sich anmelden.",
    ],
  }),
  deletion_postponed: (facts) => ({
    subject: "Ihr Konto ist noch nicht gelöscht",
    before: [
      `Ihr Konto bei ${facts.service} sollte gelöscht werden (${at(facts.at)}), aber inzwischen gehört eine Firma Ihnen allein. Wir versuchen es in einer Woche noch einmal.`,
      "Um jemand anderen zum Eigentümer zu machen, behalten Sie Ihr Konto mit dem Link unserer früheren E-Mail, melden Sie sich an, und verlangen Sie danach noch einmal, dass es gelöscht wird.",
    ],
    after: ["Oder bitten Sie die um Hilfe, die den Dienst betreiben."],
  }),
  account_deleted: (facts) => ({
    subject: "Ihr Konto wurde gelöscht",
    before: [
      `Ihr Konto bei ${facts.service} wurde gelöscht (${at(facts.at)}), mit dem, was Sie dort geschrieben haben. Dies ist die letzte E-Mail dazu.`,
    ],
    after: ["Sie können sich mit dieser Adresse wieder registrieren."],
  }),
  support_opened: (facts) => ({
    subject: "Der Support ist in Ihrer Firma",
    before: [
      `Die Betreiber von ${facts.service} haben für begrenzte Zeit eine Firma von Ihnen betreten, um zu helfen: ${at(facts.at)}. Sie erfahren es, weil sie Ihnen gehört oder weil man sie dort sieht wie Sie.`,
      "Wer es ist, warum und bis wann, steht für die Administratoren unter supportAccesses. Sie können es sofort beenden und solche Besuche abstellen.",
    ],
    after: ["Falls niemand um Hilfe gebeten hat, fragen Sie die Betreiber nach dem Grund."],
  }),
  retention_lowered: (facts) => ({
    subject: "Eine Firma von Ihnen soll ihr Protokoll kürzer aufbewahren",
    before: [
      `Jemand, der eine Firma von Ihnen bei ${facts.service} verwaltet, lässt deren Protokoll kürzer aufbewahren als bisher: ${at(facts.at)}. Das gilt in dreißig Tagen; bis dahin geht nichts, was geblieben wäre.`,
      "Wer es war, steht im Protokoll. Wer die Firma verwaltet, kann es sofort zurücknehmen: auditRetentionMonths.",
    ],
    after: [
      "Falls es niemand von Ihnen wollte, nehmen Sie es zurück, und bitten Sie die Betreiber um eine Aufbewahrungssperre (legal hold).",
    ],
  }),
  tenant_deletion_asked: (facts) => ({
    subject: "Eine Firma von Ihnen soll gelöscht werden",
    before: [
      `Jemand, dem sie gehört, hat verlangt, dass eine Firma von Ihnen bei ${facts.service} gelöscht wird: ${at(facts.at)}. Niemand kommt mehr hinein, und ihre API-Schlüssel sind widerrufen. Nach Ablauf der Frist wird alles gelöscht, was sie hat.`,
      "Wenn sie bleiben soll, öffnen Sie diese Seite:",
    ],
    button: "Die Firma behalten",
    after: [
      "Der Link gilt, bis die Firma gelöscht ist, einmal. Wenn sie gelöscht werden soll, müssen Sie nichts tun. Falls niemand von Ihnen es verlangt hat, behalten Sie sie, und lassen Sie alle, denen sie gehört, ein neues Passwort wählen.",
    ],
  }),
  tenant_deletion_withdrawn: (facts) => ({
    subject: "Eine Firma von Ihnen bleibt",
    before: [
      `Eine Firma von Ihnen bei ${facts.service} wird nicht mehr gelöscht: ${at(facts.at)}. Jemand, dem sie gehört, hat den Link unserer früheren E-Mail geöffnet. Melden Sie sich an wie bisher. Widerrufene API-Schlüssel bleiben widerrufen.`,
    ],
    after: ["Falls sie doch gelöscht werden soll, verlangen Sie es noch einmal."],
  }),
};
