// Who else is here: says that this tab looks or types, and shows who else does.

import { call } from "./api.js";
import { find, me, openId } from "./dom.js";

const EVERY_MS = 20000;
const GONE_MS = 45000;
const TYPING_MS = 6000;

/** @type {Map<string, { name: string, state: string, at: number }>} */
const others = new Map();
/** @type {Map<string, string>} */
let names = new Map();
let typedAt = -Infinity;
let said = "";

/** @param {import("./stream.js").Change & { name?: string }} change */
export function hearPresence(change) {
  if (change.conversation_id !== openId() || !change.agent_id || change.agent_id === me().id) return;
  const known = change.name ?? names.get(change.agent_id);
  if (change.state === "left" || change.state === "gone") others.delete(change.agent_id);
  else others.set(change.agent_id, { name: known ?? "A colleague", state: change.state ?? "viewing", at: performance.now() });
  show();
}

function show() {
  const line = find("#presence");
  if (!line) return;
  for (const [id, one] of others) if (performance.now() - one.at > GONE_MS) others.delete(id);
  const typing = [...others.values()].filter((one) => one.state === "typing").map((one) => one.name);
  const viewing = [...others.values()].filter((one) => one.state !== "typing").map((one) => one.name);
  const parts = [];
  if (typing.length) parts.push(`${list(typing)} ${typing.length === 1 ? "is" : "are"} writing`);
  if (viewing.length) parts.push(`${list(viewing)} ${viewing.length === 1 ? "is" : "are"} here too`);
  const text = parts.join(" · ");
  if (line.textContent !== text) line.textContent = text;
}

/** @param {string[]} words */
const list = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);

export function typed() {
  const wasTyping = performance.now() - typedAt < TYPING_MS;
  typedAt = performance.now();
  if (!wasTyping) void say();
}

async function say() {
  const id = openId();
  if (!id || !me().id || document.visibilityState !== "visible") return;
  const state = performance.now() - typedAt < TYPING_MS ? "typing" : "viewing";
  said = id;
  try {
    const answer = await call("POST", `/api/conversations/${id}/presence`, { state });
    for (const one of answer?.items ?? []) hearPresence({ ...one, type: "presence", conversation_id: id });
  } catch {
    // Nobody is told that we are here; that is all.
  }
}

export function presenceMoved() {
  others.clear();
  typedAt = -Infinity;
  names = new Map([...document.querySelectorAll('[data-menu="assign"] button[value]')].map((one) => [one.getAttribute("value") ?? "", one.querySelector("span:not(.avatar)")?.textContent ?? ""]));
  show();
  if (openId() !== said) void say();
}

export function startPresence() {
  setInterval(() => void say(), EVERY_MS);
  setInterval(show, 5000);
}
