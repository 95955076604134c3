import { contains } from '../../net/cidr.ts'
import type { Ip } from '../../net/ip.ts'
import type { IpSet, IpSetEntry, IpSetMember } from './ipset.ts'
import type { Probe } from './probe.ts'

/** `-m set`: whether a packet's addresses and ports, taken from the given sides, are in a set (net/netfilter/ipset/ip_set_hash_*.c). */
export function matchesSet(set: IpSet, directions: readonly ('src' | 'dst')[], probe: Probe): boolean {
  // A set that a rule gives too few directions for never matches (the kernel refuses to create the rule's lookup).
  if (directions.length < dimensions(set.type)) return false
  const withPort = set.type === 'bitmap:port' || set.type.includes(',port')
  // Ports are TCP's and UDP's in bitmaps (ip_set_get_ip_port), anybody's elsewhere.
  if (withPort && (!probe.hasPorts || (set.type === 'bitmap:port' && probe.protocol !== 'tcp' && probe.protocol !== 'udp'))) return false
  return set.has ? set.has(entryOf(set.type, directions, probe)) : found(lookup(set, directions, probe))
}

function entryOf(type: IpSet['type'], directions: readonly ('src' | 'dst')[], probe: Probe): IpSetEntry {
  const side = (at: number): 'src' | 'dst' | undefined => directions[at]
  const address = (at: number): Ip => (side(at) === 'src' ? probe.source : probe.destination)
  const port = side(type === 'bitmap:port' ? 0 : 1) === 'src' ? probe.sourcePort : probe.destinationPort
  const entry = { ip: address(0), protocol: probe.protocol, port }
  return directions.length > 2 ? { ...entry, second: address(2) } : entry
}

function found(hit: IpSetMember | undefined): boolean {
  return hit !== undefined && !hit.nomatch
}

const dimensions = (type: IpSet['type']): number => (type === 'bitmap:port' ? 1 : type.split(',').length)

/** Of networks the longest prefix decides, which is what `nomatch` relies on. */
function lookup(set: IpSet, directions: readonly ('src' | 'dst')[], probe: Probe): IpSetMember | undefined {
  let best: IpSetMember | undefined
  for (const member of set.members) if (holds(member, set.type, directions, probe) && specificity(member) > specificity(best)) best = member
  return best
}

function specificity(member: IpSetMember | undefined): number {
  if (!member) return -1
  const { second } = member
  const inner = second === undefined ? 0 : typeof second === 'string' ? 32 : second.length
  return (member.net ? member.net.length : 32) * 64 + inner
}

function holds(member: IpSetMember, type: IpSet['type'], directions: readonly ('src' | 'dst')[], probe: Probe): boolean {
  if (type === 'bitmap:port') return isPort(member, directions[0], probe)
  const ip = directions[0] === 'src' ? probe.source : probe.destination
  if (member.ip !== undefined && member.ip !== ip) return false
  if (member.net !== undefined && !contains(member.net, ip)) return false
  if (type === 'hash:ip' || type === 'hash:net') return member.ip !== undefined || member.net !== undefined
  if (!isPort(member, directions[1], probe)) return false
  if (type === 'hash:ip,port') return true
  const second = directions[2] === 'src' ? probe.source : probe.destination
  if (member.second === undefined) return false
  return typeof member.second === 'string' ? member.second === second : contains(member.second, second)
}

function isPort(member: IpSetMember, direction: 'src' | 'dst' | undefined, probe: Probe): boolean {
  const { port } = member
  if (!port || !probe.hasPorts || (member.protocol !== undefined && member.protocol !== probe.protocol)) return false
  const value = direction === 'src' ? probe.sourcePort : probe.destinationPort
  return value >= port.from && value <= port.to
}
