import type { Middleware } from "koa";
import type { Config } from "../../config.ts";
import { pageOrJson, row } from "../pages/page.ts";
import { showsMails } from "./written_mails.ts";

interface Way {
  readonly path: string;
  readonly name: string;
  readonly says: string;
}

/** `GET /`: what this is and where to go; as JSON for programs. */
export function home(config: Pick<Config, "graphiql" | "environment" | "mail">): Middleware {
  const ways: readonly Way[] = [
    ...(config.graphiql
      ? [
          {
            path: "/graphiql",
            name: "GraphiQL",
            says: "Sign in and ask the API, with its schema beside you.",
          },
        ]
      : []),
    ...(config.environment === "development"
      ? [{ path: "/docs", name: "Reference", says: "The calls beside GraphQL: signing in, health, keys." }]
      : []),
    { path: "/openapi.json", name: "OpenAPI", says: "The same for programs: every call, answer and code." },
    ...(showsMails(config)
      ? [{ path: "/dev/mail", name: "Mails", says: "What would have been sent, as a mailbox shows it." }]
      : []),
    { path: "/errors", name: "Errors", says: "Every code: when it happens, and what to do then." },
    {
      path: "/readyz",
      name: "Health",
      says: "Whether the database, its migrations and the worker are there.",
    },
    { path: "/.well-known/jwks.json", name: "Keys", says: "The public keys of access tokens." },
  ];
  const body = `${row}
<h1>Rowhouse</h1>
<p>The backend of a chatbot platform. Many companies live side by side in one PostgreSQL, and nobody sees through the wall.</p>
<ul class="ways">
${ways.map(({ path, name, says }) => `<li><a href="${path}"><strong>${name}</strong>${says}</a></li>`).join("\n")}
</ul>
<h2>From a program</h2>
<p>Sign in at <code>POST /auth/login</code> with <code>{"email": …, "password": …}</code>, and send the <code>access_token</code> along:</p>
<pre>curl /graphql -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"query": "{ me { name } myTenant { name } }"}'</pre>
<p class="quiet">README.md has a worked session, db/README.md the handbook for DBAs, SECURITY.md what is guaranteed.</p>`;
  return pageOrJson("Rowhouse", body, {
    name: "rowhouse",
    graphql: "/graphql",
    signIn: "/auth/login",
    ...Object.fromEntries(ways.map(({ path, name }) => [name.toLowerCase(), path])),
  });
}
