/** The two checksums of the headers that we write. Bytes in, unsigned numbers out. */

/** RFC 1071: ones' complement sum of 16-bit words, over several runs of bytes as if they were one; every run but the last has an even length. */
export function internetChecksum(...runs: readonly Uint8Array[]): number {
  let sum = 0
  for (const run of runs) for (let i = 0; i < run.length; i += 2) sum += ((run[i] ?? 0) << 8) | (run[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000)
  return ~sum & 0xffff
}

/** Castagnoli's polynomial, bits reversed. */
const CRC32C = 0x82f63b78
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ CRC32C : crc >>> 1
  return crc
})

/** CRC32c as a number whose most significant byte is the last of the four on the wire (RFC 9260, appendix A). */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0)
  return ~crc >>> 0
}
