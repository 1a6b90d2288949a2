/**
 * SHA-256 of a short text, of which the first 12 bytes in base64url remain. `crypto.subtle` is asynchronous, and missing on plain
 * http. One block is enough, since the texts are secrets and ids.
 *
 * @param {string} text  at most 55 ASCII characters
 * @returns {string} 16 characters
 */
export function shortHash(text) {
  const words = new Uint32Array(64);
  for (let i = 0; i <= text.length; i++) {
    // A bit follows the text.
    words[i >> 2] |= (i < text.length ? text.charCodeAt(i) : 0x80) << (24 - (i % 4) * 8);
  }
  words[15] = text.length * 8;
  for (let i = 16; i < 64; i++) {
    const [early, late] = [words[i - 15], words[i - 2]];
    const sigma0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const sigma1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    words[i] = words[i - 16] + sigma0 + words[i - 7] + sigma1;
  }
  let [a, b, c, d, e, f, g, h] = START;
  for (let i = 0; i < 64; i++) {
    const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const one = (h + sum1 + ((e & f) ^ (~e & g)) + ROUNDS[i] + words[i]) | 0;
    const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const two = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  const bytes = [START[0] + a, START[1] + b, START[2] + c].flatMap((word) => [word >>> 24, word >>> 16, word >>> 8, word]);
  const base64 = btoa(String.fromCharCode(...bytes.map((byte) => byte & 255)));
  return base64.replaceAll('+', '-').replaceAll('/', '_');
}

/**
 * @param {number} word
 * @param {number} bits
 */
const rotate = (word, bits) => (word >>> bits) | (word << (32 - bits));

/** The first primes, from whose roots SHA-256 takes its constants. */
const PRIMES = Array.from({ length: 312 }, (_, i) => i).filter((n) => n > 1 && !hasDivisor(n));
const START = PRIMES.slice(0, 8).map((prime) => fraction(prime ** (1 / 2)));
const ROUNDS = PRIMES.map((prime) => fraction(Math.cbrt(prime)));

/** @param {number} n */
function hasDivisor(n) {
  for (let i = 2; i * i <= n; i++) if (n % i === 0) return true;
  return false;
}

/**
 * The first 32 bits behind the point.
 * @param {number} root
 */
function fraction(root) {
  return ((root % 1) * 2 ** 32) | 0;
}
