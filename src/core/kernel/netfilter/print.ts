import { unreachable } from '../../base/assert.ts'
import type { Cidr } from '../../net/cidr.ts'
import { fullLength, printCidr } from '../../net/cidr.ts'
import { isIpv6 } from '../../net/ip.ts'
import { PROTOCOL_NAMES } from './names.ts'
import { fixedPointText } from './probability.ts'
import type { MarkOperation, Match, NatRange, PortRange, Rule, Target } from './rule.ts'
import { quoteWord } from './words.ts'

/** Rules as iptables-nft-save 1.8.9 prints them: each form here was compared with that program's own output. */

/** Options of the IP header come first, in this order, wherever they stand in the rule (nft-ipv4.c, nft_ipv4_save_rule). */
const HEADER_ORDER = ['source', 'destination', 'in-interface', 'out-interface', 'protocol', 'fragment'] as const
const isHeader = (match: Match): boolean => (HEADER_ORDER as readonly string[]).includes(match.kind)

const bodies = new WeakMap<Rule, string>()

/** `-A CHAIN …`. The part behind the chain is kept per rule. */
export function printRule(chain: string, rule: Rule): string {
  let body = bodies.get(rule)
  if (body === undefined) {
    body = printBody(rule)
    bodies.set(rule, body)
  }
  return `-A ${chain}${body}`
}

function printBody(rule: Rule): string {
  let text = ''
  for (const kind of HEADER_ORDER) for (const match of rule.matches) if (match.kind === kind) text += ` ${printMatch(match)}`
  const others = rule.matches.filter((match) => !isHeader(match))
  for (const [index, match] of others.entries()) text += ` ${printMatch(match, others[index + 1])}`
  return rule.target ? `${text} ${printTarget(rule.target)}` : text
}

/** One match, with its `-m` unless it continues the one before. `next` tells where the options of one `-m` end. */
export function printMatch(match: Match, next?: Match): string {
  const module = moduleOf(match)
  const options = optionsOf(match)
  const limit =
    (match.kind === 'addrtype-src' || match.kind === 'addrtype-dst') && match.limitIface && !continues(next)
      ? ` --limit-iface-${match.limitIface}`
      : ''
  const text = `${options}${limit}`
  if (module === undefined || continues(match)) return text
  return text === '' ? `-m ${module}` : `-m ${module} ${text}`
}

const continues = (match: Match | undefined): boolean => match !== undefined && 'and' in match && match.and === true
const bang = (match: { readonly not?: boolean } | undefined): string => (match?.not ? '! ' : '')
const hex = (value: number): string => `0x${value.toString(16)}`
const prefixOrHost = (prefix: Cidr): string => (prefix.length === fullLength(prefix) ? prefix.ip : printCidr(prefix))
const range = (ports: PortRange, separator: string): string =>
  ports.from === ports.to ? `${ports.from}` : `${ports.from}${separator}${ports.to}`
export const printMark = (value: number, mask: number): string => (mask === 0xffffffff ? hex(value) : `${hex(value)}/${hex(mask)}`)

/** The `-m` that an option belongs to; none for those of the IP header. */
function moduleOf(match: Match): string | undefined {
  switch (match.kind) {
    case 'source':
    case 'destination':
    case 'in-interface':
    case 'out-interface':
    case 'protocol':
    case 'fragment':
      return undefined
    case 'transport':
      return match.protocol
    case 'ctstate':
      return match.module ?? 'conntrack'
    case 'ctstatus':
    case 'ctorigdst':
    case 'ctorigsrc':
    case 'ctrepldst':
    case 'ctreplsrc':
    case 'ctorigdstport':
    case 'ctdir':
      return 'conntrack'
    case 'addrtype-src':
    case 'addrtype-dst':
      return 'addrtype'
    case 'icmp':
      return match.v6 ? 'icmp6' : 'icmp'
    case 'ttl':
      return match.v6 ? 'hl' : 'ttl'
    case 'comment':
    case 'connmark':
    case 'iprange':
    case 'ipvs':
    case 'length':
    case 'limit':
    case 'mac':
    case 'mark':
    case 'multiport':
    case 'physdev':
    case 'pkttype':
    case 'recent':
    case 'set':
    case 'statistic':
      return match.kind
    default:
      return unreachable(match)
  }
}

