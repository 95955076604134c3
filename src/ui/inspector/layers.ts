import { isIpv6, joinHostPort } from '../../core/net/ip.ts'
import { type Frame, isIcmp6Error, type Packet, type Transport } from '../../core/net/packet.ts'
import { unreachable } from '../../core/base/assert.ts'

/** A packet as the inspector shows it: its layers, outermost first, each a short table. */
export interface Layer {
  /** `outer` is the VXLAN envelope; everything else is `inner`, so that a packet keeps its rows when it is wrapped. */
  readonly shell: 'outer' | 'inner'
  readonly kind: LayerKind
  readonly fields: readonly Field[]
}
export type LayerKind = 'ethernet' | 'ip' | 'ip6' | 'tcp' | 'udp' | 'sctp' | 'icmp' | 'icmp6' | 'vxlan'

export interface Field {
  readonly name: FieldName
  readonly value: string
}
export type FieldName =
  | 'source'
  | 'destination'
  | 'ttl'
  | 'protocol'
  | 'length'
  | 'id'
  | 'flags'
  | 'offset'
  | 'tos'
  | 'sourcePort'
  | 'destinationPort'
  | 'sequence'
  | 'acknowledgment'
  | 'mss'
  | 'type'
  | 'code'
  | 'vni'
  | 'mtu'
  | 'gateway'
  | 'chunk'
  | 'about'
  | 'hopLimit'
  | 'nextHeader'
  | 'trafficClass'

/** What is on the wire or in the kernel's hands at one moment. */
export interface Held {
  readonly frame?: Frame
  readonly packet: Packet
}

export function layersOf(held: Held): readonly Layer[] {
  const { packet } = held
  const vxlan = packet.transport.kind === 'udp' ? packet.transport.vxlan : undefined
  const shell = vxlan ? 'outer' : 'inner'
  const layers: Layer[] = []
  if (held.frame) layers.push(ethernet(held.frame, shell))
  layers.push(isIpv6(packet.ip.source) ? ip6(packet, shell) : ip(packet, shell), transport(packet.transport, shell))
  if (vxlan) {
    layers.push({ shell: 'outer', kind: 'vxlan', fields: [field('vni', vxlan.vni)] })
    layers.push(...layersOf({ frame: vxlan.frame, packet: vxlan.frame.packet }))
  }
  return layers
}

const field = (name: FieldName, value: string | number): Field => ({ name, value: String(value) })
const optional = (name: FieldName, value: string | number | undefined): readonly Field[] =>
  value === undefined ? [] : [field(name, value)]

function ethernet(frame: Frame, shell: Layer['shell']): Layer {
  return { shell, kind: 'ethernet', fields: [field('source', frame.ethernet.source), field('destination', frame.ethernet.destination)] }
}

function ip(packet: Packet, shell: Layer['shell']): Layer {
  const header = packet.ip
  const flags = [header.dontFragment ? 'DF' : '', header.moreFragments ? 'MF' : ''].filter(Boolean).join(' ')
  return {
    shell,
    kind: 'ip',
    fields: [
      field('source', header.source),
      field('destination', header.destination),
      field('ttl', header.ttl),
      field('protocol', header.protocol),
      field('length', header.length),
      field('id', header.id),
      field('flags', flags === '' ? '–' : flags),
      ...(header.fragmentOffset ? [field('offset', header.fragmentOffset)] : []),
      ...(header.tos ? [field('tos', `0x${header.tos.toString(16).padStart(2, '0')}`)] : []),
    ],
  }
}

/** RFC 8200. Of the fragment header, which stands behind it, there is something to say where there is one. */
function ip6({ ip: header }: Packet, shell: Layer['shell']): Layer {
  const isFragment = Boolean(header.moreFragments) || Boolean(header.fragmentOffset)
  return {
    shell,
    kind: 'ip6',
    fields: [
      field('source', header.source),
      field('destination', header.destination),
      field('hopLimit', header.ttl),
      field('nextHeader', header.protocol === 'icmp6' ? 'icmpv6' : header.protocol),
      field('length', header.length),
      ...(isFragment
        ? [field('id', header.id), field('flags', header.moreFragments ? 'M' : '–'), field('offset', header.fragmentOffset ?? 0)]
        : []),
      ...(header.tos ? [field('trafficClass', `0x${header.tos.toString(16).padStart(2, '0')}`)] : []),
    ],
  }
}

/** Flags as people read them; the packet keeps tcpdump's letters. */
const FLAG_NAMES: Readonly<Record<string, string>> = { F: 'FIN', S: 'SYN', R: 'RST', P: 'PSH', A: 'ACK', U: 'URG' }
export const flagNames = (letters: string): string =>
  letters
    .split('')
    .map((letter) => FLAG_NAMES[letter] ?? letter)
    .join(' ')

