// Searches a short list of all articles in the browser. suggest.js loads it only when the service cannot be reached.
const LIST = [];

const fold = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
const split = (text) => fold(text).match(/[\p{L}\p{N}]+/gu) || [];
const FOLDED = LIST.map(([, title, , , keywords, messages]) => ({
  title: split(title), keywords: split(keywords), messages: messages.split("\n").filter(Boolean).map(fold),
}));

// How well one article fits: words that begin as typed, in the title first; a whole message beats all.
function score(entry, words, text) {
  const hit = (list, word) => list.some((known) => known === word || (word.length > 2 && known.startsWith(word)));
  const whole = entry.messages.some((message) => message.length > 7 && text.includes(message)) ? 100 : 0;
  return whole + words.reduce((sum, word) => sum + (hit(entry.title, word) ? 3 : hit(entry.keywords, word) ? 2 : 0) * (word.length > 3 ? 2 : 1), 0);
}

export function find(text, product, limit) {
  const words = [...new Set(split(text))].slice(0, 200);
  const folded = fold(text);
  return LIST.map((row, at) => ({ row, fit: product && row[3] !== product ? 0 : score(FOLDED[at], words, folded) }))
    .filter(({ fit }) => fit > 2).sort((one, two) => two.fit - one.fit).slice(0, limit)
    .map(({ row: [url, title, breadcrumb] }) => ({ url, article: url, title, heading: "", breadcrumb, snippet: "" }));
}
