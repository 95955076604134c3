/** MD5 (RFC 1321), for passwords that are kept so: Apache's apr1. */
import { digestBlocks, rotate } from './digest-blocks.ts'

const SHIFTS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const
const SINES = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 4_294_967_296) >>> 0)

/** The digest of bytes, each a character of the text; 16 bytes as such a text again. */
export function md5(text: string): string {
  const view = digestBlocks(text, true)
  let state: readonly number[] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
  for (let at = 0; at < view.byteLength; at += 64) state = compressed(state, view, at)
  return state.map((word) => String.fromCharCode(word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24)).join('')
}

function compressed(state: readonly number[], view: DataView, from: number): readonly number[] {
  let [a = 0, b = 0, c = 0, d = 0] = state
  for (let i = 0; i < 64; i++) {
    const round = i >> 4
    const [mixed, at] = mix(round, i, b, c, d)
    const sum = (a + mixed + (SINES[i] ?? 0) + view.getUint32(from + at * 4, true)) >>> 0
    const next = (b + rotate(sum, SHIFTS[round]?.[i & 3] ?? 0)) >>> 0
    ;[a, b, c, d] = [d, next, b, c]
  }
  return [a, b, c, d].map((word, i) => (word + (state[i] ?? 0)) >>> 0)
}

/** A round's function, and which word of the block it takes. */
function mix(round: number, i: number, b: number, c: number, d: number): readonly [mixed: number, word: number] {
  if (round === 0) return [(b & c) | (~b & d), i]
  if (round === 1) return [(d & b) | (~d & c), (5 * i + 1) & 15]
  if (round === 2) return [b ^ c ^ d, (3 * i + 5) & 15]
  return [c ^ (b | ~d), (7 * i) & 15]
}
