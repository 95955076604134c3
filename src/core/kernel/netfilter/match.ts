import { assert, unreachable } from '../../base/assert.ts'
import { type Cidr, contains } from '../../net/cidr.ts'
import { ipNumber, isIpv6 } from '../../net/ip.ts'
import { andWords, compareWords, ipWords, sameWords } from '../../net/ip6.ts'
import { isIcmp } from '../../net/packet.ts'
import { PROTOCOL_NUMBER } from '../../net/tuple.ts'
import { printMatch } from './print.ts'
import type { Probe } from './probe.ts'
import type { AddressType, ConntrackMatch, CtState, Match, PortRange, Rule, TcpFlag } from './rule.ts'
import { matchesSet } from './set-match.ts'

/**
 * Evaluates matches. Each becomes a closure once per rule, so that a packet pays only for comparing. What must not be asked twice (chance, memory) is
 * marked stateful.
 */
export class Test {
  /** Depends on more than packet and namespace: asking again may answer differently. */
  readonly stateful: boolean
  /** Asks for nothing but protocol, destination address and its type. */
  readonly byAddress: boolean
  private printed: string | undefined = undefined

  constructor(
    readonly match: Match,
    readonly holds: (probe: Probe) => boolean,
  ) {
    this.stateful = match.kind === 'statistic' || match.kind === 'recent'
    this.byAddress = match.kind === 'protocol' || match.kind === 'destination' || (match.kind === 'addrtype-dst' && !match.limitIface)
  }

  /** The match as iptables-save prints it. */
  get text(): string {
    return (this.printed ??= printMatch(this.match))
  }
}

const compiled = new WeakMap<Rule, readonly Test[]>()

/** The tests of a rule in the kernel's order: IP header first, then modules as written. Comments test nothing. */
export function testsOf(rule: Rule): readonly Test[] {
  let tests = compiled.get(rule)
  if (!tests) {
    tests = compile(rule.matches)
    compiled.set(rule, tests)
  }
  return tests
}

function compile(matches: readonly Match[]): readonly Test[] {
  const header: Test[] = []
  const modules: Test[] = []
  let stateInGroup = false
  for (const match of matches) {
    if (match.kind === 'comment') continue
    stateInGroup = match.kind === 'ctstate' || (stateInGroup && 'and' in match && match.and === true)
    const test = new Test(match, holdsOf(match, stateInGroup))
    if (HEADER.includes(match.kind)) header.push(test)
    else modules.push(test)
  }
  return header.length === 0 ? modules : [...header, ...modules]
}

const HEADER: readonly string[] = ['source', 'destination', 'in-interface', 'out-interface', 'protocol', 'fragment']

type Holds = (probe: Probe) => boolean
const inverted = (not: boolean | undefined, holds: Holds): Holds => (not ? (probe) => !holds(probe) : holds)

function holdsOf(match: Match, stateInGroup: boolean): Holds {
  switch (match.kind) {
    case 'source':
      return sourceAddress(match.prefix, match.not === true)
    case 'destination':
      return destinationAddress(match.prefix, match.not === true)
    case 'in-interface':
      return inverted(
        match.not,
        device(match.name, (probe) => probe.in),
      )
    case 'out-interface':
      return inverted(
        match.not,
        device(match.name, (probe) => probe.out),
      )
    case 'protocol':
      return inverted(match.not, protocol(match.protocol))
    case 'fragment':
      return inverted(match.not, (probe) => probe.laterFragment)
    case 'mark':
      return inverted(match.not, ({ mark }) => (mark & match.mask) >>> 0 === match.value)
    case 'ctstate':
    case 'ctstatus':
    case 'ctorigdst':
    case 'ctorigsrc':
    case 'ctrepldst':
    case 'ctreplsrc':
    case 'ctorigdstport':
    case 'ctdir':
    case 'connmark':
      return connection(match, stateInGroup)
    case 'addrtype-src':
    case 'addrtype-dst':
      return addressType(match)
    case 'ipvs':
      return ipvs(match)
    case 'comment':
      return () => true
    case 'limit':
      return (probe) => probe.approximate('limit-match')
    case 'statistic':
    case 'recent':
    case 'set':
    case 'physdev':
      return environment(match)
    case 'transport':
    case 'icmp':
    case 'multiport':
    case 'iprange':
    case 'pkttype':
    case 'length':
    case 'ttl':
    case 'mac':
      return packet(match)
    default:
      return unreachable(match)
  }
}

