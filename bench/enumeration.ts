// Whether the time of an answer tells who has an account. node bench/enumeration.ts [--tries N]
//
// Each call is asked about people who have an account and about people who have none, once each, in random order, on one
// connection. The odds are the chance that an answer about somebody with an account took longer than one about somebody
// without (the area under the ROC curve, Mann and Whitney's U as a share): 50 % tells nothing. The margin is where 95 of 100
// runs would lie if there were nothing to tell.
import { parseArgs } from "node:util";
import type pg from "pg";
import { hashPassword } from "../src/auth/passwords.ts";
import { closingAfter } from "../src/commands/closing.ts";
import { median, table } from "./measure.ts";
import { USER_AGENT } from "./peers/callers.ts";
import { Connection, type Request } from "./peers/load/connection.ts";
import { startOursAlone } from "./peers/start.ts";
import { withServer } from "./server.ts";
import { withTriggersOff } from "./triggers_off.ts";

const { tries } = parseArgs({ options: { tries: { type: "string", default: "1000" } } }).values;
const TRIES = Number(tries);

/** What is asked about an address, and the status of the answer. */
const CALLS: Readonly<Record<string, { path: string; body: (email: string) => object; status: number }>> = {
  "log in with a wrong password": {
    path: "/auth/login",
    body: (email) => ({ email, password: "not the password of anybody" }),
    status: 401,
  },
  register: { path: "/auth/register", body: (email) => ({ email, name: "Somebody" }), status: 202 },
  "forgot password": { path: "/auth/password/forgot", body: (email) => ({ email }), status: 202 },
  "ask for a link": { path: "/auth/link/request", body: (email) => ({ email }), status: 202 },
};

await withServer(
  (server) =>
    closingAfter(async (defer) => {
      const known = await addPeople(server.admin);
      const { url } = await startOursAlone(server, Number(new URL(server.adminUrl).port), defer);
      const connection = await Connection.open(url, USER_AGENT);
      defer(async () => connection.close());
      const rows: string[][] = [];
      for (const [name, call] of Object.entries(CALLS)) {
        const of = (email: string): Request => ({
          method: "POST",
          path: call.path,
          token: null,
          body: JSON.stringify(call.body(email)),
        });
        const asked = shuffled([
          ...known.map((email) => ({ email, known: true })),
          ...known.map((email) => ({ email: `nobody-${email}`, known: false })),
        ]);
        const times: { known: boolean; took: number }[] = [];
        for (const [n, { email, known }] of asked.entries()) {
          const began = performance.now();
          const { status, body } = await connection.request(of(email));
          const took = performance.now() - began;
          if (status !== call.status) throw new Error(`${name}: ${status} ${body}`);
          // The first find everything cold.
          if (n >= asked.length / 20) times.push({ known, took });
        }
        rows.push([name, ...compared(times)]);
      }
      console.log(table(["call", "with an account", "without", "odds", "margin"], rows));
    }),
  { durable: false },
);

/** So many people with a password; triggers are off meanwhile. */
async function addPeople(admin: pg.Pool): Promise<string[]> {
  const hash = await hashPassword("A password that everybody has, to bench");
  return withTriggersOff(admin, async (client) => {
    const { rows } = await client.query<{ email: string }>(
      `with made as (
         insert into app.users (email, name)
         select format('%s@company.example', n), 'Somebody' from generate_series(1, $1::int) as n returning id, email
       ), with_password as (insert into auth.passwords (user_id, hash) select id, $2 from made)
       select email from made`,
      [TRIES, hash],
    );
    return rows.map(({ email }) => email);
  });
}

function compared(times: readonly { known: boolean; took: number }[]): string[] {
  const ranked = times.toSorted((a, b) => a.took - b.took);
  const of = (known: boolean): number[] =>
    ranked.filter((one) => one.known === known).map(({ took }) => took);
  const [some, none] = [of(true), of(false)];
  const ranks = ranked.reduce((sum, { known }, n) => sum + (known ? n + 1 : 0), 0);
  const pairs = some.length * none.length;
  const odds = (ranks - (some.length * (some.length + 1)) / 2) / pairs;
  const margin = 1.96 * Math.sqrt((some.length + none.length + 1) / (12 * pairs));
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const ms = (values: readonly number[]): string => `${median(values).toFixed(3)} ms`;
  return [ms(some), ms(none), percent(odds), `50 % ± ${percent(margin)}`];
}

function shuffled<Value>(values: readonly Value[]): Value[] {
  return values
    .map((value) => ({ value, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ value }) => value);
}
