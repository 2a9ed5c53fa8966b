// A worker: finds the number N for which the SHA-256 of "TOKEN:N" begins with as many zero bits as were asked for.
// Written out, because crypto.subtle is missing on plain http and slow for many short texts (FIPS 180-4).
"use strict";

const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n);
const fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
const FIRST = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
const ROUND = primes.map((prime) => fraction(Math.cbrt(prime)));
const w = new Int32Array(64);

function mix(state, bytes, at) {
  for (let i = 0; i < 16; i++, at += 4) w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15], y = w[i - 2];
    const s = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const t = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16] + s + w[i - 7] + t) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const s = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const one = (h + s + ((e & f) ^ (~e & g)) + ROUND[i] + w[i]) | 0;
    const t = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const two = (t + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
  }
  return [a, b, c, d, e, f, g, h].map((word, i) => (word + state[i]) | 0);
}

const ascii = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

// The part of a text after its whole blocks, padded.
function last(rest, length) {
  const padded = new Uint8Array(rest.length < 56 ? 64 : 128);
  padded.set(ascii(rest));
  padded[rest.length] = 128;
  new DataView(padded.buffer).setUint32(padded.length - 4, length * 8);
  return padded;
}

function zeroBits(state) {
  const full = state.findIndex((word) => word !== 0);
  return full < 0 ? 256 : full * 32 + Math.clz32(state[full]);
}

onmessage = ({ data: { token, bits } }) => {
  const begin = token + ":";
  const whole = begin.length - (begin.length % 64);
  let start = FIRST;
  for (let at = 0; at < whole; at += 64) start = mix(start, ascii(begin.slice(at, at + 64)), 0);
  for (let n = 0; ; n++) {
    const padded = last(begin.slice(whole) + n, begin.length + String(n).length);
    let state = start;
    for (let at = 0; at < padded.length; at += 64) state = mix(state, padded, at);
    if (zeroBits(state) >= bits) {
      postMessage(begin + n);
      return;
    }
  }
};