/** One address, by far the most common, compares texts; canonical text is unique. Source and destination are written out, as every packet asks them often. */
function sourceAddress({ ip, network, mask, length, wide }: Cidr, not: boolean): Holds {
  if (wide && length < 128) return ({ sourceWords }) => sameWords(andWords(sourceWords, wide.mask), wide.network) !== not
  if (length === 32 || wide) return not ? (probe) => probe.source !== ip : (probe) => probe.source === ip
  return (probe) => ((probe.sourceNumber & mask) >>> 0 === network) !== not
}

function destinationAddress({ ip, network, mask, length, wide }: Cidr, not: boolean): Holds {
  if (wide && length < 128) return ({ destinationWords }) => sameWords(andWords(destinationWords, wide.mask), wide.network) !== not
  if (length === 32 || wide) return not ? (probe) => probe.destination !== ip : (probe) => probe.destination === ip
  return (probe) => ((probe.destinationNumber & mask) >>> 0 === network) !== not
}

function device(name: string, of: (probe: Probe) => string): Holds {
  if (!name.endsWith('+')) return (probe) => of(probe) === name
  const prefix = name.slice(0, -1)
  return (probe) => of(probe).startsWith(prefix)
}

const protocolNumber = (name: string): number | undefined => (PROTOCOL_NUMBER as Readonly<Record<string, number>>)[name]

function protocol(wanted: string | number): Holds {
  if (typeof wanted === 'string') return (probe) => probe.protocol === wanted
  return (probe) => protocolNumber(probe.protocol) === wanted
}

const inside = (port: number, range: PortRange): boolean => port >= range.from && port <= range.to
const LETTERS: Readonly<Record<TcpFlag, string>> = { FIN: 'F', SYN: 'S', RST: 'R', PSH: 'P', ACK: 'A', URG: 'U' }

type PacketMatch = Match & { readonly kind: 'transport' | 'icmp' | 'multiport' | 'iprange' | 'pkttype' | 'length' | 'ttl' | 'mac' }

function packet(match: PacketMatch): Holds {
  switch (match.kind) {
    case 'transport':
      return transport(match)
    case 'icmp':
      return icmp(match)
    case 'multiport':
      return multiport(match)
    case 'iprange': {
      if (isIpv6(match.from)) return inverted(match.not, isWithin6(match))
      const from = ipNumber(match.from)
      const to = ipNumber(match.to)
      const of = match.side === 'source' ? (probe: Probe) => probe.sourceNumber : (probe: Probe) => probe.destinationNumber
      return inverted(match.not, (probe) => of(probe) >= from && of(probe) <= to)
    }
    case 'pkttype':
      return inverted(match.not, (probe) => probe.packetType() === match.type)
    case 'length':
      return inverted(match.not, (probe) => inside(probe.packet.ip.length, match))
    case 'ttl': {
      const { value } = match
      if (match.compare === 'eq') return inverted(match.not, (probe) => probe.packet.ip.ttl === value)
      return inverted(match.not, match.compare === 'gt' ? (probe) => probe.packet.ip.ttl > value : (probe) => probe.packet.ip.ttl < value)
    }
    case 'mac':
      // xt_mac fails without an ethernet header, inverted or not.
      return (probe) => probe.sourceMac !== undefined && (probe.sourceMac === match.source) !== (match.not === true)
    default:
      return unreachable(match)
  }
}

function isWithin6(match: Match & { readonly kind: 'iprange' }): Holds {
  const from = ipWords(match.from)
  const to = ipWords(match.to)
  const of = match.side === 'source' ? (probe: Probe) => probe.sourceWords : (probe: Probe) => probe.destinationWords
  return (probe) => compareWords(of(probe), from) >= 0 && compareWords(of(probe), to) <= 0
}

