// The request form with scripts: a draft that outlives the tab, the priority as it is chosen, checks before sending, and a send
// that repeats itself with the same key until it is known to have arrived. Whatever fails here, the form still posts by itself.
(() => {
"use strict";

const form = document.getElementById("request");
const read = (id) => JSON.parse(document.getElementById(id).textContent);
if (!form) return;

const say = read("help-strings");
const { table, due } = read("help-form");
const field = (name) => form.elements.namedItem(name);
const part = (id) => document.getElementById(id);
const KEEP = "help-draft";
const WEEK = 7 * 24 * 3600 * 1000;
const WAITS = [5, 15, 30, 60, 120];
const title = document.title;
let tries = 0;
let timer;
let busy = false;

function node(tag, props, ...children) {
  const made = Object.assign(document.createElement(tag), props);
  made.append(...children);
  return made;
}

// Draft: in this browser only, 7 days, and none where storage is blocked.

function typed() {
  const names = Object.fromEntries(new FormData(form));
  return Object.fromEntries(Object.entries(names).filter(([name, value]) => value && !name.startsWith("why-")));
}

function keep() {
  try {
    localStorage.setItem(KEEP, JSON.stringify({ at: Date.now(), values: typed() }));
    part("kept").hidden = false;
  } catch { /* storage is blocked or full: the form works without */ }
}

function kept() {
  try {
    const draft = JSON.parse(localStorage.getItem(KEEP));
    return draft && Date.now() - draft.at < WEEK ? draft : null;
  } catch {
    return null;
  }
}

function forget() {
  try {
    localStorage.removeItem(KEEP);
  } catch { /* nothing was kept */ }
}

function fill(values) {
  for (const [name, value] of Object.entries(values)) {
    const found = field(name);
    const same = found instanceof RadioNodeList && found[0].type !== "radio";
    if (same) found.forEach((input) => { input.value = value; });
    else if (found) found.value = value;
  }
}

function restore() {
  const draft = form.hasAttribute("data-filled") ? null : kept();
  if (!draft) return;
  fill(draft.values);
  const date = new Date(draft.at).toLocaleDateString(document.documentElement.lang, { dateStyle: "long" });
  part("kept").firstElementChild.textContent = say.kept.replace("{date}", date);
  part("kept").hidden = false;
  field("subject").dispatchEvent(new Event("input"));
}

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  field("idempotency_key").value = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function discard() {
  clearTimeout(timer);
  forget();
  form.reset();
  field("receipt").value = "";
  newKey();
  refresh();
  field("subject").dispatchEvent(new Event("input"));
  part("kept").firstElementChild.textContent = say.gone;
  field("product")[0].focus();
}

// What the form shows for what is chosen.

function showFields(open) {
  for (const group of form.querySelectorAll("[data-fields]")) {
    group.hidden = group.dataset.fields !== field("product").value;
    if (!group.hidden && open) group.open = true;
    group.querySelectorAll("input,select,textarea").forEach((input) => { input.disabled = group.hidden; });
  }
}

function showPriority() {
  const found = table[["working", "affected", "needed_by"].map((name) => field(name).value).join("|")];
  const out = part("priority");
  if (!found) {
    out.textContent = say.unset;
    return;
  }
  const until = due[found.priority] ? " " + say.due.replace("{due}", due[found.priority]) : "";
  const level = say.priority.replace("{priority}", say.levels[found.priority] || found.priority);
  out.replaceChildren(node("strong", {}, level), ` ${found.reason}${until}`);
}

function refresh(open) {
  showFields(open);
  showPriority();
}

// Errors: a summary that takes the focus, and the same words at each field.

function problems() {
  const found = {};
  for (const [name, words] of Object.entries(say.needs)) if (!field(name).value.trim()) found[name] = words;
  for (const name of ["email", "cc"]) {
    const addresses = field(name).value.split(/[,;]/).map((one) => one.trim()).filter(Boolean);
    if (!addresses.every((one) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(one))) found[name] = say.address;
  }
  return found;
}

function inputOf(name) {
  const found = field(name);
  return found instanceof RadioNodeList ? [...found].find((input) => !input.disabled) : found;
}

function clearErrors() {
  document.title = title;
  part("errors")?.remove();
  form.querySelectorAll(".oops").forEach((words) => words.remove());
  form.querySelectorAll(".wrong").forEach((box) => box.classList.remove("wrong"));
  for (const input of form.querySelectorAll("[aria-describedby*=-error]")) {
    input.removeAttribute("aria-invalid");
    const rest = input.getAttribute("aria-describedby").replace(/\S+-error/, "").trim();
    if (rest) input.setAttribute("aria-describedby", rest);
    else input.removeAttribute("aria-describedby");
  }
}

function markError(input, words) {
  const box = input.closest(".field");
  const told = input.type === "radio" ? box : input;
  const id = input.id + "-error";
  (box.querySelector(".pick") || input).before(node("p", { id, className: "oops" }, node("span", { className: "sr" }, say.error + " "), words));
  box.classList.add("wrong");
  told.setAttribute("aria-describedby", [told.getAttribute("aria-describedby"), id].filter(Boolean).join(" "));
  if (told === input) input.setAttribute("aria-invalid", "true");
}

function showErrors(found) {
  clearErrors();
  const order = [...form.elements];
  const parts = Object.entries(found).map(([name, words]) => [inputOf(name), words]);
  parts.sort(([one], [other]) => order.indexOf(one) - order.indexOf(other));
  const list = parts.map(([input, words]) => {
    if (!input?.closest(".field")) return node("li", {}, words);
    markError(input, words);
    return node("li", {}, node("a", { href: "#" + input.id }, words));
  });
  const head = node("h2", { id: "errors-title" }, say.problem);
  const summary = node("div", { id: "errors", className: "errors", tabIndex: -1 }, head, node("ul", {}, ...list));
  summary.setAttribute("aria-labelledby", head.id);
  summary.setAttribute("role", "alert");
  form.before(summary);
  document.title = `${say.error} ${title}`;
  summary.focus();
}

// Sending.

function payload() {
  const body = { context: {} };
  for (const [name, value] of Object.entries(typed())) {
    if (name.startsWith("context.")) body.context[name.slice(8)] = value;
    else if (name !== "idempotency_key") body[name] = value;
  }
  body.language ||= document.documentElement.lang;
  return body;
}

function hold(...words) {
  part("held").replaceChildren(...words);
}

// No ticket without a search: true when the person has had the chance to see what it found.
async function searched() {
  if (field("receipt").value) return true;
  const seeker = form.querySelector("help-suggest");
  let found = null;
  try {
    found = await seeker.search();
  } catch { /* no suggestions in this browser */ }
  field("receipt").value ||= "unavailable";
  if (!found?.length) return true;
  const [before, after] = say.look.split("{found}");
  const link = node("a", { href: "#" + seeker.querySelector("section").id }, seeker.count(found.length));
  hold(before, link, after);
  return false;
}

async function post() {
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), 30000);
  const headers = { "Content-Type": "application/json", "Idempotency-Key": field("idempotency_key").value };
  try {
    const reply = await fetch(form.dataset.api + "/tickets", { method: "POST", headers, body: JSON.stringify(payload()), signal: stop.signal });
    return { status: reply.status, wait: Number(reply.headers.get("Retry-After")), ...await reply.json() };
  } finally {
    clearTimeout(late);
  }
}

