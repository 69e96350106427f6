import { type Html, html, type Part } from "../../../html.ts";

export const PARTS = [
  ["findings", "What to look at"],
  ["people", "People"],
  ["roles", "Roles"],
  ["grants", "Grants"],
  ["invitations", "Invitations"],
  ["keys", "API keys"],
  ["support", "Support"],
  ["connections", "Connections"],
  ["changes", "Changes"],
  ["activity", "Sign-ins"],
  ["trail", "The trail"],
] as const;

/** A text that somebody else wrote: which way it runs is its own affair, and it may be broken anywhere. */
export const name = (text: string | null): Html => html`<bdi>${text ?? ""}</bdi>`;

export const counted = (number: number, one: string, more = `${one}s`): string =>
  `${number.toLocaleString("en")} ${number === 1 ? one : more}`;

export function section(id: (typeof PARTS)[number][0], ...parts: Part[]): Html {
  const called = PARTS.find(([known]) => known === id)![1];
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${called}</h2>
${parts}</section>
`;
}

/** A table with a caption and heads that are repeated on each page. A head that ends with # is of numbers. */
export function table(caption: Part, heads: readonly string[], rows: readonly Html[], kind = ""): Html {
  return html`<div class="wide"><table class="${kind}"><caption>${caption}</caption><thead><tr>${heads.map(
    (head) =>
      head.endsWith("#")
        ? html`<th scope="col" class="number">${head.slice(0, -1)}</th>`
        : html`<th scope="col">${head}</th>`,
  )}</tr></thead>
<tbody>
${rows}</tbody></table></div>`;
}

export const left = (listed: { readonly rows: readonly unknown[]; readonly inAll: number }): Html | null =>
  listed.inAll > listed.rows.length
    ? html`<p><strong>${counted(listed.inAll - listed.rows.length, "more is", "more are")} not listed here.</strong></p>`
    : null;

export const tags = (words: readonly string[]): Part =>
  words.length === 0
    ? html`<span class="soft">none</span>`
    : words.map((word) => html`<span class="tag">${word}</span>`);

/** Empty boxes, for a pen; who has no access any more needs no decision. */
export const DECISIONS = ["Keep", "Change", "Remove"];
export const boxes = (open: boolean): Html[] =>
  DECISIONS.map(
    (word) =>
      html`<td class="decide">${open ? html`<span class="box" role="img" aria-label="${word}: empty box"></span>` : null}</td>`,
  );
