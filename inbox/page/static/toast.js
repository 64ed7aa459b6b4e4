// Says what happened: toasts for the eye, one status region for screen readers, at a calm pace.

import { find, make } from "./dom.js";

const SHOWN_MS = 6000;
const QUIET_MS = 5000;

/** @type {string[]} */
let waiting = [];
let saidAt = -QUIET_MS;
let timer = 0;

/**
 * @param {string} text
 * @param {{ action?: string, run?: () => void, isFailure?: boolean, lastsMs?: number }} [options]
 */
export function toast(text, { action, run, isFailure = false, lastsMs = SHOWN_MS } = {}) {
  const element = make("div", { class: isFailure ? "toast failed" : "toast", role: isFailure ? "alert" : "status" });
  element.append(make("p", {}, text));
  const remove = () => element.remove();
  const shown = setTimeout(remove, isFailure ? lastsMs * 2 : lastsMs);
  if (action && run) {
    const button = make("button", { class: "button small", type: "button" }, action);
    button.addEventListener("click", () => {
      clearTimeout(shown);
      remove();
      run();
    });
    element.append(button);
  }
  const region = find("#toasts");
  region.append(element);
  while (region.children.length > 3) region.firstElementChild.remove();
  return remove;
}

/** Says one sentence to screen readers; those that come close together are said together. */
export function announce(/** @type {string} */ sentence) {
  if (!waiting.includes(sentence)) waiting.push(sentence);
  const now = performance.now();
  clearTimeout(timer);
  timer = window.setTimeout(say, Math.max(0, saidAt + QUIET_MS - now));
}

function say() {
  saidAt = performance.now();
  find("#announce").textContent = waiting.slice(0, 3).join(" ");
  waiting = [];
}

/**
 * Asks in a dialog.
 * @param {{ title: string, text: string, yes: string, label?: string }} question
 * @returns {Promise<string | null>} what was written (or "yes"); null where the answer is no
 */
export function ask({ title, text, yes, label }) {
  const dialog = find("#ask");
  find("#ask-title").textContent = title;
  find("#ask-text").textContent = text;
  find("#ask-yes").textContent = yes;
  find("#ask-field").hidden = !label;
  find("#ask-label").textContent = label ?? "";
  const input = find("#ask-input");
  input.value = "";
  dialog.returnValue = "no";
  dialog.showModal();
  (label ? input : find("#ask-yes")).focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes" ? (label ? input.value.trim() : "yes") : null);
    }, { once: true });
  });
}
