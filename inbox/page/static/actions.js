// What is done to a conversation: at once on the screen, then on the server, and back if refused.

import { Problem, call } from "./api.js";
import { all, find, me, openId } from "./dom.js";
import { focusedRow, leaves, optimistic, rowOf } from "./list.js";
import { refreshSide, touch } from "./live.js";
import { go, query } from "./nav.js";
import { cancel, retry } from "./sends.js";
import { heldUnread, lastSeq, markRead, refreshThread } from "./thread.js";
import { announce, ask, toast } from "./toast.js";

/** The conversation that keys act on: the row with focus, or else the open one. */
export function target() {
  return /** @type {any} */ (focusedRow())?.dataset.id ?? openId();
}

/** @param {string} id */
const nameOf = (id) => find(".row-name", rowOf(id) ?? undefined)?.textContent.trim() ?? find("#thread-title")?.textContent.trim() ?? "the conversation";

/**
 * @param {unknown} error
 * @param {string} what failed
 */
function failed(error, what) {
  if (!(error instanceof Problem)) throw error;
  toast(`${what} ${error.message}`, { isFailure: true });
}

/**
 * @param {string} id
 * @param {object} changes as PATCH takes them
 * @param {{ done?: string, what?: string, undo?: object }} [words]
 * @returns {Promise<boolean>}
 */
export async function change(id, changes, { done, what = "It was not changed.", undo } = {}) {
  const putBack = optimistic(id, (row) => {
    if (!("status" in changes)) return;
    // The next key acts on what this one has made of it, however late the row comes anew.
    row.dataset.status = String(changes.status);
    if (changes.status !== "open") row.classList.add("is-gone");
  });
  try {
    await call("PATCH", `/api/conversations/${id}`, changes);
  } catch (error) {
    putBack();
    touch(id);
    failed(error, what);
    return false;
  }
  leaves(id);
  touch(id);
  if (done) {
    announce(done);
    toast(done, undo ? { action: "Undo", run: () => void change(id, undo) } : {});
  }
  return true;
}

/** @param {string} [id] */
export function closeOrOpen(id = target()) {
  if (!id) return undefined;
  const isOver = ["closed", "spam", "snoozed"].includes(statusOf(id));
  return isOver
    ? change(id, { status: "open" }, { done: `${nameOf(id)} is open again.`, what: "It was not opened." })
    : change(id, { status: "closed" }, { done: `${nameOf(id)} closed.`, what: "It was not closed.", undo: { status: "open" } });
}

/** @param {string} id */
function statusOf(id) {
  const pill = id === openId() ? find("#thread-status") : null;
  return pill ? [...pill.classList].find((one) => one !== "pill") ?? "" : (rowOf(id)?.dataset.status ?? "");
}

/** @param {string} [id] */
export async function take(id = target()) {
  if (!id) return;
  if (!me().id) return void toast("This key belongs to no agent, so it cannot take conversations.", { isFailure: true });
  try {
    await call("PATCH", `/api/conversations/${id}`, { assignee_id: me().id, only_if_unassigned: true });
    toast(`${nameOf(id)} is yours.`, { action: "Undo", run: () => void change(id, { assignee_id: null }) });
  } catch (error) {
    if (error instanceof Problem && error.code === "conflict") {
      const { assignee } = await call("GET", `/api/conversations/${id}`);
      const sure = await ask({ title: "Take it over?", text: `${assignee?.name ?? "A colleague"} has this conversation already.`, yes: "Take it" });
      if (sure) await change(id, { assignee_id: me().id }, { done: `${nameOf(id)} is yours.` });
    } else failed(error, "It was not assigned.");
  }
  touch(id);
}

/** @param {string} id */
export async function read(id = target()) {
  if (!id) return;
  const putBack = optimistic(id, (row) => row.classList.remove("is-unread"));
  try {
    await markRead(id, id === openId() ? lastSeq() : Number(rowOf(id).dataset.seq));
  } catch (error) {
    putBack();
    failed(error, "It was not marked as read.");
  }
  touch(id);
}

/** @param {string} id */
export async function unread(id = target()) {
  if (!id) return;
  if (id === openId()) heldUnread();
  const inbound = all("#items .message.inbound").at(-1);
  const from = id === openId() && inbound ? Number(inbound.dataset.seq) : Number(rowOf(id)?.dataset.inbound ?? rowOf(id)?.dataset.seq ?? 1);
  try {
    await call("PUT", `/api/conversations/${id}/unread`, { from_seq: from });
    toast("Marked as unread.");
  } catch (error) {
    failed(error, "It was not marked as unread.");
  }
  touch(id);
}

/**
 * @param {string} id
 * @param {string} tag
 * @param {boolean} isOn
 */
export async function setTag(id, tag, isOn) {
  try {
    await call(isOn ? "PUT" : "DELETE", `/api/conversations/${id}/tags/${encodeURIComponent(tag.toLowerCase())}`);
  } catch (error) {
    failed(error, isOn ? "The tag was not added." : "The tag was not removed.");
  }
  touch(id);
  void refreshSide();
}