function unsent(wait) {
  const seconds = wait || WAITS[Math.min(tries++, WAITS.length - 1)];
  const again = node("button", { type: "button", className: "soft" }, say.again);
  again.addEventListener("click", send);
  const mail = node("a", { href: "mailto:" + form.dataset.email }, form.dataset.email);
  const [before, after] = say.mail.split("{email}");
  hold(say.held.replace("{n}", seconds), " ", again, " ", before, mail, after);
  clearTimeout(timer);
  timer = setTimeout(send, seconds * 1000);
}

async function settle(reply, again) {
  if (reply.status_url) {
    forget();
    const to = new URL(reply.status_url, location.href);
    to.searchParams.set("sent", "1");
    location.assign(to);
  } else if (reply.status === 409 || reply.status === 429 || reply.status >= 500) {
    unsent(reply.wait);
  } else if (reply.fields?.receipt && !again) {
    field("receipt").value = "";
    if (await searched()) await settle(await post(), true);
  } else {
    hold();
    showErrors(Object.keys(reply.fields || {}).length ? reply.fields : { "": reply.detail });
  }
}

async function send() {
  if (busy) return;
  clearTimeout(timer);
  busy = true;
  part("send").setAttribute("aria-disabled", "true");
  hold(say.sending);
  try {
    if (await searched()) await settle(await post());
  } catch {
    unsent();
  } finally {
    busy = false;
    part("send").removeAttribute("aria-disabled");
  }
}

function submit(event) {
  event.preventDefault();
  const found = problems();
  if (Object.keys(found).length) {
    hold();
    showErrors(found);
    return;
  }
  clearErrors();
  keep();
  send();
}

// A link such as ?product=flow chooses the product.
function fromAddress() {
  const asked = new URLSearchParams(location.search).get("product");
  if (asked && !field("product").value) field("product").value = asked;
}

restore();
fromAddress();
if (!field("idempotency_key").value) newKey();
refresh(true);
if (part("errors")) part("errors").focus();
let soon;
form.addEventListener("input", () => {
  clearTimeout(soon);
  soon = setTimeout(keep, 300);
});
form.addEventListener("change", (event) => refresh(event.target.name === "product"));
form.addEventListener("help-receipt", () => { if (!part("kept").hidden) keep(); });
form.addEventListener("submit", submit);
part("discard").addEventListener("click", discard);
window.addEventListener("online", () => { if (timer && part("held").querySelector("button")) send(); });
})();
