// <help-suggest> finds articles while a person types: as a search box around a form (mode="box"), or as a region beside a
// request form (mode="beside", for="ids of its inputs"). It never blocks: without it, or without the service, the forms still post.
(() => {
"use strict";

const WORDS = {
  region: "Articles that may help", begin: "While you write, articles that may help appear here.",
  none: "Nothing fits yet. Keep writing.", found: { one: "{n} article may help", other: "{n} articles may help" },
  down: "Suggestions can't be reached just now. You can still send a request.",
  short: "Suggestions can't be reached just now. These come from a short list of titles; you can still send a request.",
  loading: "Opening the article …", unread: "The text can't be shown here just now.",
  solved: "This solved it", reject: "Not what I need", whole: "Open the whole article", newtab: "(opens in a new tab)",
  why: "Thank you. What was wrong with it? (optional)",
  reasons: ["It is about something else", "I tried it, and it did not help", "I do not understand it", "It does not match what I see"],
  more: "In your words", tell: "Send this note", noted: "Noted. It will not be shown again here.",
  known: "Known issue", metoo: "Me too, tell me when it is fixed",
  glad: "Glad that helped.", nothing: "Nothing was sent.", still: "I still need to send it",
};
const CJK = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/;
const PATIENCE = 5000;
const LIST = document.currentScript?.dataset.list;
let made = 0;

// In whose words the articles are written: what is read out must say so on a page in another language.
const ENGLISH = document.documentElement.lang === "en" ? {} : { lang: "en" };

function words() {
  try {
    return { ...WORDS, ...JSON.parse(document.getElementById("help-strings").textContent) };
  } catch {
    return WORDS;
  }
}

function set(node, props) {
  for (const [name, value] of Object.entries(props)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
}

function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  set(node, props);
  node.append(...children);
  return node;
}

// A snippet is text with <mark>; anything else in it is taken as text.
function marked(snippet) {
  const parsed = new DOMParser().parseFromString(snippet || "", "text/html");
  return [...parsed.body.childNodes].map((node) =>
    node.nodeName === "MARK" ? h("mark", {}, node.textContent) : node.textContent);
}

function stored(value) {
  try {
    if (value) sessionStorage.setItem("help-session", value);
    return sessionStorage.getItem("help-session");
  } catch {
    return null;
  }
}

function random() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

let ownSession = "";
function sessionOf(form) {
  const field = form?.elements.namedItem("session");
  ownSession = field?.value || ownSession || stored() || random();
  stored(ownSession);
  if (field) field.value = ownSession;
  return ownSession;
}

// The part of an article under one heading, or all of it.
function passage(article, heading) {
  if (!/^H[1-6]$/.test(heading?.tagName)) return [...article.children].filter((node) => node.tagName !== "H1");
  const nodes = [heading];
  for (let next = heading.nextElementSibling; next; next = next.nextElementSibling) {
    if (/^H[1-6]$/.test(next.tagName) && next.tagName <= heading.tagName) break;
    nodes.push(next);
  }
  return nodes;
}

function tidy(box, base) {
  box.querySelectorAll("script,style,iframe,object,embed,form,.headerlink").forEach((node) => node.remove());
  for (const node of box.querySelectorAll("*")) {
    for (const { name } of [...node.attributes]) if (name === "id" || name.startsWith("on")) node.removeAttribute(name);
    for (const name of ["href", "src"]) {
      if (node.hasAttribute(name)) node.setAttribute(name, new URL(node.getAttribute(name), base).href);
    }
    if (node.tagName === "A") Object.assign(node, { target: "_blank", rel: "noopener" });
  }
}

async function readPassage(address) {
  const reply = await fetch(address);
  if (!reply.ok) throw new Error(reply.status);
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  const article = page.querySelector("[data-article]") || page.querySelector("article, main");
  const anchor = decodeURIComponent(new URL(address).hash.slice(1));
  const box = page.createElement("div");
  box.append(...passage(article, anchor && page.getElementById(anchor)));
  tidy(box, address);
  return [...box.childNodes];
}

class HelpSuggest extends HTMLElement {
  connectedCallback() {
    if (this.view) return;
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => this.start(), { once: true });
    else this.start();
  }

  start() {
    if (this.view) return;
    this.words = words();
    this.turn = 0;
    this.rejected = new Set();
    this.form = this.closest("form") || this.querySelector("form");
    this.view = this.getAttribute("mode") === "beside" ? beside(this) : box(this);
    if (this.view.text().trim() && this.view.eager) this.typed();
  }

  get root() { return new URL(this.getAttribute("root") || "/", location.href).href; }
  get api() { return this.getAttribute("api") || "/api/v1"; }
  get limit() { return Math.min(5, Number(this.getAttribute("limit")) || 3); }

  get product() {
    const chosen = this.getAttribute("product") ?? this.form?.elements.namedItem("product")?.value ?? "";
    return chosen === "other" ? "" : chosen;
  }

  // Waits for a pause in typing, then searches.
  typed() {
    clearTimeout(this.pause);
    const text = this.view.text().trim();
    const least = CJK.test(text) ? 2 : Number(this.getAttribute("min")) || 3;
    if (text.length >= least) this.pause = setTimeout(() => this.search(), 120);
    else this.drop();
  }

  drop() {
    this.turn += 1;
    this.abort?.abort();
    this.view.clear();
  }

  // Resolves to the suggestions, to null when suggesting failed, to undefined when a newer search has begun.
  async search() {
    clearTimeout(this.pause);
    const turn = ++this.turn;
    this.abort?.abort();
    const stop = this.abort = new AbortController();
    const timer = setTimeout(() => stop.abort(), PATIENCE);
    try {
      const found = await this.ask(stop.signal);
      if (turn !== this.turn) return undefined;
      this.arrived(found);
      return found.suggestions;
    } catch {
      if (turn !== this.turn) return undefined;
      this.failed();
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  async ask(signal) {
    const body = new URLSearchParams({
      text: this.view.text(), product: this.product, language: document.documentElement.lang,
      limit: Math.min(5, this.limit + this.rejected.size), session: sessionOf(this.form),
    });
    const reply = await fetch(this.api + "/suggest", { method: "POST", body, signal });
    if (!reply.ok) throw new Error(reply.status);
    return reply.json();
  }

  arrived(found) {
    this.receipt(found.receipt);
    const list = found.suggestions.filter((item) => !this.rejected.has(item.article)).slice(0, this.limit);
    this.view.show(list);
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.shown(list), 2000);
  }

  failed() {
    const field = this.form?.elements.namedItem("receipt");
    if (field && !field.value) this.receipt("unavailable");
    this.view.fail();
    if (LIST) this.fall(this.turn).catch(() => {});
  }

  // Without the service: titles from a list that came with the portal, fetched only now.
  async fall(turn) {
    const { find } = await import(new URL(LIST, location));
    const found = find(this.view.text(), this.product, this.limit);
    if (turn === this.turn && found.length) this.view.show(found, this.words.short);
  }

  receipt(value) {
    const field = this.form?.elements.namedItem("receipt");
    if (!field || !value) return;
    field.value = value;
    this.dispatchEvent(new CustomEvent("help-receipt", { bubbles: true }));
  }

  shown(list) {
    const text = this.view.text();
    if (text === this.told) return;
    this.told = text;
    this.tell("shown", { article: list.map((item) => item.article).join(" "), text });
  }

  tell(event, more = {}) {
    const body = new URLSearchParams({ session: sessionOf(this.form), event, product: this.product, ...more });
    const address = this.api + "/events";
    try {
      if (navigator.sendBeacon(address, body)) return;
    } catch { /* refused: the other way */ }
    fetch(address, { method: "POST", body, keepalive: true }).catch(() => {});
  }

  count(n) {
    const { found } = this.words;
    return (found[new Intl.PluralRules(document.documentElement.lang).select(n)] || found.other).replace("{n}", n);
  }

  href(item) { return new URL(item.url, this.root).href; }
}

// The search box: an ARIA combobox with a list of links under it.
function box(host) {
  const id = `help-${++made}`;
  const input = host.querySelector("input[name=text]");
  const list = h("div", { id, role: "listbox", "aria-label": host.words.region });
  const note = h("p", { className: "none" });
  const pop = h("div", { className: "drop", hidden: true }, list, note);
  const status = h("span", { className: "sr", role: "status" });
  let active = -1;
  let later;

  set(input, { role: "combobox", "aria-autocomplete": "list", "aria-expanded": false, "aria-controls": id });
  host.append(pop, status);

  const options = () => [...list.children];
  function open(yes) {
    pop.hidden = !yes;
    input.setAttribute("aria-expanded", yes && list.children.length > 0);
    if (!yes) point(-1);
  }
  function point(index) {
    active = index;
    options().forEach((option, at) => option.setAttribute("aria-selected", at === index));
    if (index < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", options()[index].id);
      options()[index].scrollIntoView({ block: "nearest" });
    }
  }
  function say(text) {
    note.textContent = text;
    note.hidden = !text;
    clearTimeout(later);
    later = setTimeout(() => { status.textContent = text || host.count(list.children.length); }, 700);
  }
  function option(item, at) {
    const link = h("a", { id: `${id}-${at}`, role: "option", tabIndex: -1, href: host.href(item), "aria-selected": false },
      h("b", {}, item.title), h("span", { className: "where" }, item.breadcrumb), h("span", { className: "snip" }, ...marked(item.snippet)));
    set(link, ENGLISH);
    link.addEventListener("click", () => host.tell("opened", { article: item.article }));
    return link;
  }
  const keys = {
    ArrowDown: () => point((active + 1) % options().length),
    ArrowUp: () => point(active <= 0 ? options().length - 1 : active - 1),
    Enter: () => active >= 0 && options()[active].click(),
  };

  input.addEventListener("input", () => host.typed());
  input.addEventListener("focus", () => open(list.children.length > 0 && input.value.trim()));
  host.addEventListener("focusout", (event) => { if (!host.contains(event.relatedTarget)) open(false); });
  pop.addEventListener("mousedown", (event) => event.preventDefault());
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape" && !pop.hidden) {
      event.preventDefault();
      open(false);
    } else if (keys[event.key] && options().length) {
      if (event.key === "Enter" && active < 0) return;
      event.preventDefault();
      if (pop.hidden) open(true);
      keys[event.key]();
    }
  });

  return {
    text: () => input.value,
    show(found, words) {
      list.replaceChildren(...found.map(option));
      active = -1;
      input.removeAttribute("aria-activedescendant");
      say(words || (found.length ? "" : host.words.none));
      open(document.activeElement === input);
    },
    fail() { list.replaceChildren(); say(host.words.down); open(true); },
    clear() { list.replaceChildren(); clearTimeout(later); status.textContent = ""; open(false); },
  };
}

