/** Somebody of the demo. The same address in two companies is one person. */
export interface DemoPerson {
  readonly email: string;
  readonly name: string;
  readonly role: "admin" | "member" | "viewer";
  /** Conversations to begin with: what they are called, then what was said, question and answer by turns. */
  readonly conversations?: readonly (readonly [title: string, ...said: string[]])[];
}

export interface DemoTenant {
  readonly slug: string;
  readonly name: string;
  /** The first, an admin, owns the tenant. */
  readonly people: readonly DemoPerson[];
}

/** Two companies side by side, and Sam, who works for both. */
export const demoTenants: readonly DemoTenant[] = [
  {
    slug: "acme",
    name: "Acme Rockets",
    people: [
      {
        email: "ada@acme.example",
        name: "Ada Ascent",
        role: "admin",
        conversations: [
          [
            "Launch window",
            "When is the next launch window?",
            "The flight calendar names Thursday, 06:40 to 07:15, if the wind stays below 8 m/s.",
            "Who has to sign for it?",
          ],
        ],
      },
      {
        email: "mel@acme.example",
        name: "Mel Booster",
        role: "member",
        conversations: [
          [
            "Returning an engine",
            "How does a customer return an engine that was never fired?",
            "Within 30 days, in its crate, with the seal unbroken.",
          ],
          ["Paint for the fins", "Which red are the fins of the A-7 painted in?"],
        ],
      },
      { email: "vic@acme.example", name: "Vic Gauge", role: "viewer" },
      { email: "sam@acme.example", name: "Sam Both", role: "member" },
    ],
  },
  {
    slug: "globex",
    name: "Globex Gardening",
    people: [
      {
        email: "gus@globex.example",
        name: "Gus Hedge",
        role: "admin",
        conversations: [
          [
            "Frost",
            "Which orders must not travel in frost?",
            "Citrus, olive and oleander: they wait until the nights stay above 2 °C.",
          ],
        ],
      },
      {
        email: "mia@globex.example",
        name: "Mia Clover",
        role: "member",
        conversations: [
          [
            "Slugs",
            "What do we tell customers about slugs?",
            "Copper tape around pots, and beer traps at dusk.",
          ],
        ],
      },
      { email: "val@globex.example", name: "Val Petal", role: "viewer" },
      {
        email: "sam@acme.example",
        name: "Sam Both",
        role: "member",
        conversations: [["Roses and rockets", "May roses be delivered to the launch site?"]],
      },
    ],
  },
];
