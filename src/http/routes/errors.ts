import { STATUS_CODES } from "node:http";
import type { Middleware } from "koa";
import { inHtml } from "../../html.ts";
import { CODES, type Code, type CodeEntry } from "../codes.ts";
import { pageOrJson, prose } from "../pages/page.ts";
import { Problem } from "../problem.ts";

const entries = Object.entries(CODES) as [Code, CodeEntry][];
const statusLine = (status: number): string => `${status} ${STATUS_CODES[status]}`;

/** `GET /errors`: every code in a line. */
export function errorIndex(): Middleware {
  const rows = entries.map(
    ([code, { status, happens }]) =>
      `<tr><td><a href="/errors/${code}"><code>${code}</code></a></td><td>${status}</td><td>${prose(happens)}</td></tr>`,
  );
  const body = `<h1>Errors</h1>
<p>Each answer that refuses something has a <code>code</code>: as <code>application/problem+json</code> (RFC 9457) in small
letters, in GraphQL in capitals under <code>extensions.code</code>. Compare the code; the words may change.</p>
<table>
${rows.join("\n")}
</table>
<p><a href="/">Rowhouse</a></p>`;
  return pageOrJson("Errors · Rowhouse", body, { errors: Object.fromEntries(entries) });
}

/** `GET /errors/:code`: what a problem's `type` leads to. */
export function errorPage(): Middleware {
  const pages = new Map(entries.map(([code, entry]) => [code as string, page(code, entry)]));
  return (ctx, next) => {
    const code = /^\/errors\/([a-z_]+)$/.exec(ctx.path)?.[1] ?? "";
    const found = pages.get(code);
    if (!found) throw new Problem(404, "not_found", "There is no such code.");
    return found(ctx, next);
  };
}

function page(code: Code, entry: CodeEntry): Middleware {
  const body = `<h1><code>${code}</code></h1>
<p class="quiet">${inHtml(statusLine(entry.status))} · in GraphQL <code>${code.toUpperCase()}</code></p>
<h2>When it happens</h2>
<p>${prose(entry.happens)}</p>
<h2>What to do then</h2>
<p>${prose(entry.remedy)}</p>
<p><a href="/errors">All errors</a></p>`;
  return pageOrJson(`${code} · Rowhouse`, body, { code, ...entry });
}
