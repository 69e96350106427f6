import { STATUS_CODES } from "node:http";
import { CODES, type Code, type CodeEntry, inCapitals } from "../http/codes.ts";
import { EXAMPLES, type Example } from "./error_examples.ts";

/** docs/errors: a page for each code, and one that lists them. By file name. */
export function errorPages(): ReadonlyMap<string, string> {
  const entries = Object.entries(CODES) as [Code, CodeEntry][];
  return new Map([
    ["README.md", index(entries)],
    ...entries.map(([code, entry]): [string, string] => [`${code}.md`, page(code, entry)]),
  ]);
}

function index(entries: readonly [Code, CodeEntry][]): string {
  const rows = entries.map(
    ([code, { status, happens }]) => `| [\`${code}\`](${code}.md) | ${status} | ${happens} |`,
  );
  return `# Errors

Generated (\`npm run generate\`) from [\`src/http/codes.ts\`](../../src/http/codes.ts). The server has the same pages at \`/errors\`.

Each answer that refuses something has a code: as \`application/problem+json\` (RFC 9457) in \`code\`, with \`type\` leading to the
code's page; in GraphQL in capitals under \`extensions.code\`. Compare the code; the words may change. Beside it stand, where
they apply, \`field\` and \`rule\` (which value broke which rule), \`permission\` (which one is missing), \`retryAfter\` (seconds) and
\`errorId\` (under which our log has it). Every answer has \`X-Request-Id\`.

| code | status | when it happens |
|---|---|---|
${rows.join("\n")}
`;
}

function page(code: Code, { status, happens, remedy }: CodeEntry): string {
  const example = EXAMPLES[code];
  return `# ${code}

**${status} ${STATUS_CODES[status]}** · in GraphQL \`${inCapitals(code)}\` · [all errors](README.md)

## When it happens

${happens}

## What to do then

${remedy}

## Example

${typeof example === "string" ? `No single request shows it. ${example}` : request(example)}
`;
}

/** As HTTP has it; a test sends it to the demo companies and expects the code. */
function request({ method, path, as, headers = {}, body }: Example): string {
  const fields = {
    ...(as && { Authorization: `Bearer <the access token of ${as}@acme.example>` }),
    ...(body !== undefined && { "Content-Type": "application/json" }),
    ...headers,
  };
  const text =
    body === undefined ? "" : `\n\n${typeof body === "string" ? body : JSON.stringify(body, null, 2)}`;
  const lines = [`${method} ${path}`, ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`)];
  return `\`\`\`http\n${lines.join("\n")}${text}\n\`\`\``;
}