function optionsOf(match: Match): string {
  switch (match.kind) {
    case 'source':
      return `${bang(match)}-s ${printCidr(match.prefix)}`
    case 'destination':
      return `${bang(match)}-d ${printCidr(match.prefix)}`
    case 'in-interface':
      return `${bang(match)}-i ${match.name}`
    case 'out-interface':
      return `${bang(match)}-o ${match.name}`
    case 'protocol':
      return `${bang(match)}-p ${protocolName(match.protocol)}`
    case 'fragment':
      return `${bang(match)}-f`
    case 'ctstate':
      return `${bang(match)}--${match.module === 'state' ? 'state' : 'ctstate'} ${match.states.join(',')}`
    case 'ctstatus':
      return `${bang(match)}--ctstatus ${match.statuses.join(',')}`
    case 'ctorigdst':
    case 'ctorigsrc':
    case 'ctrepldst':
    case 'ctreplsrc':
      return `${bang(match)}--${match.kind} ${prefixOrHost(match.prefix)}`
    case 'ctorigdstport':
      return `${bang(match)}--ctorigdstport ${range(match.ports, ':')}`
    case 'ctdir':
      return `--ctdir ${match.direction}`
    case 'addrtype-src':
      return `${bang(match)}--src-type ${match.types.join(',')}`
    case 'addrtype-dst':
      return `${bang(match)}--dst-type ${match.types.join(',')}`
    case 'comment':
    case 'connmark':
    case 'icmp':
    case 'iprange':
    case 'ipvs':
    case 'length':
    case 'limit':
    case 'mac':
    case 'mark':
    case 'multiport':
    case 'physdev':
    case 'pkttype':
    case 'recent':
    case 'set':
    case 'statistic':
    case 'ttl':
    case 'transport':
      return moreOptionsOf(match)
    default:
      return unreachable(match)
  }
}

type HeaderKind = (typeof HEADER_ORDER)[number]
type StateKind =
  | 'ctstate'
  | 'ctstatus'
  | 'ctorigdst'
  | 'ctorigsrc'
  | 'ctrepldst'
  | 'ctreplsrc'
  | 'ctorigdstport'
  | 'ctdir'
  | 'addrtype-src'
  | 'addrtype-dst'
type OtherMatch = Exclude<Match, { readonly kind: HeaderKind | StateKind }>

function moreOptionsOf(match: OtherMatch): string {
  switch (match.kind) {
    case 'comment':
      return `--comment ${quoteWord(match.text)}`
    case 'transport':
      return transportOptions(match)
    case 'icmp':
      return `${bang(match)}--icmp${match.v6 ? 'v6' : ''}-type ${match.type === 255 && match.code === undefined ? 'any' : `${match.type}${match.code === undefined ? '' : `/${match.code}`}`}`
    case 'multiport':
      return `${bang(match)}--${{ source: 'sports', destination: 'dports', either: 'ports' }[match.field]} ${match.ports.map((ports) => range(ports, ':')).join(',')}`
    case 'mark':
    case 'connmark':
      return `${bang(match)}--mark ${printMark(match.value, match.mask)}`
    case 'statistic':
      if (match.mode === 'random') return `--mode random ${bang(match)}--probability ${fixedPointText(match.probability)}`
      return `--mode nth ${bang(match)}--every ${match.every} --packet ${match.packet}`
    case 'recent':
      return recentOptions(match)
    case 'set':
      return `${bang(match)}--match-set ${match.name} ${match.directions.join(',')}`
    case 'physdev':
      return physdevOptions(match)
    case 'iprange':
      return `${bang(match)}--${match.side === 'source' ? 'src' : 'dst'}-range ${match.from}-${match.to}`
    case 'pkttype':
      return `${bang(match)}--pkt-type ${match.type}`
    case 'length':
      return `${bang(match)}--length ${range(match, ':')}`
    case 'ttl':
      return `${bang(match)}--${match.v6 ? 'hl' : 'ttl'}-${match.compare} ${match.value}`
    case 'mac':
      return `${bang(match)}--mac-source ${match.source}`
    case 'ipvs':
      return ipvsOptions(match)
    case 'limit':
      return `--limit ${match.rate}${match.burst === 5 ? '' : ` --limit-burst ${match.burst}`}`
    default:
      return unreachable(match)
  }
}

const protocolName = (protocol: string | number): string | number =>
  typeof protocol === 'number' ? (PROTOCOL_NAMES.get(protocol) ?? protocol) : protocol === 'icmp6' ? 'ipv6-icmp' : protocol

