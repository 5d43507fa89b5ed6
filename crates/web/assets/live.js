// What every page runs: the stream that keeps its regions as they are now, forms and dialogs without leaving the page, keys. All
// of it only adds to pages that work without it.

import { morphChildren } from "./morph.js";
import { encode } from "./el/encode.js";
import "./el/payload.js";
import { dressTimes } from "./el/time.js";

const { body } = document;
const { base } = body.dataset;

// ---- the stream

let stream;
let polling;

function seen() {
  return [...document.querySelectorAll("[data-live]")].map((region) => `${region.id.slice(5)}:${region.dataset.live}`);
}

function say(text) {
  const place = document.getElementById("connection");
  if (place && place.textContent !== text) place.textContent = text;
}

function connect() {
  if (!body.dataset.liveUrl || document.hidden || stream) return;
  const query = new URLSearchParams([["page", body.dataset.page], ...seen().map((pair) => ["seen", pair])]);
  stream = new EventSource(`${body.dataset.liveUrl}?${query}`);
  // Something in between may hold the stream back: then the page is asked for again from time to time.
  const patience = setTimeout(poll, 4000);
  stream.addEventListener("regions", (event) => {
    clearTimeout(patience);
    clearTimeout(polling);
    say("");
    JSON.parse(event.data).forEach(show);
    body.dataset.ready = "live";
  });
  stream.addEventListener("gone", () => {
    clearTimeout(patience);
    disconnect();
    say("This is no longer there");
  });
  stream.addEventListener("error", () => {
    clearTimeout(patience);
    disconnect();
    say("Not connected, trying again");
    setTimeout(connect, 1000);
  });
}

function disconnect() {
  stream?.close();
  stream = undefined;
  clearTimeout(polling);
}

async function poll() {
  try {
    const fresh = parse(await (await fetch(location.href)).text());
    for (const region of fresh.querySelectorAll("[data-live]")) {
      show({ name: region.id.slice(5), hash: region.dataset.live, html: region.innerHTML });
    }
  } catch {
    say("Not connected, trying again");
  }
  polling = setTimeout(poll, 3000);
}

function show({ name, hash, html }) {
  const region = document.getElementById(`live-${name}`);
  if (!region || region.dataset.live === hash) return;
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  morphChildren(region, fresh.content);
  region.dataset.live = hash;
  dress(region);
}

document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
addEventListener("pagehide", disconnect);
addEventListener("pageshow", connect);

// ---- parts of pages

const parse = (html) => new DOMParser().parseFromString(html, "text/html");

/** Whatever was shown anew. */
function dress(root) {
  dressTimes(root);
  if (root.querySelector("abide-timeline")) import("./el/timeline.js");
  for (const command of root.querySelectorAll("[data-command]")) fill(command);
  for (const link of root.querySelectorAll("a[data-more]")) nearby.observe(link);
}

/** Shows another page in the place of this one. */
function replace(html, url) {
  const fresh = parse(html);
  disconnect();
  document.title = fresh.title;
  for (const name of ["page", "liveUrl", "namespace", "codec"]) {
    if (fresh.body.dataset[name] === undefined) delete body.dataset[name];
    else body.dataset[name] = fresh.body.dataset[name];
  }
  document.querySelector("dialog[open]")?.close();
  morphChildren(body, fresh.body);
  if (url !== location.href) history.pushState(null, "", url);
  shown = address();
  dress(body);
  connect();
}

// A jump within the page is no other page.
const address = () => location.href.split("#")[0];
let shown = address();
addEventListener("popstate", () => address() === shown || location.reload());

// ---- forms and dialogs

document.addEventListener("submit", async (event) => {
  const form = event.target;
  // What changes more than what the page shows, such as whom it may ask, needs another document.
  const asks = form.method === "get" && body.dataset.codec && form.elements.input;
  if (!asks && (form.method !== "post" || form.enctype === "multipart/form-data" || form.hasAttribute("data-whole"))) return;
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "true";
  try {
    const fields = await encode(new URLSearchParams(new FormData(form, event.submitter)));
    if (asks) return location.assign(`${form.action}?${fields}`);
    const action = event.submitter?.getAttribute("formaction") ?? form.action;
    const answer = await fetch(action, { method: "post", body: fields });
    const html = await answer.text();
    if (answer.ok) replace(html, answer.url);
    else complain(form, parse(html).querySelector("[role=alert]")?.textContent || `${answer.status} ${answer.statusText}`);
  } catch (error) {
    complain(form, error instanceof TypeError ? `The server cannot be reached: ${error.message}` : error.message);
  } finally {
    delete form.dataset.busy;
  }
});

function complain(form, text) {
  let alert = form.querySelector(":scope > [role=alert]");
  if (!alert) {
    alert = document.createElement("p");
    alert.className = "alert";
    alert.role = "alert";
    form.prepend(alert);
  }
  alert.textContent = text;
  alert.scrollIntoView({ block: "nearest" });
}

