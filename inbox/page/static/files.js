// Files that go with a reply: picked, dropped or pasted, and brought to the server one by one.

import { Problem, upload } from "./api.js";
import { find, icon, make } from "./dom.js";
import { announce, toast } from "./toast.js";

/** @typedef {{ id: string, name: string, size: number }} Brought a file that the server has */

const UNITS = ["B", "kB", "MB"];

/** @type {{ name: string, size: number, done: number, id: string, stop: () => void }[]} */
let files = [];
/** @type {() => void} */
let onChange = () => undefined;

const list = () => find("#composer-files");
const form = () => find("#composer");
const mostBytes = () => Number(form()?.dataset.mostBytes ?? 0);

/** @param {() => void} changed called whenever a file was brought or taken away */
export function startFiles(changed) {
  onChange = changed;
  const main = find("#thread");
  main.addEventListener("change", (/** @type {any} */ event) => {
    if (event.target.id !== "composer-pick") return;
    add(event.target.files);
    event.target.value = "";
  });
  main.addEventListener("click", (/** @type {any} */ event) => {
    const button = event.target.closest("[data-drop-file]");
    if (button) take(Number(button.dataset.dropFile));
  });
  main.addEventListener("paste", (/** @type {any} */ event) => {
    if (event.target.id === "text" && event.clipboardData.files.length && takesFiles()) {
      event.preventDefault();
      add(event.clipboardData.files);
    }
  });
  for (const kind of ["dragover", "drop", "dragleave"]) {
    main.addEventListener(kind, (/** @type {any} */ event) => dragged(event));
  }
}

const takesFiles = () => mostBytes() > 0 && !form().classList.contains("noting");

/** @param {DragEvent} event */
function dragged(event) {
  if (!event.dataTransfer?.types.includes("Files") || !form() || !takesFiles()) return;
  event.preventDefault();
  form().classList.toggle("dropping", event.type === "dragover");
  if (event.type === "drop") add(event.dataTransfer.files);
}

/** @param {FileList} picked */
function add(picked) {
  for (const file of picked) {
    const together = files.reduce((sum, other) => sum + other.size, file.size);
    if (together > mostBytes()) toast(`${file.name} is too large: this channel sends ${readable(mostBytes())} of files together.`, { isFailure: true });
    else if (!file.size) toast(`${file.name} is empty.`, { isFailure: true });
    else void bring(file);
  }
}

/** @param {File} file */
async function bring(file) {
  const { answer, stop } = upload(`/api/attachments?filename=${encodeURIComponent(file.name)}`, file, (done) => {
    entry.done = done;
    show();
  });
  const entry = { name: file.name, size: file.size, done: 0, id: "", stop };
  files.push(entry);
  show();
  try {
    const brought = await answer;
    Object.assign(entry, { id: brought.id, name: brought.filename, done: 1 });
    announce(`${entry.name} is attached.`);
    onChange();
  } catch (error) {
    if (files.includes(entry)) toast(`${file.name} was not attached. ${error instanceof Problem ? error.message : ""}`, { isFailure: true });
    files = files.filter((other) => other !== entry);
  }
  show();
}

/** @param {number} place */
function take(place) {
  const [taken] = files.splice(place, 1);
  if (taken && !taken.id) taken.stop();
  announce(`${taken.name} is taken off.`);
  show();
  onChange();
  find("#text").focus();
}

function show() {
  if (!list()) return;
  list().hidden = files.length === 0;
  list().replaceChildren(
    ...files.map((file, place) => {
      const remove = make("button", { type: "button", class: "button quiet square small", "data-drop-file": String(place), "aria-label": `Take ${file.name} off` }, icon("x"));
      const state = file.id ? make("span", { class: "file-size" }, readable(file.size)) : make("progress", { max: "1", value: String(file.done), "aria-label": `${file.name} is on its way` });
      return make("li", {}, icon("paperclip"), make("bdi", {}, file.name), state, remove);
    }),
  );
}

/** Whether a file is still on its way to the server. */
export const areUnderWay = () => files.some((file) => !file.id);

/** @returns {Brought[]} what the server has */
export const brought = () => files.filter((file) => file.id).map(({ id, name, size }) => ({ id, name, size }));

/** @param {Brought[]} kept those of a draft; others are forgotten */
export function showFiles(kept) {
  for (const file of files) if (!file.id) file.stop();
  files = kept.map((file) => ({ ...file, done: 1, stop: () => undefined }));
  show();
}

/** @param {number} bytes */
function readable(bytes) {
  const unit = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** unit).toFixed(unit && bytes < 10 * 1000 ** unit ? 1 : 0)} ${UNITS[unit]}`;
}
