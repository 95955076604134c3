import { unreachable } from '../../base/assert.ts'
import { printMark } from './print.ts'
import type { Probe } from './probe.ts'
import type { ConntrackMatch, Match } from './rule.ts'

/** What the packet had where a match failed, in the words of the match. */
export function actualOf(match: Match, probe: Probe): string {
  const { packet } = probe
  switch (match.kind) {
    case 'source':
    case 'iprange':
      return match.kind === 'iprange' && match.side === 'destination' ? probe.destination : probe.source
    case 'destination':
      return probe.destination
    case 'in-interface':
      return probe.in || 'none'
    case 'out-interface':
      return probe.out || 'none'
    case 'protocol':
      return probe.protocol
    case 'fragment':
      return probe.laterFragment ? 'later fragment' : 'first fragment or whole'
    case 'transport':
      return transportOf(match, probe)
    case 'multiport':
      return portsOf(match.field, probe)
    case 'icmp':
      return 'code' in packet.transport ? `${packet.transport.type}/${packet.transport.code}` : probe.protocol
    case 'mark':
      return printMark(probe.mark, 0xffffffff)
    case 'addrtype-src':
    case 'addrtype-dst': {
      const ip = match.kind === 'addrtype-src' ? probe.source : probe.destination
      return `${ip} is ${probe.environment.addressType(ip, match.limitIface && probe[match.limitIface])}`
    }
    case 'set':
      return match.directions
        .map((side) => (side === 'src' ? `${probe.source}:${probe.sourcePort}` : `${probe.destination}:${probe.destinationPort}`))
        .join(',')
    case 'physdev':
      return `in ${probe.physIn ?? 'none'}, out ${probe.physOut ?? 'none'}`
    case 'pkttype':
      return probe.packetType()
    case 'length':
      return `${packet.ip.length}`
    case 'ttl':
      return `${packet.ip.ttl}`
    case 'mac':
      return probe.sourceMac ?? 'none'
    case 'statistic':
      return match.mode === 'random' ? 'drawn otherwise' : 'another packet of the count'
    case 'recent':
      return `${match.side === 'rsource' ? probe.source : probe.destination} ${match.not ? 'listed' : 'not listed in time'}`
    case 'ipvs':
      return probe.ipvs ? `${probe.ipvs.virtual}:${probe.ipvs.virtualPort}` : 'no IPVS connection'
    case 'comment':
    case 'limit':
      return ''
    case 'connmark':
    case 'ctdir':
    case 'ctorigdst':
    case 'ctorigdstport':
    case 'ctorigsrc':
    case 'ctrepldst':
    case 'ctreplsrc':
    case 'ctstate':
    case 'ctstatus':
      return connectionOf(match, probe)
    default:
      return unreachable(match)
  }
}

function transportOf(match: Match & { readonly kind: 'transport' }, probe: Probe): string {
  if (!probe.hasPorts || probe.protocol !== match.protocol) return probe.protocol
  // Most rules ask for nothing else, and every trace tells of many of them.
  if (match.destination && !match.source && !match.flags) return `dport ${probe.destinationPort}`
  const parts: string[] = []
  if (match.source) parts.push(`sport ${probe.sourcePort}`)
  if (match.destination) parts.push(`dport ${probe.destinationPort}`)
  if (match.flags && probe.packet.transport.kind === 'tcp') parts.push(`flags ${probe.packet.transport.flags}`)
  return parts.join(', ')
}

function portsOf(field: 'source' | 'destination' | 'either', probe: Probe): string {
  if (!probe.hasPorts) return probe.protocol
  if (field === 'either') return `sport ${probe.sourcePort}, dport ${probe.destinationPort}`
  return field === 'source' ? `sport ${probe.sourcePort}` : `dport ${probe.destinationPort}`
}

function connectionOf(match: ConntrackMatch, { ct }: Probe): string {
  if (match.kind === 'ctstate') return ct?.state ?? 'INVALID'
  const entry = ct?.entry
  if (!ct || !entry) return 'no connection'
  switch (match.kind) {
    case 'ctstatus':
      return [entry.seenReply && 'SEEN_REPLY', entry.assured && 'ASSURED'].filter(Boolean).join(',') || 'UNREPLIED'
    case 'ctorigsrc':
      return entry.original.source
    case 'ctorigdst':
      return entry.original.destination
    case 'ctreplsrc':
      return entry.reply.source
    case 'ctrepldst':
      return entry.reply.destination
    case 'ctorigdstport':
      return `${entry.original.destinationPort}`
    case 'ctdir':
      return ct.direction.toUpperCase()
    case 'connmark':
      return printMark(ct.mark, 0xffffffff)
    default:
      return unreachable(match)
  }
}
