import { assert, unreachable } from '../base/assert.ts'
import { internetChecksum } from './bytes-checksum.ts'
import { bytesField, type Field, type FieldName, field, hexField, ipField, macField, pack, withChecksum } from './bytes-field.ts'
import { icmpFields, sctpFields, tcpFields, udpFields, vxlanFields } from './bytes-transport.ts'
import { isIpv6 } from './ip.ts'
import { type Ethernet, ipHeaderLength, type IpHeader, type Packet } from './packet.ts'
import { PROTOCOL_NUMBER } from './tuple.ts'

/**
 * A packet as it is on the wire: every header bit by bit with true checksums, and payload of the packet's length. Where the simulator knows only how long
 * it is, not what it says (datagrams, TLS), it is zeros. Left out: Ethernet padding and trailers, IP options, later fragments (the walk does not follow them).
 */
export interface Wire {
  readonly bytes: Uint8Array
  /** In the order of the bytes, without gaps: together they cover all of them. */
  readonly layers: readonly WireLayer[]
}

export interface WireLayer {
  /** `outer` is the VXLAN envelope, `quoted` what an ICMP error is about; everything else is `inner`. */
  readonly shell: Shell
  readonly kind: LayerKind
  /** Bytes of the frame: [start, end). */
  readonly start: number
  readonly end: number
  /** In the order of the bits, without gaps. */
  readonly fields: readonly WireField[]
}
export type Shell = 'outer' | 'inner' | 'quoted'
export type LayerKind = 'ethernet' | 'ip' | 'tcp' | 'udp' | 'sctp' | 'icmp' | 'vxlan' | 'payload'

export interface WireField {
  readonly name: FieldName
  /** As Linux prints it; of a payload its length in bytes. */
  readonly value: string
  /** From the first bit of the layer; `bits` is at least 1. */
  readonly bit: number
  readonly bits: number
  /** Bytes of the frame that hold any bit of it: [start, end). */
  readonly start: number
  readonly end: number
}

/** A frame, or a packet in the hands of a kernel, which has no Ethernet header. */
export interface Held {
  readonly ethernet?: Ethernet
  readonly packet: Packet
}

export const bytesOf = (held: Held): Uint8Array => concat(piecesOf(held))
export const fieldsOf = (held: Held): readonly WireLayer[] => wireOf(held).layers

export function wireOf(held: Held): Wire {
  const pieces = piecesOf(held)
  let start = 0
  const layers = pieces.map((piece) => {
    const layer = place(piece, start)
    start = layer.end
    return layer
  })
  return { bytes: concat(pieces), layers }
}

function place({ shell, kind, fields, bytes }: Piece, start: number): WireLayer {
  let bit = 0
  const placed = fields.map(({ name, bits, text }): WireField => {
    const at = bit
    bit += bits
    return { name, value: text, bit: at, bits, start: start + (at >>> 3), end: start + ((bit + 7) >>> 3) }
  })
  return { shell, kind, start, end: start + bytes.length, fields: placed }
}

/** A layer on its own. */
interface Piece {
  readonly shell: Shell
  readonly kind: LayerKind
  readonly fields: readonly Field[]
  readonly bytes: Uint8Array
}

const piece = (shell: Shell, kind: LayerKind, fields: readonly Field[]): Piece => ({ shell, kind, fields, bytes: pack(fields) })
const payload = (shell: Shell, bytes: Uint8Array): readonly Piece[] =>
  bytes.length === 0 ? [] : [piece(shell, 'payload', [bytesField('payload', bytes)])]

function concat(pieces: readonly Piece[]): Uint8Array {
  const bytes = new Uint8Array(lengthOf(pieces))
  let at = 0
  for (const each of pieces) {
    bytes.set(each.bytes, at)
    at += each.bytes.length
  }
  return bytes
}

const lengthOf = (pieces: readonly Piece[]): number => pieces.reduce((sum, { bytes }) => sum + bytes.length, 0)

const UDP_HEADER = 8
const ICMP_HEADER = 8
const ETHERTYPE_IPV4 = 0x0800
const ETHERTYPE_IPV6 = 0x86dd
/** Next header of a fragment header, and its length. */
const FRAGMENT = { number: 44, length: 8 } as const

const isFragment = ({ moreFragments, fragmentOffset }: IpHeader): boolean => moreFragments === true || (fragmentOffset ?? 0) > 0
/** All headers of IP. */
const headerLength = (ip: IpHeader): number => ipHeaderLength(ip.source) + (isIpv6(ip.source) && isFragment(ip) ? FRAGMENT.length : 0)

function piecesOf(held: Held, within?: 'quoted'): readonly Piece[] {
  const { ethernet, packet } = held
  const shell = within ?? (packet.transport.kind === 'udp' && packet.transport.vxlan ? 'outer' : 'inner')
  const { ip } = packet
  const header = headerLength(ip)
  assert(ip.length >= header, `an IP packet of ${ip.length} bytes`)
  const behind = slice(transportPieces(packet, shell), ip.fragmentOffset ?? 0, ip.length - header, shell)
  const v6 = isIpv6(ip.source)
  const type = v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4
  return [...(ethernet ? [ethernetPiece(ethernet, type, shell)] : []), piece(shell, 'ip', v6 ? ip6Fields(ip) : ipFields(ip)), ...behind]
}

const ethernetPiece = ({ source, destination }: Ethernet, type: number, shell: Shell): Piece =>
  piece(shell, 'ethernet', [macField('destination', destination), macField('source', source), hexField('type', 16, type)])

