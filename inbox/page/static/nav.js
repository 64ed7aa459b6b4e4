// Goes from view to view and from conversation to conversation without loading the page anew.
// Every step is a URL, so back works and a link can be pasted to a colleague.

import { Problem, fragment } from "./api.js";
import { all, find, make, openId, parse } from "./dom.js";

const SKELETON_AFTER_MS = 300;

/** @type {AbortController | null} */
let going = null;
/** @type {Set<() => void>} */
const onThread = new Set();
/** @type {Set<() => void>} */
const onList = new Set();
/** @type {Set<() => void>} */
const onLeave = new Set();

/** Calls `work` whenever another thread is shown, after it is in the page. */
export const whenThreadShown = (/** @type {() => void} */ work) => onThread.add(work);
/** Calls `work` whenever the list was written anew. */
export const whenListShown = (/** @type {() => void} */ work) => onList.add(work);
/** Calls `work` before the thread in the page is taken away. */
export const whenThreadLeft = (/** @type {() => void} */ work) => onLeave.add(work);

const CONVERSATION = /^\/inbox\/c\/([0-9a-f-]{36})$/;

/** The view and the filters that are on, as they are in the URL. */
export function query() {
  const given = new URLSearchParams(location.search);
  given.delete("before_seq");
  given.delete("to");
  if (!given.has("view")) given.set("view", "open");
  return given;
}

/** @param {string} id */
export const hrefOf = (id) => `/inbox/c/${id}${withQuery()}`;

function withQuery() {
  const text = query().toString();
  return text ? `?${text}` : "";
}

/** @param {string} id */
export const openConversation = (id) => go(hrefOf(id));
export const closeConversation = () => go(`/inbox${withQuery()}`);

/**
 * @param {string} href of the inbox or of one of its conversations
 * @param {{ isBack?: boolean }} [options]
 */
