// What this browser prefers: colours, single keys, when a conversation counts as read.

import { all, find } from "./dom.js";

const KEY = "inlet.preferences";
const DEFAULTS = { single_keys: true, read_on_open: true };

/** @returns {{ single_keys: boolean, read_on_open: boolean }} */
export function preferences() {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return DEFAULTS;
  }
}

export function startPreferences() {
  const dialog = find("#preferences");
  for (const button of all('[data-do="preferences"]')) button.addEventListener("click", openPreferences);
  dialog.addEventListener("change", (/** @type {any} */ event) => {
    const input = event.target;
    if (input.name === "theme") return setTheme(input.value);
    localStorage.setItem(KEY, JSON.stringify({ ...preferences(), [input.name]: input.checked }));
  });
}

export function openPreferences() {
  const dialog = find("#preferences");
  const kept = /** @type {Record<string, boolean>} */ (preferences());
  for (const box of all("input[type=checkbox]", dialog)) box.checked = kept[box.name];
  const theme = document.documentElement.dataset.theme ?? "";
  for (const radio of all('input[name="theme"]', dialog)) radio.checked = radio.value === theme;
  dialog.showModal();
}

/** Kept in a cookie, so that the server writes it and no page flashes in the wrong colours. */
export function setTheme(/** @type {string} */ theme) {
  const age = theme ? 31536000 : 0;
  document.cookie = `inlet_theme=${theme}; Path=/; Max-Age=${age}; SameSite=Strict`;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}
