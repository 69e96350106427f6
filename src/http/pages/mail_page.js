// The page of a mail's link. Opening it does nothing: mail scanners open links, and press no button. The secret comes in
// the fragment, which browsers send to nobody, and is taken out of the address bar.
const find = (id) => document.getElementById(id);
const form = find("form");
const texts = JSON.parse(form.dataset.texts);
const token = new URLSearchParams(location.hash.slice(1)).get("token");
history.replaceState(null, "", location.pathname);

function askForCode(why) {
  find("by-code").hidden = false;
  find("email").required = true;
  find("code").required = true;
  find("status").textContent = why;
}
let byCode = !token;
if (byCode) askForCode(texts.noLink);

find("show")?.addEventListener("change", (event) => {
  find("password").type = event.target.checked ? "text" : "password";
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  find("send").disabled = true;
  find("status").textContent = "";
  const shown = byCode
    ? { email: find("email").value, code: find("code").value.replaceAll(/\D/g, "") }
    : { token };
  const password = find("password");
  const name = find("name");
  try {
    const answer = await fetch(form.dataset.action, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        ...shown,
        ...(name && { name: name.value }),
        ...(password && { password: password.value }),
        ...JSON.parse(form.dataset.also),
      }),
    });
    if (answer.ok) {
      form.hidden = true;
      find("status").textContent = texts.done;
      find("status").className = "done";
      return;
    }
    const { code, detail } = await answer.json();
    const why = texts.refusals[code] ?? detail;
    if (code === "link_of_another_browser" && form.dataset.elsewhere === "code") {
      byCode = true;
      askForCode(why);
    }
    find("status").textContent = why;
  } catch {
    find("status").textContent = texts.unreachable;
  }
  find("send").disabled = false;
});
