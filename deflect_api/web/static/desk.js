// The desk's keys, texts put into a reply without a reload, drafts that survive a lost page, and the browser's own notifications.
// Every page works without it.
(() => {
"use strict";

const $ = (selector) => document.querySelector(selector);
const rows = [...document.querySelectorAll("tr[data-reference]")];
const said = $("#said");
let at = -1;

function move(step) {
  if (!rows.length) return;
  at = Math.min(rows.length - 1, Math.max(0, at + step));
  rows.forEach((row, index) => row.classList.toggle("on", index === at));
  rows[at].querySelector("a").focus();
}

const chosen = () => rows[at] || document.activeElement?.closest?.("tr[data-reference]");
const address = (row, rest = "") => `/desk/tickets/${row.dataset.reference}${rest}`;

function open(details) {
  details.open = true;
  details.querySelector("textarea").focus();
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  t() {
    const form = $("#take-form") || $("#take");
    if (!form) return;
    if (form.id === "take") {
      const row = chosen();
      if (!row) return;
      form.action = address(row, "/take");
      form.elements.version.value = row.dataset.version;
    }
    form.submit();
  },
  r() {
    if ($("#body")) $("#body").focus();
    else if (chosen()) location.href = address(chosen(), "#body");
  },
  e() {
    if ($("#escalate")) open($("#escalate"));
    else if (chosen()) location.href = address(chosen(), "#escalate");
  },
  "/"() {
    if ($("#words")) $("#words").focus();
    else location.href = "/desk/#words";
  },
  "?": () => $("#keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]") || !Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
});
rows.forEach((row, index) => row.addEventListener("focusin", () => { at = index; }));
if (location.hash === "#escalate" && $("#escalate")) open($("#escalate"));
if (location.hash === "#words") $("#words")?.focus();
if (location.hash === "#body") $("#body")?.focus();

// A canned reply, an article or the questions go where the cursor is.
function insert(text) {
  const body = $("#body");
  const start = body.selectionStart;
  const before = body.value.slice(0, start);
  const gap = before && !before.endsWith("\n\n") ? "\n\n" : "";
  body.setRangeText(gap + text, start, body.selectionEnd, "end");
  body.dispatchEvent(new Event("input", { bubbles: true }));
  body.focus();
  said.textContent = "Inserted.";
}
for (const button of document.querySelectorAll("button[data-text], button[data-insert]")) {
  button.addEventListener("click", (event) => {
    const text = button.dataset.text || $("#insert").selectedOptions[0]?.dataset.text;
    event.preventDefault();
    if (text) insert(text);
  });
}

// What is typed is kept in this tab until it was sent, so that no signed-out page and no closed line loses it.
const texts = (form) => [...form.elements].filter((field) => field.name && !["hidden", "radio", "checkbox", "submit"].includes(field.type));
function store(key, value) {
  try {
    if (value === undefined) return JSON.parse(sessionStorage.getItem(key) || "null");
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(value));
  } catch { /* this browser keeps nothing: the form itself still does */ }
  return null;
}
// Written after a send and read on the next page: did it go through? The desk answers a save with another page than the form's.
const SENT = "desk-sent";
const came = store(SENT);
if (came && !$("[role=alert]") && $("#answer, .queue, .empty, #tell")) store(came, null);
store(SENT, null);
for (const form of document.querySelectorAll("form[data-keep]")) {
  const key = `desk-typed-${form.dataset.keep}`;
  const kept = store(key);
  for (const field of texts(form)) if (kept?.[field.name] && !field.value) field.value = kept[field.name];
  form.addEventListener("input", () => store(key, Object.fromEntries(texts(form).map((field) => [field.name, field.value]))));
  form.addEventListener("submit", () => store(SENT, key));
}

// The browser's own notifications, while the desk is open and the agent has chosen them.
const SECONDS = Number(document.documentElement.dataset.every) || 60;
async function look(after) {
  const reply = await fetch(`/desk/notices/new?after=${after}`, { headers: { Accept: "application/json" } });
  if (!reply.ok) throw new Error(reply.status);
  return reply.json();
}
const WORDS = { new: "New request", replied: "The requester wrote", overdue: "Reply overdue" };
async function listen() {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  try {
    const last = localStorage.getItem("desk-last-notice") ?? "";
    const told = await look(last);
    localStorage.setItem("desk-last-notice", told.last);
    if (!told.browser) return;
    for (const one of told.notices) {
      const note = new Notification(WORDS[one.event], { body: `#${one.reference} ${one.subject}`, tag: `desk-${one.id}` });
      note.onclick = () => { window.focus(); location.href = `/desk/tickets/${one.reference}`; };
    }
  } catch { /* the next look may do */ }
  setTimeout(listen, SECONDS * 1000);
}
$("[data-notify]")?.addEventListener("change", (event) => {
  if (event.target.checked && "Notification" in window) Notification.requestPermission().then(listen);
});
if (said) listen();
document.documentElement.dataset.keys = "on";
})();
