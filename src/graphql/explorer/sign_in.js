// Signs people in to the explorer: whatever it asks /graphql gets the access token, which is refreshed in time. The tokens
// live as long as the tab. Who puts an Authorization header of their own under "Headers" is left alone.

const people = JSON.parse(document.getElementById("people").textContent);
const KEY = "rowhouse:session";
/** Milliseconds before its end at which an access token is renewed. */
const MARGIN = 30_000;

const stored = () => JSON.parse(sessionStorage.getItem(KEY) ?? "null");
const store = (session) => sessionStorage.setItem(KEY, JSON.stringify(session));
const plainFetch = window.fetch.bind(window);

async function post(path, body) {
  const answer = await plainFetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.detail);
  return json;
}

const withEnd = (tokens) => ({ ...tokens, endsAt: Date.now() + tokens.expires_in * 1000 });

async function signIn(credentials) {
  const { user, tenant, ...tokens } = await post("/auth/login", credentials);
  store({ ...withEnd(tokens), name: user.name, tenant: tenant?.name ?? "no company" });
  askForSchema();
}

/** The explorer asks for the schema once, and may have been refused, before or while somebody signed in. */
let schemaRefused = false;

/** Asks again with its own button, which is off while it asks; nothing on the page is lost. */
function askForSchema() {
  if (!schemaRefused || !stored()) return;
  const button = document.querySelector('[aria-label^="Re-fetch GraphQL schema"]');
  if (!button || button.disabled) return void setTimeout(askForSchema, 100);
  schemaRefused = false;
  button.click();
}

let renewing = null;

/** The access token, renewed where it is about to end; null for nobody. One renewal serves all that wait for it. */
async function accessToken() {
  const session = stored();
  if (!session) return null;
  if (session.endsAt - Date.now() > MARGIN) return session.access_token;
  renewing ??= post("/auth/refresh", { refresh_token: session.refresh_token })
    .then((tokens) => store({ ...session, ...withEnd(tokens) }))
    .catch((error) => signOut(`Signed out: ${error.message}`))
    .finally(() => {
      renewing = null;
    });
  await renewing;
  return stored()?.access_token ?? null;
}

function signOut(why = "") {
  sessionStorage.removeItem(KEY);
  show(why);
}

window.fetch = async (input, init = {}) => {
  const url = new URL(typeof input === "string" || input instanceof URL ? input : input.url, location.href);
  if (url.origin !== location.origin || url.pathname !== "/graphql") return plainFetch(input, init);
  const headers = new Headers(init.headers);
  const token = headers.has("Authorization") ? null : await accessToken();
  if (token) headers.set("Authorization", `Bearer ${token}`);
  const answer = await plainFetch(input, { ...init, headers });
  if (answer.status === 401) {
    if (token) signOut("This session has ended: sign in again.");
    else if (!headers.has("Authorization")) {
      schemaRefused = true;
      setTimeout(askForSchema);
    }
  }
  return answer;
};

const bar = document.getElementById("sign-in");
const find = (name) => bar.querySelector(`[data-part=${name}]`);

/** @param {string} message */
function show(message = "") {
  const session = stored();
  find("who").textContent = session ? `${session.name} · ${session.tenant}` : "Signed out";
  find("out").hidden = !session;
  find("message").textContent = message;
  for (const button of find("people").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(session?.person === button.dataset.person));
  }
}

async function trying(credentials, person) {
  show("…");
  try {
    await signIn(credentials);
    if (person) store({ ...stored(), person });
    show();
  } catch (error) {
    show(error.message);
  }
}

const element = (name, properties, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

for (const tenant of new Set(people.map((person) => person.tenant))) {
  const buttons = people
    .filter((person) => person.tenant === tenant)
    .map(({ email, role, password }) => {
      const name = email.split("@")[0];
      const button = element(
        "button",
        { type: "button", title: email },
        name,
        element("small", { textContent: role }),
      );
      button.dataset.person = `${email} ${tenant}`;
      button.addEventListener("click", () => trying({ email, password, tenant }, button.dataset.person));
      return button;
    });
  find("people").append(element("fieldset", {}, element("legend", { textContent: tenant }), ...buttons));
}
find("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const { email, password } = Object.fromEntries(new FormData(event.target));
  trying({ email, password });
});
find("out").addEventListener("click", async () => {
  const token = await accessToken();
  signOut();
  if (token)
    await plainFetch("/auth/logout", { method: "POST", headers: { Authorization: `Bearer ${token}` } });
});
show();
