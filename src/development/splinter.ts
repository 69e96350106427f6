/** A rule of supabase/splinter, and what became of the same question here. */
export interface SplinterRule {
  readonly number: string;
  readonly name: string;
  /** Why the rule says nothing about plain PostgreSQL, or null if it does. */
  readonly foreign: string | null;
  /** Objects found in the sample of test/inspect/lint: by splinter, and by the checks that ask the same. */
  readonly found?: readonly [theirs: string, ours: string];
  /** Where the two differ, and why. */
  readonly difference: string;
}

/** What was compared, and how; the page states it. */
export const comparison = {
  date: "2026-11-23",
  commit: "55db5b1f28e58d816f7d9136eed87eabcd95868d",
  server: "PostgreSQL 18.4",
} as const;

/**
 * The same, run on each schema of the corpus by itself: in how many of those where our check must fire one of the rules that
 * it names fired, and in how many others. See docs/precision.md.
 */
export const splinterPrecision: {
  readonly date: string;
  readonly commit: string;
  /** How many schemas there were then: those that came later have not been given to splinter. */
  readonly schemas: number;
  readonly found: Readonly<Record<string, readonly [found: number, elsewhere: number]>>;
} = {
  date: "2026-11-25",
  commit: comparison.commit,
  schemas: 151,
  found: {
    "0001": [3, 1],
    "0003": [1, 0],
    "0004": [1, 9],
    "0005": [3, 0],
    "0008": [0, 3],
    "0011": [2, 1],
    "0022": [0, 0],
    "0040": [3, 0],
    "0042": [1, 0],
    "0044": [0, 11],
    "0050": [1, 0],
    "0055": [1, 0],
    "0056": [0, 0],
    "0057": [0, 0],
    "0058": [0, 0],
    "0060": [1, 2],
    "0062": [2, 0],
    "0063": [1, 2],
    "0064": [2, 2],
    "0070": [2, 1],
    "0072": [1, 0],
    "0073": [1, 0],
    "0091": [0, 0],
  },
};

const SUPABASE = "Supabase's own schemas";

