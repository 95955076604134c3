import { unreachable } from '../base/assert.ts'
import { crc32c, internetChecksum } from './bytes-checksum.ts'
import { bytesField, type Field, field, hexField, ipField, pack, type TcpFlag, withChecksum } from './bytes-field.ts'
import { isIpv6 } from './ip.ts'
import type { IcmpEcho, IcmpError, IpHeader, Sctp, Tcp, Udp } from './packet.ts'
import { PROTOCOL_NUMBER } from './tuple.ts'

/**
 * Transport headers as Linux fills them. What the packet model leaves open (windows, timestamps, tags) has the values that a freshly booted Linux with
 * default sysctls would send, as far as they follow from the packet; the rest is constant, so that bytes repeat and do not change along the way.
 */

const TCP_HEADER = 20
/** TSval at sequence number 0. Ours grow with the sequence, so that an echoed timestamp is that of the segment which is acknowledged. */
const TIMESTAMP_BASE = 0x10000
/** TCPOLEN_TSTAMP_ALIGNED: what timestamps cost of each later segment. */
const TIMESTAMP_SPACE = 12
/** tcp_select_initial_window with the default tcp_rmem (6 MB at most): a scale of 7. */
const WINDOW_SCALE = 7
const MAX_WINDOW = 65535
/** 64240 (44 segments of 1460) after scaling. */
const SCALED_WINDOW = 502

/** Header with options; `room` bytes are there for it and for what it carries, `payload` fills what the header leaves. */
export function tcpFields(ip: IpHeader, segment: Tcp, room: number): { readonly fields: readonly Field[]; readonly payload: Uint8Array } {
  const options = tcpOptions(segment, room - TCP_HEADER)
  const header = TCP_HEADER + bitsOf(options) / 8
  const payload = new Uint8Array(Math.max(0, room - header))
  const said = segment.payload?.bytes ?? ''
  for (let i = 0; i < said.length && i < payload.length; i++) payload[i] = said.charCodeAt(i)
  const fields = [
    ...portFields(segment),
    field('sequence', 32, segment.sequence),
    field('acknowledgment', 32, segment.acknowledgment),
    field('dataOffset', 4, header / 4),
    field('reserved', 4, 0),
    ...TCP_FLAGS.map(([name, letter]) => field(name, 1, segment.flags.includes(letter) ? 1 : 0)),
    field('window', 16, windowOf(segment)),
    hexField('checksum', 16, 0),
    field('urgentPointer', 16, 0),
    ...options,
  ]
  return { fields: withChecksum(fields, internetChecksum(pseudoHeader(ip, header + payload.length), pack(fields), payload)), payload }
}

/** The letters of `Tcp.flags`; C and E are not among them, for we never offer ECN. */
const TCP_FLAGS: readonly (readonly [name: TcpFlag, letter: string])[] = [
  ['cwr', 'C'],
  ['ece', 'E'],
  ['urg', 'U'],
  ['ack', 'A'],
  ['psh', 'P'],
  ['rst', 'R'],
  ['syn', 'S'],
  ['fin', 'F'],
]

/** tcp_options_write: its order, and the first set that the segment has room for. */
function tcpOptions(segment: Tcp, room: number): readonly Field[] {
  if (segment.flags.includes('R')) return []
  const mss = segment.mss === undefined ? [] : [field('optionKind', 8, 2), field('optionLength', 8, 4), field('mss', 16, segment.mss)]
  const sackPermitted = [field('optionKind', 8, 4), field('optionLength', 8, 2)]
  const windowScale = [field('optionKind', 8, 3), field('optionLength', 8, 3), field('windowScale', 8, WINDOW_SCALE)]
  const nop = field('optionKind', 8, 1)
  const sets = segment.flags.includes('S')
    ? [[...mss, ...sackPermitted, ...timestamps(segment), nop, ...windowScale], mss]
    : [[nop, nop, ...timestamps(segment)]]
  return sets.find((options) => bitsOf(options) / 8 <= room) ?? []
}

/** RFC 7323. */
function timestamps({ sequence, acknowledgment, flags }: Tcp): readonly Field[] {
  const echo = flags.includes('A') ? TIMESTAMP_BASE + acknowledgment - 1 : 0
  return [
    field('optionKind', 8, 8),
    field('optionLength', 8, 10),
    field('timestampValue', 32, (TIMESTAMP_BASE + sequence) >>> 0),
    field('timestampEcho', 32, echo >>> 0),
  ]
}

/** As many whole segments as fit 64 KB: 64240 for an MSS of 1460, and 65160 in the answer, whose segments lose the space of timestamps. */
function windowOf({ flags, mss }: Tcp): number {
  if (flags.includes('R')) return 0
  if (!flags.includes('S')) return SCALED_WINDOW
  const segment = Math.max(1, (mss ?? 536) - (flags.includes('A') ? TIMESTAMP_SPACE : 0))
  return segment > MAX_WINDOW ? MAX_WINDOW : MAX_WINDOW - (MAX_WINDOW % segment)
}

/** RFC 768. The kernel sends a VXLAN envelope without a checksum (0) unless the device has udpcsum; over IPv6 there is always one (RFC 8200, 8.1). */
export function udpFields(ip: IpHeader, datagram: Udp, payload: Uint8Array): readonly Field[] {
  const fields = [...portFields(datagram), field('length', 16, datagram.length), hexField('checksum', 16, 0)]
  if (datagram.vxlan && !isIpv6(ip.source)) return fields
  const checksum = internetChecksum(pseudoHeader(ip, datagram.length), pack(fields), payload)
  return withChecksum(fields, checksum === 0 ? 0xffff : checksum)
}

