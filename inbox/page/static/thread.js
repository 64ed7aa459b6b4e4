// The open conversation: what arrives is put in its place, scrolling stays where the reader is.

import { Problem, call, fragment } from "./api.js";
import { all, find, me, openId, parse } from "./dom.js";
import { query } from "./nav.js";
import { preferences } from "./prefs.js";
import { refreshTimes } from "./times.js";
import { announce, toast } from "./toast.js";

const READ_AFTER_MS = 2000;
const NEAR_PX = 48;
const OVERLAP = 4;

let unseen = 0;
let readTimer = 0;
let readSeq = 0;
let isFetching = false;
/** @type {number | null} */
let wanted = null;
/** A head that came while a menu of the old one was open. @type {any} */
let waitingHead = null;
/** @type {(items: any[]) => void} */
let onForeign = () => undefined;

/** Calls `work` with messages that a colleague has just sent here. */
export const whenColleagueWrites = (/** @type {(items: any[]) => void} */ work) => {
  onForeign = work;
};

export const scroller = () => find("#thread-scroll");
export const messages = () => all("#items > .message[data-seq]");
export const lastSeq = () => Number(messages().at(-1)?.dataset.seq ?? 0);

export function threadWasShown() {
  unseen = 0;
  readSeq = 0;
  waitingHead = null;
  refreshTimes(find("#thread"), true);
  refreshTimes(find("#side"), true);
  const box = scroller();
  if (!box) return;
  const line = find("#unread-line");
  if (line) line.scrollIntoView({ block: "start" });
  else box.scrollTop = box.scrollHeight;
  box.addEventListener("scroll", () => isAtEnd() && clearUnseen(), { passive: true });
  find("#jump").addEventListener("click", () => toEnd());
  scheduleRead();
}

function isAtEnd() {
  const box = scroller();
  return !box || box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
}

export function toEnd() {
  const box = scroller();
  if (box) box.scrollTop = box.scrollHeight;
  clearUnseen();
}

function clearUnseen() {
  unseen = 0;
  const jump = find("#jump");
  if (jump) jump.hidden = true;
}

/**
 * Asks for what is new since a message, and for how the last few stand.
 * @param {number | null} [fromSeq]
 */
export async function refreshThread(fromSeq = null) {
  const id = openId();
  if (!id || !find("#items")) return;
  const from = Math.max(0, Math.min(fromSeq ?? Infinity, lastSeq() - OVERLAP + 1) - 1);
  wanted = Math.min(wanted ?? Infinity, from);
  if (isFetching) return;
  isFetching = true;
  try {
    while (wanted !== null && openId() === id) {
      const after = wanted;
      wanted = null;
      const given = query();
      given.set("after_seq", String(after));
      const html = await fragment(`/inbox/c/${id}/thread?${given}`);
      if (openId() === id) await new Promise((done) => requestAnimationFrame(() => done(merge(parse(html)))));
    }
  } catch (error) {
    if (error instanceof Problem && error.status === 404) toast("This conversation is not here any more.", { isFailure: true });
  } finally {
    isFetching = false;
    wanted = null;
  }
}

/** @param {DocumentFragment} fresh */
function merge(fresh) {
  const items = find("#items");
  if (!items) return;
  const wasAtEnd = isAtEnd();
  const seen = lastSeq();
  const added = [];
  for (const item of all("#items > li", fresh)) {
    if (putItem(items, item)) added.push(item);
  }
  putHead(find(".thread-head", fresh));
  putSuppressed(find("#suppressed", fresh));
  putWindow(find("#window", fresh));
  const inbound = added.filter((one) => one.dataset.direction === "inbound" && Number(one.dataset.seq) > seen);
  const foreign = added.filter((one) => one.dataset.direction === "outbound" && Number(one.dataset.seq) > seen && one.dataset.who !== me().name);
  if (wasAtEnd) toEnd();
  else if (inbound.length + foreign.length) showUnseen(inbound.length + foreign.length);
  if (inbound.length) announce(`New message: ${find(".text", inbound.at(-1))?.textContent.trim().slice(0, 120) ?? "see below"}`);
  if (foreign.length) onForeign(foreign);
  scheduleRead();
}

/** @param {any} fresh says to whom nothing is sent */
function putSuppressed(fresh) {
  const old = find("#suppressed");
  if (old && fresh && old.textContent !== fresh.textContent && !old.contains(document.activeElement)) old.replaceWith(fresh);
}

/** @param {any} fresh says until when WhatsApp takes an answer */
function putWindow(fresh) {
  const old = find("#window");
  if (!old || !fresh) return;
  for (const button of all("#composer button.as-reply")) button.disabled = "closed" in fresh.dataset;
  old.replaceWith(fresh);
}

