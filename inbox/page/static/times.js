// Keeps the times on the page true, in the words of inbox/page/display_format.py.

import { all } from "./dom.js";

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

/**
 * @param {Date} at
 * @param {Date} now
 */
export function short(at, now) {
  const seconds = (now.getTime() - at.getTime()) / 1000;
  if (seconds < MINUTE) return "now";
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)}m`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)}h`;
  if (seconds < 6 * DAY) return at.toLocaleDateString("en", { weekday: "short" });
  const year = at.getFullYear() === now.getFullYear() ? "" : ` ${at.getFullYear()}`;
  return `${at.getDate()} ${at.toLocaleDateString("en", { month: "short" })}${year}`;
}

/**
 * @param {Date} at
 * @param {Date} now
 */
export function span(at, now) {
  const seconds = Math.max(MINUTE, (now.getTime() - at.getTime()) / 1000);
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)} h`;
  return `${Math.floor(seconds / DAY)} d`;
}

/** @param {Date} at */
export const clock = (at) => at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

/**
 * Writes relative times anew; `everything` also those that change with the zone only.
 * @param {ParentNode} [root]
 * @param {boolean} [everything]
 */
export function refreshTimes(root = document, everything = false) {
  const now = new Date();
  for (const time of all("time[data-as]", root)) {
    const at = new Date(time.dateTime);
    const as = time.dataset.as;
    if (as === "clock" && !everything) continue;
    const text = as === "relative" ? short(at, now) : as === "span" ? span(at, now) : clock(at);
    if (time.textContent !== text) time.textContent = text;
  }
}

export function startTimes() {
  setInterval(() => requestAnimationFrame(() => refreshTimes()), 30000);
}
