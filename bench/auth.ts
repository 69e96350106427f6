// What signing in costs beside Better Auth, and beside the same by hand. node bench/auth.ts [--short] [--record]
import { parseArgs } from "node:util";
import { compare } from "./peers/compare.ts";
import { SIGNING_IN } from "./peers/operations.ts";
import { AUTHENTICATORS } from "./peers/options.ts";
import { requireProc } from "./peers/processes.ts";

const flag = { type: "boolean", default: false } as const;
const { short, record } = parseArgs({ options: { short: flag, record: flag } }).values;

requireProc();
await compare(
  {
    operations: SIGNING_IN,
    contestants: AUTHENTICATORS,
    scenarios: [{ roundTrip: 0, connections: [1, 16] }],
    // The rows of the short form: nothing here reads many.
    short: true,
    growth: false,
    rounds: short ? 3 : 5,
    seconds: short ? 0.5 : 3,
    svg: null,
    record,
  },
  "auth",
);
