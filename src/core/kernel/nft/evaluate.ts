import { unreachable } from '../../base/assert.ts'
import type { Ip } from '../../net/ip.ts'
import { isIpv6 } from '../../net/ip.ts'
import { isDestinationNatted, isSourceNatted } from '../netfilter/conntrack-entry.ts'
import type { Probe } from '../netfilter/probe.ts'
import { markText } from './data-type.ts'
import type { CtKey, Expression, MetaKey } from './rule.ts'

/**
 * Expressions over one packet (net/netfilter/nft_payload.c, nft_meta.c, nft_ct.c, nft_fib.c). A value is its text as `nft list` prints it; undefined is
 * NFT_BREAK: the packet has no such field, and the rule does not match whatever it asks of it.
 */
export type Field = (probe: Probe) => string | undefined

/** All but numgen and lookups in maps, which need more than the packet. */
export type PlainExpression = Exclude<Expression, { readonly kind: 'numgen' | 'map' | 'concat' }>

export function fieldOf(expression: PlainExpression): Field {
  switch (expression.kind) {
    case 'payload':
      return payload(expression.protocol, expression.field)
    case 'meta':
      return meta(expression.key)
    case 'ct':
      return connection(expression.key, expression.direction)
    case 'fib': {
      const side = expression.fields.includes('saddr') ? 'source' : 'destination'
      const limit = expression.fields.includes('iif') ? 'in' : expression.fields.includes('oif') ? 'out' : undefined
      return (probe) => probe.environment.addressType(probe[side], limit && probe[limit]).toLowerCase()
    }
    case 'bitwise': {
      const { left, operator, right } = expression
      const inner = fieldOf(left as PlainExpression)
      return (probe) => {
        const text = inner(probe)
        return text === undefined ? undefined : markText(bitwise(Number(text), operator, right))
      }
    }
    case 'constant':
      return () => expression.value
    default:
      return unreachable(expression)
  }
}

function bitwise(left: number, operator: '&' | '|' | '^', right: number): number {
  if (operator === '&') return left & right
  return operator === '|' ? left | right : left ^ right
}

/** nft's name of a protocol. */
export const protocolText = (protocol: string): string => (protocol === 'icmp6' ? 'ipv6-icmp' : protocol)

function payload(protocol: string, field: string): Field {
  switch (protocol) {
    case 'ip':
    case 'ip6': {
      const read = header(field)
      return (probe) => (isIpv6(probe.source) === (protocol === 'ip6') ? read(probe) : undefined)
    }
    case 'th':
      return (probe) => (probe.hasPorts ? port(probe, field) : undefined)
    case 'icmp':
    case 'icmpv6':
      return (probe) => (probe.protocol === (protocol === 'icmp' ? 'icmp' : 'icmp6') ? icmp(probe, field) : undefined)
    case 'ether':
      return (probe) => probe.sourceMac
    default:
      return (probe) => {
        if (probe.protocol !== protocol || !probe.hasPorts) return undefined
        return field === 'flags' ? flags(probe) : port(probe, field)
      }
  }
}

const port = (probe: Probe, field: string): string => String(field === 'sport' ? probe.sourcePort : probe.destinationPort)

function header(field: string): (probe: Probe) => string {
  switch (field) {
    case 'saddr':
      return ({ source }) => source
    case 'daddr':
      return ({ destination }) => destination
    case 'ttl':
    case 'hoplimit':
      return ({ packet }) => String(packet.ip.ttl)
    case 'length':
      return ({ packet }) => String(packet.ip.length)
    default:
      return ({ protocol }) => protocolText(protocol)
  }
}

const ICMP_TYPES: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  icmp: { 0: 'echo-reply', 3: 'destination-unreachable', 5: 'redirect', 8: 'echo-request', 11: 'time-exceeded', 12: 'parameter-problem' },
  icmp6: {
    1: 'destination-unreachable',
    2: 'packet-too-big',
    3: 'time-exceeded',
    4: 'parameter-problem',
    128: 'echo-request',
    129: 'echo-reply',
  },
}

function icmp({ packet: { transport }, protocol }: Probe, field: string): string | undefined {
  if (transport.kind !== 'icmp-echo' && transport.kind !== 'icmp-error') return undefined
  return field === 'code' ? String(transport.code) : (ICMP_TYPES[protocol]?.[transport.type] ?? String(transport.type))
}

const FLAG_NAMES = [
  ['F', 'fin'],
  ['S', 'syn'],
  ['R', 'rst'],
  ['P', 'psh'],
  ['A', 'ack'],
  ['U', 'urg'],
] as const

function flags({ packet: { transport } }: Probe): string | undefined {
  if (transport.kind !== 'tcp') return undefined
  return FLAG_NAMES.flatMap(([letter, name]) => (transport.flags.includes(letter) ? [name] : [])).join(',')
}

function meta(key: MetaKey): Field {
  switch (key) {
    case 'mark':
      return (probe) => markText(probe.mark)
    case 'l4proto':
      return (probe) => protocolText(probe.protocol)
    case 'nfproto':
      return (probe) => (isIpv6(probe.source) ? 'ipv6' : 'ipv4')
    case 'iifname':
    case 'iif':
      return (probe) => probe.in
    case 'oifname':
    case 'oif':
      return (probe) => probe.out
    case 'pkttype':
      return (probe) => {
        const type = probe.packetType()
        return type === 'unicast' ? 'host' : type
      }
    case 'length':
      return (probe) => String(probe.packet.ip.length)
    default:
      return unreachable(key)
  }
}

function connection(key: CtKey, direction: 'original' | 'reply' | undefined): Field {
  if (key === 'state') return ({ ct }) => (ct?.state ?? 'INVALID').toLowerCase()
  return ({ ct }) => {
    const entry = ct?.entry
    if (!ct || !entry) return undefined
    const tuple = direction === 'reply' ? entry.reply : entry.original
    switch (key) {
      case 'status': {
        const confirmed = ct.confirmed ?? ct.state !== 'NEW'
        return [
          entry.seenReply && 'seen-reply',
          entry.assured && 'assured',
          confirmed && 'confirmed',
          isSourceNatted(entry) && 'snat',
          isDestinationNatted(entry) && 'dnat',
        ]
          .filter(Boolean)
          .join(',')
      }
      case 'mark':
        return markText(ct.mark)
      case 'direction':
        return ct.direction
      case 'protocol':
        return protocolText(tuple.protocol)
      case 'saddr':
        return tuple.source satisfies Ip
      case 'daddr':
        return tuple.destination
      case 'proto-src':
        return String(tuple.sourcePort)
      case 'proto-dst':
        return String(tuple.destinationPort)
      default:
        return unreachable(key)
    }
  }
}
