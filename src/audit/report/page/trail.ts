import { type Html, html } from "../../../html.ts";
import type { ReportFacts, SealedTree } from "../facts.ts";
import { counted, name, section } from "./parts.ts";
import type { Telling } from "./telling.ts";

/** In the head of the page: whether all of it is what was sealed. */
export function verdict({ verified, trees, keysGiven }: ReportFacts): Html {
  const waiting = trees.reduce((sum, tree) => sum + tree.waiting, 0);
  const over = trees.reduce((sum, { expired }) => sum + (expired?.leaves ?? 0), 0);
  const leaves = trees.reduce((sum, tree) => sum + tree.size, 0) - over;
  if (!verified) {
    const problems = trees.flatMap((tree) => tree.problems);
    return html`<div class="verdict broken" role="note"><strong>Not verified.</strong> What this review says may not be what happened: ${counted(problems.length, "problem")} in the trail, the first:
<br><bdi>${problems[0]!}</bdi>. <a href="#trail">More</a></div>`;
  }
  return html`<div class="verdict" role="note"><strong>Verified.</strong> ${counted(leaves, "event")} of the trail are what was sealed, and lead to what was signed${
    keysGiven ? " with the key that was given" : ", with keys that the database names"
  }.${over > 0 ? ` ${counted(over, "more is", "more are")} over: a signed leaf vouches for ${over === 1 ? "it" : "them"}.` : ""}${waiting > 0 ? ` ${counted(waiting, "event")} of the last moments ${waiting === 1 ? "is" : "are"} not sealed yet.` : ""} <a href="#trail">How to check</a></div>`;
}

/** The same tree by tree, with the checkpoints. */
export function trail({ facts }: Telling): Html {
  const tree = (
    one: SealedTree,
  ): Html => html`<h3>${one.of === "company" ? "Of the company" : "Of no company"}</h3>
<p>${one.of === "company" ? "What happened in the company." : "What belongs to no company: sign-ins that failed, and what became of accounts."}
${counted(one.size, "event")} sealed, ${one.expired === null ? "" : `${one.expired.leaves.toLocaleString("en")} of them over, `}${one.signed === one.size ? "all" : one.signed.toLocaleString("en")} signed for, ${one.waiting.toLocaleString("en")} not sealed yet. ${
    one.problems.length === 0
      ? html`<strong>Verified.</strong>`
      : html`<strong>${counted(one.problems.length, "problem")}.</strong>`
  }</p>
${one.problems.length === 0 ? null : html`<ul>${one.problems.slice(0, 20).map((problem) => html`<li>${name(problem)}</li>`)}</ul>`}
${one.checkpoint === null ? html`<p>There is no checkpoint.</p>` : html`<pre>${one.checkpoint}</pre>`}`;
  return section(
    "trail",
    html`<p>Each event is a leaf of a Merkle tree, and each tree is signed as it grows. Before this page was made, every leaf was computed again from its event, but for what is over. The texts below are the last checkpoints: whoever keeps this page can have the trail compared with them, however much later (<code>rowhouse audit verify --checkpoints FILE</code>).</p>`,
    facts.keysGiven
      ? html`<p>The signatures are by the key that was given to whoever made this page.</p>`
      : html`<p>The signatures are by the keys that the database names; <code>--key</code> compares with one that somebody has from elsewhere.</p>`,
    facts.trees.map(tree),
  );
}
