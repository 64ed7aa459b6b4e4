// Replies on their way to the server. Each is kept with its Idempotency-Key until it was answered,
// so a bad line or a closed tab neither loses nor doubles it.

import { Problem, call } from "./api.js";
import { all, find, make, me, newId } from "./dom.js";
import { toast } from "./toast.js";

/** Of one agent: whoever logs in next in this browser sends nothing of theirs. */
const KEY = `inlet.sends.${me().id}`;
const UNDO_SECONDS = 8;
const MOST_WAIT_MS = 60000;

/** @typedef {{ key: string, id: string, name: string, text: string, files: import("./files.js").Brought[], closes: boolean, at: string }} Send */

/** @type {Set<string>} keys of those that are on their way right now */
const underWay = new Set();
let failures = 0;
let timer = 0;
/** @type {(send: Send, message: any) => void} */
let onSent = () => undefined;
/** @type {(send: Send, problem: Problem) => void} */
let onRefused = () => undefined;

/** @returns {Send[]} */
function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "[]");
  } catch {
    return [];
  }
}

/** @param {(sends: Send[]) => Send[]} change */
function keep(change) {
  localStorage.setItem(KEY, JSON.stringify(change(kept())));
}

/**
 * @param {(send: Send, message: any) => void} sent
 * @param {(send: Send, problem: Problem) => void} refused
 */
export function startSends(sent, refused) {
  onSent = sent;
  onRefused = refused;
  addEventListener("online", sendAll);
  sendAll();
}

/** @param {{ id: string, name: string, text: string, files: import("./files.js").Brought[], closes: boolean }} reply */
export function send(reply) {
  /** @type {Send} */
  const one = { ...reply, key: newId(), at: new Date().toISOString() };
  keep((sends) => [...sends, one]);
  showWaiting(reply.id);
  void deliver(one);
}

function sendAll() {
  clearTimeout(timer);
  for (const one of kept()) void deliver(one);
}

/** @param {Send} one */
async function deliver(one) {
  if (underWay.has(one.key)) return;
  underWay.add(one.key);
  // One tab sends one reply; where two try, the key makes it one message all the same.
  const run = () => post(one);
  try {
    await (navigator.locks ? navigator.locks.request(`inlet.send.${one.key}`, { ifAvailable: true }, (lock) => (lock ? run() : undefined)) : run());
  } finally {
    underWay.delete(one.key);
  }
}

/** @param {Send} one */
async function post(one) {
  if (!kept().some((other) => other.key === one.key)) return;
  try {
    const files = one.files ?? [];
    const body = { body: one.text, attachment_ids: files.map((file) => file.id), undo_seconds: UNDO_SECONDS };
    const message = await call("POST", `/api/conversations/${one.id}/messages`, body, { "idempotency-key": one.key });
    failures = 0;
    keep((sends) => sends.filter((other) => other.key !== one.key));
    onSent(one, message);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.isPassing) return again(error);
    keep((sends) => sends.filter((other) => other.key !== one.key));
    showWaiting(one.id);
    onRefused(one, error);
  }
}

/** @param {Problem} problem */
function again(problem) {
  if (failures === 0) toast(problem.isOffline ? "No connection. Your reply is kept and goes out when it is back." : `${problem.message} Your reply is kept and tried again.`, { isFailure: true });
  failures += 1;
  clearTimeout(timer);
  const wait = Math.max(problem.retryAfter * 1000, Math.min(MOST_WAIT_MS, 1000 * 2 ** failures));
  timer = window.setTimeout(sendAll, wait * (0.75 + Math.random() / 2));
}

/**
 * Shows what waits for the server at the end of its thread.
 * @param {string} id
 */
export function showWaiting(id) {
  const items = find("#items");
  if (!items || document.body.dataset.open !== id) return;
  for (const old of all(".pending-send", items)) old.remove();
  for (const one of kept().filter((each) => each.id === id)) {
    const names = (one.files ?? []).map((file) => make("li", {}, make("bdi", {}, file.name)));
    const bubble = make("div", { class: "bubble" }, make("div", { class: "text", dir: "auto" }, one.text));
    if (names.length) bubble.append(make("ul", { class: "attachments" }, ...names));
    const state = make("footer", { class: "delivery" }, make("span", {}, navigator.onLine ? "On its way…" : "Waits for a connection"));
    items.append(make("li", { class: "message outbound pending-send", "data-sort": "~" }, make("article", { "aria-label": "Your reply, on its way" }, bubble, state)));
  }
}

/** @param {string} id of a message that is still within its undo window */
export const cancel = (id) => call("POST", `/api/messages/${id}/cancel`, {});
/** @param {string} id of a message that failed */
export const retry = (id) => call("POST", `/api/messages/${id}/retry`, {}, { "idempotency-key": newId() });
export const undoMs = UNDO_SECONDS * 1000;
