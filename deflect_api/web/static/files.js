// The files of a request: chosen, kept in this browser where it allows that, made smaller when asked for, and sent in pieces after
// the words have arrived. A broken line goes on at the byte it broke at; only what the service has confirmed counts as sent.
(() => {
"use strict";

const form = document.getElementById("request");
const { say: { files: say, most, megabytes }, field, part, node } = form.help;
const MOST = megabytes * 1024 * 1024;
const WEEK = 7 * 24 * 3600 * 1000;
const PIECES = [65536, 524288];
const WAITS = [3, 10, 30, 60];
const PATIENCE = 120000;
const LARGE = 400e3;
const WIDEST = 1600;
const SETTLED = ["kept", "held", "refused"];
const items = new Map();
const list = part("file-list");
const said = part("files-said");
const language = document.documentElement.lang;
let opening;
let sending = null;
let running = false;
let timer = 0;
let tries = 0;

const all = () => [...items.values()];
const told = (words, parts) => words.replace(/\{(\w+)\}/g, (_, name) => parts[name]);

function size(bytes) {
  const [amount, at] = bytes < 1000 ? [bytes, 0] : bytes < 1e6 ? [bytes / 1e3, 1] : [bytes / 1e6, 2];
  return told(say.units[at], { size: amount.toLocaleString(language, { maximumFractionDigits: amount < 10 ? 1 : 0 }) });
}

// Kept in this browser, so that they outlive a closed tab. Where that is not allowed, the page says so.

function open() {
  opening ||= new Promise((done, failed) => {
    const asked = indexedDB.open("help-files", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("files", { keyPath: "id" });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  return opening;
}

async function stored(act) {
  const base = await open();
  return new Promise((done, failed) => {
    const turn = base.transaction("files", "readwrite");
    const asked = act(turn.objectStore("files"));
    turn.oncomplete = () => done(asked.result);
    turn.onerror = turn.onabort = () => failed(turn.error);
  });
}

async function keep(item) {
  try {
    if (!form.help.remember(true)) throw new Error("this browser keeps nothing");
    const { id, name, blob } = item;
    await stored((files) => files.put({ id, name, blob, key: field("idempotency_key").value, at: Date.now() + items.size }));
    item.safe = true;
  } catch {
    item.safe = false;
  }
  paint(item);
}

function drop(item) {
  items.delete(item.id);
  item.line.remove();
  stored((files) => files.delete(item.id)).catch(() => {});
  if (!items.size) form.help.remember(false);
}

async function restore(key) {
  const found = await stored((files) => files.getAll());
  const mine = found.filter((file) => file.key === key && Date.now() - file.at < WEEK).sort((one, other) => one.at - other.at);
  for (const { id } of found.filter((file) => !mine.includes(file))) await stored((files) => files.delete(id));
  for (const { id, name, blob } of mine) if (!items.has(id)) enter(blob, name, id).safe = true;
  all().forEach(paint);
  if (!items.size) form.help.remember(false);
}

async function clear() {
  all().forEach(drop);
  said.textContent = "";
  await stored((files) => files.clear()).catch(() => {});
}

// The list.

function button(item, words, act) {
  const made = node("button", { type: "button", className: "soft" }, words, node("span", { className: "sr" }, ": " + item.name));
  made.addEventListener("click", () => act(item));
  return made;
}

function buttons(item) {
  const { state, original, small, blob } = item;
  const changeable = ["ready", "bad"].includes(state);
  return [
    changeable && small && blob !== small && button(item, told(say.shrink, { from: size(blob.size), to: size(small.size) }), shrink),
    changeable && original && button(item, told(say.whole, { from: size(original.blob.size) }), whole),
    ["sending", "queued"].includes(state) && button(item, say.pause, pause),
    state === "paused" && button(item, say.resume, resume),
    state === "waiting" && button(item, say.again, resume),
    !SETTLED.includes(state) && button(item, say.remove, remove),
  ].filter(Boolean);
}

function note({ state, safe, blob, received, reason }) {
  const parts = { part: size(received), whole: size(blob.size), reason };
  if (state === "bad") return reason;
  if (state === "ready") return [size(blob.size), safe === true && say.safe, safe === false && say.open].filter(Boolean).join(" · ");
  return told(state === "sending" && received >= blob.size ? say.checking : say[state], parts);
}

function paint(item) {
  const { line, bar, words, row, state, blob, received } = item;
  const had = row.contains(document.activeElement);
  line.dataset.state = state;
  line.querySelector("b").textContent = item.name;
  words.textContent = note(item);
  bar.hidden = !sending || SETTLED.includes(state);
  Object.assign(bar, { max: blob.size || 1, value: received });
  if (row.dataset.state === state + Boolean(item.small) + blob.size) return;
  row.dataset.state = state + Boolean(item.small) + blob.size;
  row.replaceChildren(...buttons(item));
  if (had) (row.querySelector("button") || line).focus();
}

function enter(blob, name, id = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("")) {
  const bar = node("progress", { hidden: true });
  bar.setAttribute("aria-label", name);
  const item = { id, name, blob, bar, state: "ready", received: 0, safe: null, words: node("span", { className: "tip" }), row: node("p", { className: "row" }) };
  item.line = node("li", { tabIndex: -1 }, node("div", {}, node("b"), item.words, bar), item.row);
  items.set(id, item);
  list.append(item.line);
  judge(item);
  look(item);
  return item;
}

function judge(item) {
  item.reason = item.blob.size > MOST ? told(say.tooLarge, { megabytes }) : item.blob.size ? "" : say.empty;
  item.state = item.reason ? "bad" : "ready";
  paint(item);
}

function add(chosen) {
  const names = { added: [], tooMany: [], twice: [] };
  for (const file of chosen) {
    const name = /^image\.png$/.test(file.name) ? `screenshot-${items.size + 1}.png` : file.name;
    const known = all().some((item) => item.from === `${file.name} ${file.size} ${file.lastModified}`);
    const fate = known ? "twice" : items.size >= most ? "tooMany" : "added";
    names[fate].push(name);
    if (fate !== "added") continue;
    const item = enter(file, name);
    item.from = `${file.name} ${file.size} ${file.lastModified}`;
    keep(item);
  }
  const words = Object.entries(names).filter(([, found]) => found.length);
  said.className = words.length > Number(names.added.length > 0) ? "none" : "sr";
  if (words.length) said.textContent = words.map(([fate, found]) => told(say[fate], { most, names: found.join(", ") })).join(" ");
}

function remove(item) {
  const next = (item.line.nextElementSibling || item.line.previousElementSibling)?.querySelector("button") || part("files-choose");
  const had = item.line.contains(document.activeElement);
  item.state = "removed";
  item.stop?.abort();
  drop(item);
  said.textContent = told(say.removed, { names: item.name });
  if (had) (sending ? sending.panel : next).focus();
  if (sending) call(item, "DELETE", "/" + item.id).catch(() => {}).then(finish);
}

// Pictures: a small view of each, and a smaller one to send. Drawing it anew leaves out where and with what it was taken.

function drawn(picture, width, height, [x, y, w, h]) {
  const canvas = node("canvas", { width, height });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  pen.drawImage(picture, x, y, w, h);
  return canvas;
}

async function look(item) {
  if (!/^image\/(jpeg|png|webp|gif|bmp|avif)$/.test(item.blob.type)) return;
  try {
    const picture = await createImageBitmap(item.blob, { imageOrientation: "from-image" });
    const { width, height } = picture;
    const fit = 112 / Math.min(width, height);
    const view = drawn(picture, 112, 112, [(112 - width * fit) / 2, (112 - height * fit) / 2, width * fit, height * fit]);
    view.setAttribute("aria-hidden", "true");
    item.line.prepend(view);
    if (item.blob.size > LARGE && !/gif/.test(item.blob.type)) await offer(item, picture);
    picture.close();
  } catch { /* no picture that this browser can draw: it goes as it is */ }
}

async function offer(item, picture) {
  const scale = Math.min(1, WIDEST / Math.max(picture.width, picture.height));
  const [width, height] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * scale)));
  const small = await new Promise((done) => { drawn(picture, width, height, [0, 0, width, height]).toBlob(done, "image/jpeg", 0.8); });
  if (!small || small.size > item.blob.size * 0.7) return;
  item.small = small;
  paint(item);
}

function change(item, { blob, name }) {
  Object.assign(item, { blob, name });
  judge(item);
  keep(item);
}

function shrink(item) {
  item.original = { blob: item.blob, name: item.name };
  change(item, { blob: item.small, name: item.name.replace(/(\.\w+)?$/, ".jpg") });
}

function whole(item) {
  const { original } = item;
  delete item.original;
  change(item, original);
}

// Sending, one file after the other.

async function call(item, method, path, body) {
  const stop = item.stop = new AbortController();
  const late = setTimeout(() => stop.abort(), PATIENCE);
  const type = body instanceof Blob ? "application/octet-stream" : "application/json";
  try {
    const reply = await fetch(sending.address + path, { method, body, headers: { "Content-Type": type, "Accept-Language": language }, signal: stop.signal });
    const words = await reply.json().catch(() => ({}));
    return { status: reply.status, wait: Number(reply.headers.get("Retry-After")), ...words };
  } finally {
    clearTimeout(late);
  }
}

async function transfer(item) {
  const { id, name, blob } = item;
  let [piece] = PIECES;
  let reply = await call(item, "POST", "", JSON.stringify({ id, name, size: blob.size }));
  while (item.state === "sending" && (reply.state === "receiving" || reply.status === 409) && reply.received < blob.size) {
    item.received = reply.received;
    paint(item);
    const began = performance.now();
    reply = await call(item, "PUT", `/${id}?offset=${item.received}`, blob.slice(item.received, item.received + piece));
    const spent = performance.now() - began;
    if (spent < 1000) piece = Math.min(piece * 2, PIECES[1]);
    else if (spent > 4000) piece = Math.max(piece / 2, PIECES[0]);
    tries = 0;
  }
  if (item.state !== "sending") return;
  item.received = reply.received ?? item.received;
  if (SETTLED.includes(reply.state)) Object.assign(item, { state: reply.state, reason: reply.reason });
  else if (reply.status < 500 && ![200, 201, 408, 409, 429].includes(reply.status)) Object.assign(item, { state: "refused", reason: reply.detail || reply.status });
  else throw Object.assign(new Error("not now"), { wait: reply.wait });
  said.textContent = `${item.name}: ${note(item)}`;
}

async function run() {
  timer = clearTimeout(timer);
  if (running) return;
  running = true;
  for (let item; (item = all().find(({ state }) => state === "queued" || state === "waiting")) && !timer;) {
    item.state = "sending";
    paint(item);
    try {
      await transfer(item);
    } catch (error) {
      await broken(item, error);
    }
    paint(item);
  }
  running = false;
  finish();
}

// The browser says a file that was moved or changed on its disk in the same words as a broken line: read a byte to know.
async function broken(item, { wait }) {
  if (item.state !== "sending") return;
  try {
    await item.blob.slice(0, 1).arrayBuffer();
    item.state = "waiting";
    timer = setTimeout(run, 1000 * (wait || WAITS[Math.min(tries++, WAITS.length - 1)]));
  } catch {
    Object.assign(item, { state: "refused", reason: say.unread });
  }
}

function pause(item) {
  item.state = "paused";
  item.stop?.abort();
  paint(item);
}

function resume(item) {
  item.state = "queued";
  paint(item);
  run();
}

function finish() {
  if (sending.done || !all().every(({ state }) => SETTLED.includes(state))) return;
  sending.done = true;
  window.removeEventListener("beforeunload", warn);
  const refused = all().some(({ state }) => state === "refused");
  stored((files) => files.clear()).catch(() => {}).then(() => {
    form.help.unmark();
    if (!refused) sending.leave();
  });
  sending.now.textContent = refused ? say.someNot : say.through;
  if (refused) sending.link.className = "go";
  sending.link.textContent = say.go;
}

const safe = () => all().every((item) => item.safe);
const unkept = () => all().filter((item) => !item.safe && item.state === "ready").map(({ blob, name }) => new File([blob], name, { type: blob.type }));

function warn(event) {
  if (!safe()) event.preventDefault();
}

// The words are there: the form makes room for the files on their way.
function send(reply, leave) {
  if (sending) return run();
  const link = node("a", { className: "soft", href: reply.status_url }, say.without);
  const now = node("p", {}, safe() ? say.nowSafe : say.now);
  const number = node("p", { className: "number" }, say.number + " ", node("strong", {}, reply.reference));
  const panel = node("section", { className: "done", tabIndex: -1 }, node("h1", {}, say.arrived), number, now, list, said, node("div", { className: "row" }, link));
  // The address that this page uses, which may be another name for the one in the mail.
  const address = new URL(new URL(reply.status_url, location.href).pathname + "files", new URL(form.dataset.api, location.href)).href;
  sending = { address, leave, panel, now, link };
  link.addEventListener("click", () => { window.removeEventListener("beforeunload", warn); form.help.unmark(); clear(); });
  window.addEventListener("beforeunload", warn);
  said.className = "sr";
  form.hidden = true;
  form.after(panel);
  panel.focus();
  for (const item of items.values()) item.state = item.state === "bad" ? "refused" : "queued";
  all().forEach(paint);
  run();
}

window.addEventListener("online", () => { if (timer) run(); });
// On a shared computer the files stay in the page alone.
form.addEventListener("help-shared", () => {
  stored((files) => files.clear()).catch(() => {});
  for (const item of items.values()) {
    item.safe = false;
    paint(item);
  }
});
form.addEventListener("help-shared", () => {
  stored((files) => files.clear()).catch(() => {});
  for (const item of all()) {
    item.safe = false;
    paint(item);
  }
});
form.help.files = { add, restore, clear, send, safe, unkept, waiting: () => items.size };
})();
