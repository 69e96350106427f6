/** A question and the passage that answers it. */
export interface Asked {
  readonly question: string;
  readonly answer: string;
}

/**
 * What the tests know of meaning: words of a line mean the same. It stands in for a model that no package brings, so that
 * questions in other words than their answer's can be asked.
 */
const THESAURUS = `
  holiday holidays vacation leave off
  salary pay wage paid wages remuneration
  ill sick illness sickness unwell
  child baby children newborn parental parent
  car vehicle driving drive parking
  train railway rail travel trip journey flight fly
  hotel accommodation overnight room
  expense expenses costs refund reimbursed reimbursement money
  computer laptop notebook machine device
  password passphrase credential secret login
  thief stolen theft lost missing
  fire alarm emergency evacuation burning
  visitor visitors guest guests
  door entrance key badge access
  home remote telework
  hours time working schedule shift
  quit resign notice resignation termination leaving
  client customer customers buyer
  complaint complaints unhappy angry
  price prices discount rebate cheaper
  invoice bill billing invoices
  supplier vendor vendors suppliers
  meeting meetings conference
  food lunch canteen eat meal
  course training learn education seminar
  boss manager supervisor superior
  colleague bullying harassment harassed
  printer print printing paper
  phone telephone mobile call
  backup restore recovery copies
`
  .trim()
  .split("\n")
  .map((line) => line.trim().split(" "));

const DIMENSIONS = 64;

/** Nearness of meaning as the thesaurus has it. Of names and numbers it knows nothing, as models know little. */
export function meaning(text: string): number[] {
  const sum = Array.from({ length: DIMENSIONS }, (_, at) => Math.sin(at + 1) / 50);
  for (const word of text.toLowerCase().match(/[a-z]+/g) ?? []) {
    const line = THESAURUS.findIndex((words) => words.includes(word));
    if (line < 0) continue;
    sum[line * 2]! += 1;
    sum[line * 2 + 1]! -= 1;
  }
  return sum;
}

/** Passages of a handbook: questions come in its own words, in others, or by a name. */
export const handbook: readonly Asked[] = [
  ["How much vacation do I get?", "Every employee has thirty days of leave each year."],
  ["When is my wage transferred?", "Salary arrives on the last working day of a month."],
  [
    "I feel unwell, what now?",
    "Who is sick tells the team before nine and brings a certificate on day three.",
  ],
  ["We expect a baby", "Parental leave lasts up to fourteen months, shared between both parents."],
  ["Where can I leave my vehicle?", "Parking in the garage needs a sticker from the reception."],
  [
    "Which class may I book on the railway?",
    "A train is booked in second class, and six weeks ahead where possible.",
  ],
  ["Accommodation limit per night?", "A hotel may cost up to 140 euros, breakfast included."],
  ["How do I get my money back?", "Expenses are reimbursed within two weeks of handing in receipts."],
  ["Which notebook will I receive?", "A new laptop is replaced after four years of service."],
  ["Rules for a passphrase", "A password has at least fourteen characters and is never shared."],
  ["My device is missing", "A stolen computer is reported to security within one hour."],
  ["Something is burning", "On a fire alarm everybody walks to the meeting point behind building B."],
  ["May guests walk around alone?", "Visitors wear a badge and are accompanied at all times."],
  ["The entrance does not open", "The door opens with a badge between six and twenty-two."],
  ["Can I telework?", "Remote work is agreed with the team, up to three days a week."],
  ["When do I have to be there?", "Core hours are from ten to fifteen; the rest is a matter of the shift."],
  ["I want to resign", "The notice period is three months to the end of a quarter."],
  ["An angry buyer called", "Complaints of customers are answered within one day by support."],
  ["Can we make it cheaper?", "A discount above ten percent is approved by sales."],
  ["Bill without an order number", "An invoice without purchase order goes back to its sender."],
  ["New vendors", "A supplier is entered after the compliance questionnaire is complete."],
  [
    "How do I reserve for a conference?",
    "Meetings are booked in the calendar, with the big screen on request.",
  ],
  ["Where can I eat?", "The canteen serves lunch from half past eleven."],
  ["I would like to learn something", "Each person may take five days of training a year."],
  ["I am harassed", "Bullying is reported to the ombudsperson, in confidence."],
  ["Printing in color", "The printer on each floor prints in color with a code."],
  ["Calls abroad", "A mobile phone works abroad in zone 1 without asking."],
  ["Are there copies of my files?", "A backup runs every night and is kept for ninety days."],
  ["What is project Halcyon?", "Halcyon replaces the order system by next spring."],
  ["Who runs Kestrel?", "Kestrel is run by the platform group in Lyon."],
  ["form T-4711", "For tax matters abroad, form T-4711 goes to the payroll office."],
  ["error E-2093", "Code E-2093 on the terminal means that the card is not known."],
  ["room Matterhorn", "Matterhorn seats twelve, with a view of the yard."],
  ["contract number 88-13", "The lease of the warehouse is contract number 88-13."],
  ["Who is the data protection officer?", "The data protection officer is Dr. Okafor."],
  ["Is there a works council?", "The works council meets on Tuesdays in the annex."],
].map(([question, answer]) => ({ question: question!, answer: answer! }));
