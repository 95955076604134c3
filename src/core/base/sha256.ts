/**
 * SHA-256 (FIPS 180-4) over UTF-8 text. kube-proxy names its chains after it and our host veths are named after it; nothing here is secret, so
 * this is written for speed on short input: most names fit one or two blocks, and the buffers are reused.
 */
const FRACTIONS_OF_CUBE_ROOTS = roundConstants(64, 3)
const FRACTIONS_OF_SQUARE_ROOTS = roundConstants(8, 2)
const schedule = new Int32Array(64)
const state = new Int32Array(8)
let bytes = new Uint8Array(256)

/** First 32 bits of the fractional parts of the roots of the first primes: FIPS 180-4 defines the constants so, and so they need no table here. */
function roundConstants(count: number, root: 2 | 3): Int32Array {
  const out = new Int32Array(count)
  for (let candidate = 2, found = 0; found < count; candidate++) {
    let prime = true
    for (let d = 2; d * d <= candidate; d++) if (candidate % d === 0) prime = false
    if (!prime) continue
    const power = root === 2 ? Math.sqrt(candidate) : Math.cbrt(candidate)
    out[found++] = ((power - Math.floor(power)) * 4294967296) | 0
  }
  return out
}

/** The eight words of the digest, as signed 32-bit numbers. The array is reused by the next call: read it at once. */
export function sha256(text: string): Int32Array {
  const length = encode(text)
  state.set(FRACTIONS_OF_SQUARE_ROOTS)
  for (let offset = 0; offset < length; offset += 64) compress(offset)
  return state
}

/** Lower-case hex of the first `digits` digits, 64 at most. */
export function sha256Hex(text: string, digits = 64): string {
  const digest = sha256(text)
  let out = ''
  for (let i = 0; out.length < digits; i++) out += ((digest[i] as number) >>> 0).toString(16).padStart(8, '0')
  return out.slice(0, digits)
}

const BASE32 = Uint8Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', (letter) => letter.charCodeAt(0))
const letter = (bits: number): number => BASE32[bits & 31] as number

/**
 * The first 16 characters of the digest in base32 (RFC 4648): 80 bits, how kube-proxy keeps chain names short enough for iptables. Made at once: a text
 * that grows letter by letter costs nearly as much as the digest.
 */
export function sha256Base32(text: string): string {
  const digest = sha256(text)
  const a = digest[0] as number
  const b = digest[1] as number
  const c = digest[2] as number
  return String.fromCharCode(
    letter(a >>> 27),
    letter(a >>> 22),
    letter(a >>> 17),
    letter(a >>> 12),
    letter(a >>> 7),
    letter(a >>> 2),
    letter((a << 3) | (b >>> 29)),
    letter(b >>> 24),
    letter(b >>> 19),
    letter(b >>> 14),
    letter(b >>> 9),
    letter(b >>> 4),
    letter((b << 1) | (c >>> 31)),
    letter(c >>> 26),
    letter(c >>> 21),
    letter(c >>> 16),
  )
}

/** Writes the padded message to `bytes`; returns its length, a multiple of 64. */
function encode(text: string): number {
  if (text.length * 3 + 72 > bytes.length) bytes = new Uint8Array(text.length * 6 + 144)
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x80) bytes[length++] = code
    else length = encodePoint(text.codePointAt(i) ?? code, length)
    if (code >= 0xd800 && code < 0xdc00) i++
  }
  const bits = length * 8
  bytes[length++] = 0x80
  while (length % 64 !== 56) bytes[length++] = 0
  for (let shift = 56; shift >= 0; shift -= 8) bytes[length++] = shift >= 32 ? 0 : bits >>> shift
  return length
}

function encodePoint(point: number, at: number): number {
  const tail = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3
  bytes[at++] = ((0xff00 >> (tail + 1)) & 0xff) | (point >>> (6 * tail))
  for (let i = tail - 1; i >= 0; i--) bytes[at++] = 0x80 | ((point >>> (6 * i)) & 0x3f)
  return at
}

/** Rotations and choices are written out: it is called for every endpoint of a cluster, before any compiler has put functions into it. */
function compress(offset: number): void {
  const w = schedule
  for (let i = 0, at = offset; i < 16; i++, at += 4)
    w[i] = ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15] as number
    const y = w[i - 2] as number
    w[i] =
      ((w[i - 16] as number) +
        (((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)) +
        (w[i - 7] as number) +
        (((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10))) |
      0
  }
  let a = state[0] as number
  let b = state[1] as number
  let c = state[2] as number
  let d = state[3] as number
  let e = state[4] as number
  let f = state[5] as number
  let g = state[6] as number
  let h = state[7] as number
  for (let i = 0; i < 64; i++) {
    const one =
      (h +
        (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))) +
        (g ^ (e & (f ^ g))) +
        (FRACTIONS_OF_CUBE_ROOTS[i] as number) +
        (w[i] as number)) |
      0
    const two = ((((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))) + ((a & b) | (c & (a | b)))) | 0
    h = g
    g = f
    f = e
    e = (d + one) | 0
    d = c
    c = b
    b = a
    a = (one + two) | 0
  }
  add(0, a, b, c, d)
  add(4, e, f, g, h)
}

function add(from: number, a: number, b: number, c: number, d: number): void {
  state[from] = ((state[from] ?? 0) + a) | 0
  state[from + 1] = ((state[from + 1] ?? 0) + b) | 0
  state[from + 2] = ((state[from + 2] ?? 0) + c) | 0
  state[from + 3] = ((state[from + 3] ?? 0) + d) | 0
}
