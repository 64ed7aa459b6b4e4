// Keeps "now" true while somebody looks at it, waits for the answer to a test, and ticks many boxes
// at once. Nothing needs it.

const EVERY_MS = 5000;
const ANSWER_MS = 1000;

/**
 * @param {string} selector
 * @returns {any}
 */
const find = (selector) => document.querySelector(selector);

/** Fetches what is now; a page that cannot be reached says since when it is old. */
async function refresh() {
  const now = find("#now");
  if (document.hidden || now.contains(document.activeElement)) return;
  try {
    const response = await fetch("/ops/now", { headers: { "X-Fragment": "1" }, cache: "no-store" });
    if (response.redirected || response.status === 401) return location.reload();
    if (!response.ok) throw new Error(String(response.status));
    now.innerHTML = await response.text();
    find("#as-of").textContent = `as of ${find("#now > [data-as-of]").dataset.asOf}`;
    find("#old").hidden = true;
  } catch {
    find("#old").hidden = false;
  }
}

function startTicks() {
  const all = find("#tick-all");
  const boxes = () => [...document.querySelectorAll('.tick input[name="id"]')];
  all?.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
  });
}

/** Looks again until the receiver of a hook has answered; what is new takes its place. */
async function awaitAnswer() {
  const response = await fetch(location.href, { cache: "no-store" });
  if (response.redirected || !response.ok) return location.reload();
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  if (fresh.querySelector("[data-awaited]")) return void setTimeout(awaitAnswer, ANSWER_MS);
  for (const part of document.querySelectorAll("[data-answer]")) {
    const now = fresh.querySelector(`[data-answer="${part.getAttribute("data-answer")}"]`);
    if (now) part.replaceChildren(...now.childNodes);
  }
}

if (find("[data-awaited]")) setTimeout(awaitAnswer, ANSWER_MS);
if (find("#now")) {
  setInterval(refresh, EVERY_MS);
  document.addEventListener("visibilitychange", refresh);
}
startTicks();
find(".view.is-current")?.scrollIntoView({ block: "nearest", inline: "center" });