/** xt_tcpudp.c: needs the transport header, so later fragments never match. */
function transport(match: Match & { readonly kind: 'transport' }): Holds {
  const { source, destination, flags } = match
  const wanted = flags?.set.map((flag) => LETTERS[flag]) ?? []
  const masked = flags?.mask.map((flag) => LETTERS[flag]) ?? []
  return (probe) => {
    if (probe.protocol !== match.protocol || !probe.hasPorts) return false
    if (destination && inside(probe.destinationPort, destination) === (destination.not === true)) return false
    if (source && inside(probe.sourcePort, source) === (source.not === true)) return false
    if (!flags) return true
    const { transport: header } = probe.packet
    if (header.kind !== 'tcp') return false
    return masked.every((letter) => header.flags.includes(letter) === wanted.includes(letter)) !== (flags.not === true)
  }
}

function icmp(match: Match & { readonly kind: 'icmp' }): Holds {
  return (probe) => {
    const { transport: header } = probe.packet
    if (probe.laterFragment || (header.kind !== 'icmp-echo' && header.kind !== 'icmp-error')) return false
    const any = match.type === 255 && match.code === undefined
    const equal = any || (header.type === match.type && (match.code === undefined || header.code === match.code))
    return equal !== (match.not === true)
  }
}

function multiport(match: Match & { readonly kind: 'multiport' }): Holds {
  const among = (port: number): boolean => match.ports.some((range) => inside(port, range))
  return (probe) => {
    if (!probe.hasPorts) return false
    const { sourcePort, destinationPort } = probe
    const hit =
      match.field === 'source'
        ? among(sourcePort)
        : match.field === 'destination'
          ? among(destinationPort)
          : among(sourcePort) || among(destinationPort)
    return hit !== (match.not === true)
  }
}

/**
 * xt_conntrack.c and xt_connmark.c. Without a connection everything but the state fails, inverted or not; only in one `-m` with `--ctstate` the rest is
 * then not looked at.
 */
function connection(match: ConntrackMatch, stateInGroup: boolean): Holds {
  const not = 'not' in match && match.not === true
  if (match.kind === 'ctstate') return ctstate(match.states, not)
  const holds = ofEntry(match)
  return (probe) => {
    const entry = probe.ct?.entry
    return entry ? holds(probe) !== not : stateInGroup
  }
}

function ctstate(states: readonly CtState[], not: boolean): Holds {
  const direct = new Set<string>(states)
  const nat = direct.has('SNAT') || direct.has('DNAT')
  const [first, second] = states
  // Nearly every rule asks for one or two states.
  if (!nat && states.length <= 2)
    return ({ ct }) => {
      const state = ct === undefined ? 'INVALID' : ct.state
      return (state === first || state === second) !== not
    }
  return (probe) => {
    if (direct.has(probe.ct?.state ?? 'INVALID')) return !not
    return (nat && translatedAs(probe, direct)) !== not
  }
}

/** IPS_SRC_NAT and IPS_DST_NAT are set where a mapping really changes something. */
function translatedAs({ ct }: Probe, states: ReadonlySet<string>): boolean {
  if (!ct?.entry) return false
  const { original, reply } = ct.entry
  if (
    states.has('DNAT') &&
    (original.destination !== reply.source || (!isIcmp(original.protocol) && original.destinationPort !== reply.sourcePort))
  )
    return true
  const port = isIcmp(original.protocol) ? reply.sourcePort : reply.destinationPort
  return states.has('SNAT') && (original.source !== reply.destination || original.sourcePort !== port)
}

function ofEntry(match: Exclude<ConntrackMatch, { readonly kind: 'ctstate' }>): Holds {
  switch (match.kind) {
    case 'connmark':
      return ({ ct }) => ct !== undefined && (ct.mark & match.mask) >>> 0 === match.value
    case 'ctorigsrc':
      return ({ ct }) => ct?.entry !== undefined && contains(match.prefix, ct.entry.original.source)
    case 'ctorigdst':
      return ({ ct }) => ct?.entry !== undefined && contains(match.prefix, ct.entry.original.destination)
    case 'ctreplsrc':
      return ({ ct }) => ct?.entry !== undefined && contains(match.prefix, ct.entry.reply.source)
    case 'ctrepldst':
      return ({ ct }) => ct?.entry !== undefined && contains(match.prefix, ct.entry.reply.destination)
    case 'ctorigdstport':
      return ({ ct }) => ct?.entry !== undefined && inside(ct.entry.original.destinationPort, match.ports)
    case 'ctdir':
      return ({ ct }) => ct?.direction === match.direction.toLowerCase()
    case 'ctstatus':
      return (probe) => match.statuses.some((status) => hasStatus(probe, status))
    default:
      return unreachable(match)
  }
}

