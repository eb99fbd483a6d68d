// The page hears that a file has changed, fetches itself and puts the new matter in place.
const main = document.querySelector("main");

async function again() {
  const answer = await fetch(location.href);
  const made = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = made.querySelector("main");
  document.title = made.title;
  main.dataset.stamp = fresh.dataset.stamp;
  main.replaceChildren(...fresh.childNodes);
}

const heard = new EventSource(`/events?seen=${main.dataset.stamp}`);
heard.addEventListener("change", again);