/**
 * @param {any} items
 * @param {any} item
 * @returns {boolean} whether it is new
 */
function putItem(items, item) {
  refreshTimes(item, true);
  const key = item.dataset.key;
  const old = find(`:scope > li[data-key="${CSS.escape(key)}"]`, items);
  if (old) {
    if (old.dataset.rev !== item.dataset.rev) {
      const hadFocus = old.contains(document.activeElement);
      old.replaceWith(item);
      if (hadFocus) scroller().focus({ preventScroll: true });
    }
    return false;
  }
  if (item.dataset.key === "unread") return false;
  let next = null;
  for (const one of [...items.children].reverse()) {
    if (one.dataset.sort <= item.dataset.sort) break;
    next = one;
  }
  items.insertBefore(item, next);
  return true;
}

/** @param {any} head with the state as it is now; left alone while somebody uses it */
function putHead(head) {
  const old = find(".thread-head");
  waitingHead = null;
  if (!head || !old || old.innerHTML === head.innerHTML) return;
  if (find("details[open]", old)) {
    waitingHead = head;
    return;
  }
  const held = old.contains(document.activeElement) ? document.activeElement : null;
  const label = held?.closest("[data-menu]")?.getAttribute("data-menu");
  old.replaceWith(head);
  if (!held) return;
  const again = label ? find(`[data-menu="${label}"] > summary`, head) : find("#thread-title", head);
  again?.focus({ preventScroll: true });
}

/** @param {number} count */
function showUnseen(count) {
  unseen += count;
  find("#jump-text").textContent = unseen === 1 ? "1 new message" : `${unseen} new messages`;
  find("#jump").hidden = false;
}

/** Marks as read what has been in view for two seconds, in a window that has focus. */
export function scheduleRead() {
  clearTimeout(readTimer);
  if (!me().id || !preferences().read_on_open || document.body.dataset.writes !== "yes") return;
  const id = openId();
  const seq = lastSeq();
  if (!id || seq <= readSeq || document.visibilityState !== "visible" || !document.hasFocus()) return;
  readTimer = window.setTimeout(() => {
    if (openId() !== id || document.visibilityState !== "visible" || !document.hasFocus()) return;
    void markRead(id, seq).catch(() => undefined);
  }, READ_AFTER_MS);
}

/**
 * @param {string} id
 * @param {number} seq
 */
export async function markRead(id, seq) {
  await call("PUT", `/api/conversations/${id}/read`, { last_read_seq: seq });
  if (openId() === id) readSeq = Math.max(readSeq, seq);
}

/** A step back by hand: nothing is read again by itself until the conversation is left. */
export function heldUnread() {
  clearTimeout(readTimer);
  readSeq = Infinity;
}

export function startThread() {
  addEventListener("focus", scheduleRead);
  document.addEventListener("visibilitychange", scheduleRead);
  // The event does not bubble.
  document.addEventListener("toggle", () => waitingHead && putHead(waitingHead), true);
  find("#thread").addEventListener("click", (/** @type {any} */ event) => {
    const quote = event.target.closest("a.quote");
    if (quote) return void showQuoted(event, quote);
    const link = event.target.closest("#earlier, [data-do='images']");
    if (!link) return;
    event.preventDefault();
    if (link.id === "earlier") void loadEarlier(link);
    else showImages(link);
  });
}

/**
 * Goes to a quoted message that is shown already; any other is on the page that the link leads to.
 * @param {any} event
 * @param {any} quote
 */
function showQuoted(event, quote) {
  const message = document.getElementById(quote.hash.slice(1));
  if (!message) return;
  event.preventDefault();
  message.tabIndex = -1;
  message.focus({ preventScroll: true });
  message.scrollIntoView({ block: "center" });
}

/** @param {any} link */
async function loadEarlier(link) {
  const box = scroller();
  const fromEnd = box.scrollHeight - box.scrollTop;
  const url = new URL(link.href);
  try {
    const fresh = parse(await fragment(`${url.pathname}/thread${url.search}`));
    const items = find("#items");
    for (const item of all("#items > li", fresh)) putItem(items, item);
    const more = find("#earlier", fresh);
    if (more) link.href = more.href;
    else link.closest(".more").remove();
    box.scrollTop = box.scrollHeight - fromEnd;
  } catch (error) {
    toast(error instanceof Problem ? error.message : "Earlier messages could not be loaded.", { isFailure: true });
  }
}

/** @param {any} link */
function showImages(link) {
  find("iframe", link.closest(".bubble")).src = link.href;
  link.remove();
}
