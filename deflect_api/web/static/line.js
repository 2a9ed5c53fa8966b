// Sending over a bad line: the words first, under one key, again and again until it is known that they arrived; then the files.
// It claims only what is true: words are called safe in this browser when the browser did keep them.
(() => {
"use strict";

const form = document.getElementById("request");
const ours = document.currentScript.dataset;
if (!form?.help) return;

const help = form.help;
const { field, part, node } = help;
const say = help.say = { ...help.say, ...JSON.parse(part("line-strings").textContent) };
const MARK = "help-sending";
const FILES = "help-files";
const WEEK = 7 * 24 * 3600 * 1000;
const WAITS = [5, 15, 30, 60, 120];
const SLOW = 8000;
const PATIENCE = 60000;
const chosen = part("files");
const spoken = document.documentElement.lang;
const early = [];
let loading;
let tries = 0;
let timer = 0;
let notBefore = 0;
let busy = false;
let arrived = null;

// What this browser remembers of a send that is not done: its key, and the ticket's address once the words have arrived.

const remembered = (name) => {
  try {
    const found = JSON.parse(localStorage.getItem(name));
    return found && Date.now() - found.at < WEEK ? found : null;
  } catch {
    return null;
  }
};

function remember(name, more) {
  if (help.stored === false) return false;
  try {
    localStorage.setItem(name, JSON.stringify({ at: Date.now(), key: field("idempotency_key").value, ...more }));
    return true;
  } catch {
    return false;
  }
}

function unmark(...names) {
  try {
    names.forEach((name) => localStorage.removeItem(name));
  } catch { /* nothing was kept */ }
}

// Files: their script is loaded with the first file. What cannot be loaded now is asked for again.

function script(address) {
  return new Promise((done, failed) => {
    document.head.append(node("script", { src: address, onload: done, onerror: failed }));
  });
}

async function files() {
  loading ||= script(ours.files);
  try {
    await loading;
  } catch (error) {
    loading = null;
    throw error;
  }
  help.files.add(early.splice(0));
  return help.files;
}

async function add(list) {
  if (!list.length) return;
  early.push(...list);
  help.keep();
  try {
    await files();
  } catch {
    part("files-said").textContent = help.counted(say.files.later, early.length);
  }
}

const hasFiles = () => early.length > 0 || Boolean(help.files?.waiting());

function takeFiles() {
  const choose = node("button", { type: "button", className: "soft", id: "files-choose" }, say.files.choose);
  choose.setAttribute("aria-describedby", "files-hint");
  choose.addEventListener("click", () => chosen.click());
  chosen.after(choose);
  chosen.hidden = true;
  part("files-more").hidden = false;
  chosen.addEventListener("change", () => {
    const list = [...chosen.files];
    chosen.value = "";
    add(list);
  });
  // A file that misses the field must not replace the page, and what was typed, by a picture.
  for (const type of ["dragover", "drop"]) document.addEventListener(type, dragged);
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) over(false); });
  document.addEventListener("paste", pasted);
}

const over = (yes) => chosen.closest(".field").classList.toggle("over", yes);

function dragged(event) {
  if (form.hidden || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  over(event.type === "dragover");
  if (event.type === "drop") add([...event.dataTransfer.files]);
}

// A table copied from a spreadsheet comes as text and as a picture: into a field goes the text.
function pasted(event) {
  const { files: list, types } = event.clipboardData || {};
  const intoField = event.target.matches?.("input, textarea") && types.includes("text/plain");
  if (form.hidden || !list?.length || intoField) return;
  event.preventDefault();
  add([...list]);
}

// The words.

function payload() {
  const body = { context: {}, device: {} };
  for (const [name, value] of Object.entries(help.typed())) {
    const [, block, inner] = name.match(/^(context|device)\.(.+)$/) || [];
    if (block) body[block][inner] = value;
    else if (name !== "idempotency_key") body[name] = value;
  }
  body.language ||= spoken;
  return body;
}

function hold(...words) {
  const held = part("held");
  const had = held.contains(document.activeElement);
  held.replaceChildren(...words);
  if (had) (held.querySelector("button") || part("send")).focus();
}

// No ticket without a search: true when the person has had the chance to see what it found.
async function searched() {
  if (field("receipt").value) return true;
  const seeker = form.querySelector("help-suggest");
  let found;
  do found = await seeker?.search?.(); while (seeker?.search && found === undefined); // undefined: typing began a newer one
  field("receipt").value ||= "unavailable";
  if (!found?.length) return true;
  unmark(MARK);
  const [before, after] = say.look.split("{found}");
  hold(before, node("a", { href: "#" + seeker.querySelector("section").id }, seeker.count(found.length)), after);
  return false;
}

async function post(work) {
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), PATIENCE);
  const headers = { "Content-Type": "application/json", "Accept-Language": spoken, "Idempotency-Key": field("idempotency_key").value };
  if (work) headers.Work = work;
  try {
    const reply = await fetch(form.dataset.api + "/tickets", { method: "POST", headers, body: JSON.stringify(payload()), signal: stop.signal });
    return { status: reply.status, wait: Number(reply.headers.get("Retry-After")), ...await reply.json() };
  } finally {
    clearTimeout(late);
  }
}

