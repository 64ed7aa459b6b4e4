// Ctrl+K: every command, every view, the conversations of the list, and search.

import { closeOrOpen, openMenu, read, take, unread } from "./actions.js";
import { setMode } from "./composer.js";
import { all, find, icon, make, openId } from "./dom.js";
import { rows } from "./list.js";
import { go, openConversation, showList } from "./nav.js";
import { openPreferences, setTheme } from "./prefs.js";

/** @typedef {{ label: string, icon: string, hint?: string, run: () => unknown }} Command */

let chosen = 0;
/** @type {Command[]} */
let shown = [];

/** @returns {Command[]} */
function commands() {
  /** @type {Command[]} */
  const views = all(".view").map((link) => ({
    label: `Go to ${find(".view-label", link).textContent}`,
    icon: "list-filter",
    run: () => go(link.getAttribute("href")),
  }));
  /** @type {Command[]} */
  const here = openId() && document.body.dataset.writes === "yes"
    ? [
        { label: "Reply", icon: "corner-up-left", hint: "r", run: () => setMode("reply") },
        { label: "Add a note", icon: "sticky-note", hint: "n", run: () => setMode("note") },
        { label: "Take it", icon: "user-check", hint: "m", run: () => take(openId()) },
        { label: "Assign to somebody", icon: "user-plus", hint: "a", run: () => openMenu("assign") },
        { label: "Close, or open again", icon: "check", hint: "e", run: () => closeOrOpen(openId()) },
        { label: "Snooze", icon: "alarm-clock", hint: "z", run: () => openMenu("snooze") },
        { label: "Tag", icon: "tag", hint: "t", run: () => openMenu("tag") },
        { label: "Mark read", icon: "mail-open", hint: "I", run: () => read(openId()) },
        { label: "Mark unread", icon: "mail", hint: "U", run: () => unread(openId()) },
      ]
    : [];
  return [
    ...here,
    ...(find("#compose") ? [{ label: "New message", icon: "square-pen", hint: "c", run: () => find("#compose").click() }] : []),
    ...views,
    { label: "Refresh the list", icon: "refresh-cw", hint: ".", run: () => showList() },
    { label: "Preferences", icon: "settings-2", run: openPreferences },
    { label: "Keyboard", icon: "keyboard", hint: "?", run: () => find("#sheet").showModal() },
    { label: "Light colours", icon: "sun", run: () => setTheme("light") },
    { label: "Dark colours", icon: "moon", run: () => setTheme("dark") },
    { label: "Colours of the system", icon: "monitor", run: () => setTheme("") },
    ...rows().slice(0, 100).map((row) => ({
      label: `${find(".row-name", row).textContent.trim()} — ${find(".row-text", row).textContent.trim()}`,
      icon: "message-square",
      run: () => openConversation(row.dataset.id),
    })),
  ];
}

export function openPalette() {
  const dialog = find("#palette");
  if (dialog.open) return dialog.close();
  find("#palette-text").value = "";
  update();
  dialog.showModal();
  find("#palette-text").focus();
}

function update() {
  const text = find("#palette-text").value.trim();
  /** @type {string[]} */
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  shown = commands().filter((one) => words.every((word) => one.label.toLowerCase().includes(word))).slice(0, 40);
  if (text) shown.push({ label: `Search for “${text}”`, icon: "search", run: () => go(`/inbox?view=open&q=${encodeURIComponent(text)}`) });
  chosen = 0;
  find("#palette-list").replaceChildren(...shown.map(option));
  mark();
}

/**
 * @param {Command} command
 * @param {number} at
 */
function option(command, at) {
  const item = make("li", { role: "option", id: `command-${at}`, "data-at": String(at) }, icon(command.icon), make("span", { dir: "auto" }, command.label));
  if (command.hint) item.append(make("kbd", {}, command.hint));
  return item;
}

function mark() {
  for (const item of all("#palette-list > li")) item.setAttribute("aria-selected", String(Number(item.dataset.at) === chosen));
  find("#palette-text").setAttribute("aria-activedescendant", shown.length ? `command-${chosen}` : "");
  find(`#command-${chosen}`)?.scrollIntoView({ block: "nearest" });
}

/** @param {number} at */
function run(at) {
  find("#palette").close();
  const command = shown[at];
  if (command) setTimeout(() => void command.run());
}

export function startPalette() {
  const dialog = find("#palette");
  find("#palette-text").addEventListener("input", update);
  dialog.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && shown.length) {
      chosen = (chosen + step + shown.length) % shown.length;
      mark();
    } else if (event.key === "Enter") run(chosen);
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("click", (/** @type {any} */ event) => {
    const item = event.target.closest("[role='option']");
    if (item) run(Number(item.dataset.at));
    else if (event.target === dialog) dialog.close();
  });
}
