// What an agent did today, in the rail: asked for once the page is there, and now and then. Nothing
// waits for it, and where it cannot be had nothing is shown.

import { fragment } from "./api.js";
import { find } from "./dom.js";

const AFTER_MS = 1500;
const EVERY_MS = 120_000;

async function refresh() {
  const place = find("#own-day");
  if (document.hidden || !place) return;
  try {
    place.innerHTML = await fragment(place.dataset.from);
  } catch {
    place.replaceChildren();
  }
}

export function startOwnDay() {
  if (!find("#own-day")) return;
  setTimeout(() => void refresh(), AFTER_MS);
  setInterval(() => void refresh(), EVERY_MS);
}