/** @param {string} menu opens one of the menus of the thread with the keyboard */
export async function openMenu(menu) {
  const id = target();
  if (id && id !== openId()) {
    const text = query().toString();
    await go(`/inbox/c/${id}${text ? `?${text}` : ""}`);
  }
  const details = find(`[data-menu="${menu}"]`);
  if (!details) return;
  for (const one of all(".menu[open]")) one.open = one === details;
  details.open = true;
  find(".menu-body button, .menu-body input:not([type=hidden])", details)?.focus();
}

/** Forms that work without scripts: here they are sent in the background. */
const FORMS = /** @type {Record<string, (form: any, button: any) => Promise<any> | undefined>} */ ({
  assign: (_form, button) => {
    const agent = button.value === "none" ? null : button.value;
    return agent === me().id && !find("[data-menu='assign'] [aria-pressed='true']:not([value='none'])") ? take(openId()) : change(openId(), { assignee_id: agent }, { done: agent ? "Assigned." : "Nobody has it now.", what: "It was not assigned." });
  },
  snooze: (_form, button) => change(openId(), { status: "snoozed", snoozed_until: button.value }, { done: `Snoozed until ${button.querySelector(".menu-hint").textContent}.`, what: "It was not snoozed.", undo: { status: "open" } }),
  status: (_form, button) => (button.value === "open" || button.value === "closed" ? closeOrOpen(openId()) : change(openId(), { status: button.value }, { done: `Marked as ${button.value}.`, undo: { status: "open" } })),
  tag: (form) => {
    const name = form.elements.tag.value.trim();
    form.reset();
    return name ? setTag(openId(), name, true) : undefined;
  },
  untag: (_form, button) => setTag(openId(), button.value, false),
  read: () => read(openId()),
  unread: () => unread(openId()),
  rename: (form) => rename(form),
  merge: (form) => merge(form),
  cancel: (form) => stop(form.closest(".message")),
  retry: (form) => tryAgain(form.closest(".message")),
});

/** @param {any} form */
async function rename(form) {
  try {
    await call("PATCH", `/api/contacts/${form.dataset.contact}`, { name: form.elements.name.value.trim() || null });
  } catch (error) {
    return failed(error, "The name was not changed.");
  }
  form.closest("details").open = false;
  /** @type {any} */ (document.activeElement)?.blur();
  await refreshSide();
  touch(openId());
  return undefined;
}

/** @param {any} form */
async function merge(form) {
  const into = form.action.split("/").at(-2);
  const sure = await ask({ title: "Merge the two contacts?", text: "All addresses become one person's. This can be undone.", yes: "Merge" });
  if (!sure) return;
  try {
    const merged = await call("POST", `/api/contacts/${form.elements.from.value}/merge`, { into_id: into });
    toast("They are one contact now.", { action: "Undo", run: () => void unmerge(merged.merge_id) });
  } catch (error) {
    failed(error, "They were not merged.");
  }
  await refreshSide();
}

/** @param {string} mergeId */
async function unmerge(mergeId) {
  try {
    await call("POST", `/api/contact-merges/${mergeId}/undo`, {});
  } catch (error) {
    failed(error, "The merge was not undone.");
  }
  await refreshSide();
}

/** @type {(messageId: string, sent: { id: string, text: string }) => Promise<void>} */
let onStop = async (messageId) => void (await cancel(messageId));

/** @param {any} message */
async function stop(message) {
  await onStop(message.dataset.id, { id: openId(), text: find(".text", message)?.textContent ?? "" });
  await refreshThread(Number(message.dataset.seq));
}

/** @param {any} message */
async function tryAgain(message) {
  const isUnknown = message.dataset.status === "unknown";
  if (isUnknown && !(await ask({ title: "Send it again?", text: "Nobody knows whether the first one arrived. The customer may get it twice.", yes: "Send again" }))) return;
  try {
    await retry(message.dataset.id);
    announce("It is sent again.");
  } catch (error) {
    failed(error, "It was not sent again.");
  }
  await refreshThread(Number(message.dataset.seq));
}

/** @param {(messageId: string, sent: { id: string, text: string }) => Promise<void>} takeBack */
export function startActions(takeBack) {
  onStop = takeBack;
  document.addEventListener("submit", (event) => {
    const form = /** @type {any} */ (event.target);
    const run = FORMS[form.dataset?.do];
    if (!run) return;
    event.preventDefault();
    const menu = form.closest(".menu");
    const button = event.submitter;
    if (menu) {
      menu.open = false;
      find("summary", menu).focus({ preventScroll: true });
    }
    void run(form, button);
  });
  document.addEventListener("click", (event) => {
    const inside = /** @type {Element} */ (event.target).closest(".menu");
    for (const one of all(".menu[open]")) if (one !== inside) one.open = false;
    const copy = /** @type {any} */ (event.target).closest("[data-do='copy']");
    if (copy) void navigator.clipboard?.writeText(copy.dataset.text).then(() => toast("Copied."));
  });
  document.addEventListener("keydown", (event) => {
    const menu = /** @type {Element} */ (event.target).closest?.(".menu[open]");
    if (!menu) return;
    if (event.key === "Escape") {
      /** @type {any} */ (menu).open = false;
      find("summary", menu).focus();
      event.stopPropagation();
      event.preventDefault();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const stops = all("button, input:not([type=hidden])", find(".menu-body", menu));
    const at = stops.indexOf(document.activeElement);
    stops[(at + step + stops.length) % stops.length]?.focus();
    event.preventDefault();
  }, true);
}
