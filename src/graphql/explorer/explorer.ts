import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Middleware } from "koa";

/** Somebody whom the explorer signs in at a click. */
export interface SignInOffer {
  readonly email: string;
  readonly tenant: string;
  readonly role: string;
  readonly password: string;
}

const script = readFileSync(new URL("sign_in.js", import.meta.url), "utf8");
const style = readFileSync(new URL("sign_in.css", import.meta.url), "utf8");

const starterQuery = `# Sign in above, then press Ctrl-Enter.
# Nobody says which tenant or whose: the credential knows.
{
  me { name }
  myTenant { name }
  myPermissions
  myConversations(first: 5, orderBy: UPDATED_AT_DESC) {
    nodes {
      title
      messages(first: 10) { nodes { role content } }
    }
  }
}
`;

type Ruru = NonNullable<GraphileConfig.Preset["ruru"]>;

/** What makes Ruru the explorer of this API: a sign-in above it, a query to begin with, no tools that are off. */
export function explorerPreset(people: readonly SignInOffer[]): Ruru {
  return {
    // Its type wants every setting given.
    clientConfig: { defaultQuery: starterQuery } as Ruru["clientConfig"],
    htmlParts: {
      titleTag: `<title>Rowhouse · GraphiQL</title><link rel="icon" href="/icon.svg">`,
      styleTags: (tags) => `${tags}<link rel="stylesheet" href="/graphiql/sign_in.css">`,
      bodyContent: (content) => `${signInBar(people)}${content}`,
      // Before the explorer, which keeps the fetch that it finds.
      bodyScripts: (scripts) => `<script type="module" src="/graphiql/sign_in.js"></script>${scripts}`,
    },
  };
}

function signInBar(people: readonly SignInOffer[]): string {
  // Nothing in it ends the element that it stands in.
  const data = JSON.stringify(people).replaceAll("<", "\\u003c");
  return `<header id="sign-in">
<script type="application/json" id="people">${data}</script>
<strong data-part="who"></strong>
<div data-part="people" role="group" aria-label="Sign in as"></div>
<form data-part="form"><input name="email" type="email" required placeholder="E-mail" aria-label="E-mail" autocomplete="username">
<input name="password" type="password" required placeholder="Password" aria-label="Password" autocomplete="current-password">
<button>Sign in</button></form>
<button type="button" data-part="out" hidden>Sign out</button>
<span data-part="message" role="status"></span>
</header>
`;
}

/** `GET /graphiql/sign_in.js` and `.css`. */
export function explorerFiles(): Middleware {
  const files: Readonly<Record<string, readonly [type: string, text: string]>> = {
    "/graphiql/sign_in.js": ["text/javascript; charset=utf-8", script],
    "/graphiql/sign_in.css": ["text/css; charset=utf-8", style],
  };
  return (ctx, next) => {
    const file = Object.hasOwn(files, ctx.path) ? files[ctx.path] : undefined;
    if (!file || (ctx.method !== "GET" && ctx.method !== "HEAD")) return next();
    [ctx.type, ctx.body] = file;
  };
}

/**
 * The policy of the explorer's page: its own inline scripts by their digests, and no other. Styles are put in by its editor
 * as it goes, and the editor works in a worker.
 */
export function explorerPolicy(html: string): string {
  const inline = [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>(.*?)<\/script>/gs)].map(
    ([, text]) => `'sha256-${createHash("sha256").update(text!).digest("base64")}'`,
  );
  return [
    "default-src 'none'",
    `script-src 'self' ${inline.join(" ")}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "worker-src 'self' blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join(";");
}
