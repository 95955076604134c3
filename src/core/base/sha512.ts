/**
 * SHA-512 (FIPS 180-4) over UTF-8 text. The CNI plugins name their iptables chains after it; a node has a handful of those, so this is written to be short.
 */
const WORD = 0xffffffffffffffffn
const LENGTH_BITS = 128

const ROUNDS = firstPrimes(80).map((prime) => fraction(prime, 3n))
const INITIAL = firstPrimes(8).map((prime) => fraction(prime, 2n))

function firstPrimes(count: number): bigint[] {
  const primes: bigint[] = []
  for (let candidate = 2n; primes.length < count; candidate++) if (primes.every((prime) => candidate % prime !== 0n)) primes.push(candidate)
  return primes
}

/** First 64 bits of the fractional part of a square or cube root. */
function fraction(of: bigint, degree: 2n | 3n): bigint {
  const scaled = of << (64n * degree)
  let low = 0n
  let high = 1n << 80n
  while (high - low > 1n) {
    const middle = (low + high) >> 1n
    if (middle ** degree <= scaled) low = middle
    else high = middle
  }
  return low & WORD
}

/** Lower-case hex of the first `digits` digits, 128 at most. */
export function sha512Hex(text: string, digits = 128): string {
  const message = padded(utf8(text))
  const state = [...INITIAL]
  for (let offset = 0; offset < message.length; offset += 128) compress(state, message, offset)
  return state
    .map((word) => word.toString(16).padStart(16, '0'))
    .join('')
    .slice(0, digits)
}

function utf8(text: string): number[] {
  const bytes: number[] = []
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0
    if (point < 0x80) {
      bytes.push(point)
      continue
    }
    const tail = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3
    bytes.push(((0xff00 >> (tail + 1)) & 0xff) | (point >>> (6 * tail)))
    for (let i = tail - 1; i >= 0; i--) bytes.push(0x80 | ((point >>> (6 * i)) & 0x3f))
  }
  return bytes
}

/** A one bit, zeros, and the length in bits as a 128-bit number. */
function padded(bytes: readonly number[]): readonly number[] {
  const message = [...bytes, 0x80]
  while (message.length % 128 !== 112) message.push(0)
  const bits = BigInt(bytes.length * 8)
  for (let shift = LENGTH_BITS - 8; shift >= 0; shift -= 8) message.push(Number((bits >> BigInt(shift)) & 0xffn))
  return message
}

const rotate = (x: bigint, n: bigint): bigint => ((x >> n) | (x << (64n - n))) & WORD
const at = (words: readonly bigint[], index: number): bigint => words[index] ?? 0n

function compress(state: bigint[], message: readonly number[], offset: number): void {
  const w: bigint[] = []
  for (let i = 0; i < 16; i++)
    w.push(message.slice(offset + i * 8, offset + i * 8 + 8).reduce((word, byte) => (word << 8n) | BigInt(byte), 0n))
  for (let i = 16; i < 80; i++) {
    const x = at(w, i - 15)
    const y = at(w, i - 2)
    const zero = rotate(x, 1n) ^ rotate(x, 8n) ^ (x >> 7n)
    const one = rotate(y, 19n) ^ rotate(y, 61n) ^ (y >> 6n)
    w.push((at(w, i - 16) + zero + at(w, i - 7) + one) & WORD)
  }
  let [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n, g = 0n, h = 0n] = state
  for (let i = 0; i < 80; i++) {
    const one = h + (rotate(e, 14n) ^ rotate(e, 18n) ^ rotate(e, 41n)) + ((e & f) ^ (~e & WORD & g)) + at(ROUNDS, i) + at(w, i)
    const two = (rotate(a, 28n) ^ rotate(a, 34n) ^ rotate(a, 39n)) + ((a & b) ^ (a & c) ^ (b & c))
    ;[a, b, c, d, e, f, g, h] = [(one + two) & WORD, a, b, c, (d + one) & WORD, e, f, g]
  }
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i] = (at(state, i) + word) & WORD
}
