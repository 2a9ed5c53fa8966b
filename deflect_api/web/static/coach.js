// Beside the form: what the request holds so far and what would help most, what it may be better without, and what the browser
// knows of the device. The rules come with the page (coaching.py, sensitive.py, typos.py, facts.py). It never blocks a request.
(() => {
"use strict";

const form = document.getElementById("request");
if (!form?.help) return;

const { field, part, node, say } = form.help;
const { rules, words } = JSON.parse(part("help-coach").textContent);
const UNHURRIED = 400; // nothing may move under a click that leaves a field
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
const regex = (pattern, flags = "i") => new RegExp(pattern, flags);
const later = (act, wait = UNHURRIED) => {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(act, wait, ...given);
  };
};

// The rules.

const { parts, apps } = rules.coaching;
const vagueWords = new Set(rules.coaching.vague.split(" "));
const unspaced = regex(`[${rules.coaching.unspaced}]`, "g");
const wordsIn = (text) => text.match(/[\p{L}\p{N}]+/gu) || [];
const fold = (text) => text.replace(/['’‘`´]/g, "").normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const count = (text = "") => wordsIn(text).length + Math.floor((text.match(unspaced) || []).length / 2);

function isVague(text) {
  const found = wordsIn(fold(text));
  return found.length > 0 && found.every((word) => vagueWords.has(word));
}

function fits(one, values) {
  const inApp = apps.includes(values["device.where"]) && one.when.includes("app");
  return (!one.product || one.product === values.product) && (one.when.includes(values.type || "question") || inApp);
}

function look(values) {
  const fitting = parts.filter((one) => fits(one, values));
  const vague = isVague(`${values.subject || ""} ${values.happened || ""}`);
  const there = fitting.filter((one) => count(values[one.key]) >= one.words && !(vague && one.key === "happened"));
  const missing = fitting.filter((one) => !there.includes(one));
  const next = missing.reduce((best, one) => (best && best.rank <= one.rank ? best : one), null);
  return { fitting, there, missing, next, vague };
}

function luhn(digits) {
  const sum = [...digits].reverse().reduce((so, digit, at) => {
    const value = digit * (at % 2 ? 2 : 1);
    return so + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

const tests = rules.sensitive.rules.map((rule) => ({
  ...rule, pattern: regex(rule.pattern, "gi"), digits: regex(rule.digits || ""), unless: rule.unless && regex(rule.unless), shape: rule.shape && regex(rule.shape),
}));

function find(text, own = []) {
  const found = [];
  for (const rule of tests) {
    for (const match of text.matchAll(rule.pattern)) {
      const start = match.index + match[1].length;
      const piece = match[2];
      const end = start + piece.length;
      const digits = piece.replace(/[^0-9]/g, "");
      const holds = rule.digits.test(digits) && (!rule.luhn || luhn(digits)) && !own.includes(piece.toLowerCase())
        && !(rule.unless && rule.unless.test(text.slice(Math.max(0, start - rules.sensitive.back), start)))
        && !(rule.shape && rule.shape.test(piece));
      if (holds && !found.some((other) => start < other.end && other.start < end)) found.push({ kind: rule.kind, start, end, piece });
    }
  }
  return found.sort((one, other) => one.start - other.start);
}

function oneSlip(one, other) {
  let at = 0;
  while (at < Math.min(one.length, other.length) && one[at] === other[at]) at++;
  const [a, b] = [one.slice(at), other.slice(at)];
  return a.slice(1) === b.slice(1) || a.slice(1) === b || a === b.slice(1)
    || (a.slice(2) === b.slice(2) && a[0] === b[1] && a[1] === b[0]);
}

function better(address) {
  const { common, real, endings } = rules.typos;
  const at = address.lastIndexOf("@");
  const domain = address.slice(at + 1).trim().toLowerCase();
  if (at < 1 || !domain.includes(".") || common.includes(domain) || real.includes(domain)) return "";
  const dot = domain.lastIndexOf(".") + 1;
  const ending = domain.slice(dot);
  const mended = domain.slice(0, dot) + (endings[ending] || ending);
  const meant = common.includes(mended) ? mended : common.find((one) => oneSlip(mended, one)) || mended;
  return meant === domain ? "" : address.slice(0, at + 1).trim() + meant;
}

function understood(check, written) {
  const text = written.trim().replace(/\s+/g, " ");
  return (check.extract && text.match(regex(check.extract))?.slice(1).find(Boolean)) || text;
}
const looksRight = (check, text) => !text || !check.pattern || regex(`^(?:${check.pattern})$`).test(text);

// A quiet line under a field. It is there before it says something, so that it is read out.

function tell(input, ...said) {
  const id = input.id + "-said";
  let line = part(id);
  if (!line) {
    if (!said.length) return;
    line = node("p", { id, className: "tip noted" });
    line.setAttribute("role", "status");
    input.after(line);
    input.setAttribute("aria-describedby", [input.getAttribute("aria-describedby"), id].filter(Boolean).join(" "));
  }
  requestAnimationFrame(() => line.replaceChildren(...said));
}

function button(text, about, act, className = "soft") {
  const made = node("button", { type: "button", className }, text, node("span", { className: "sr" }, ": " + about));
  made.addEventListener("click", act);
  return made;
}

// "Your request so far": beside the form, or folded under the description where there is no room beside it.

const meter = part("sofar");
const home = meter.parentElement;
const narrow = matchMedia("(max-width: 56em)");
const nudge = node("div", { className: "nudge" });
nudge.setAttribute("role", "status");
field("happened").closest(".field").after(nudge);

function place() {
  if (narrow.matches) nudge.after(meter);
  else home.prepend(meter);
  meter.open = !narrow.matches;
}

function values() {
  const files = document.querySelector(".file-list > li") ? "files" : "";
  return { ...Object.fromEntries([...new FormData(form)].filter(([, value]) => typeof value === "string")), files };
}

const nameOf = (one) => one.label || words.parts[one.key].label;

function inputOf(key) {
  const found = key === "files" ? part("files-choose") || part("files") : field(key);
  return found instanceof RadioNodeList ? [...found].find((input) => !input.disabled) : found;
}

function goTo(event) {
  const input = inputOf(event.currentTarget.dataset.key);
  event.preventDefault();
  if (!input) return;
  for (let fold = input.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  input.focus();
}

function show() {
  const { fitting, there, next, vague } = look(values());
  part("sofar-count").textContent = fill(words.count, { n: there.length, whole: fitting.length });
  part("sofar-list").replaceChildren(...fitting.map((one) => {
    const told = there.includes(one);
    return node("li", { className: told ? "there" : "" }, nameOf(one), node("span", { className: "sr" }, `: ${told ? words.there : words.open}`));
  }));
  const line = part("sofar-next");
  // It may be under a click that just left a field, so it is not made anew while it stays the same.
  if (next && line.dataset.key !== next.product + next.key) {
    const link = node("a", { href: "#" + (inputOf(next.key)?.id || "request") }, nameOf(next));
    link.dataset.key = next.key;
    link.addEventListener("click", goTo);
    line.replaceChildren(words.next, " ", link, ". ", words.parts[next.key]?.ask || "");
  } else if (!next) line.replaceChildren(words.complete);
  line.dataset.key = next ? next.product + next.key : "";
  if (!vague) nudge.replaceChildren();
}

const prompted = later(() => {
  const { product, happened } = values();
  if (!happened?.trim() || !look(values()).vague) return;
  const questions = (words.prompts[product] || words.prompts.other).map((one) => node("li", {}, one));
  nudge.replaceChildren(node("div", { className: "say" }, node("p", {}, words.prompt), node("ul", {}, ...questions)));
});

// What fields understand of what was pasted, and mail addresses that look mistyped.

function check(input) {
  const [, block, name] = input.name.match(/^(context|device)\.(.+)$/) || [];
  const known = block && rules.checks[block === "device" ? block : field("product").value]?.[name];
  if (!known) return;
  const meant = understood(known, input.value);
  if (!looksRight(known, meant)) tell(input, known.warn || words.unlike);
  else if (meant !== input.value.trim().replace(/\s+/g, " ")) tell(input, fill(words.understood, { part: meant }));
  else tell(input);
}

function checkAddress(input) {
  const typed = input.value.split(/[,;]/).find((one) => better(one.trim()));
  if (!typed) return tell(input);
  const meant = better(typed.trim());
  return tell(input, fill(words.meant, { address: meant }), " ", button(words.use, meant, () => {
    input.value = input.value.replace(typed.trim(), meant);
    input.dispatchEvent(new Event("input", { bubbles: true }));
    tell(input);
    input.focus();
  }, "plain"));
}

// What a text may be better without: pointed out once the field is left, and before sending.

const kept = new Set();
const asked = new Set();
const box = node("section", { id: "private", className: "private", tabIndex: -1, hidden: true });
const notice = node("span", { className: "sr" });
notice.setAttribute("role", "status");
box.setAttribute("aria-labelledby", "private-title");
form.append(box, notice);
let atEnd = false;

function findings() {
  const own = [field("email").value, field("cc").value, ...rules.ours].join(",").split(/[,;]/).map((one) => one.trim().toLowerCase());
  return rules.sensitive.texts.flatMap((name) => find(field(name).value, own).map((one) => ({ ...one, name })))
    .filter((one) => !kept.has(one.piece));
}

function remove({ name, piece }) {
  const input = field(name);
  input.value = input.value.replaceAll(piece, rules.sensitive.removed);
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

function around(text, { start, end, piece }) {
  const [before, after] = [text.slice(0, start), text.slice(end)];
  return [before.length > 30 ? "… " + before.slice(-30).replace(/^\S*\s/, "") : before, node("mark", {}, piece),
    after.length > 30 ? after.slice(0, 30).replace(/\s\S*$/, "") + " …" : after];
}

function entry(one) {
  const decide = (act) => () => {
    act(one);
    const at = [...box.querySelectorAll("li")].findIndex((item) => item.contains(document.activeElement));
    point();
    notice.textContent = act === remove ? words.removed : "";
    const rest = [...box.querySelectorAll("li")];
    (rest.length ? rest[Math.min(at, rest.length - 1)].querySelector("button") : atEnd ? part("send") : field(one.name)).focus();
  };
  return node("li", {}, node("p", {}, node("b", {}, words.kinds[one.kind])),
    node("p", { className: "snip" }, fill(words.in, { field: words.fields[one.name] }), " ", ...around(field(one.name).value, one)),
    node("p", { className: "row" }, button(words.remove, one.piece, decide(remove)), button(words.keep, one.piece, decide(() => kept.add(one.piece)), "plain")));
}

// One box, under the first field that it is about; before sending it stands above the button.
function point() {
  const found = findings();
  box.hidden = !found.length;
  if (box.hidden) {
    box.replaceChildren();
    return found;
  }
  if (atEnd) part("held").before(box);
  else field(found[0].name).closest(".field").after(box);
  box.replaceChildren(node("h3", { id: "private-title" }, words.private), node("p", { className: "tip" }, words.privateText),
    node("ul", { className: "plain-list" }, ...found.map(entry)));
  return found;
}

const noticed = later(() => {
  if (!document.activeElement.closest?.("#private") && point().length) notice.textContent = words.noticed;
});
const cleared = later(() => { if (!box.hidden && !box.contains(document.activeElement)) point(); });

form.addEventListener("help-before", (event) => {
  atEnd = true;
  const found = point();
  if (found.every((one) => asked.has(one.piece))) return; // who sends again has decided
  event.preventDefault();
  found.forEach((one) => asked.add(one.piece));
  part("held").textContent = words.again;
  box.focus();
});

// The device: what the browser knows, for what happens in it; what happens in an app elsewhere is for the person to tell.

const phone = /Android|iPhone|iPad|Mobile/.test(navigator.userAgent);
const here = phone ? "phone browser" : "computer browser";
const hides = {
  "computer browser": ["model", "android_version", "app_version"], "phone browser": ["app_version"],
  "phone app": ["browser", "page_address"], "tablet app": ["browser", "page_address"],
};
let known = {};

function browserOf(agent) {
  const names = { Edg: "Edge", EdgA: "Edge", OPR: "Opera", SamsungBrowser: "Samsung Internet", FxiOS: "Firefox", CriOS: "Chrome", Firefox: "Firefox", Chrome: "Chrome" };
  const name = Object.keys(names).find((each) => agent.includes(each + "/"));
  const version = agent.match(regex(`${name || "Version"}/(\\d+(?:\\.\\d+)?)`))?.[1];
  return version ? `${name ? names[name] : "Safari"} ${version.replace(/\.0$/, "")}` : "";
}

function systemOf(agent, { platform, platformVersion = "" }) {
  const found = agent.match(/Windows NT ([\d.]+)|(CrOS)|Android ([\d.]+)|(?:iPhone|CPU) OS ([\d_]+)|Mac OS X ([\d_.]+)|(Linux)/) || [];
  const [, windows, chrome, android, ios, mac, linux] = found;
  if (windows) return "Windows " + (parseInt(platformVersion) >= 13 ? "11" : { "10.0": "10", "6.3": "8.1", "6.1": "7" }[windows] || windows);
  if (chrome) return "ChromeOS";
  if (android) return "Android " + (platformVersion || android);
  if (ios) return "iOS " + ios.replaceAll("_", ".");
  if (mac) return "macOS " + (platform === "macOS" ? platformVersion : mac.replaceAll("_", "."));
  return linux || "";
}

async function ask() {
  const agent = navigator.userAgent;
  let more = {};
  try {
    more = await navigator.userAgentData?.getHighEntropyValues(["platformVersion", "model"]) || {};
  } catch { /* the older way must do */ }
  const system = systemOf(agent, more);
  const model = more.model || agent.match(/Android [^;)]*; ([^;)]+?)(?: Build|\))/)?.[1] || "";
  known = {
    system, browser: browserOf(agent), screen: `${screen.width} × ${screen.height}`, model: model === "K" ? "" : model,
    android_version: system.match(/^Android (.+)/)?.[1], connection: { wifi: "Wi-Fi", cellular: "mobile data", ethernet: "cable", none: "none" }[navigator.connection?.type],
  };
  device();
}

function device() {
  const where = field("device.where").value;
  const same = !where || where === here;
  for (const [name, value] of Object.entries(known)) {
    const input = field("device." + name);
    const holds = same || (phone && apps.includes(where) && name !== "browser");
    if (value && holds && !input.value) input.value = value;
    else if (value && !holds && input.value === value) input.value = "";
  }
  for (const input of part("device").querySelectorAll("input, select")) {
    input.closest(".field").hidden = !input.value && (hides[where] || []).includes(input.name.slice(7));
  }
  part("device-said").textContent = ["model", "browser", "system", "app_version"].map((name) => field("device." + name).value).filter(Boolean).join(", ");
}

// A link of a product fills in what is still open. After # nothing reaches a log; after ? the service has read it already.

function fromAddress() {
  const asked = new URLSearchParams(location.search);
  if (location.hash.includes("=")) new URLSearchParams(location.hash.slice(1)).forEach((value, name) => asked.set(name, value));
  if (![...asked].length) return;
  const product = asked.get("product");
  if (product && !field("product").value) field("product").value = product;
  const mine = form.querySelector(`[data-fields="${CSS.escape(field("product").value)}"]`);
  for (const [name, value] of asked) {
    const own = (!product || mine?.dataset.fields === product) && mine?.querySelector(`[name="context.${CSS.escape(name)}"]`);
    const offered = own && (own.tagName !== "SELECT" || [...own.options].some((option) => option.value === value));
    const plain = rules.address.plain.includes(name) && field(name);
    const input = plain || (offered ? own : rules.address.device[name] && field("device." + rules.address.device[name]));
    if (input && (!input.value || (name === "type" && input.value === "question"))) input.value = value.slice(0, 500);
  }
  field("product")[0].dispatchEvent(new Event("change", { bubbles: true }));
}

// A shared computer keeps nothing, from the moment that somebody says so.

const shared = part("shared");
const SHARED = "help-shared";

function share() {
  try {
    if (shared.checked) sessionStorage.setItem(SHARED, "1");
    else sessionStorage.removeItem(SHARED);
  } catch { /* nothing is kept anyway */ }
  form.help.share(shared.checked);
  part("kept").hidden = false;
  part("kept").firstElementChild.textContent = shared.checked ? words.shared : say.saved;
}

try {
  shared.checked = sessionStorage.getItem(SHARED) === "1";
} catch { /* storage is blocked */ }
shared.addEventListener("change", (event) => { event.stopPropagation(); share(); });
shared.addEventListener("input", (event) => event.stopPropagation());
if (shared.checked) share();
part("shared-line").hidden = false;

const soon = later(show, 250);
form.addEventListener("input", ({ isTrusted }) => {
  if (isTrusted) atEnd = false;
  soon();
  cleared();
});
form.addEventListener("change", ({ target }) => {
  soon();
  if (rules.sensitive.texts.includes(target.name)) { noticed(); prompted(); }
  if (target.name === "email" || target.name === "cc") setTimeout(checkAddress, UNHURRIED, target);
  if (/^(context|device)\./.test(target.name)) setTimeout(check, UNHURRIED, target);
  if (target.name?.startsWith("device.")) device();
  if (target.name === "product") prompted();
});
form.addEventListener("reset", () => {
  kept.clear();
  asked.clear();
  nudge.replaceChildren();
  form.querySelectorAll(".noted").forEach((line) => line.replaceChildren());
  setTimeout(() => { device(); show(); point(); });
});
document.querySelectorAll(".file-list").forEach((list) => new MutationObserver(soon).observe(list, { childList: true }));
narrow.addEventListener("change", place);
place();
meter.hidden = false;
fromAddress();
show();
ask();
form.help.coach = { look, find, better, understood, looksRight, values };
})();
