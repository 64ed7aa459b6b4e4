// A new message: the fields that its channel has, the count, the draft, and one send per click.
// The form works without this; it is sent as a form either way.

import { all, find, me } from "./dom.js";
import { segments } from "./segments.js";

const DRAFT = `inlet.draft.${me().id}.new`;
const SENT = "inlet.sent-new";
const DRAFTED = ["to", "cc", "subject", "text"];

const form = () => find("form#new-message");
const text = () => find("#new-text");
const kind = () => form().dataset.kind;

export function startNew() {
  const wasSent = sessionStorage.getItem(SENT) !== null;
  sessionStorage.removeItem(SENT);
  // Only another page says that it went through: one with the form says what was wrong.
  if (wasSent && !form()) localStorage.removeItem(DRAFT);
  if (!form()) return;
  readDraft();
  channelWasChosen();
  form().addEventListener("input", () => {
    count();
    keepDraft();
  });
  form().addEventListener("change", (/** @type {any} */ event) => {
    if (event.target.id === "new-channel") channelWasChosen();
    if (event.target.id === "new-canned") takeCanned(event.target);
  });
  form().addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    form().requestSubmit();
  });
  form().addEventListener("submit", (/** @type {any} */ event) => {
    if (form().dataset.sending) return event.preventDefault();
    form().dataset.sending = "yes";
    find("button.primary", form()).setAttribute("aria-disabled", "true");
    sessionStorage.setItem(SENT, "yes");
    return undefined;
  });
  addEventListener("pageshow", () => {
    if (!form()) return;
    delete form().dataset.sending;
    find("button.primary", form()).removeAttribute("aria-disabled");
  });
}

function channelWasChosen() {
  const channel = find("#new-channel").selectedOptions[0].dataset;
  form().dataset.kind = channel.kind;
  const isMail = kind() === "email";
  find("#new-to").inputMode = isMail ? "email" : "tel";
  find("#new-subject").required = isMail;
  for (const field of all("input", form())) {
    if (field.closest(".for-email")) field.disabled = !isMail;
    if (field.placeholder) field.placeholder = "";
  }
  if (Number(channel.most)) text().maxLength = Number(channel.most);
  count();
}

function count() {
  const line = find("#new-count");
  const { characters, segments: parts, alphabet, left, beyond } = segments(text().value);
  const isSms = kind() === "sms";
  line.classList.toggle("is-many", isSms && parts > 3);
  line.title = isSms && beyond ? `“${beyond}” needs Unicode, which makes segments shorter` : "";
  if (!characters) line.textContent = "";
  else if (isSms) line.textContent = `${characters} · ${parts} ${parts === 1 ? "segment" : "segments"} · ${alphabet} · ${left} left`;
  else line.textContent = `${characters} ${characters === 1 ? "character" : "characters"}`;
}

/** @param {HTMLSelectElement} list */
function takeCanned(list) {
  const area = text();
  area.setRangeText(list.value, area.selectionStart, area.selectionEnd, "end");
  list.value = "";
  area.focus();
  count();
  keepDraft();
}

/** Puts back what was begun, unless the page came with something in it. */
function readDraft() {
  const fields = DRAFTED.map((name) => form().elements[name]);
  if (fields.some((field) => field.value)) return;
  try {
    const kept = JSON.parse(localStorage.getItem(DRAFT) ?? "{}");
    for (const field of fields) field.value = kept[field.name] ?? "";
    const channel = all("#new-channel option").find((one) => one.value === kept.channel_id && !one.disabled);
    if (channel) channel.selected = true;
  } catch {
    // What was kept cannot be read: the form stays empty.
  }
}

function keepDraft() {
  const elements = form().elements;
  const kept = Object.fromEntries([...DRAFTED, "channel_id"].map((name) => [name, elements[name].value]));
  try {
    if (DRAFTED.some((name) => kept[name])) localStorage.setItem(DRAFT, JSON.stringify(kept));
    else localStorage.removeItem(DRAFT);
  } catch {
    // The browser keeps nothing more; the text is still on the screen.
  }
}
