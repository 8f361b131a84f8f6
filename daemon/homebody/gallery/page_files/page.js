// Search as you type, the keyboard, and the picture in large. Without it the page works too, by its forms and links.
"use strict";
document.documentElement.classList.add("js");
const form = document.getElementById("search");
const rows = document.getElementById("rows");
const state = document.getElementById("state");
const view = document.getElementById("view");
const said = document.getElementById("said");
const words = form.elements.q;
let asked = 0;
let waiting = 0;

const cards = () => [...rows.querySelectorAll(".card")];
const asQuery = () => new URLSearchParams([...new FormData(form)].filter(([, value]) => value)).toString();

async function fetched(path, options) {
  try {
    const response = await fetch(path, options);
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}

async function search() {
  const turn = ++asked;
  const query = asQuery();
  const found = await fetched("/rows?" + query);
  if (turn !== asked) return; // a later one is on its way
  if (found === null) return lost();
  rows.innerHTML = found; // our own server's, where every word of a picture is escaped
  history.replaceState(null, "", query ? "/?" + query : "/");
}

function lost() {
  state.textContent = "The page has ended. Open it again with: homebody gallery --open";
  state.className = "problem";
}

async function more(link) {
  const found = await fetched(link.getAttribute("href").replace("/?", "/rows?"));
  if (found === null) return lost();
  const part = document.createElement("template");
  part.innerHTML = found;
  const first = part.content.querySelector(".card");
  rows.querySelector(".grid").append(...part.content.querySelectorAll(".card"));
  const next = part.content.querySelector("a.more");
  if (next) link.replaceWith(next);
  else link.remove();
  if (first) first.focus();
}

function open(card) {
  const image = view.querySelector("img");
  image.src = card.getAttribute("href");
  image.alt = card.querySelector("p").textContent;
  view.querySelector("figcaption").textContent = card.dataset.more;
  view.querySelector("[name=image]").value = card.dataset.image;
  view.dataset.at = cards().indexOf(card);
  said.textContent = "";
  if (!view.open) view.showModal();
}

function beside(step) {
  const next = cards()[Number(view.dataset.at) + step];
  if (next) open(next);
}

function move(key) {
  const all = cards();
  if (!all.length) return;
  const at = all.indexOf(document.activeElement);
  if (at < 0) return all[0].focus();
  const columns = all.filter((card) => card.offsetTop === all[0].offsetTop).length;
  const next = at + { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key];
  if (next < 0 && key === "ArrowUp") return words.focus();
  all[Math.max(0, Math.min(all.length - 1, next))].focus();
}

form.addEventListener("submit", (event) => { event.preventDefault(); search(); });
form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 120); });
document.getElementById("close").addEventListener("click", () => view.close());
view.addEventListener("click", (event) => { if (event.target === view) view.close(); });
view.addEventListener("close", () => cards()[Number(view.dataset.at)]?.focus());
document.addEventListener("error", (event) => event.target.parentElement?.classList.add("lost"), true);

rows.addEventListener("click", (event) => {
  const card = event.target.closest(".card");
  const link = event.target.closest("a.more");
  if (event.ctrlKey || event.metaKey || event.shiftKey || (!card && !link)) return;
  event.preventDefault();
  if (card) open(card);
  else more(link);
});

document.addEventListener("submit", async (event) => {
  if (event.target.method !== "post") return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(event.target));
  const answer = await fetched(event.target.action, { method: "POST", body, headers: { Accept: "text/plain" } });
  if (view.contains(event.target)) said.textContent = answer ?? "That did not work.";
  refresh();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches("input, select, textarea");
  if (view.open) {
    if (event.key === "ArrowLeft") beside(-1);
    if (event.key === "ArrowRight") beside(1);
  } else if (event.key === "/" && !typing) {
    event.preventDefault();
    words.focus();
    words.select();
  } else if (event.key === "ArrowDown" && event.target === words) {
    event.preventDefault();
    cards()[0]?.focus();
  } else if (event.key.startsWith("Arrow") && !typing) {
    event.preventDefault();
    move(event.key);
  }
});

let captioned = null;
async function refresh() {
  const now = await fetched("/state");
  if (now === null) return lost();
  const opened = state.querySelector("details")?.open;
  if (!state.contains(document.activeElement)) state.innerHTML = now;
  state.className = "";
  if (opened) state.querySelector("details")?.setAttribute("open", "");
  const count = state.querySelector("[data-captioned]")?.dataset.captioned ?? null;
  // New captions appear by themselves, unless the person is in the middle of the rows.
  if (captioned !== null && count !== captioned && !view.open && !rows.contains(document.activeElement) && scrollY < 50) search();
  captioned = count;
}
setInterval(() => { if (!document.hidden) refresh(); }, 2000);
