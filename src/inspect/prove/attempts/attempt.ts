import type { Caller, Row } from "../fixture/tenant.ts";

/** Whose rows an attempt is about. */
export type Whose = "own" | "colleague's" | "other tenant's";

/**
 * What would be wrong with an attempt that goes through, besides what is always wrong (a foreign value in
 * the answer, a foreign row that changed, an answer that depends on foreign rows):
 * - `nothing`: it is within the tenant; whether it is allowed is for the policies to say
 * - `reach`: any row that it returns or touches is foreign
 * - `reach more`: it returns more rows than its twin
 * - `count`: the number that it returns counts foreign rows
 * - `succeed`: that it is not refused
 * - `reveal`: nothing else
 * - `copy in`: that the server asks for data
 * - `copy all`: more rows than the caller's tenant has
 * - `lock`: nothing crosses, but other tenants wait
 * - `persist`: nothing crosses, but it stays for what comes later
 * - `define`: that policies, privileges, tables or functions are not what they were
 */
export type Wrong =
  | "nothing"
  | "reach"
  | "reach more"
  | "count"
  | "succeed"
  | "reveal"
  | "copy in"
  | "copy all"
  | "lock"
  | "persist"
  | "define";

/** One thing that one caller tries. */
export interface Attempt {
  readonly caller: Caller;
  /** The relation, function or role that it is about. */
  readonly target: string;
  /** For example `update` or `insert, pointing to the other tenant's app.users`. */
  readonly name: string;
  readonly whose: Whose;
  readonly wrong: Wrong;
  readonly sql: string;
  /** The same, with values that exist nowhere: the answer must not tell the two apart. */
  readonly twin?: string;
  /** What an administrator does to make the other tenant's row another one: the answer must stay the same. */
  readonly otherwise?: string;
  /** What they do in the place of `otherwise` for the attempt itself, if anything. */
  readonly asItIs?: string;
  /** How the two answers are compared, if not word for word: estimates differ a little by themselves. */
  readonly compare?: "estimates";
  /** The same in single statements. If this tells something, or is refused as a whole, they are tried one by one. */
  readonly parts?: readonly Attempt[];
  /** Whether it takes SQL of the caller's own: where the context is a plain variable they choose the tenant anyway. */
  readonly injected?: true;
  /** What an administrator does before: the attempt needs room. */
  readonly prepare?: string;
  /** The rows that it needs, for a script that reproduces it. */
  readonly rows: readonly Row[];
  /** Whether there is a foreign row to be reached; without one a harmless answer proves nothing. */
  readonly bait: boolean;
  /** Why it could not be tried at all. */
  readonly unproven?: string;
}

/** allowed and denied are within a tenant, or denied across; expected crosses on purpose and says why. */
export type Status = "allowed" | "denied" | "expected" | "leak" | "unproven";

/** One cell of the matrix. */
export interface Cell {
  readonly caller: string;
  readonly role: string;
  readonly target: string;
  readonly attempt: string;
  readonly whose: Whose;
  readonly status: Status;
  /** Rows reached, the SQLSTATE of a refusal, or the reason. */
  readonly detail: string;
  /** A psql script that reproduces a leak from nothing and rolls back. */
  readonly script?: string;
}
