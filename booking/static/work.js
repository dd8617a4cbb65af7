// The work of a worker: a number with which SHA-256 of "challenge.number" begins with so many zero
// bits; see `domain/work.py`. Written out, as pages without https have no crypto.subtle, and as that
// one answers each time by a promise, which takes longer than the sum.
const K = primes(64).map((prime) => fraction(Math.cbrt(prime)));
const FIRST = primes(8).map((prime) => fraction(Math.sqrt(prime)));
const BLOCK = 64;
const words = new Int32Array(64);

function primes(many) {
  const found = [];
  for (let n = 2; found.length < many; n++) if (found.every((one) => n % one)) found.push(n);
  return found;
}

function fraction(number) {
  return ((number % 1) * 2 ** 32) | 0;
}

const turned = (word, by) => (word >>> by) | (word << (32 - by));

// Of a text that fits one block with its length: 55 signs.
function firstWords(bytes, length) {
  bytes.fill(0, length);
  bytes[length] = 0x80;
  for (let i = 0; i < 14; i++) {
    const at = 4 * i;
    words[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }
  words[14] = 0;
  words[15] = 8 * length;
}

function firstOfDigest(bytes, length) {
  firstWords(bytes, length);
  for (let i = 16; i < 64; i++) {
    const far = words[i - 15];
    const near = words[i - 2];
    const small = turned(far, 7) ^ turned(far, 18) ^ (far >>> 3);
    const large = turned(near, 17) ^ turned(near, 19) ^ (near >>> 10);
    words[i] = (words[i - 16] + small + words[i - 7] + large) | 0;
  }
  let [a, b, c, d, e, f, g, h] = FIRST;
  for (let i = 0; i < 64; i++) {
    const up = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
    const one = (h + up + ((e & f) ^ (~e & g)) + K[i] + words[i]) | 0;
    const down = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
    const two = (down + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  return (a + FIRST[0]) | 0;
}

// At most 31 bits are asked for, so the first word of the digest is enough.
function answer(challenge, bits) {
  const bytes = new Uint8Array(BLOCK);
  const begin = `${challenge}.`;
  for (let i = 0; i < begin.length; i++) bytes[i] = begin.charCodeAt(i);
  for (let number = 0; ; number++) {
    const digits = String(number);
    for (let i = 0; i < digits.length; i++) bytes[begin.length + i] = digits.charCodeAt(i);
    if (firstOfDigest(bytes, begin.length + digits.length) >>> (32 - bits) === 0) return digits;
  }
}

addEventListener("message", ({ data }) => postMessage(answer(data.challenge, data.bits)));
