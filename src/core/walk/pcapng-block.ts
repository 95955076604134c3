/**
 * The blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian. Written: section header, interface description, enhanced packet. Left out: name
 * resolution, statistics, secrets.
 */

/** Code and value of an option; text is UTF-8. */
export type BlockOption = readonly [code: number, value: Uint8Array | string]

export const COMMENT = 1
const SHB_USERAPPL = 4
const IF_NAME = 2
const IF_DESCRIPTION = 3
const IF_TSRESOL = 9
const EPB_FLAGS = 2

const SECTION_HEADER = 0x0a0d0d0a
const INTERFACE_DESCRIPTION = 1
const ENHANCED_PACKET = 6
const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const LINKTYPE_ETHERNET = 1
/** No limit on the captured length. */
const SNAPLEN = 0
/** if_tsresol: timestamps count 10^-6 seconds. */
const MICROSECONDS = 6

export function sectionHeader(application: string, comment: string): Uint8Array {
  // Version 1.0, and a section of unknown length.
  const fixed = words([BYTE_ORDER_MAGIC, 1, 0xffffffff, 0xffffffff])
  return block(SECTION_HEADER, fixed, [
    [COMMENT, comment],
    [SHB_USERAPPL, application],
  ])
}

export function interfaceDescription(name: string, description: string): Uint8Array {
  return block(INTERFACE_DESCRIPTION, words([LINKTYPE_ETHERNET, SNAPLEN]), [
    [IF_NAME, name],
    [IF_DESCRIPTION, description],
    [IF_TSRESOL, Uint8Array.of(MICROSECONDS)],
  ])
}

export interface EnhancedPacket {
  /** Position of its interface among the section's interface descriptions. */
  readonly interfaceId: number
  /** Microseconds since 1970. */
  readonly time: number
  readonly bytes: Uint8Array
  readonly direction: 'inbound' | 'outbound'
  readonly comment: string
}

export function enhancedPacket({ interfaceId, time, bytes, direction, comment }: EnhancedPacket): Uint8Array {
  const head = words([interfaceId, Math.floor(time / 2 ** 32), time % 2 ** 32, bytes.length, bytes.length])
  return block(ENHANCED_PACKET, joined([head, padded(bytes)]), [
    [COMMENT, comment],
    [EPB_FLAGS, words([direction === 'inbound' ? 1 : 2])],
  ])
}

/** Type and length, body, options, length again. Empty options are left out. */
function block(type: number, body: Uint8Array, options: readonly BlockOption[]): Uint8Array {
  const given = options.flatMap(([code, value]) => {
    const bytes = typeof value === 'string' ? utf8(value) : value
    return bytes.length === 0 ? [] : [words([code + bytes.length * 0x10000]), padded(bytes)]
  })
  const tail = given.length === 0 ? [] : [...given, words([0])]
  const length = 12 + body.length + tail.reduce((sum, { length: bytes }) => sum + bytes, 0)
  return joined([words([type, length]), body, ...tail, words([length])])
}

function words(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4)
  values.forEach((value, i) => {
    for (let byte = 0; byte < 4; byte++) bytes[i * 4 + byte] = Math.floor(value / 256 ** byte)
  })
  return bytes
}

/** Filled up with zeros to a multiple of 4 bytes. */
function padded(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil(bytes.length / 4) * 4)
  out.set(bytes)
  return out
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const each of parts) {
    out.set(each, at)
    at += each.length
  }
  return out
}

/** An option's length has 16 bits. */
const MAX_OPTION = 65535

/** A lone surrogate becomes U+FFFD; text that no option could hold is cut between characters. */
function utf8(text: string): Uint8Array {
  const bytes: number[] = []
  for (const character of text) {
    const encoded = utf8Point(character.codePointAt(0) ?? 0)
    if (bytes.length + encoded.length > MAX_OPTION) break
    bytes.push(...encoded)
  }
  return Uint8Array.from(bytes)
}

function utf8Point(point: number): readonly number[] {
  if (point >= 0xd800 && point < 0xe000) return utf8Point(0xfffd)
  if (point < 0x80) return [point]
  if (point < 0x800) return [0xc0 | (point >> 6), tail(point, 0)]
  if (point < 0x10000) return [0xe0 | (point >> 12), tail(point, 6), tail(point, 0)]
  return [0xf0 | (point >> 18), tail(point, 12), tail(point, 6), tail(point, 0)]
}

const tail = (point: number, shift: number): number => 0x80 | ((point >> shift) & 0x3f)
