// The request form with scripts: a draft that outlives the tab, the priority as it is chosen, checks before sending. line.js sends,
// coach.js advises.
// Whatever fails here, the form still posts by itself.
(() => {
"use strict";

const form = document.getElementById("request");
const { coach } = document.currentScript.dataset;
const read = (id) => JSON.parse(document.getElementById(id).textContent);
if (!form) return;

const say = read("help-strings");
const { table, due } = read("help-form");
const field = (name) => form.elements.namedItem(name);
const part = (id) => document.getElementById(id);
const KEEP = "help-draft";
const WEEK = 7 * 24 * 3600 * 1000;
const title = document.title;
let soon = 0;
let touched = Date.now();
// A text, or one for each form that numbers take in the page's language (CLDR's names), with its number in it.
const counted = (words, n) => (words[new Intl.PluralRules(document.documentElement.lang).select(n)] || words.other || words).replace("{n}", n);
// What line.js, files.js and coach.js need of the form.
const help = form.help = { say, counted, field, part, node, typed, keep, forget, share, showErrors, shared: false, sent: false, stored: null };

function node(tag, props, ...children) {
  const made = Object.assign(document.createElement(tag), props);
  made.append(...children);
  return made;
}

// Draft: in this browser only, 7 days, and none where storage is blocked.

function typed() {
  const names = Object.fromEntries(new FormData(form));
  return Object.fromEntries(Object.entries(names).filter(([name, value]) => value && typeof value === "string" && !name.startsWith("why-")));
}

function keep() {
  soon = clearTimeout(soon);
  if (help.sent || help.shared) return;
  try {
    localStorage.setItem(KEEP, JSON.stringify({ at: touched, values: typed() }));
    part("kept").hidden = false;
    help.stored = true;
  } catch {
    help.stored = false; // blocked or full: the form works without, and line.js does not call the words safe
  }
}

function kept() {
  try {
    const draft = JSON.parse(localStorage.getItem(KEEP));
    if (draft && Math.abs(Date.now() - draft.at) < WEEK) return draft;
    localStorage.removeItem(KEEP);
  } catch { /* nothing can be kept */ }
  return null;
}

function forget() {
  soon = clearTimeout(soon);
  try {
    localStorage.removeItem(KEEP);
    sessionStorage.removeItem("help-session");
  } catch { /* nothing was kept */ }
}

// On a shared computer nothing stays, from now on and from before.
function share(yes) {
  help.shared = yes;
  if (!yes) return keep();
  forget();
  help.stored = false;
  help.unmark?.();
  return form.dispatchEvent(new Event("help-shared"));
}

function fill(values) {
  for (const [name, value] of Object.entries(values)) {
    const found = field(name);
    const same = found instanceof RadioNodeList && found[0].type !== "radio";
    if (same) found.forEach((input) => { input.value = value; });
    else if (found) found.value = value;
  }
}

// The language that was chosen is kept with the draft; this page's own when its address names one.
function inItsLanguage({ values }) {
  const to = new URL(location.href);
  if (!values.language || values.language === document.documentElement.lang || to.searchParams.has("language")) {
    delete values.language;
    return true;
  }
  to.searchParams.set("language", values.language);
  location.replace(to);
  return false;
}

function restore() {
  const draft = form.hasAttribute("data-filled") ? null : kept();
  if (!draft || !inItsLanguage(draft)) return;
  fill(draft.values);
  touched = draft.at; // looking at it does not make it younger
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
  forget();
  form.reset();
  // A reset brings back what the page came with; discarded means empty.
  form.querySelectorAll(".field :is(input:not([type=radio]), textarea, select)").forEach((input) => { input.value = ""; });
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

function submit(event) {
  if (event.submitter?.name === "speak") return keep(); // another language: the form goes there and back with all that it holds
  if (!help.send) return; // line.js has not come over the line: the browser posts the form
  event.preventDefault();
  const found = problems();
  if (Object.keys(found).length) {
    part("held").replaceChildren();
    showErrors(found);
    return;
  }
  clearErrors();
  keep();
  // coach.js may point at something first, once.
  if (form.dispatchEvent(new Event("help-before", { cancelable: true }))) help.send();
}

restore();
if (!field("idempotency_key").value) newKey();
refresh(true);
if (part("errors")) part("errors").focus();
form.addEventListener("input", () => {
  touched = Date.now();
  clearTimeout(soon);
  soon = setTimeout(keep, 300);
});
// A tab may be closed between a key and the pause after it.
document.addEventListener("visibilitychange", () => { if (soon && document.hidden) keep(); });
form.addEventListener("change", (event) => refresh(event.target.name === "product"));
form.addEventListener("help-receipt", () => { if (!part("kept").hidden) keep(); });
form.addEventListener("submit", submit);
part("discard").addEventListener("click", discard);
if (coach) document.head.append(node("script", { src: coach }));
})();
