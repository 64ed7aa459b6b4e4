// Talks to the server: JSON for what changes, HTML for what is shown. Knows no element.

import { find } from "./dom.js";

/** A refusal, or no answer at all (`status` 0). */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} detail
   * @param {number} [retryAfter] seconds
   */
  constructor(status, code, detail, retryAfter = 0) {
    super(detail);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  get isOffline() {
    return this.status === 0;
  }

  /** Whether the same request may work in a moment. */
  get isPassing() {
    return this.status === 0 || this.status >= 500 || this.status === 429 || this.code === "idempotency_in_progress";
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @param {Record<string, string>} [headers]
 * @returns {Promise<any>} the answer's JSON, or null
 */
export async function call(method, path, body, headers = {}) {
  const response = await reach(path, {
    method,
    headers: {
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(method === "GET" ? {} : { "x-csrf-token": find('meta[name="csrf-token"]').content }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return text ? JSON.parse(text) : null;
}

/**
 * Sends a file, and says how much of it is there: `fetch` cannot.
 * @param {string} path
 * @param {File} file
 * @param {(done: number) => void} progress told the part that was sent, from 0 to 1
 * @returns {{ answer: Promise<any>, stop: () => void }}
 */
export function upload(path, file, progress) {
  const request = new XMLHttpRequest();
  const answer = new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => progress(event.loaded / Math.max(1, event.total)));
    request.addEventListener("load", () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText));
      else void problemOf(new Response(request.responseText, { status: request.status })).then(reject);
    });
    for (const kind of ["error", "abort"]) request.addEventListener(kind, () => reject(new Problem(0, "offline", "There is no connection to the server.")));
  });
  request.open("POST", path);
  request.setRequestHeader("x-csrf-token", find('meta[name="csrf-token"]').content);
  if (file.type) request.setRequestHeader("content-type", file.type);
  request.send(file);
  return { answer, stop: () => request.abort() };
}

/**
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<string>} markup
 */
export async function fragment(path, signal) {
  const response = await reach(path, { headers: { accept: "text/html", "x-fragment": "1" }, signal });
  return response.text();
}

/**
 * @param {string} path
 * @param {RequestInit} options
 */
async function reach(path, options) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", redirect: "error", ...options });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "offline", "There is no connection to the server.");
  }
  if (response.ok) return response;
  if (response.status === 401) {
    location.assign(`/inbox/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  throw await problemOf(response);
}

/** @param {Response} response */
async function problemOf(response) {
  const retryAfter = Number(response.headers.get("retry-after")) || 0;
  try {
    const document = await response.json();
    return new Problem(response.status, document.code, `${document.title}: ${document.detail}`, retryAfter);
  } catch {
    return new Problem(response.status, "unknown", `The server answered ${response.status}.`, retryAfter);
  }
}