/** RFC 7348: only the flag that says that the VNI is one. */
export const vxlanFields = (vni: number): readonly Field[] => [
  field('reserved', 4, 0),
  field('vniFlag', 1, 1),
  field('reserved', 3, 0),
  field('reserved', 24, 0),
  field('vni', 24, vni),
  field('reserved', 8, 0),
]

/** RFC 792 and RFC 4443; `behind` is the payload of an echo, or the quote of an error. */
export function icmpFields(ip: IpHeader, message: IcmpEcho | IcmpError, behind: Uint8Array): readonly Field[] {
  const v6 = isIpv6(ip.source)
  const fields = [
    field('type', 8, message.type),
    field('code', 8, message.code),
    hexField('checksum', 16, 0),
    ...(message.kind === 'icmp-echo' ? [field('id', 16, message.id), field('sequence', 16, message.sequence)] : errorFields(message, v6)),
  ]
  const bytes = pack(fields)
  // Only ICMPv6 covers the addresses.
  const checksum = v6 ? internetChecksum(pseudoHeader(ip, bytes.length + behind.length), bytes, behind) : internetChecksum(bytes, behind)
  return withChecksum(fields, checksum)
}

function errorFields({ mtu, gateway }: IcmpError, v6: boolean): readonly Field[] {
  if (gateway !== undefined) return [ipField('gateway', gateway)]
  if (mtu === undefined) return [field('unused', 32, 0)]
  return v6 ? [field('mtu', 32, mtu)] : [field('unused', 16, 0), field('mtu', 16, mtu)]
}

const SCTP_HEADER = 12
const INIT_CHUNK = 20
const ABORT_CHUNK = 4
/** Drawn at random by each side in truth. An answer carries the client's tag, an INIT none (RFC 9260, 8.5.1). */
const CLIENT_TAG = 0x11111111
const SERVER_TAG = 0x22222222
/** net/sctp: half of the default receive buffer, and the default numbers of streams. */
const SCTP_WINDOW = 106496
const OUTBOUND_STREAMS = 10
const INBOUND_STREAMS = 65535

/** RFC 9260: the common header and one chunk, which takes all the room. What it has no fields for is one parameter or cause of zeros. */
export function sctpFields(packet: Sctp, room: number): readonly Field[] {
  const fixed = packet.chunk === 'ABORT' ? ABORT_CHUNK : INIT_CHUNK
  const parameter = parameterFields(packet.chunk, room - SCTP_HEADER - fixed)
  const fields = [
    ...portFields(packet),
    hexField('verificationTag', 32, packet.chunk === 'INIT' ? 0 : CLIENT_TAG),
    hexField('checksum', 32, 0),
    field('chunkType', 8, CHUNK_TYPE[packet.chunk]),
    field('chunkFlags', 8, 0),
    field('chunkLength', 16, fixed + bitsOf(parameter) / 8),
    ...(packet.chunk === 'ABORT' ? [] : initFields(packet.chunk === 'INIT' ? CLIENT_TAG : SERVER_TAG)),
    ...parameter,
  ]
  return withChecksum(fields, swapped(crc32c(pack(fields))))
}

const CHUNK_TYPE: Readonly<Record<Sctp['chunk'], number>> = { INIT: 1, 'INIT-ACK': 2, ABORT: 6 }

const initFields = (tag: number): readonly Field[] => [
  hexField('initiateTag', 32, tag),
  field('receiverWindow', 32, SCTP_WINDOW),
  field('outboundStreams', 16, OUTBOUND_STREAMS),
  field('inboundStreams', 16, INBOUND_STREAMS),
  field('initialTsn', 32, tag),
]

function parameterFields(chunk: Sctp['chunk'], room: number): readonly Field[] {
  if (room < 4) return []
  const value = new Uint8Array(room - 4)
  return [
    field('parameterType', 16, parameterType(chunk)),
    field('parameterLength', 16, room),
    ...(value.length > 0 ? [bytesField('parameterValue', value)] : []),
  ]
}

/** Padding (RFC 4820), the state cookie, and the cause "user initiated abort". */
function parameterType(chunk: Sctp['chunk']): number {
  switch (chunk) {
    case 'INIT':
      return 0x8005
    case 'INIT-ACK':
      return 7
    case 'ABORT':
      return 12
    default:
      return unreachable(chunk)
  }
}

const swapped = (word: number): number => (((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0

const portFields = (header: { readonly sourcePort: number; readonly destinationPort: number }): readonly Field[] => [
  field('sourcePort', 16, header.sourcePort),
  field('destinationPort', 16, header.destinationPort),
]

const bitsOf = (fields: readonly Field[]): number => fields.reduce((sum, { bits }) => sum + bits, 0)

/** RFC 9293, 3.1, and RFC 8200, 8.1: what a checksum of TCP or UDP covers besides their own bytes. */
const pseudoHeader = (ip: IpHeader, length: number): Uint8Array => {
  const addresses = [ipField('source', ip.source), ipField('destination', ip.destination)]
  const protocol = PROTOCOL_NUMBER[ip.protocol]
  if (isIpv6(ip.source)) return pack([...addresses, field('length', 32, length), field('reserved', 24, 0), field('protocol', 8, protocol)])
  return pack([...addresses, field('reserved', 8, 0), field('protocol', 8, protocol), field('length', 16, length)])
}
