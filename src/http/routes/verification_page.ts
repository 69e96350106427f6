import type { Middleware } from "koa";
import { answers } from "../routing.ts";

// Mail scanners follow links, so following one changes nothing: the page has a button, the button POSTs. The
// secret comes in the fragment, which browsers send to nobody, and the script takes it out of the address bar.

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Confirm your e-mail address</title>
<script src="/auth/email/verify.js" defer></script>
</head>
<body>
<main>
<h1>Confirm your e-mail address</h1>
<form id="form">
<p id="rename" hidden><label>The short name of your company is taken by now. Another one: <input id="slug"
 maxlength="63" pattern="[a-z0-9]([a-z0-9\\-]*[a-z0-9])?" autocomplete="off"></label></p>
<p><button id="confirm">Confirm</button></p>
</form>
<p id="status" role="status"></p>
<noscript><p>This page needs JavaScript to send the confirmation.</p></noscript>
</main>
</body>
</html>
`;

const script = `const find = (id) => document.getElementById(id);
const token = new URLSearchParams(location.hash.slice(1)).get("token");
history.replaceState(null, "", location.pathname);
if (!token) {
  find("form").hidden = true;
  find("status").textContent = "This link is incomplete. Open it again from the mail.";
}
find("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const slug = find("slug").value;
  find("confirm").disabled = true;
  try {
    const answer = await fetch("/auth/email/verify", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token, ...(slug && { tenant: { slug } }) }),
    });
    if (answer.ok) {
      find("form").hidden = true;
      find("status").textContent = "Your address is confirmed. You can sign in now.";
      return;
    }
    const problem = await answer.json();
    find("rename").hidden = problem.code !== "slug_taken";
    find("status").textContent = problem.detail;
  } catch {
    find("status").textContent = "The server could not be reached. Try again.";
  }
  find("confirm").disabled = false;
});
`;

/** `GET /auth/email/verify`: the page that a verification link opens. */
export function verificationPage(): Middleware {
  return (ctx, next) =>
    answers("text/html")(ctx, async () => {
      ctx.type = "text/html; charset=utf-8";
      ctx.set("Cache-Control", "no-store");
      ctx.body = page;
      return next();
    });
}

/** `GET /auth/email/verify.js`: what its button does. */
export function verificationScript(): Middleware {
  return (ctx) => {
    ctx.type = "text/javascript; charset=utf-8";
    ctx.body = script;
  };
}
