// Starts the page: each module does one thing, this one says in which order.

import { change, startActions } from "./actions.js";
import { startBulk } from "./bulk.js";
import { cannedChanged, startCanned } from "./canned.js";
import { composerWasShown, startComposer, takeBack, wasRefused, wasSent } from "./composer.js";
import { fragment } from "./api.js";
import { all, find, openId, parse } from "./dom.js";
import { startKeys } from "./keys.js";
import { listWasWritten, setTabStop, startList } from "./list.js";
import { refreshSide, startLive, writeTitle } from "./live.js";
import { closeConversation, go, query, showList, startNavigation, whenListShown, whenThreadShown } from "./nav.js";
import { startNew } from "./new.js";
import { startOwnDay } from "./own_day.js";
import { startPalette } from "./palette.js";
import { presenceMoved, startPresence } from "./presence.js";
import { startPreferences } from "./prefs.js";
import { startSends } from "./sends.js";
import { startThread, threadWasShown } from "./thread.js";
import { refreshTimes, startTimes } from "./times.js";
import { toast } from "./toast.js";
import { zoneChanged } from "./zone.js";

function start() {
  if (zoneChanged) refreshTimes(document, true);
  startTimes();
  startPreferences();
  startNavigation();
  startList();
  startThread();
  startComposer(change);
  startCanned();
  startActions(takeBack);
  startBulk();
  startPalette();
  startKeys();
  startNew();
  startPresence();
  startSends(wasSent, wasRefused);
  startOwnDay();
  startLive(cannedChanged);
  whenThreadShown(shown);
  whenListShown(() => {
    listWasWritten();
    writeTitle();
  });
  listen();
  if (!openId()) return;
  shown();
  setTimeout(() => void refreshSide(), 1000);
}

function shown() {
  threadWasShown();
  composerWasShown();
  presenceMoved();
  setTabStop();
  writeTitle();
}

function listen() {
  document.addEventListener("click", (event) => {
    const at = /** @type {any} */ (event.target);
    if (at.closest("[data-do='refresh']")) void showList().catch((error) => toast(error.message, { isFailure: true }));
    const back = at.closest("[data-do='back']");
    if (back) {
      event.preventDefault();
      void closeConversation();
    }
    const more = at.closest("#more");
    if (more) {
      event.preventDefault();
      void loadMore(more);
    }
  });
  document.addEventListener("submit", (event) => {
    const form = /** @type {any} */ (event.target);
    if (form.getAttribute("role") !== "search") return;
    event.preventDefault();
    const given = query();
    const text = form.elements.q.value.trim();
    if (text) given.set("q", text);
    else given.delete("q");
    given.set("view", form.elements.view.value);
    void go(`${location.pathname}?${given}`);
  });
}

/** @param {any} link */
async function loadMore(link) {
  link.setAttribute("aria-disabled", "true");
  try {
    const fresh = parse(await fragment(`/inbox/list${new URL(link.href).search}`));
    const known = new Set(all("#rows > .row").map((row) => row.dataset.id));
    const added = all("#rows > .row", fresh).filter((row) => !known.has(row.dataset.id));
    refreshTimes(fresh, true);
    find("#rows").append(...added);
    setTabStop();
    const next = find("#more", fresh);
    if (next) {
      link.href = next.getAttribute("href");
      link.removeAttribute("aria-disabled");
    } else link.closest(".more").remove();
  } catch (error) {
    link.removeAttribute("aria-disabled");
    toast(error instanceof Error ? error.message : "There is no more to show.", { isFailure: true });
  }
}

start();
