// Where the answer is written: draft, mode, count, the question before two answers meet.

import { Problem, call } from "./api.js";
import { all, find, me, newId, openId } from "./dom.js";
import { areUnderWay, brought, showFiles, startFiles } from "./files.js";
import { touch } from "./live.js";
import { typed } from "./presence.js";
import { segments } from "./segments.js";
import { cancel, send, showWaiting, undoMs } from "./sends.js";
import { lastSeq, markRead, refreshThread, toEnd, whenColleagueWrites } from "./thread.js";
import { announce, ask, toast } from "./toast.js";

const DRAFT = `inlet.draft.${me().id}.`;
/** @type {{ text: string, files: import("./files.js").Brought[], seq: number, isNote: boolean }} */
const NO_DRAFT = { text: "", files: [], seq: 0, isNote: false };

/** The seq up to which the writer knew the conversation when the text was begun. */
let begunAt = 0;
let isConflict = false;

const field = () => find("#text");
const isNote = () => find("#composer")?.classList.contains("noting") ?? false;
const draftKey = () => `${DRAFT}${openId()}`;

/** @param {(id: string, changes: object) => Promise<boolean>} change what closes a conversation after a send */
export function startComposer(change) {
  const main = find("#thread");
  main.addEventListener("input", (/** @type {any} */ event) => event.target.id === "text" && wasTyped());
  main.addEventListener("submit", (/** @type {any} */ event) => {
    if (event.target.id !== "composer") return;
    event.preventDefault();
    void submit(event.submitter?.value === "close");
  });
  main.addEventListener("click", (/** @type {any} */ event) => {
    const mode = event.target.closest("[data-mode]");
    if (mode) setMode(mode.dataset.mode);
    if (event.target.closest("[data-do='dismiss-conflict']")) hideConflict();
  });
  whenColleagueWrites(colleagueWrote);
  startFiles(keepDraft);
  onClose = change;
}

/** @type {(id: string, changes: object) => Promise<boolean>} */
let onClose = async () => false;

/** Puts back what was written here before. */
export function composerWasShown() {
  const text = field();
  isConflict = false;
  if (!text) return;
  const kept = readDraft();
  text.value = kept.text;
  showFiles(kept.files);
  begunAt = kept.text ? kept.seq : 0;
  setMode(kept.isNote ? "note" : "reply", false);
  count();
  showWaiting(openId());
  const late = kept.text && all("#items .message.outbound").some((one) => Number(one.dataset.seq) > kept.seq);
  if (late) showConflict("There is a newer answer than your draft.");
}

function readDraft() {
  try {
    return { ...NO_DRAFT, ...JSON.parse(localStorage.getItem(draftKey()) ?? "{}") };
  } catch {
    return NO_DRAFT;
  }
}

function keepDraft() {
  const text = field().value;
  try {
    if (text || brought().length) localStorage.setItem(draftKey(), JSON.stringify({ text, files: brought(), seq: begunAt, isNote: isNote() }));
    else localStorage.removeItem(draftKey());
  } catch {
    // The browser keeps nothing more; the text is still on the screen.
  }
}

function wasTyped() {
  if (!field().value) begunAt = 0;
  else if (!begunAt) begunAt = lastSeq();
  if (!field().value) hideConflict();
  keepDraft();
  count();
  if (field().value && !isNote()) typed();
}

function count() {
  const line = find("#composer-count");
  const text = field().value;
  const isSms = find("#composer").dataset.channel === "sms" && !isNote();
  if (!text) {
    line.textContent = "";
    return;
  }
  const { characters, segments: parts, alphabet, left, beyond } = segments(text);
  line.classList.toggle("is-many", isSms && parts > 3);
  line.title = isSms && beyond ? `“${beyond}” needs Unicode, which makes segments shorter` : "";
  line.textContent = isSms
    ? `${characters} · ${parts} ${parts === 1 ? "segment" : "segments"} · ${alphabet} · ${left} left`
    : `${characters} ${characters === 1 ? "character" : "characters"}`;
}

/**
 * @param {string} mode
 * @param {boolean} [focuses]
 */
export function setMode(mode, focuses = true) {
  const form = find("#composer");
  if (!form) return;
  form.classList.toggle("noting", mode === "note");
  for (const one of all("[data-mode]", form)) one.setAttribute("aria-pressed", String(one.dataset.mode === mode));
  const text = field();
  text.placeholder = mode === "note" ? "Write a note for your team…" : "Write a reply…";
  text.setAttribute("aria-label", mode === "note" ? "Your note" : "Your message");
  count();
  keepDraft();
  if (focuses) text.focus();
}

