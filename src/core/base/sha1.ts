/** SHA-1 (FIPS 180-4), for protocols that ask for it by name: WebSocket's handshake. */
import { digestBlocks, rotate } from './digest-blocks.ts'

/** The digest of a text of ASCII, 20 bytes. */
export function sha1(text: string): Uint8Array {
  const view = digestBlocks(text, false)
  let state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]
  for (let at = 0; at < view.byteLength; at += 64) state = compressed(state, view, at)
  const digest = new DataView(new ArrayBuffer(20))
  for (const [i, word] of state.entries()) digest.setUint32(i * 4, word)
  return new Uint8Array(digest.buffer)
}

function compressed(state: readonly number[], view: DataView, from: number): number[] {
  const words: number[] = []
  const word = (t: number): number => words[t] ?? 0
  for (let t = 0; t < 80; t++)
    words.push(t < 16 ? view.getUint32(from + t * 4) : rotate(word(t - 3) ^ word(t - 8) ^ word(t - 14) ^ word(t - 16), 1))
  let [a = 0, b = 0, c = 0, d = 0, e = 0] = state
  for (let t = 0; t < 80; t++) {
    const next = (rotate(a, 5) + mix(t, b, c, d) + e + word(t) + (CONSTANTS[Math.floor(t / 20)] ?? 0)) >>> 0
    ;[a, b, c, d, e] = [next, a, rotate(b, 30), c, d]
  }
  return [a, b, c, d, e].map((value, i) => (value + (state[i] ?? 0)) >>> 0)
}

const CONSTANTS = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6]
const mix = (t: number, b: number, c: number, d: number): number =>
  t < 20 ? (b & c) | (~b & d) : t >= 40 && t < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** RFC 4648, 4. */
export function base64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    const left = bytes.length - i
    text += [18, 12, 6, 0].map((shift, n) => (n <= left ? ALPHABET[(group >>> shift) & 63] : '=')).join('')
  }
  return text
}