export async function go(href, { isBack = false } = {}) {
  const url = new URL(href, location.href);
  const found = CONVERSATION.exec(url.pathname);
  if (!found && url.pathname !== "/inbox") return location.assign(href);
  const before = shownQuery;
  const isSame = url.pathname + url.search === location.pathname + location.search;
  if (!isBack && !isSame) history.pushState(null, "", url.pathname + url.search);
  const id = found ? found[1] : "";
  const listChanged = before !== query().toString();
  try {
    const isWritingAnew = find("#new-message") !== null;
    const thread = id !== openId() || isWritingAnew ? showThread(id) : null;
    await Promise.all([thread, listChanged ? showList() : null]);
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
  return undefined;
}

let shownQuery = "";

/** Writes the list of the present view anew; focus stays on the row that had it. */
export async function showList() {
  const list = find("#list");
  const focused = document.activeElement?.closest?.(".row")?.getAttribute("data-id");
  const isSearching = document.activeElement?.id === "search";
  const text = query();
  if (openId()) text.set("open", openId());
  const rows = find("#rows");
  rows?.classList.add("is-loading");
  const slow = setTimeout(() => rows && shownQuery !== query().toString() && rows.replaceChildren(...skeletons()), SKELETON_AFTER_MS);
  let html;
  try {
    html = await fragment(`/inbox/list?${text}`);
  } catch (error) {
    clearTimeout(slow);
    rows?.classList.remove("is-loading");
    if (error instanceof Problem && !error.isOffline) list.replaceChildren(emptyOf("The list could not be loaded", error.message));
    throw error;
  }
  clearTimeout(slow);
  const search = isSearching ? find("#search") : null;
  const caret = search ? [search.value, search.selectionStart, search.selectionEnd] : null;
  shownQuery = query().toString();
  list.replaceChildren(parse(html));
  if (caret) {
    const field = find("#search");
    field.value = caret[0];
    field.focus();
    field.setSelectionRange(caret[1], caret[2]);
  } else if (focused) {
    find(`.row[data-id="${focused}"] .row-link`, list)?.focus({ preventScroll: true });
  }
  markView();
  for (const work of onList) work();
}

/** @param {string} id empty for no conversation */
async function showThread(id) {
  for (const work of onLeave) work();
  going?.abort();
  going = new AbortController();
  const { signal } = going;
  const main = find("#thread");
  const hadFocus = main.contains(document.activeElement);
  document.body.dataset.open = id;
  if (id) main.setAttribute("aria-labelledby", "thread-title");
  else main.removeAttribute("aria-labelledby");
  markRow(id);
  if (!id) {
    main.replaceChildren(find("#no-thread").content.cloneNode(true));
    find("#side").replaceChildren();
    for (const work of onThread) work();
    if (matchMedia("(max-width: 44.99rem)").matches || hadFocus) find(".row-link[tabindex='0']")?.focus({ preventScroll: true });
    return;
  }
  const slow = setTimeout(() => main.replaceChildren(make("ul", { "aria-hidden": "true" }, ...skeletons())), SKELETON_AFTER_MS);
  try {
    const [thread, side] = await Promise.all([
      fragment(`/inbox/c/${id}/thread${withQuery()}`, signal),
      fragment(`/inbox/c/${id}/side`, signal),
    ]);
    main.replaceChildren(parse(thread));
    find("#side").replaceChildren(parse(side));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const title = error.status === 404 ? "This conversation is not here" : "It could not be loaded";
    main.replaceChildren(emptyOf(title, error.message));
  } finally {
    clearTimeout(slow);
  }
  for (const work of onThread) work();
  if (hadFocus) find("#thread-title")?.focus();
}

/** @param {string} id */
function markRow(id) {
  for (const row of all(".row.is-current")) {
    row.classList.remove("is-current");
    find(".row-link", row).removeAttribute("aria-current");
  }
  const row = id && find(`.row[data-id="${id}"]`);
  if (!row) return;
  row.classList.add("is-current");
  find(".row-link", row).setAttribute("aria-current", "page");
}

export function markView() {
  const current = query().get("view") ?? "open";
  document.body.dataset.view = current;
  for (const link of all(".view")) {
    const isCurrent = link.dataset.view === current;
    const wasCurrent = link.classList.contains("is-current");
    link.classList.toggle("is-current", isCurrent);
    if (isCurrent) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    if (isCurrent && !wasCurrent) bringIntoView(link);
  }
}

/** @param {any} link of a view; on a phone they lie in a bar that scrolls */
function bringIntoView(link) {
  const bar = find("#rail");
  if (bar.scrollWidth <= bar.clientWidth) return;
  const [inside, around] = [link.getBoundingClientRect(), bar.getBoundingClientRect()];
  bar.scrollLeft += inside.left - around.left - (around.width - inside.width) / 2;
}

/**
 * @param {string} title
 * @param {string} text
 */
function emptyOf(title, text) {
  return make("div", { class: "empty no-thread" }, make("h2", { id: "thread-title", tabindex: "-1" }, title), make("p", {}, text));
}

function skeletons() {
  return Array.from({ length: 6 }, () => make("li", { class: "skeleton", "aria-hidden": "true" }, make("i"), make("i"), make("i")));
}

export function startNavigation() {
  shownQuery = query().toString();
  bringIntoView(find(".view.is-current") ?? find(".view"));
  addEventListener("popstate", () => void go(location.href, { isBack: true }).catch(() => location.reload()));
  document.addEventListener("click", (event) => {
    const link = /** @type {HTMLAnchorElement | null} */ (/** @type {Element} */ (event.target).closest("a"));
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.target || link.origin !== location.origin || link.hash || link.id === "more" || link.id === "earlier") return;
    if (link.pathname !== "/inbox" && !CONVERSATION.test(link.pathname)) return;
    event.preventDefault();
    void go(link.href).catch(() => location.assign(link.href));
  });
}