/** @param {boolean} closes whether the conversation is closed after it */
export async function submit(closes) {
  const text = field()?.value.trim();
  const id = openId();
  if (!text) return field()?.focus();
  if (isNote()) return addNote(id, text);
  if ("closed" in find("#window").dataset) return toast("WhatsApp takes no answer until they write again.");
  if (areUnderWay()) return toast("A file is still on its way. Send once it is attached.");
  if (isConflict) {
    const sure = await ask({ title: "Send anyway?", text: find("#conflict-text").textContent, yes: "Send" });
    if (!sure) return field().focus();
  }
  const { name } = find("#composer").dataset;
  const files = brought();
  clear();
  send({ id, name, text, files, closes });
  toEnd();
  return field()?.focus();
}

/**
 * @param {string} id
 * @param {string} text
 */
async function addNote(id, text) {
  const button = find("#composer button.as-note");
  button.disabled = true;
  try {
    await call("POST", `/api/conversations/${id}/notes`, { text }, { "idempotency-key": newId() });
    localStorage.removeItem(`${DRAFT}${id}`);
    if (openId() === id) {
      clear();
      setMode("reply", false);
      await refreshThread();
      toEnd();
      announce("Note added.");
    }
  } catch (error) {
    toast(`The note was not added. ${error instanceof Problem ? error.message : ""}`, { isFailure: true });
  } finally {
    button.disabled = false;
  }
}

function clear() {
  field().value = "";
  if (!isNote()) showFiles([]);
  begunAt = 0;
  hideConflict();
  keepDraft();
  count();
}

/**
 * @param {import("./sends.js").Send} sent
 * @param {any} message
 */
export async function wasSent(sent, message) {
  touch(sent.id, message?.seq ?? null);
  if (sent.closes) await onClose(sent.id, { status: "closed" });
  if (me().id && message?.seq) void markRead(sent.id, message.seq).catch(() => undefined);
  if (openId() === sent.id) {
    await refreshThread(message?.seq ?? null);
    showWaiting(sent.id);
    toEnd();
  }
  const goesOut = new Date(sent.at).getTime() + undoMs - Date.now();
  if (!message?.id || goesOut < 1000) return;
  toast(`Reply to ${sent.name}${sent.closes ? ", closed" : ""}`, { action: "Undo", lastsMs: goesOut, run: () => void takeBack(message.id, sent) });
  setTimeout(() => openId() === sent.id && void refreshThread(message.seq ?? null), goesOut + 500);
}

/**
 * Takes a message back within its undo window; its text becomes a draft again.
 * @param {string} messageId
 * @param {{ id: string, text: string, files?: import("./files.js").Brought[], closes?: boolean }} sent
 */
export async function takeBack(messageId, sent) {
  try {
    await cancel(messageId);
  } catch (error) {
    toast(`It could not be taken back. ${error instanceof Problem ? error.message : ""}`, { isFailure: true });
    return;
  }
  putBack(sent);
  if (sent.closes) await onClose(sent.id, { status: "open" });
  touch(sent.id);
}

/**
 * @param {import("./sends.js").Send} refused
 * @param {Problem} problem
 */
export function wasRefused(refused, problem) {
  putBack(refused);
  toast(`Your reply to ${refused.name} was not sent. ${problem.message}`, { isFailure: true });
}

/** @param {{ id: string, text: string, files?: import("./files.js").Brought[] }} sent */
function putBack({ id, text, files = [] }) {
  if (openId() === id && field()) {
    showFiles([...files, ...brought()]);
    field().value = field().value ? `${text}\n\n${field().value}` : text;
    begunAt = lastSeq();
    keepDraft();
    count();
    field().focus();
  } else {
    localStorage.setItem(`${DRAFT}${id}`, JSON.stringify({ text, files, seq: 1e9, isNote: false }));
  }
}

/** @param {any[]} items */
function colleagueWrote(items) {
  const text = field();
  if (!text?.value || isNote()) return;
  if (!items.some((one) => Number(one.dataset.seq) > begunAt)) return;
  showConflict(`${items.at(-1).dataset.who} replied while you were writing.`);
}

/** @param {string} text */
function showConflict(text) {
  isConflict = true;
  find("#conflict-text").textContent = text;
  find("#conflict").hidden = false;
}

function hideConflict() {
  isConflict = false;
  if (find("#conflict")) find("#conflict").hidden = true;
  if (field()?.value) begunAt = lastSeq();
}

/** @param {string} text put where the caret is, instead of what was typed after the slash */
export function insert(text, from = field().selectionStart) {
  const area = field();
  area.setRangeText(text, from, area.selectionEnd, "end");
  area.focus();
  wasTyped();
}
