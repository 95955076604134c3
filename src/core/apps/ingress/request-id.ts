/** 32 hexadecimal digits that a proxy would draw by lot: of no consequence, so derived from when and who. */
import type { Accepted } from '../program.ts'

export function requestId({ peer, peerPort, moment }: Accepted, uri: string): string {
  const seed = `${peer} ${peerPort} ${moment.now} ${uri}`
  let [word, out] = [2166136261, '']
  for (let i = 0; i < 32; i++) {
    word = Math.imul(word ^ seed.charCodeAt(i % seed.length) ^ i, 16777619) >>> 0
    out += (word >>> 28).toString(16)
  }
  return out
}
