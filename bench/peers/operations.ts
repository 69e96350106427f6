/** What is asked of every contestant, in the order of the tables. */
export const OPERATIONS = ["read", "list", "nested", "create", "mixed", "refresh", "login"] as const;
/** What `auth.ts` asks. */
export const SIGNING_IN = ["login", "refresh", "key"] as const;
export type Operation = (typeof OPERATIONS)[number] | (typeof SIGNING_IN)[number];

/** What they are, in words. `mixed` is nine reads and one create. */
export const DESCRIPTIONS: Readonly<Record<Operation, string>> = {
  read: "read by key",
  list: "list of 50",
  nested: "nested 20 × 20",
  create: "create and its payload",
  mixed: "mixed 90/10",
  refresh: "refresh",
  login: "login",
  key: "read by key, with an API key",
};

/** Conversations of a list. */
export const PAGE = 50;
/** Conversations of the nested list, and newest messages of each. */
export const NESTED = 20;
/** Of how many requests of `mixed` one creates. */
export const MIXED = 10;
