// <script src="https://news.example.org/embed.js" data-newsletter="daily" async></script>
// The subscribe form, in the place of the script, with a style of its own that leaks neither way.
// It asks nothing of any host but the one it comes from, and keeps nothing in the browser.
(() => {
  "use strict";
  const script = document.currentScript;
  const home = new URL(".", script.src).href;
  const SHEET = `
    :host { display: block; max-width: 34rem; }
    form { display: flex; flex-wrap: wrap; gap: 8px; margin: 0; font: inherit; }
    label, p { flex: 1 0 100%; margin: 0; }
    label { font-weight: 600; }
    .trap { position: absolute; inset-inline-start: -10000px; }
    input[type=email] { flex: 1 1 14rem; min-width: 0; min-height: 48px; box-sizing: border-box;
      padding: 10px 14px; font: inherit; color: inherit; background: Field; color: FieldText;
      border: 1px solid GrayText; border-radius: 2px; }
    button { min-height: 48px; padding: 10px 24px; font: inherit; font-weight: 600;
      border: 2px solid currentColor; border-radius: 2px; background: none; color: inherit;
      cursor: pointer; }
    :focus-visible { outline: 3px solid; outline-offset: 3px; }
  `;

  const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const hex = (buffer) =>
    Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

  // ALTCHA, version 2: the counter for which PBKDF2 of nonce and counter begins with the prefix.
  async function solved(challenge) {
    const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
    const head = bytes(nonce);
    const password = new Uint8Array(head.length + 4);
    password.set(head);
    const view = new DataView(password.buffer);
    for (let counter = 0; counter < 0xffffffff; counter += 1) {
      view.setUint32(head.length, counter);
      const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
      const derived = hex(await crypto.subtle.deriveBits(
        { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost },
        key, (keyLength ?? 32) * 8));
      if (derived.startsWith(keyPrefix)) {
        return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey: derived } }));
      }
    }
    return "";
  }

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  async function asked() {
    const query = new URLSearchParams();
    if (script.dataset.newsletter) query.set("newsletter", script.dataset.newsletter);
    const language = script.dataset.language || document.documentElement.lang;
    if (language) query.set("lang", language);
    const answer = await fetch(`${home}api/form?${query}`, { credentials: "omit" });
    if (!answer.ok) throw new Error(`the form answered ${answer.status}`);
    return answer.json();
  }

  async function joined(form, email, website) {
    const answer = await fetch(`${home}api/subscribe`, {
      method: "POST",
      credentials: "omit",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        newsletter: form.newsletter.id, email, website, language: form.language,
        stamp: form.stamp,
        altcha: form.challenge && globalThis.crypto?.subtle ? await solved(form.challenge) : "",
      }),
    });
    return { status: answer.status, ...(await answer.json()) };
  }

  async function show() {
    let form = await asked();
    const host = element("div");
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(SHEET);
    root.adoptedStyleSheets = [sheet];
    host.dir = form.dir;

    const email = element("input", {
      id: "email", type: "email", name: "email", autocomplete: "email", required: true, dir: "ltr",
    });
    const website = element("input", { type: "text", name: "website", tabIndex: -1, autocomplete: "off" });
    const trap = element("div", { className: "trap", ariaHidden: "true" }, website);
    const button = element("button", { textContent: form.words.subscribe });
    const said = element("p", { role: "status", textContent: form.words.hint });
    const fields = element("form", { noValidate: true },
      element("label", { htmlFor: "email", textContent: form.words.email }), email, trap, button, said);
    root.append(fields);
    // In the head nothing is seen: there the end of the page is the place.
    if (script.closest("body")) script.after(host);
    else document.body.append(host);

    fields.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (button.disabled) return;
      button.disabled = true;
      said.textContent = form.words.working;
      try {
        const { status, message } = await joined(form, email.value, website.value);
        said.textContent = message ?? form.words.failed;
        if (status === 202) {
          button.remove();
          email.readOnly = true; // who mistyped it sees it
          email.removeAttribute("aria-invalid");
          return;
        }
        email.setAttribute("aria-invalid", String(status === 422));
        form = await asked();
      } catch {
        said.textContent = form.words.failed;
      }
      button.disabled = false;
    });
  }

  show().catch((error) => console.warn(`${script.src}: ${error.message}`));
})();
