// Canned replies: a slash at the beginning of a word opens the list, Enter or Tab takes one.

import { call } from "./api.js";
import { all, find, make } from "./dom.js";
import { insert } from "./composer.js";

/** @type {{ id: string, name: string, text: string }[] | null} */
let replies = null;
let chosen = 0;
let from = -1;

const list = () => find("#canned");

/** They changed: the next slash asks for them again. */
export const cannedChanged = () => {
  replies = null;
};

async function load() {
  if (replies) return replies;
  try {
    replies = (await call("GET", "/api/canned-replies?limit=200")).items;
  } catch {
    return [];
  }
  return replies ?? [];
}

export function startCanned() {
  const main = find("#thread");
  main.addEventListener("input", (/** @type {any} */ event) => event.target.id === "text" && void suggest(event.target));
  main.addEventListener("keydown", key, true);
  main.addEventListener("focusout", (/** @type {any} */ event) => event.target.id === "text" && setTimeout(hide, 150));
  main.addEventListener("pointerdown", (/** @type {any} */ event) => {
    const option = event.target.closest("#canned [role='option']");
    if (!option) return;
    event.preventDefault();
    take(Number(option.dataset.at));
  });
  main.addEventListener("click", (/** @type {any} */ event) => {
    if (!event.target.closest("[data-do='canned']")) return;
    const area = find("#text");
    area.focus();
    area.setRangeText("/", area.selectionStart, area.selectionEnd, "end");
    void suggest(area);
  });
}

/** @type {{ id: string, name: string, text: string }[]} */
let found = [];

/** @param {HTMLTextAreaElement} area */
async function suggest(area) {
  const before = area.value.slice(0, area.selectionStart);
  const match = /(?:^|\s)\/([a-z0-9-]*)$/i.exec(before);
  if (!match) return hide();
  const known = await load();
  const word = match[1].toLowerCase();
  from = before.length - match[1].length - 1;
  found = known.filter((one) => one.name.includes(word) || (word && one.text.toLowerCase().includes(word)));
  found.sort((a, b) => Number(b.name.startsWith(word)) - Number(a.name.startsWith(word)) || (a.name < b.name ? -1 : 1));
  found = found.slice(0, 12);
  chosen = 0;
  show();
  return undefined;
}

function show() {
  const box = list();
  if (!box) return;
  box.hidden = false;
  if (found.length) {
    box.replaceChildren(...found.map((one, at) => make("li", { role: "option", id: `canned-${at}`, "data-at": String(at), "aria-selected": String(at === chosen) }, make("b", {}, `/${one.name}`), make("small", {}, one.text))));
  } else {
    box.replaceChildren(make("li", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, make("small", {}, "No canned reply has this name.")));
  }
  const area = find("#text");
  area.setAttribute("aria-controls", "canned");
  if (found.length) area.setAttribute("aria-activedescendant", `canned-${chosen}`);
}

function hide() {
  const box = list();
  if (!box || box.hidden) return;
  box.hidden = true;
  find("#text")?.removeAttribute("aria-activedescendant");
}

/** @param {KeyboardEvent} event */
function key(event) {
  const box = list();
  if (!box || box.hidden || /** @type {Element} */ (event.target).id !== "text") return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && found.length) {
    chosen = (chosen + step + found.length) % found.length;
    for (const option of all("[role='option']", box)) option.setAttribute("aria-selected", String(Number(option.dataset.at) === chosen));
    find(`#canned-${chosen}`).scrollIntoView({ block: "nearest" });
    find("#text").setAttribute("aria-activedescendant", `canned-${chosen}`);
  } else if ((event.key === "Enter" || event.key === "Tab") && found.length && !event.ctrlKey && !event.metaKey) {
    take(chosen);
  } else if (event.key === "Escape") {
    hide();
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

/** @param {number} at */
function take(at) {
  const one = found[at];
  hide();
  if (one) insert(one.text, from);
}