/** Every rule of that commit, in order. */
export const splinterRules: readonly SplinterRule[] = [
  {
    number: "0001",
    name: "unindexed_foreign_keys",
    foreign: null,
    found: ["t0040", "t0040"],
    difference: "Ours accepts the columns in any order, as PostgreSQL does, and no partial index.",
  },
  {
    number: "0002",
    name: "auth_users_exposed",
    foreign: `views on auth.users, ${SUPABASE}`,
    difference: "The danger, a view or materialised view that reads past policies, is asked of every view.",
  },
  {
    number: "0003",
    name: "auth_rls_initplan",
    foreign: null,
    found: ["t0010", "t0008, t0008_nested"],
    difference:
      "splinter searches the text for auth.uid() and the like; ours reads the parse tree, so it finds every function that is called per row. t0010 has its current_setting() inside a subselect already, below nullif(): splinter's pattern takes it for bare.",
  },
  {
    number: "0004",
    name: "no_primary_key",
    foreign: null,
    found: ["t0050", "t0050"],
    difference: "None; ours asks partitioned tables too.",
  },
  {
    number: "0005",
    name: "unused_index",
    foreign: null,
    found: ["16 indexes, 13 of them before anything was broken", "–"],
    difference:
      "splinter names every index that was never read, in a fresh database all of them; ours waits for 10,000 rows and 1,000 scans. Broken and mended in test/inspect/lint/statistics.test.ts.",
  },
  {
    number: "0006",
    name: "multiple_permissive_policies",
    foreign: null,
    found: ["t0006 (select), t0011 (4 commands)", "t0011 (4 commands)"],
    difference: "t0006 has a second policy using (false), which adds nothing: ours says so as 0006.",
  },
  {
    number: "0007",
    name: "policy_exists_rls_disabled",
    foreign: null,
    found: ["t0003", "t0003"],
    difference: "None; ours asks partitioned tables too.",
  },
  {
    number: "0008",
    name: "rls_enabled_no_policy",
    foreign: null,
    found: ["t0004, t0036_people, t0089_all, t0090_all, t0103, t0104", "t0004"],
    difference:
      "Ours leaves out partitions, which are closed on purpose, and tables whose comment says that they are closed.",
  },
  {
    number: "0009",
    name: "duplicate_index",
    foreign: null,
    found: ["t0042_again, t0042_by_note", "t0042_again"],
    difference: "Ours names the one to drop, never the one behind a constraint.",
  },
  {
    number: "0010",
    name: "security_definer_view",
    foreign: null,
    found: ["t0070_view, t0070_off", "t0070_view, t0070_off"],
    difference: "Ours asks views that somebody besides the owner may read, in every inspected schema.",
  },
  {
    number: "0011",
    name: "function_search_path_mutable",
    foreign: null,
    found: ["t0060, t0063", "t0060, t0063"],
    difference:
      "Ours makes it an error for SECURITY DEFINER, and leaves out bodies bound when they were made (begin atomic).",
  },
  {
    number: "0012",
    name: "auth_allow_anonymous_sign_ins",
    foreign: "a setting of Supabase Auth; the rule is documented but has no SQL",
    difference: "–",
  },
  {
    number: "0013",
    name: "rls_disabled_in_public",
    foreign: null,
    found: ["t0001, t0003", "t0001 (0001), t0003 (0003)"],
    difference:
      "Ours asks every table that somebody besides a superuser reaches; one that has policies is told as 0003 only.",
  },
  {
    number: "0014",
    name: "extension_in_public",
    foreign: null,
    found: ["citext", "citext"],
    difference: "None.",
  },
  {
    number: "0015",
    name: "rls_references_user_metadata",
    foreign: null,
    found: ["–", "t0022"],
    difference:
      "splinter looks for auth.jwt() and request.jwt.claims; ours for user_metadata, wherever the token comes from.",
  },
  {
    number: "0016",
    name: "materialized_view_in_api",
    foreign: null,
    found: ["t0072_all", "t0072_all"],
    difference: "Ours: a grant to anybody, in any inspected schema.",
  },
  {
    number: "0017",
    name: "foreign_table_in_api",
    foreign: null,
    found: ["t0073", "t0073"],
    difference: "Ours: a grant to anybody, in any inspected schema.",
  },
  {
    number: "0018",
    name: "unsupported_reg_types",
    foreign: null,
    found: ["t0055", "t0055"],
    difference: "None.",
  },
  {
    number: "0019",
    name: "insecure_queue_exposed_in_api",
    foreign: "tables of pgmq",
    difference: "A queue's table is a table: asked like every other.",
  },
  {
    number: "0020",
    name: "table_bloat",
    foreign: null,
    difference:
      "splinter estimates bloat from column statistics; ours counts dead rows, which can be proved and mended in a test (test/inspect/lint/statistics.test.ts).",
  },
  { number: "0021", name: "fkey_to_auth_unique", foreign: `foreign keys to ${SUPABASE}`, difference: "–" },
  {
    number: "0022",
    name: "extension_versions_outdated",
    foreign: null,
    found: ["hstore", "hstore"],
    difference: "None.",
  },
  {
    number: "0023",
    name: "sensitive_columns_exposed",
    foreign: null,
    found: ["–", "t0091"],
    difference:
      "splinter asks only tables without row security; ours asks all, because row security hides rows and not columns. Its list of names is longer (health, biometrics); ours is of credentials and numbers that serve as such, and leaves out types that cannot hold one.",
  },
  {
    number: "0024",
    name: "rls_policy_always_true",
    foreign: null,
    found: ["t0005, t0005_check", "t0005, t0005_check, t0005_or"],
    difference:
      "Ours also finds “… or true”, and select: a table that everybody may read is accepted with a reason. splinter takes a policy without any predicate for open; PostgreSQL lets nothing through it, and ours tells it as 0006.",
  },
  { number: "0025", name: "public_bucket_allows_listing", foreign: "Supabase Storage", difference: "–" },
  {
    number: "0026",
    name: "pg_graphql_anon_table_exposed",
    foreign: "the extension pg_graphql",
    difference: "–",
  },
  {
    number: "0027",
    name: "pg_graphql_authenticated_table_exposed",
    foreign: "the extension pg_graphql",
    difference: "–",
  },
  {
    number: "0028",
    name: "anon_security_definer_function_executable",
    foreign: null,
    found: ["t0062", "t0062"],
    difference: "Ours asks for a grant to public, in every schema.",
  },
  {
    number: "0029",
    name: "authenticated_security_definer_function_executable",
    foreign: null,
    found: ["t0062, t0064", "t0064 (0064), t0062 (0062)"],
    difference: "Ours tells a grant to public as 0062 only.",
  },
];
