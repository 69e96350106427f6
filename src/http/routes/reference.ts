import { STATUS_CODES } from "node:http";
import type { Middleware } from "koa";
import { inHtml } from "../../html.ts";
import { CODES, type Code } from "../codes.ts";
import type { Operation, Parameter, Success } from "../contract/operation.ts";
import { OPERATIONS } from "../contract/operations.ts";
import type { Fields } from "../fields.ts";
import { pageOrJson, prose } from "../pages/page.ts";

/** `GET /docs`: the REST calls for people, in development; the same descriptions as `/openapi.json`. */
export function reference(): Middleware {
  const areas = Map.groupBy(OPERATIONS, ({ area }) => area);
  const contents = OPERATIONS.map(
    (operation) =>
      `<tr><td><a href="#${anchor(operation)}">${call(operation)}</a></td><td>${prose(operation.summary)}</td></tr>`,
  );
  const body = `<h1>REST calls</h1>
<p>What is beside GraphQL. Programs read the same in <a href="/openapi.json">openapi.json</a>; what each code means is under
<a href="/errors">Errors</a>, and each code here leads there.</p>
<table>
${contents.join("\n")}
</table>
${[...areas].map(([area, operations]) => `<h2>${area}</h2>\n${operations.map(section).join("\n")}`).join("\n")}
<p><a href="/">Rowhouse</a></p>`;
  return pageOrJson("REST calls · Rowhouse", body, { openapi: "/openapi.json" });
}

const anchor = ({ method, path }: Operation): string => `${method}${path.replaceAll(/[^a-z]+/g, "-")}`;

const call = ({ method, path }: Operation): string => `<code>${method.toUpperCase()} ${inHtml(path)}</code>`;

const CREDENTIALS = {
  bearer: "An access token.",
  key: "A publishable API key.",
  any: "An access token or an API key.",
  refresh: "A refresh token, in the body or in the cookie.",
  metrics: "`METRICS_TOKEN`, where it is set.",
} as const;

function section(operation: Operation): string {
  const { summary, description, credential, body, parameters, answers, refusals } = operation;
  return `<section id="${anchor(operation)}">
<h3>${call(operation)}</h3>
<p>${prose(summary)}.${description ? ` ${prose(description)}` : ""}${credential ? ` ${prose(CREDENTIALS[credential])}` : ""}</p>
${body ? fieldsTable(body) : ""}${parameters ? parametersTable(parameters) : ""}
<table>
${Object.entries(answers).map(answerRow).join("\n")}
${refusalRows(refusals).join("\n")}
</table>
</section>`;
}

function fieldsTable(body: Fields): string {
  const rows = Object.entries(body).map(
    ([name, { type }]) =>
      `<tr><td><code>${inHtml(name)}</code></td><td>${type === "optional" ? "may be absent" : "needed"}</td></tr>`,
  );
  return `<table>\n${rows.join("\n")}\n</table>`;
}

function parametersTable(parameters: readonly Parameter[]): string {
  const rows = parameters.map(
    ({ name, in: where, says }) =>
      `<tr><td><code>${inHtml(name)}</code></td><td>${where}</td><td>${prose(says)}</td></tr>`,
  );
  return `<table>\n${rows.join("\n")}\n</table>`;
}

const answerRow = ([status, { says }]: [string, Success]): string =>
  `<tr><td>${status} ${STATUS_CODES[status]}</td><td>${prose(says)}</td></tr>`;

function refusalRows(refusals: readonly Code[]): string[] {
  const byStatus = Map.groupBy([...refusals].sort(), (code) => CODES[code].status);
  return [...byStatus]
    .sort(([one], [other]) => one - other)
    .map(
      ([status, codes]) =>
        `<tr><td>${status} ${STATUS_CODES[status]}</td><td>${codes.map((code) => `<a href="/errors/${code}"><code>${code}</code></a>`).join(" ")}</td></tr>`,
    );
}
