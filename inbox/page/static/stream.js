// The stream of changes: one EventSource for all tabs, held by the tab that got the lock.
// Where no stream comes through, changes are asked for every ten seconds instead.

import { Problem, call } from "./api.js";

const TYPES = [
  "message.received", "message.queued", "message.updated", "conversation.created",
  "conversation.updated", "conversation.read", "conversation.merged", "conversation.split", "note.created",
  "contact.updated", "contact.merged", "suppression.added", "suppression.lifted", "canned_replies.updated",
];
const POLL_MS = 10000;
const STALE_MS = 15000;
const CHECK_MS = 60000;
const GONE_MS = 3000;
const CATCH_UP_MS = 1500;

/**
 * @typedef {{ cursor?: string, type: string, conversation_id: string | null, message_id?: string | null,
 *   object_id?: string | null, version?: number | null, message_seq?: number | null,
 *   agent_id?: string, state?: string }} Change
 */

/** @type {(change: Change) => void} */
let onChange = () => undefined;
/** @type {(state: "live" | "reconnecting" | "stale", since: Date) => void} */
let onState = () => undefined;

const tabs = new BroadcastChannel("inlet.stream");
let cursor = "";
let leads = false;
let state = "reconnecting";
let since = new Date();
let heardAt = performance.now();
/** @type {EventSource | null} */
let source = null;
let failures = 0;
let polling = 0;

/**
 * @param {(change: Change) => void} change
 * @param {(state: "live" | "reconnecting" | "stale", since: Date) => void} told
 */
export function startStream(change, told) {
  onChange = change;
  onState = told;
  cursor = document.body.dataset.cursor ?? "";
  tabs.addEventListener("message", hear);
  setTimeout(() => void catchUp(), CATCH_UP_MS);
  tabs.postMessage({ kind: "who" });
  if (navigator.locks) void navigator.locks.request("inlet.stream", lead);
  else void lead();
  addEventListener("online", () => leads && connect());
  addEventListener("offline", () => leads && lost());
  setInterval(judge, 1000);
}

/** Holds the lock until the tab is closed: then another one leads. */
function lead() {
  leads = true;
  connect();
  setInterval(() => void check(), CHECK_MS);
  return new Promise(() => undefined);
}

function connect() {
  source?.close();
  clearTimeout(polling);
  source = new EventSource(cursor ? `/api/stream?after=${encodeURIComponent(cursor)}` : "/api/stream");
  source.onopen = () => {
    if (failures > 0 && !cursor) share({ type: "reset", conversation_id: null });
    failures = 0;
    tell("live");
  };
  source.onerror = () => {
    lost();
    failures += 1;
    if (source?.readyState !== EventSource.CLOSED && failures < 3) return;
    source?.close();
    void poll();
    const wait = Math.min(30000, 1000 * 2 ** Math.min(failures, 5)) * (0.5 + Math.random());
    setTimeout(() => leads && navigator.onLine && connect(), wait);
  };
  for (const type of [...TYPES, "reset", "presence", "access"]) source.addEventListener(type, take);
}

/** @param {any} event */
function take(event) {
  heardAt = performance.now();
  if (event.lastEventId) cursor = event.lastEventId;
  let change = { conversation_id: null };
  try {
    change = JSON.parse(event.data);
  } catch {
    return;
  }
  share({ ...change, type: event.type });
}

/** @param {Change} change */
function share(change) {
  tabs.postMessage({ kind: "change", change });
  onChange(change);
}

/** Asks for changes while no stream comes through. */
async function poll() {
  clearTimeout(polling);
  if (source?.readyState === EventSource.OPEN) return;
  try {
    let page;
    do {
      page = await call("GET", `/api/changes?after=${encodeURIComponent(cursor || "now")}&limit=200`);
      for (const item of page.items) share(item);
      cursor = page.page?.next_cursor ?? page.items.at(-1)?.cursor ?? cursor;
    } while (page.page?.has_more);
    tell("live");
  } catch (error) {
    if (error instanceof Problem && error.code === "cursor_too_old") share({ type: "reset", conversation_id: null });
    else lost();
  }
  polling = window.setTimeout(() => void poll(), POLL_MS);
}

/** What happened between this page and the stream of the tab that leads is asked for once. */
async function catchUp() {
  const from = document.body.dataset.cursor;
  if (leads || !from) return;
  try {
    const page = await call("GET", `/api/changes?after=${encodeURIComponent(from)}&limit=200`);
    for (const item of page.items) onChange(item);
  } catch {
    // The strip tells how the stream is; the next change brings the rest.
  }
}

/** Finds out whether a silent stream is silent because something holds it back. */
async function check() {
  if (!cursor || source?.readyState !== EventSource.OPEN || performance.now() - heardAt < CHECK_MS) return;
  const asked = cursor;
  try {
    const page = await call("GET", `/api/changes?after=${encodeURIComponent(asked)}&limit=1`);
    if (!page.items.length) return;
    setTimeout(() => {
      if (cursor !== asked) return;
      source?.close();
      void poll();
    }, GONE_MS);
  } catch {
    lost();
  }
}

function lost() {
  if (state === "live") tell("reconnecting");
}

/** @param {"live" | "reconnecting" | "stale"} next */
function tell(next) {
  if (next !== state && !(next === "reconnecting" && state === "stale")) {
    if (state === "live" || next === "live") since = new Date();
    state = next;
  }
  tabs.postMessage({ kind: "state", state, since: since.toISOString() });
  onState(/** @type {any} */ (state), since);
}

function judge() {
  if (leads && state === "reconnecting" && Date.now() - since.getTime() > STALE_MS) tell("stale");
}

/** @param {MessageEvent} event from another tab */
function hear({ data }) {
  if (data.kind === "change" && !leads) onChange(data.change);
  if (data.kind === "state" && !leads) {
    state = data.state;
    since = new Date(data.since);
    onState(data.state, since);
  }
  if (data.kind === "who" && leads) tell(/** @type {any} */ (state));
}
