// Many conversations at once: those that are ticked, or all that match the view.

import { Problem, call } from "./api.js";
import { all, find, me, newId } from "./dom.js";
import { leaves, rowOf, rows } from "./list.js";
import { touch } from "./live.js";
import { query, showList, whenListShown } from "./nav.js";
import { ask, toast } from "./toast.js";

const WATCH_MS = 700;
const MOST_ONE_BY_ONE = 10;

let last = "";
/** Whether everything that matches is meant, beyond the rows in the page. */
let isMatching = false;

export const selected = () => all(".row-check:checked", find("#rows") ?? undefined).map((box) => box.closest(".row").dataset.id);

/**
 * @param {any} row
 * @param {boolean} [isRange] from the last one that was ticked
 */
export function select(row, isRange = false) {
  if (!row) return;
  const box = find(".row-check", row);
  const list = rows();
  if (isRange && last) {
    const ends = [list.findIndex((one) => one.dataset.id === last), list.indexOf(row)].sort((a, b) => a - b);
    for (const one of list.slice(Math.max(0, ends[0]), ends[1] + 1)) find(".row-check", one).checked = true;
  } else {
    box.checked = !box.checked;
  }
  last = row.dataset.id;
  show();
}

export function clearSelection() {
  for (const box of all(".row-check:checked")) box.checked = false;
  show();
}

function show() {
  const ids = selected();
  const bar = find("#bulk");
  for (const row of rows()) row.classList.toggle("is-selected", find(".row-check", row).checked);
  find("#rows").classList.toggle("is-selecting", ids.length > 0);
  bar.hidden = ids.length === 0;
  find("#bulk-all").checked = true;
  isMatching = false;
  find("#bulk-count").textContent = `${ids.length} selected`;
  const more = find("#bulk-matching");
  const canMatch = manages() && ids.length === rows().length && find("#more") && !query().get("q");
  more.hidden = !canMatch;
  if (canMatch) more.textContent = "Select all that match";
}

const manages = () => document.body.dataset.manages === "yes";

/** The filter of the view, as POST /api/bulk takes it. */
function filter() {
  const given = query();
  const view = given.get("view") ?? "open";
  /** @type {Record<string, any>} */
  const wanted = {
    mine: { assignee: "me", status: ["open", "pending"] },
    unassigned: { assignee: "none", status: ["open", "pending"] },
    needs_reply: { needs_reply: true },
    may_opt_out: { may_opt_out: true },
    unread: { unread: true },
    snoozed: { status: ["snoozed"] },
    open: { status: ["open", "pending"] },
    closed: { status: ["closed"] },
    spam: { status: ["spam"] },
  }[view] ?? {};
  const tags = given.getAll("tag");
  for (const name of ["address", "channel_id", "channel_kind"]) if (given.get(name)) wanted[name] = given.get(name);
  return tags.length ? { ...wanted, tag: tags } : wanted;
}

/** @param {string} name @returns {Promise<any>} the action as POST /api/bulk takes it */
async function actionOf(name) {
  if (name === "close") return { status: "closed" };
  if (name === "assign") return { assignee_id: me().id || null };
  if (name === "read") return { read: true };
  const tag = await ask({ title: "Tag them", text: "One word, added to each of them.", yes: "Add", label: "Tag" });
  return tag ? { add_tag: tag.toLowerCase() } : null;
}

/** @param {string} name */
async function run(name) {
  const ids = selected();
  const action = await actionOf(name);
  if (!action) return;
  try {
    if (!isMatching && (!manages() || ids.length <= MOST_ONE_BY_ONE)) return await eachOf(ids, action);
    const scope = isMatching ? { filter: filter() } : { ids };
    if (isMatching) {
      const { count, capped } = await call("POST", "/api/bulk", { action, ...scope, dry_run: true });
      const number = `${count}${capped ? " or more" : ""}`;
      const sure = await ask({ title: `Change ${number} conversations?`, text: "This runs in the background and can be stopped.", yes: `Change ${number}` });
      if (!sure) return;
    }
    const job = await call("POST", "/api/bulk", { action, ...scope }, { "idempotency-key": newId() });
    clearSelection();
    await watch(job.id, isMatching ? [] : ids);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    toast(`They were not changed. ${error.message}`, { isFailure: true });
  }
}

/**
 * A few are changed one by one, which needs no more than changing one does.
 * @param {string[]} ids
 * @param {any} action
 */
async function eachOf(ids, action) {
  /** @param {string} id */
  const one = (id) => {
    if (action.add_tag) return call("PUT", `/api/conversations/${id}/tags/${encodeURIComponent(action.add_tag)}`);
    if (action.read) return call("PUT", `/api/conversations/${id}/read`, { last_read_seq: Number(rowOf(id).dataset.seq) });
    return call("PATCH", `/api/conversations/${id}`, action);
  };
  const done = await Promise.allSettled(ids.map(one));
  const failed = done.filter((each) => each.status === "rejected");
  clearSelection();
  for (const id of ids) leave(id);
  const reason = failed.length ? ` ${failed.length} could not be: ${/** @type {any} */ (failed[0]).reason.message}` : "";
  toast(`${ids.length - failed.length} changed.${reason}`, { isFailure: failed.length > 0 });
}

/** @param {string} id */
function leave(id) {
  leaves(id);
  touch(id);
}

/**
 * @param {string} id of the job
 * @param {string[]} ids
 */
async function watch(id, ids) {
  let isStopped = false;
  let remove = toast("Working…", { lastsMs: 600000, action: "Stop", run: () => void (isStopped = true) });
  for (;;) {
    if (isStopped) await call("POST", `/api/jobs/${id}/cancel`, {}).catch(() => undefined);
    const job = await call("GET", `/api/jobs/${id}`);
    if (["done", "canceled", "failed"].includes(job.status)) {
      remove();
      const rest = job.failed ? `, ${job.failed} could not be` : "";
      toast(`${job.changed} changed${rest}${job.status === "canceled" ? ", then stopped" : ""}.`, { isFailure: job.status === "failed" });
      for (const one of ids) leave(one);
      if (!ids.length) await showList();
      return;
    }
    remove();
    remove = toast(`${job.changed + job.unchanged} of ${job.total}…`, { lastsMs: 600000, action: "Stop", run: () => void (isStopped = true) });
    await new Promise((done) => setTimeout(done, WATCH_MS));
  }
}

export function startBulk() {
  const list = find("#list");
  list.addEventListener("click", (/** @type {any} */ event) => {
    const box = event.target.closest(".row-check");
    if (box) {
      box.checked = !box.checked; // `select` does the ticking
      select(box.closest(".row"), event.shiftKey);
      const now = box.checked;
      setTimeout(() => {
        box.checked = now;
        show();
      });
    }
    if (event.target.id === "bulk-all") clearSelection();
    if (event.target.id === "bulk-matching") {
      isMatching = true;
      find("#bulk-count").textContent = "All that match";
      event.target.hidden = true;
    }
    const button = event.target.closest("[data-bulk]");
    if (button) void run(button.dataset.bulk);
  });
  whenListShown(() => {
    last = "";
    isMatching = false;
  });
}