// The region beside a form: articles to unfold and read in place, in normal tab order.
function beside(host) {
  const say = host.words;
  const title = h("h2", { id: `help-${++made}` }, say.region);
  const note = h("p", { className: "none" }, say.begin);
  const list = h("ol", { className: "plain-list" });
  const status = h("span", { className: "sr", role: "status" });
  const items = new Map();
  let waiting = null;
  let later;
  let done = false;

  const english = say.english ? [h("p", { className: "tip" }, say.english)] : [];
  host.append(h("section", { className: "found", "aria-labelledby": title.id }, title, ...english, list, note), status);
  const fields = (host.getAttribute("for") || "").split(/\s+/).map((id) => document.getElementById(id)).filter(Boolean);
  const text = () => fields.map((field) => field.value.trim()).filter(Boolean).join("\n");
  const busy = () => list.contains(document.activeElement);

  function announce(words) {
    note.textContent = words;
    note.hidden = !words;
    clearTimeout(later);
    later = setTimeout(() => { status.textContent = words || host.count(list.children.length); }, 1500);
  }
  // Nothing moves under the reader's hands: an open article stays, and a new list waits until the focus has left.
  function show(found, words) {
    if (busy()) { waiting = found; return; }
    waiting = null;
    const open = [...items].filter(([, node]) => node.querySelector("details[open]")).map(([article]) => article);
    const fresh = found.filter((item) => !open.includes(item.article));
    for (const article of [...items.keys()]) if (!open.includes(article)) items.delete(article);
    fresh.forEach((item) => items.set(item.article, entry(item)));
    list.replaceChildren(...items.values());
    announce(words || (items.size ? "" : say.none));
  }
  function entry(item) {
    const body = h("div", { className: "read" });
    const fold = h("details", {}, h("summary", {}, ...badge(item), h("b", ENGLISH, item.title), h("span", { ...ENGLISH, className: "where" }, place(item)),
      h("span", { ...ENGLISH, className: "snip" }, ...marked(item.snippet))), body);
    fold.addEventListener("toggle", () => { if (fold.open && !body.firstChild) read(item, body); });
    return h("li", {}, fold);
  }
  const place = (item) => [item.breadcrumb, item.heading !== item.title && item.heading].filter(Boolean).join(" › ");

  const badge = (item) => item.known_issue ? [h("span", { className: "known" }, say.known), " "] : [];

  async function read(item, body) {
    host.tell("opened", { article: item.article });
    const words = h("div", { className: "md-typeset" }, h("p", {}, say.loading));
    body.append(words, acts(item));
    try {
      words.replaceChildren(...await readPassage(host.href(item)));
      set(words, ENGLISH);
    } catch {
      words.replaceChildren(h("p", {}, say.unread));
    }
  }
  function acts(item) {
    const button = (className, words, act) => {
      const node = h("button", { type: "button", className }, words, h("span", { className: "sr", ...ENGLISH }, ": " + item.title));
      node.addEventListener("click", act);
      return node;
    };
    const follow = item.known_issue ? [h("a", { className: "go", href: new URL("known-issues/follow/" + item.article, host.root).href, target: "_blank", rel: "noopener" },
      say.metoo, h("span", { className: "sr" }, " " + say.newtab))] : [];
    return h("p", { className: "row" }, ...follow, button(follow.length ? "soft" : "go", say.solved, () => solved(item)), button("soft", say.reject, () => reject(item)),
      h("a", { className: "soft", href: host.href(item), target: "_blank", rel: "noopener" }, say.whole, h("span", { className: "sr" }, " " + say.newtab)));
  }

  function solved(item) {
    done = true;
    host.tell("solved", { article: item.article });
    const back = h("button", { type: "button", className: "soft" }, say.still);
    const thanks = h("section", { className: "done", tabIndex: -1 }, h("h1", {}, say.glad), h("p", {}, say.nothing), back);
    back.addEventListener("click", () => {
      done = false;
      thanks.remove();
      host.form.hidden = false;
      fields[0].focus();
    });
    host.form.hidden = true;
    host.form.after(thanks);
    thanks.focus();
  }

  function reject(item) {
    host.rejected.add(item.article);
    host.tell("rejected", { article: item.article });
    const node = items.get(item.article);
    const name = `why-${++made}`;
    const more = h("input", { id: name + "-more", maxLength: 500 });
    const tell = h("button", { type: "button", className: "soft" }, say.tell);
    const choices = say.reasons.map((reason, at) => h("label", {}, h("input", { type: "radio", name, value: WORDS.reasons[at] }), " " + reason));
    const ask = h("fieldset", { className: "why", tabIndex: -1 }, h("legend", {}, say.why), ...choices,
      h("label", { htmlFor: more.id, className: "words" }, say.more), more, tell);
    // These inputs are not part of the request: they are neither kept in the draft nor do they send it.
    ask.addEventListener("input", (event) => event.stopPropagation());
    ask.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target === tell) return;
      event.preventDefault();
      tell.click();
    });
    tell.addEventListener("click", () => {
      const chosen = ask.querySelector(":checked")?.value;
      host.tell("rejected", { article: item.article, reason: [chosen, more.value.trim()].filter(Boolean).join(": ") });
      finish(item, node);
    });
    node.replaceChildren(h("b", ENGLISH, item.title), ask);
    ask.focus();
  }
  function finish(item, node) {
    node.replaceChildren(h("p", { className: "none", tabIndex: -1 }, say.noted));
    node.firstChild.focus();
    items.delete(item.article);
  }

  fields.forEach((field) => field.addEventListener("input", () => host.typed()));
  host.form?.addEventListener("input", () => { done = false; });
  host.form?.addEventListener("change", (event) => { if (event.target.name === "product") host.typed(); });
  host.form?.addEventListener("submit", () => { done = true; });
  list.addEventListener("focusout", () => setTimeout(() => { if (waiting && !busy()) show(waiting); }));
  window.addEventListener("pagehide", () => { if (!done && text()) host.tell("abandoned"); });

  return {
    eager: true, text, show,
    fail() { announce(say.down); },
    clear() { if (!busy()) { items.clear(); list.replaceChildren(); announce(say.begin); } },
  };
}

// What everybody is told now. Pages that the service makes carry it already; where the service is not, there is none.
async function tellIncident() {
  const main = document.getElementById("main");
  const api = document.querySelector("help-suggest")?.api;
  if (!main || !api || document.querySelector("[data-incident]")) return;
  const product = main.closest("[data-product]")?.dataset.product || "";
  try {
    const reply = await fetch(`${api}/incident?product=${encodeURIComponent(product)}`);
    const told = reply.ok ? (await reply.json()).incidents : [];
    if (!told.length) return;
    const box = h("div", { role: "status" });
    main.prepend(box);
    for (const one of told) {
      box.append(h("p", { className: "say" }, h("strong", {}, one.product_name && one.product_name + ": "), one.text));
    }
  } catch { /* the page stands without it */ }
}

if (!customElements.get("help-suggest")) {
  customElements.define("help-suggest", HelpSuggest);
  tellIncident();
}
})();
