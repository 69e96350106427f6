import { type Check, levels, readChecks } from "../inspect/lint/checks.ts";
import { comparison, type SplinterRule, splinterRules } from "./splinter.ts";

/** docs/lints.md: the page about all checks, from the headers of db/checks, and how they compare with splinter's rules. */
export function lintPage(checks: readonly Check[] = readChecks()): string {
  const counts = levels.map((level) => `${checks.filter((check) => check.level === level).length} ${level}`);
  return `# Lints

Generated (\`npm run generate\`) from [\`db/checks\`](../db/checks): one SQL file for each, and every row it returns is a finding with the SQL
that mends it. Zero rows means healthy. Numbers never change their meaning. ${checks.length} checks: ${counts.join(", ")}.

\`\`\`
rowhouse lint [--database URL] [--format table|json|sarif|github] [--fail-on error|warning|info] [--baseline FILE]
\`\`\`

They run on any database on PostgreSQL 15 or newer, in a transaction that is rolled back; \`rowhouse help lint\` tells
how to name your schemas, tenant column and roles. Accepted findings stand in a baseline
([ours](../db/lint-baseline.json)), each with its reason and the day on which it is a finding again; an expired
entry is finding 9001, one of something no longer found is 9002.

In psql, one at a time, where the schema \`inspect\` is installed: \`set search_path = ''\`, then \`\\i db/checks/0001_row_security_off.sql\`.

The SQL that a finding suggests closes the hole and nothing else: where a person must decide what to open again, it
shuts. Run it in a transaction and look. \`test/inspect/lint\` breaks a sample database once for each check, sees that exactly
that check notices, runs its SQL, and sees that nothing is left.

${checks.map(chapter).join("\n\n")}

## Compared with splinter

[splinter](https://github.com/supabase/splinter) is the linter of Supabase: ${splinterRules.length} rules at commit
\`${comparison.commit.slice(0, 12)}\`. On ${comparison.date} its SQL was run, unchanged, on ${comparison.server} against
the sample of \`test/inspect/lint\` with everything in it broken at once (the role that requests run as named \`authenticated\`,
\`pgrst.db_schemas = 'sample'\`). “Found” names the sample's tables, views and functions; the number in a name is that of the
check which it was made for.

| splinter | plain PostgreSQL | ours | found by splinter | found by ours | difference |
|---|---|---|---|---|---|
${splinterRules.map((rule) => row(rule, checks)).join("\n")}

Of the ${splinterRules.length} rules ${splinterRules.filter(({ foreign }) => foreign === null).length} apply to plain
PostgreSQL, and each has a check here. The other ${checks.filter(({ splinter }) => splinter.length === 0).length} checks ask what splinter does not.

Unlike splinter, no check asks about a product: names of schemas, roles and functions are settings.

## What PostgreSQL makes impossible

A policy for a role that does not exist cannot be made, and dropping the role is refused; 0018 finds it where a catalogue was
edited. A restrictive policy without \`with check\` is not open, as is sometimes said: its \`using\` is the check (0013 asks to
say so). A permissive policy without any predicate permits nothing (0006).
`;
}

function chapter({ number, name, title, level, rationale, mend, splinter }: Check): string {
  const theirs = splinter.length > 0 ? ` · splinter ${splinter.join(", ")}` : "";
  return `## ${number} ${title}

**${level}** · [\`${number}_${name}.sql\`](../db/checks/${number}_${name}.sql)${theirs}

${rationale}

*How to mend:* ${mend}`;
}

function row({ number, name, foreign, found, difference }: SplinterRule, checks: readonly Check[]): string {
  const ours = checks.filter(({ splinter }) => splinter.includes(number)).map((check) => check.number);
  const applies = foreign === null ? "yes" : `no: ${foreign}`;
  const cells = [`${number} ${name}`, applies, ours.join(", ") || "–", ...(found ?? ["–", "–"]), difference];
  return `| ${cells.join(" | ")} |`;
}