// During a flood each request costs its browser about a second of computing, in a worker so that the page stays usable.
function solve(challenge) {
  hold(say.working);
  return new Promise((done, failed) => {
    const worker = new Worker(ours.work);
    worker.onmessage = ({ data }) => { worker.terminate(); done(data); };
    worker.onerror = failed;
    worker.postMessage(challenge);
  });
}

function whatIsTrue(seconds) {
  if (arrived) return help.counted(say.files.stuck, seconds).replace("{reference}", arrived.reference);
  const open = hasFiles() && !help.files?.safe() ? " " + say.files.open : "";
  const told = help.stored === false ? say.unkept : navigator.onLine ? say.held : say.offline;
  return help.counted(told, seconds) + open;
}

function unsent(wait) {
  const least = wait || WAITS[Math.min(tries, WAITS.length - 1)];
  // After the first try, not all at once when the service is back.
  const seconds = Math.ceil(tries++ ? least * (1 + Math.random() / 5) : least);
  const again = node("button", { type: "button", className: "soft" }, say.again);
  again.addEventListener("click", send);
  const mail = node("a", { href: "mailto:" + form.dataset.email }, form.dataset.email);
  const [before, after] = say.mail.split("{email}");
  hold(whatIsTrue(seconds), " ", again, " ", before, mail, after);
  notBefore = wait ? performance.now() + wait * 1000 : 0;
  clearTimeout(timer);
  timer = setTimeout(send, seconds * 1000);
}

function leave() {
  unmark(MARK, FILES);
  const to = new URL(arrived.status_url, location.href);
  to.searchParams.set("sent", "1");
  location.assign(to);
}

async function done(reply) {
  arrived = reply;
  help.sent = true;
  help.forget();
  if (!hasFiles()) return leave();
  remember(MARK, { status_url: reply.status_url, reference: reply.reference });
  (await files()).send(reply, leave);
}

async function settle(reply, turn = 0) {
  if (reply.status_url) return done(reply);
  if (reply.status === 428 && turn < 3) return settle(await post(await solve(reply.challenge)), turn + 1);
  if ([409, 428, 429].includes(reply.status) || reply.status >= 500) return unsent(reply.wait);
  if (reply.fields?.receipt && !turn) {
    field("receipt").value = "";
    return await searched() && settle(await post(), 1);
  }
  unmark(MARK);
  hold();
  return help.showErrors(Object.keys(reply.fields || {}).length ? reply.fields : { "": reply.detail });
}

async function send() {
  if (busy) return;
  timer = clearTimeout(timer);
  busy = true;
  part("send").setAttribute("aria-disabled", "true");
  hold(arrived ? say.files.begin : say.sending);
  const slow = setTimeout(() => hold(say.slow), SLOW);
  remember(MARK, arrived ? { status_url: arrived.status_url, reference: arrived.reference } : {});
  try {
    if (arrived) await done(arrived);
    else if (await searched()) await settle(await post());
  } catch {
    unsent();
  } finally {
    clearTimeout(slow);
    busy = false;
    part("send").removeAttribute("aria-disabled");
  }
}

// The tab was closed, or the page left, before all had arrived.
async function goOn() {
  const begun = remembered(MARK);
  const mine = begun?.key === field("idempotency_key").value;
  try {
    // However old the note: files that no draft wants any more go now.
    if (localStorage.getItem(FILES)) await (await files()).restore(begun?.status_url ? begun.key : field("idempotency_key").value);
  } catch { /* they could not be opened just now: asked for again before sending */ }
  if (begun?.status_url) {
    arrived = begun;
    if (hasFiles()) send();
    else unmark(MARK, FILES);
  } else if (begun && mine) {
    part("kept").firstElementChild.textContent = say.goingOn;
    part("kept").hidden = false;
    send();
  } else unmark(MARK);
}

// Files that this browser could not keep go along to the page in another language, and come back with it.
form.addEventListener("submit", ({ submitter }) => {
  if (submitter?.name !== "speak") return;
  const along = new DataTransfer();
  for (const file of [...early, ...help.files?.unkept() || []]) along.items.add(file);
  chosen.files = along.files;
});

help.send = send;
help.unmark = () => unmark(MARK, FILES);
help.remember = (yes) => (yes ? remember(FILES) : unmark(FILES));
takeFiles();
goOn();
// The first search of a visit shows how long ago it began: a program is quicker than a person.
form.addEventListener("help-receipt", () => {
  const { value } = field("receipt");
  if (field("opened") && value !== "unavailable") field("opened").value ||= value;
});
// "Discard draft" resets the form; so do its files go.
form.addEventListener("reset", () => {
  timer = clearTimeout(timer);
  unmark(MARK, FILES);
  early.length = 0;
  hold();
  help.files?.clear();
});
// Files of an earlier visit, where files.js has not come to remove them.
for (const forgets of ["reset", "help-shared"]) form.addEventListener(forgets, () => {
  try {
    if (!help.files) indexedDB.deleteDatabase("help-files");
  } catch { /* nothing was kept */ }
});
// Hints only: what the browser thinks of the line decides nothing but the moment of the next try, and never against Retry-After.
const hint = () => { if (timer && !document.hidden && performance.now() >= notBefore) send(); };
window.addEventListener("online", hint);
document.addEventListener("visibilitychange", hint);
})();