/** RFC 791, with the type of service as RFC 2474 and RFC 3168 split it. */
function ipFields(ip: IpHeader): readonly Field[] {
  const fields = [
    field('version', 4, 4),
    field('headerLength', 4, ipHeaderLength(ip.source) / 4),
    field('dscp', 6, (ip.tos ?? 0) >>> 2),
    field('ecn', 2, (ip.tos ?? 0) & 3),
    field('length', 16, ip.length),
    field('id', 16, ip.id),
    field('reserved', 1, 0),
    field('dontFragment', 1, ip.dontFragment ? 1 : 0),
    field('moreFragments', 1, ip.moreFragments ? 1 : 0),
    field('fragmentOffset', 13, (ip.fragmentOffset ?? 0) / 8),
    field('ttl', 8, ip.ttl),
    field('protocol', 8, PROTOCOL_NUMBER[ip.protocol]),
    hexField('checksum', 16, 0),
    ipField('source', ip.source),
    ipField('destination', ip.destination),
  ]
  return withChecksum(fields, internetChecksum(pack(fields)))
}

/** RFC 8200, with the fragment header where there is one. Linux gives no flow label to packets that it forwards, and ours are not told apart. */
function ip6Fields(ip: IpHeader): readonly Field[] {
  const next = PROTOCOL_NUMBER[ip.protocol]
  const fragmented = isFragment(ip)
  const fragment = [
    field('nextHeader', 8, next),
    field('reserved', 8, 0),
    field('fragmentOffset', 13, (ip.fragmentOffset ?? 0) / 8),
    field('reserved', 2, 0),
    field('moreFragments', 1, ip.moreFragments ? 1 : 0),
    field('id', 32, ip.id),
  ]
  return [
    field('version', 4, 6),
    field('dscp', 6, (ip.tos ?? 0) >>> 2),
    field('ecn', 2, (ip.tos ?? 0) & 3),
    field('flowLabel', 20, 0),
    field('payloadLength', 16, ip.length - ipHeaderLength(ip.source)),
    field('nextHeader', 8, fragmented ? FRAGMENT.number : next),
    field('hopLimit', 8, ip.ttl),
    ipField('source', ip.source),
    ipField('destination', ip.destination),
    ...(fragmented ? fragment : []),
  ]
}

/** All of the datagram behind the IP header: of a fragment too, whose checksum is that of the whole. */
function transportPieces(packet: Packet, shell: Shell): readonly Piece[] {
  const { ip, transport } = packet
  const whole = (packet.whole ?? packet).ip
  const room = whole.length - headerLength(whole)
  switch (transport.kind) {
    case 'tcp': {
      const segment = tcpFields(ip, transport, room)
      return [piece(shell, 'tcp', segment.fields), ...payload(shell, segment.payload)]
    }
    case 'udp': {
      const behind = transport.vxlan
        ? [
            piece(shell, 'vxlan', vxlanFields(transport.vxlan.vni)),
            ...piecesOf(transport.vxlan.frame, shell === 'quoted' ? shell : undefined),
          ]
        : payload(shell, new Uint8Array(Math.max(0, transport.length - UDP_HEADER)))
      return [piece(shell, 'udp', udpFields(ip, transport, concat(behind))), ...behind]
    }
    case 'sctp':
      return [piece(shell, 'sctp', sctpFields(transport, room))]
    case 'icmp-echo': {
      const behind = payload(shell, new Uint8Array(Math.max(0, room - ICMP_HEADER)))
      return [piece(shell, 'icmp', icmpFields(ip, transport, concat(behind))), ...behind]
    }
    case 'icmp-error': {
      const quote = slice(piecesOf({ packet: transport.quoted }, 'quoted'), 0, Math.max(0, room - ICMP_HEADER), 'quoted')
      return [piece(shell, 'icmp', icmpFields(ip, transport, concat(quote))), ...quote]
    }
    default:
      return unreachable(transport)
  }
}

/** Exactly `length` bytes from `from` on: a fragment, or a quote that is cut to size. What is missing is payload. */
function slice(pieces: readonly Piece[], from: number, length: number, shell: Shell): readonly Piece[] {
  const to = from + length
  let at = 0
  const kept = pieces.flatMap((each) => {
    const start = Math.max(from - at, 0)
    const end = Math.min(to - at, each.bytes.length)
    at += each.bytes.length
    return start >= end ? [] : [start === 0 && end === each.bytes.length ? each : part(each, start, end)]
  })
  return [...kept, ...payload(shell, new Uint8Array(Math.max(0, length - lengthOf(kept))))]
}

/** A part of a layer: the leading fields that are whole, then the rest of the bytes. */
function part({ shell, kind, fields, bytes }: Piece, start: number, end: number): Piece {
  if (kind === 'payload') return piece(shell, kind, [bytesField('payload', bytes.slice(start, end))])
  let bit = 0
  let whole = { fields: 0, bytes: 0 }
  if (start === 0)
    for (const [index, { bits }] of fields.entries()) {
      bit += bits
      if (bit % 8 === 0 && bit / 8 <= end) whole = { fields: index + 1, bytes: bit / 8 }
    }
  const rest = bytes.slice(start + whole.bytes, end)
  return piece(shell, kind, [...fields.slice(0, whole.fields), ...(rest.length > 0 ? [bytesField('truncated', rest)] : [])])
}