/** Helpers that expect connections are not modelled. NONE is an empty mask, which the kernel never finds. */
function hasStatus({ ct }: Probe, status: string): boolean {
  if (!ct?.entry) return false
  if (status === 'SEEN_REPLY') return ct.entry.seenReply
  if (status === 'ASSURED') return ct.entry.assured
  return status === 'CONFIRMED' && (ct.confirmed ?? ct.state !== 'NEW')
}

/** xt_ipvs.c: only what IPVS has sent to a real server. */
function ipvs({ vproto, vaddr, vport }: Match & { readonly kind: 'ipvs' }): Holds {
  return ({ ipvs: connection, protocol: name }) => {
    if (!connection || (vproto !== undefined && protocolNumber(name) !== vproto)) return false
    return (vaddr === undefined || contains(vaddr, connection.virtual)) && (vport === undefined || connection.virtualPort === vport)
  }
}

/** xt_addrtype.c, match_type6: types are all wanted at once, except those that routing tells. Whatever is not multicast is unicast. */
function isOfTypes6(types: ReadonlySet<AddressType>, type: AddressType): boolean {
  if (types.has('MULTICAST') && type !== 'MULTICAST') return false
  if (types.has('UNICAST') && (type === 'MULTICAST' || type === 'UNSPEC')) return false
  if (types.has('UNSPEC') && type !== 'UNSPEC') return false
  const routed = ROUTED.filter((one) => types.has(one))
  return routed.length === 0 || routed.includes(type)
}
const ROUTED: readonly AddressType[] = ['ANYCAST', 'LOCAL', 'PROHIBIT', 'UNREACHABLE']

/** xt_addrtype.c. */
function addressType(match: Match & { readonly kind: 'addrtype-src' | 'addrtype-dst' }): Holds {
  const types: ReadonlySet<AddressType> = new Set(match.types)
  const of = match.kind === 'addrtype-src' ? (probe: Probe) => probe.source : (probe: Probe) => probe.destination
  return inverted(match.not, (probe) => {
    const limit = match.limitIface === undefined ? undefined : match.limitIface === 'in' ? probe.in : probe.out
    const ip = of(probe)
    const type = probe.environment.addressType(ip, limit)
    return isIpv6(ip) ? isOfTypes6(types, type) : types.has(type)
  })
}

function environment(match: Match & { readonly kind: 'statistic' | 'recent' | 'set' | 'physdev' }): Holds {
  switch (match.kind) {
    case 'statistic':
      if (match.mode === 'random') return inverted(match.not, (probe) => probe.chance(match.probability))
      // One packet is sent at a time and counters begin at 0, so the first packet is number 0.
      return inverted(match.not, (probe) => probe.approximate('nth-match') && match.packet === 0)
    case 'recent':
      return (probe) => probe.environment.recent.check(match, match.side === 'rsource' ? probe.source : probe.destination)
    case 'set':
      return inverted(match.not, (probe) => {
        const set = probe.environment.sets.get(match.name)
        assert(set, `set ${match.name} exists`)
        return matchesSet(set, match.directions, probe)
      })
    case 'physdev':
      return physdev(match)
    default:
      return unreachable(match)
  }
}

/** xt_physdev.c: knows bridge ports only while the packet is with a bridge; then a missing input port counts as found. */
function physdev(match: Match & { readonly kind: 'physdev' }): Holds {
  const not = match.not === true
  const input = match.in === undefined ? undefined : device(match.in, (probe) => probe.physIn ?? '')
  const output = match.out === undefined ? undefined : device(match.out, (probe) => probe.physOut ?? '')
  return (probe) => {
    if (probe.physIn === undefined && probe.physOut === undefined) return not
    if (match.isBridged && (probe.bridged || probe.physOut !== undefined) === not) return false
    if (match.isIn && (probe.physIn !== undefined) === not) return false
    if (match.isOut && (probe.physOut !== undefined) === not) return false
    if (input && probe.physIn !== undefined && input(probe) === not) return false
    return !output || probe.physOut === undefined || output(probe) !== not
  }
}