function transport(header: Transport, shell: Layer['shell']): Layer {
  switch (header.kind) {
    case 'tcp':
      return {
        shell,
        kind: 'tcp',
        fields: [
          ...ports(header),
          field('flags', flagNames(header.flags)),
          field('sequence', header.sequence),
          field('acknowledgment', header.acknowledgment),
          ...optional('mss', header.mss),
        ],
      }
    case 'udp':
      return { shell, kind: 'udp', fields: [...ports(header), field('length', header.length)] }
    case 'sctp':
      return { shell, kind: 'sctp', fields: [...ports(header), field('chunk', header.chunk)] }
    case 'icmp-echo':
      return {
        shell,
        kind: header.type < 128 ? 'icmp' : 'icmp6',
        fields: [field('type', header.type), field('code', header.code), field('id', header.id), field('sequence', header.sequence)],
      }
    case 'icmp-error':
      return {
        shell,
        kind: isIcmp6Error(header) ? 'icmp6' : 'icmp',
        fields: [
          field('type', header.type),
          field('code', header.code),
          ...optional('mtu', header.mtu),
          ...optional('gateway', header.gateway),
          field('about', summary(header.quoted)),
        ],
      }
    default:
      return unreachable(header)
  }
}

const ports = (header: { readonly sourcePort: number; readonly destinationPort: number }): readonly Field[] => [
  field('sourcePort', header.sourcePort),
  field('destinationPort', header.destinationPort),
]

/** `10.244.0.5:40001 → 10.96.0.10:80`. */
export function summary(packet: Packet): string {
  const { transport: header, ip: address } = packet
  if (header.kind === 'icmp-echo' || header.kind === 'icmp-error') return `${address.source} → ${address.destination}`
  return `${joinHostPort(address.source, header.sourcePort)} → ${joinHostPort(address.destination, header.destinationPort)}`
}

export interface LayerDiff {
  readonly shell: Layer['shell']
  readonly kind: LayerKind
  readonly change: 'same' | 'changed' | 'added' | 'removed'
  readonly fields: readonly { readonly name: FieldName; readonly before?: string; readonly after?: string; readonly changed: boolean }[]
}

/** Both sides layer by layer, outermost first. A side that has no packet (before sending, after the end) leaves its column empty. */
export function diffLayers(before: Held | undefined, after: Held | undefined): readonly LayerDiff[] {
  const left = before ? layersOf(before) : []
  const right = after ? layersOf(after) : []
  const longer = right.length >= left.length ? right : left
  const both = Boolean(before && after)
  const seen = new Set(longer.map(layerId))
  const extra = (longer === right ? left : right).filter((layer) => !seen.has(layerId(layer)))
  return [...extra, ...longer].toSorted(byDepth).map((layer) => diffLayer(find(left, layer), find(right, layer), both))
}

const layerId = (layer: Layer): string => `${layer.shell}.${layer.kind}`
const find = (layers: readonly Layer[], layer: Layer): Layer | undefined => layers.find((other) => layerId(other) === layerId(layer))
const DEPTH: Readonly<Record<LayerKind, number>> = {
  ethernet: 0,
  ip: 1,
  ip6: 1,
  tcp: 2,
  udp: 2,
  sctp: 2,
  icmp: 2,
  icmp6: 2,
  vxlan: 3,
}
const byDepth = (a: Layer, b: Layer): number => Number(a.shell === 'inner') - Number(b.shell === 'inner') || DEPTH[a.kind] - DEPTH[b.kind]

function diffLayer(before: Layer | undefined, after: Layer | undefined, both: boolean): LayerDiff {
  const layer = after ?? before
  if (!layer) throw new RangeError('a row of the diff without a layer')
  const names = [...new Set([...(before?.fields ?? []), ...(after?.fields ?? [])].map((f) => f.name))]
  const fields = names.map((name) => {
    const left = before?.fields.find((f) => f.name === name)?.value
    const right = after?.fields.find((f) => f.name === name)?.value
    return {
      name,
      ...(left === undefined ? {} : { before: left }),
      ...(right === undefined ? {} : { after: right }),
      changed: both && before !== undefined && after !== undefined && left !== right,
    }
  })
  const change = !both ? 'same' : !before ? 'added' : !after ? 'removed' : fields.some((f) => f.changed) ? 'changed' : 'same'
  return { shell: layer.shell, kind: layer.kind, change, fields }
}
