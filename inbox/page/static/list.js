// The list: rows keyed by conversation, one of them in the tab order, order held while it is in use.

import { all, find, openId, perFrame } from "./dom.js";
import { refreshTimes } from "./times.js";
import { announce } from "./toast.js";

const MOST_ROWS = 400;

/** Rows that wait for the list to be left alone: markup by id. @type {Map<string, HTMLElement>} */
const held = new Map();

/** Conversations that this agent has just changed: they leave at once. @type {Set<string>} */
const own = new Set();

/** Where the open conversation was when it left the list. */
let leftAt = { id: "", at: -1 };

/** @param {string} id @returns {any} */
export const rowOf = (id) => find(`#rows > .row[data-id="${CSS.escape(id)}"]`);
export const rows = () => all("#rows > .row");

/** The row that keys act on: the one with focus, or the one in the tab order. */
export function focusedRow() {
  return document.activeElement?.closest?.(".row") ?? null;
}

/** @param {any} row */
export function focusRow(row) {
  if (!row) return;
  rove(row);
  find(".row-link", row).focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

/** @param {1 | -1} step */
export function move(step) {
  const list = rows();
  if (!list.length) return;
  const now = focusedRow() ?? rowOf(openId());
  const at = now ? list.indexOf(now) : -1;
  focusRow(list[Math.max(0, Math.min(list.length - 1, at < 0 ? 0 : at + step))]);
}

/**
 * The row beside the open conversation, or beside the place that it had.
 * @param {1 | -1} step
 */
export function neighbour(step) {
  const list = rows();
  const id = openId();
  const at = list.findIndex((row) => row.dataset.id === id);
  if (at < 0 && id && leftAt.id === id) return list[step > 0 ? leftAt.at : leftAt.at - 1];
  return list[Math.max(0, Math.min(list.length - 1, at + step))];
}

/** @param {any} chosen */
function rove(chosen) {
  for (const link of all('.row-link[tabindex="0"]')) link.tabIndex = -1;
  if (chosen) find(".row-link", chosen).tabIndex = 0;
}

/** Gives the list one tab stop: the open row, or the first. */
export function setTabStop() {
  for (const link of all("#rows .row-link")) link.tabIndex = -1;
  rove(focusedRow() ?? rowOf(openId()) ?? rows().at(0));
}

function isInUse() {
  const list = find("#rows");
  if (!list) return false;
  return list.matches(":hover") || list.contains(document.activeElement) || Boolean(find(".row-check:checked", list));
}

/**
 * Puts rows as the server has just written them into the list.
 * @param {any[]} fresh `data-match` says whether each belongs to the present view
 */
export function putRows(fresh) {
  const holds = isInUse();
  let arrived = 0;
  for (const row of fresh) {
    refreshTimes(row);
    const id = row.dataset.id;
    const old = rowOf(id);
    const isHere = row.dataset.match === "yes" || (row.dataset.match === "stay" && Boolean(old));
    if (old) {
      if (Number(old.dataset.seq) < Number(row.dataset.seq) && row.classList.contains("is-unread")) arrived += 1;
      rewrite(old, row);
    }
    const isOwn = own.delete(id);
    if (isOwn && old && !isHere) drop(old);
    else if (holds && (isHere ? !old || isMisplaced(old) : old)) held.set(id, row);
    else if (!holds) place(row, old, isHere);
  }
  if (arrived) announce(`${arrived === 1 ? "One conversation has" : `${arrived} conversations have`} something new.`);
  showHeld();
}

/**
 * Writes a row anew in its place. The link stays, so focus and a click under way stay with it.
 * @param {any} old
 * @param {any} row
 */
function rewrite(old, row) {
  if (old.dataset.rev === row.dataset.rev) return;
  const stays = ["is-selected"].filter((name) => old.classList.contains(name));
  old.className = row.className;
  old.classList.add(...stays);
  old.classList.toggle("is-current", old.dataset.id === openId());
  Object.assign(old.dataset, row.dataset);
  const link = find(".row-link", old);
  link.replaceChildren(...all(":scope > *", find(".row-link", row)).map((one) => one.cloneNode(true)));
}

/** Says that this agent changed a conversation: where it belongs to the view no more, it goes. */
export const leaves = (/** @type {string} */ id) => void own.add(id);

/** @param {any} row goes; focus goes on to the next one, or to the thread if it is the open one */
function drop(row) {
  const hadFocus = row.contains(document.activeElement);
  const next = row.nextElementSibling ?? row.previousElementSibling;
  const wasTabStop = Boolean(find('.row-link[tabindex="0"]', row));
  held.delete(row.dataset.id);
  remove(row);
  if (hadFocus && row.dataset.id === openId()) find("#thread-title")?.focus({ preventScroll: true });
  else if (hadFocus) focusRow(next);
  if (wasTabStop && !find('#rows .row-link[tabindex="0"]')) setTabStop();
}

/** @param {any} row */
function remove(row) {
  if (row.dataset.id === openId()) leftAt = { id: row.dataset.id, at: rows().indexOf(row) };
  row.remove();
}

/** @param {any} row */
function isMisplaced(row) {
  const before = row.previousElementSibling;
  const after = row.nextElementSibling;
  return (before && before.dataset.at < row.dataset.at) || (after?.dataset?.at > row.dataset.at);
}

/**
 * @param {any} row
 * @param {any} old
 * @param {boolean} isHere
 */
function place(row, old, isHere) {
  held.delete(row.dataset.id);
  if (!isHere) return old ? remove(old) : undefined;
  const list = find("#rows");
  const moved = old ?? row;
  const next = rows().find((one) => one !== moved && one.dataset.at < moved.dataset.at);
  if (!next && !old && find("#more")) return undefined; // it lies beyond what is shown
  if (old && (old.nextElementSibling === (next ?? null) || !isMisplaced(old))) return undefined;
  find("#empty")?.remove();
  list.insertBefore(moved, next ?? null);
  find(".row-link", moved).tabIndex = -1;
  if (list.children.length > MOST_ROWS && find("#more")) list.lastElementChild.remove();
  return undefined;
}

function showHeld() {
  const bar = find("#held");
  if (!bar) return;
  bar.hidden = held.size === 0;
  if (held.size) find("#held-text").textContent = `${held.size} updated — press . to refresh`;
}

/** Lets go of what was held, as soon as nobody is in the list. */
export const release = perFrame(() => {
  if (!held.size || isInUse()) return;
  /** @type {any[]} */
  const waiting = [...held.values()];
  held.clear();
  for (const row of waiting) {
    const old = rowOf(row.dataset.id);
    place(row, old, row.dataset.match === "yes" || (row.dataset.match === "stay" && Boolean(old)));
  }
  showHeld();
  setTabStop();
});

/** Forgets what was held: the list has been written anew. */
export function listWasWritten() {
  held.clear();
  refreshTimes(find("#list"), true);
  setTabStop();
}

export function startList() {
  const list = find("#list");
  setTabStop();
  list.addEventListener("pointerleave", () => setTimeout(release, 150));
  list.addEventListener("focusout", () => setTimeout(release, 150));
  list.addEventListener("focusin", (/** @type {any} */ event) => {
    const row = event.target.closest?.(".row");
    if (row && event.target.matches(".row-link")) rove(row);
  });
  list.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (!(/** @type {Element} */ (event.target)).matches(".row-link")) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    move(/** @type {1 | -1} */ (step));
  });
}

/**
 * Changes how a row looks at once; the function that is returned puts it back.
 * @param {string} id
 * @param {(row: any) => void} change
 */
export function optimistic(id, change) {
  const row = rowOf(id);
  if (!row) return () => undefined;
  const before = row.cloneNode(true);
  change(row);
  row.dataset.rev = "";
  return () => {
    const now = rowOf(id);
    if (now) rewrite(now, before);
  };
}
