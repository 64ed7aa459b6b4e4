// The keyboard. Single keys rest while somebody writes, and can be turned off (WCAG 2.1.4).

import { closeOrOpen, openMenu, read, take, target, unread } from "./actions.js";
import { clearSelection, select, selected } from "./bulk.js";
import { setMode, submit } from "./composer.js";
import { find, isWriting, openId } from "./dom.js";
import { focusRow, focusedRow, move, neighbour, rowOf, rows } from "./list.js";
import { closeConversation, go, openConversation, showList } from "./nav.js";
import { openPalette } from "./palette.js";
import { preferences } from "./prefs.js";

const SEQUENCE_MS = 1200;
const VIEWS = /** @type {Record<string, string>} */ ({ i: "open", u: "unread", m: "mine" });

let goAt = -Infinity;

/** @type {Record<string, () => unknown>} */
const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  o: open,
  u: back,
  c: () => find("#compose")?.click(),
  r: () => write("reply"),
  n: () => write("note"),
  a: () => openMenu("assign"),
  m: () => take(),
  e: () => (selected().length ? /** @type {any} */ (find('[data-bulk="close"]')).click() : closeOrOpen()),
  z: () => openMenu("snooze"),
  t: () => openMenu("tag"),
  x: () => select(focusedRow() ?? rowOf(openId())),
  X: () => select(focusedRow() ?? rowOf(openId()), true),
  I: () => read(),
  U: () => unread(),
  "/": () => find("#search").select(),
  "[": () => step(-1),
  "]": () => step(1),
  ".": () => showList(),
  "?": () => find("#sheet").showModal(),
};

function open() {
  const id = target();
  if (id) void openConversation(id);
}

function back() {
  const row = rowOf(openId()) ?? neighbour(1);
  void closeConversation().then(() => focusRow(row?.isConnected ? row : rows()[0]));
}

/** @param {string} mode */
async function write(mode) {
  const id = target();
  if (id && id !== openId()) await openConversation(id);
  setMode(mode);
}

/** @param {1 | -1} by */
function step(by) {
  const next = neighbour(by);
  if (next && next.dataset.id !== openId()) void openConversation(next.dataset.id);
  next?.scrollIntoView({ block: "nearest" });
}

/** @param {KeyboardEvent} event */
function press(event) {
  if (event.defaultPrevented || event.isComposing) return;
  const isControl = event.ctrlKey || event.metaKey;
  if (isControl && event.key === "Enter" && isWriting(event.target) && /** @type {Element} */ (event.target).id === "text") {
    event.preventDefault();
    void submit(event.shiftKey);
    return;
  }
  if (isControl && event.key.toLowerCase() === "k" && !event.shiftKey) {
    event.preventDefault();
    openPalette();
    return;
  }
  if (find("dialog[open]")) return;
  if (event.key === "Escape") return leave(event);
  if (isControl || event.altKey || isWriting(event.target) || !preferences().single_keys) return;
  if (event.timeStamp - goAt < SEQUENCE_MS && VIEWS[event.key]) {
    goAt = -Infinity;
    event.preventDefault();
    void go(`/inbox?view=${VIEWS[event.key]}`).then(() => focusRow(rows()[0]));
    return;
  }
  goAt = event.key === "g" ? event.timeStamp : -Infinity;
  const run = KEYS[event.key] ?? (event.key === "Enter" && focusedRow() && event.target === document.body ? open : undefined);
  if (!run || /** @type {Element} */ (event.target).closest?.(".menu-body")) return;
  event.preventDefault();
  run();
}

/** @param {KeyboardEvent} event */
function leave(event) {
  if (selected().length) return clearSelection();
  if (!isWriting(event.target)) return undefined;
  /** @type {HTMLElement} */ (event.target).blur();
  focusRow(rowOf(openId()) ?? rows()[0]);
  return undefined;
}

export function startKeys() {
  document.addEventListener("keydown", press);
}