function transportOptions(match: Match & { readonly kind: 'transport' }): string {
  const parts: string[] = []
  if (match.source) parts.push(`${bang(match.source)}--sport ${range(match.source, ':')}`)
  if (match.destination) parts.push(`${bang(match.destination)}--dport ${range(match.destination, ':')}`)
  if (match.flags)
    parts.push(`${bang(match.flags)}--tcp-flags ${match.flags.mask.join(',') || 'NONE'} ${match.flags.set.join(',') || 'NONE'}`)
  return parts.join(' ')
}

function recentOptions(match: Match & { readonly kind: 'recent' }): string {
  const seconds = match.seconds === undefined ? '' : ` --seconds ${match.seconds}`
  const reap = match.reap ? ' --reap' : ''
  const hitcount = match.hitcount === undefined ? '' : ` --hitcount ${match.hitcount}`
  return `${bang(match)}--${match.action}${seconds}${reap}${hitcount} --name ${match.name} --mask ${match.mask} --${match.side}`
}

function ipvsOptions({ vproto, vaddr, vport }: Match & { readonly kind: 'ipvs' }): string {
  const parts: string[] = []
  if (vproto !== undefined) parts.push(`--vproto ${vproto}`)
  if (vaddr) parts.push(`--vaddr ${prefixOrHost(vaddr)}`)
  if (vport !== undefined) parts.push(`--vport ${vport}`)
  return parts.join(' ')
}

function physdevOptions(match: Match & { readonly kind: 'physdev' }): string {
  const parts: string[] = []
  if (match.isIn) parts.push('--physdev-is-in')
  if (match.in !== undefined) parts.push(`--physdev-in ${match.in}`)
  if (match.isOut) parts.push('--physdev-is-out')
  if (match.out !== undefined) parts.push(`--physdev-out ${match.out}`)
  if (match.isBridged) parts.push('--physdev-is-bridged')
  return parts.map((part) => `${bang(match)}${part}`).join(' ')
}

export function printTarget(target: Target): string {
  switch (target.kind) {
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
      return `-j ${target.kind}`
    case 'jump':
      return `-j ${target.chain}`
    case 'goto':
      return `-g ${target.chain}`
    case 'MARK':
    case 'CONNMARK':
      return `-j ${target.kind} ${printOperation(target.operation)}`
    case 'DNAT':
      return `-j DNAT --to-destination ${printNatRange(target.to)}${flags(target)}`
    case 'SNAT':
      return `-j SNAT --to-source ${printNatRange(target.to)}${flags(target)}`
    case 'MASQUERADE':
    case 'REDIRECT':
      return `-j ${target.kind}${target.ports ? ` --to-ports ${range(target.ports, '-')}` : ''}${flags(target)}`
    case 'REJECT':
      return `-j REJECT --reject-with ${target.with}`
    case 'NOTRACK':
      return target.module === 'CT' ? '-j CT --notrack' : '-j NOTRACK'
    case 'LOG':
    case 'NFLOG':
      return target.arguments === '' ? `-j ${target.kind}` : `-j ${target.kind} ${target.arguments}`
    case 'TCPMSS':
      return target.clampToPmtu ? '-j TCPMSS --clamp-mss-to-pmtu' : `-j TCPMSS --set-mss ${target.mss}`
    default:
      return unreachable(target)
  }
}

function flags(target: { readonly random?: boolean; readonly randomFully?: boolean; readonly persistent?: boolean }): string {
  return `${target.random ? ' --random' : ''}${target.randomFully ? ' --random-fully' : ''}${target.persistent ? ' --persistent' : ''}`
}

function printNatRange(to: NatRange): string {
  const hosts = to.from === undefined ? '' : to.to === undefined || to.to === to.from ? to.from : `${to.from}-${to.to}`
  const shown = to.ports && isIpv6(hosts) && hosts !== '' ? `[${hosts}]` : hosts
  return to.ports ? `${shown}:${range(to.ports, '-')}` : hosts
}

function printOperation(operation: MarkOperation): string {
  switch (operation.kind) {
    case 'set-xmark':
      return `--set-xmark ${hex(operation.value)}/${hex(operation.mask)}`
    case 'save-mark':
    case 'restore-mark':
      return `--${operation.kind} --nfmask ${hex(operation.nfmask)} --ctmask ${hex(operation.ctmask)}`
    default:
      return unreachable(operation)
  }
}
