// The form works without this. With it, the browser brings a proof of work along and is let in
// sooner. The proof needs crypto.subtle, which browsers keep for https and this machine.
const form = document.querySelector("form[data-challenge]");

if (form && globalThis.crypto?.subtle) {
  await import("@widget@");
  const worker = new URL("@worker@", import.meta.url);
  globalThis.$altcha.algorithms.set("PBKDF2/SHA-256", () => new Worker(worker));

  const widget = document.createElement("altcha-widget");
  widget.setAttribute("challenge", form.dataset.challenge);
  widget.setAttribute("auto", "onsubmit");
  widget.setAttribute("display", "invisible");
  widget.setAttribute("language", "en");
  widget.configure?.({ humanInteractionSignature: false, minDuration: 0 });
  form.append(widget);

  const status = form.querySelector("[data-status]");
  const button = form.querySelector("button");
  let working = false;
  // The widget lets a second press through while it works: without its proof.
  form.addEventListener("submit", (event) => {
    if (!working) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, { capture: true });
  widget.addEventListener("statechange", (event) => {
    working = event.detail.state === "verifying";
    status.textContent = working ? form.dataset.working : "";
    button.toggleAttribute("aria-busy", working);
    // No proof is better than no way in: without one the server is only stricter.
    if (event.detail.state === "error") {
      widget.remove();
      form.requestSubmit(button);
    }
  });
}