document.addEventListener("click", async (event) => {
  const opener = event.target.closest("a[data-dialog]");
  if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    return open(opener);
  }
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    const text = copy.dataset.copy || copy.closest(".copyable").querySelector("code, pre").textContent;
    await navigator.clipboard.writeText(text);
    copy.classList.add("copied");
    say("Copied");
    setTimeout(() => (copy.classList.remove("copied"), say("")), 1200);
  }
  if (event.target.closest("[data-close]")) {
    const dialog = event.target.closest("dialog");
    if (dialog) {
      event.preventDefault();
      dialog.close();
    }
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

/** What is a page of its own without scripts is a dialog with them. */
async function open(opener) {
  const answer = await fetch(opener.href);
  const content = parse(await answer.text()).querySelector("main");
  if (!content) return location.assign(opener.href);
  const dialog = document.createElement("dialog");
  dialog.dataset.keep = "";
  dialog.setAttribute("aria-label", content.querySelector("h1")?.textContent || "");
  dialog.append(...content.childNodes);
  document.body.append(dialog);
  dialog.addEventListener("close", () => (dialog.remove(), document.contains(opener) && opener.focus()));
  dress(dialog);
  dialog.showModal();
}

/** A command that follows what is typed: {NAME} is a field of its form, {NAME?} a box that is ticked; an option whose field is
    empty is left out. */
function fill(command) {
  const form = command.closest("form");
  const values = form ? new FormData(form) : new FormData();
  const quote = (text) => (/^[\w\-./:=,@+]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const text = command.dataset.command.replace(/ (--[\w-]+) \{([\w-]+)(\?)?\}/g, (_, flag, name, alone) =>
    values.getAll(name).filter(Boolean).map((value) => ` ${flag}${alone ? "" : ` ${quote(value)}`}`).join(""));
  if (command.textContent !== text) command.textContent = text;
}

document.addEventListener("input", (event) => {
  event.target.dataset.touched = "true";
  for (const command of event.target.form?.querySelectorAll("[data-command]") || []) fill(command);
});

document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-check-all]");
  if (!all) return;
  for (const box of document.querySelectorAll(`input[name="${all.dataset.checkAll}"]`)) box.checked = all.checked;
});

// ---- more rows as one scrolls: a link to the next part, which is put in its place

const nearby = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) more(target);
}, { rootMargin: "800px" });

async function more(link) {
  if (link.dataset.busy) return;
  link.dataset.busy = "true";
  nearby.unobserve(link);
  const list = document.getElementById(link.dataset.more);
  const fresh = parse(await (await fetch(link.href)).text());
  const part = fresh.getElementById(link.dataset.more);
  if (!list || !part) return;
  list.append(...part.childNodes);
  const next = fresh.querySelector(`a[data-more="${link.dataset.more}"]`);
  // From now on it is further down than the server knows.
  const place = link.closest("[data-key=more]");
  if (place) place.dataset.keep = "";
  if (next) link.replaceWith(next);
  else link.remove();
  dress(list);
  if (next) nearby.observe(next);
}

// ---- keys

let before = "";

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  if (event.target.closest("input, textarea, select, dialog, [data-keys]") || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key;
  const place = before === "g" && document.querySelector(`nav.side a[data-go="${CSS.escape(key)}"]`);
  if (place) place.click();
  else if (key === "/") focusOn(event, "[data-search]");
  else if (key === "j" || key === "k") step(key === "j" ? 1 : -1);
  else if (key === "c") document.querySelector("[data-key-create]")?.click();
  else if (key === "?") help();
  before = key === "g" ? "g" : "";
});

function focusOn(event, selector) {
  const field = document.querySelector(selector);
  if (!field) return;
  event.preventDefault();
  field.focus();
}

/** To the next row, or the one before. */
function step(by) {
  const rows = [...document.querySelectorAll("[data-row] a[data-row-link]")];
  const at = rows.indexOf(document.activeElement);
  rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1)]?.focus();
}

function help() {
  const dialog = document.createElement("dialog");
  dialog.dataset.keep = "";
  dialog.setAttribute("aria-label", "Keys");
  const keys = [["/", "search"], ["j, k", "next row, row before"], ["Enter", "open it"], ["c", "start, or create"], ["g w", "workflows"],
    ["g q", "task queues"], ["g k", "workers"], ["g b", "batch operations"], ["g a", "search attributes"], ["g n", "namespaces"],
    ["g i", "import"], ["g s", "system"], ["Escape", "close"]];
  const list = document.createElement("dl");
  list.className = "facts";
  for (const [key, meaning] of keys) {
    const [term, text] = [document.createElement("dt"), document.createElement("dd")];
    const kbd = document.createElement("kbd");
    kbd.textContent = key;
    term.append(kbd);
    text.textContent = meaning;
    list.append(term, text);
  }
  const title = document.createElement("h1");
  title.textContent = "Keys";
  const close = document.createElement("button");
  close.textContent = "Close";
  close.dataset.close = "";
  dialog.append(title, list, close);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}

dress(body);
connect();
body.dataset.ready ||= body.dataset.liveUrl ? "waiting" : "still";
