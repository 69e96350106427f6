/** A document of the demo, for the whole company. */
export interface DemoDocument {
  readonly title: string;
  readonly fileName: string;
  readonly tags: readonly string[];
  readonly text: string;
}

/** What each company's answers are drawn from, by its slug: short, so that a start stays quick, and made up. */
export const demoDocuments: Readonly<Record<string, readonly DemoDocument[]>> = {
  acme: [
    {
      title: "Leave policy",
      fileName: "leave-policy.md",
      tags: ["people"],
      text: `# Leave policy

Everybody at Acme Rockets has 28 days of paid leave a year, and public holidays besides.

## Asking for leave

Ask your lead at least two weeks ahead. For a day or two, two days ahead are enough.

## Carrying over

Up to five days move into the next year. They have to be taken by the end of March.

## During a launch campaign

From ten days before a launch until the day after it, the launch crew takes no leave. Everybody else may.
`,
    },
    {
      title: "Expenses",
      fileName: "expenses.md",
      tags: ["people", "money"],
      text: `# Expenses

Keep every receipt and hand it in within 30 days. What is handed in by Wednesday is paid on Friday.

## Meals

On the road you spend up to 40 euros a day on meals. Alcohol is never paid.

## Travel

Trains come first, in second class. Flights are for journeys of more than six hours by train.
`,
    },
    {
      title: "Launch rules",
      fileName: "launch-rules.md",
      tags: ["launch", "safety"],
      text: `# Launch rules

A launch takes place if the wind stays below 8 metres a second and no lightning was seen within 20 kilometres for half an hour.

## Who signs

The flight director and the safety officer both sign for a launch. One signature is none.

## Paint

The fins of the A-7 are painted in signal red, RAL 3001, with two coats.
`,
    },
    {
      title: "Returns",
      fileName: "returns.md",
      tags: ["customers"],
      text: `# Returns

A customer returns an engine that was never fired within 30 days, in its crate, with the seal unbroken.

## Engines that were fired

They are not taken back. If one fails within two years, it is repaired or replaced for free.
`,
    },
  ],
  globex: [
    {
      title: "Opening hours",
      fileName: "opening-hours.md",
      tags: ["customers"],
      text: `# Opening hours

The garden centre is open from Monday to Friday, 9:00 to 18:00, and on Saturday from 9:00 to 14:00.

## In spring

In April and May it stays open until 20:00 on weekdays, and on Sundays from 10:00 to 13:00.
`,
    },
    {
      title: "Plant care",
      fileName: "plant-care.md",
      tags: ["plants"],
      text: `# Plant care

## Watering

Water in the morning, at the root and not over the leaves. Lavender wants little: once a week is enough.

## Frost

Citrus, olive and oleander must not travel in frost. They wait until the nights stay above 2 °C.

## Slugs

Copper tape around pots keeps slugs away. Beer traps are set up at dusk. Slug pellets are not sold here.
`,
    },
    {
      title: "Deliveries",
      fileName: "deliveries.md",
      tags: ["customers"],
      text: `# Deliveries

Orders above 60 euros are delivered for free within 25 kilometres. Others cost 7 euros.

## Plants that arrive damaged

Whoever sends a picture within three days gets a new plant or their money back.
`,
    },
    {
      title: "Leave policy",
      fileName: "leave-policy.md",
      tags: ["people"],
      text: `# Leave policy

Everybody at Globex Gardening has 26 days of paid leave a year.

## The season

From March to June nobody takes more than one week at a time. In January the garden centre is closed, and all have a week off.
`,
    },
  ],
};
