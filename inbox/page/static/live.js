// Brings what the stream tells to where it is shown: rows, thread, counts, strip and title.

import { Problem, fragment } from "./api.js";
import { all, find, me, openId, parse, perFrame } from "./dom.js";
import { putRows } from "./list.js";
import { go, markView, query, showList, whenListShown } from "./nav.js";
import { hearPresence } from "./presence.js";
import { startStream } from "./stream.js";
import { refreshThread } from "./thread.js";
import { clock } from "./times.js";
import { announce } from "./toast.js";

const ROWS_EVERY_MS = 100;
const COUNTS_EVERY_MS = 2000;
const MOST_IDS = 50;

/** @type {Set<string>} */
const changed = new Set();
let rowsAt = -Infinity;
let rowsTimer = 0;
let areRowsAsked = false;
let countsTimer = 0;
let sideTimer = 0;
let isThreadOld = false;
let countsAt = -Infinity;
/** @type {() => void} */
let onCanned = () => undefined;

/** @param {() => void} cannedChanged */
export function startLive(cannedChanged) {
  onCanned = cannedChanged;
  startStream(take, showState);
  whenListShown(() => changed.clear());
}

/** @param {import("./stream.js").Change} change */
function take(change) {
  if (change.type === "presence") return hearPresence(change);
  // The session has ended, or its role has changed: the page is another one, or the login.
  if (change.type === "access") return location.reload();
  if (change.type === "reset") return void loadAnew();
  if (change.type === "canned_replies.updated") return onCanned();
  if (!change.conversation_id) {
    if (change.type.startsWith("contact.") && openId()) refreshSide();
    // It may be about anybody, and many bounces come at once.
    if (change.type.startsWith("suppression.") && openId()) {
      isThreadOld = true;
      scheduleSide();
    }
    return undefined;
  }
  if (change.type === "conversation.merged") follow(change);
  touch(change.conversation_id, change.message_seq ?? null);
  return undefined;
}

/**
 * Shows a conversation as it is now, wherever it is shown.
 * @param {string} id
 * @param {number | null} [seq] of the message that changed
 */
export function touch(id, seq = null) {
  changed.add(id);
  scheduleRows();
  scheduleCounts();
  if (id !== openId()) return;
  void refreshThread(seq);
  scheduleSide();
}

/** A conversation that became part of another: the reader goes with it. */
function follow(/** @type {import("./stream.js").Change} */ change) {
  if (change.conversation_id !== openId() || !change.object_id) return;
  announce("This conversation was merged into another one.");
  const text = query().toString();
  void go(`/inbox/c/${change.object_id}${text ? `?${text}` : ""}`);
}

async function loadAnew() {
  changed.clear();
  await showList().catch(() => undefined);
  scheduleCounts();
  if (openId()) await refreshThread(0);
}

function scheduleRows() {
  if (areRowsAsked || rowsTimer) return;
  const wait = Math.max(0, rowsAt + ROWS_EVERY_MS - performance.now());
  rowsTimer = window.setTimeout(() => {
    rowsTimer = 0;
    void fetchRows();
  }, wait);
}

async function fetchRows() {
  const ids = [...changed].slice(0, MOST_IDS);
  if (!ids.length) return;
  for (const id of ids) changed.delete(id);
  areRowsAsked = true;
  rowsAt = performance.now();
  const given = query();
  given.set("ids", ids.join(","));
  try {
    const fresh = all(".row", parse(await fragment(`/inbox/rows?${given}`)));
    await new Promise((done) => requestAnimationFrame(() => done(putRows(fresh))));
  } catch (error) {
    if (error instanceof Problem && error.isPassing) for (const id of ids) changed.add(id);
  } finally {
    areRowsAsked = false;
    if (changed.size) scheduleRows();
  }
}

/** Counts come from the server, never from sums made here. */
export function scheduleCounts() {
  if (countsTimer) return;
  const wait = Math.max(0, countsAt + COUNTS_EVERY_MS - performance.now());
  countsTimer = window.setTimeout(async () => {
    countsTimer = 0;
    countsAt = performance.now();
    try {
      const fresh = parse(await fragment(`/inbox/views?${query()}`));
      requestAnimationFrame(() => putCounts(fresh));
    } catch {
      // The strip says that the connection is gone; old numbers are better than none.
    }
  }, wait);
}

/** @param {DocumentFragment} fresh */
function putCounts(fresh) {
  for (const link of all(".view", fresh)) {
    const old = find(`.view[data-view="${link.dataset.view}"]`);
    const count = find(".view-count", link);
    if (!old) continue;
    const shown = find(".view-count", old);
    if (count && shown) shown.replaceWith(count);
    else if (count) old.append(count);
    else shown?.remove();
    const number = link.dataset.view === document.body.dataset.view && find(".list-count");
    if (number) number.textContent = count ? count.firstChild.textContent : "";
  }
  markView();
  writeTitle();
}

export const writeTitle = perFrame(() => {
  const unread = find('.view[data-view="unread"] .view-count')?.firstChild?.textContent.trim();
  const heading = openId() ? find("#thread-title")?.textContent.trim() : "";
  const view = find("#list-title")?.textContent.trim() ?? "Inbox";
  document.title = `${unread ? `(${unread}) ` : ""}${heading ? `${heading} · ` : ""}${view} · Inlet`;
});

function scheduleSide() {
  if (sideTimer) return;
  sideTimer = window.setTimeout(() => {
    sideTimer = 0;
    void refreshSide();
    if (isThreadOld) void refreshThread();
    isThreadOld = false;
  }, COUNTS_EVERY_MS);
}

export async function refreshSide() {
  const id = openId();
  if (!id || find("#side").contains(document.activeElement)) return;
  try {
    const html = await fragment(`/inbox/c/${id}/side`);
    const side = find("#side");
    if (id === openId() && !side.contains(document.activeElement)) side.replaceChildren(parse(html));
  } catch {
    // What is shown stays; the next change tries again.
  }
}

/**
 * @param {"live" | "reconnecting" | "stale"} state
 * @param {Date} since
 */
function showState(state, since) {
  const strip = find("#strip");
  if (strip.dataset.state === state) return;
  const wasLost = strip.dataset.state === "stale" || strip.dataset.state === "reconnecting";
  strip.dataset.state = state;
  const words = { live: "Live", reconnecting: "Reconnecting…", stale: `Stale since ${clock(since)}` };
  find("#strip-text").textContent = words[state];
  if (state === "live" && wasLost && me().name) void loadCounts();
}

function loadCounts() {
  scheduleCounts();
  for (const row of all("#rows > .row").slice(0, MOST_IDS)) changed.add(row.dataset.id);
  scheduleRows();
}
