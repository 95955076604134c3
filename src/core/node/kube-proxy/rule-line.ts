import { fixedPointText } from '../../kernel/netfilter/probability.ts'
import type { Origin } from '../../kernel/origin.ts'
import { parseCidr, printCidr } from '../../net/cidr.ts'
import { type Ip, type IpFamily, isIpv6 } from '../../net/ip.ts'
import type { Line } from '../line-chain.ts'
import { type EndpointInfo, endpointOrigin } from './endpoints.ts'

/**
 * One rule that kube-proxy makes for a Service, as its parts. Where there is one for each endpoint all fields are given in this order: objects of one
 * shape are read several times as fast.
 */
export interface RuleParts {
  readonly comment?: string | undefined
  /** Matches between comment and protocol: as kube-proxy writes them, and as iptables-save prints them. */
  readonly match?: readonly [written: string, saved: string] | undefined
  readonly protocol?: 'tcp' | 'udp' | 'sctp' | undefined
  readonly destination?: Ip | undefined
  readonly port?: number | undefined
  /** An address or prefix; `outside` is the same negated. */
  readonly source?: string | undefined
  readonly outside?: string | undefined
  /** The target with its options; none for a rule that only counts. */
  readonly jump?: string | undefined
  /** Why it is there. */
  readonly because: Origin | EndpointInfo
}

/** A rule with what the kernel side asks for when a packet comes to it. */
export class RuleLine implements Line {
  constructor(
    private readonly chain: string,
    private readonly parts: RuleParts,
    private readonly ipFamily: IpFamily = 'IPv4',
  ) {}

  get family(): 'ip' | 'ip6' {
    return this.ipFamily === 'IPv6' ? 'ip6' : 'ip'
  }

  /** Said when somebody looks at the rule. */
  get origin(): Origin {
    const { because } = this.parts
    return 'agent' in because ? because : endpointOrigin(because)
  }

  get text(): string {
    return ruleText(this.chain, this.parts)
  }
}

/** As kube-proxy writes it, and as the kernel side parses it when a packet comes. */
export function ruleText(chain: string, { comment, match, protocol, destination, port, source, outside, jump }: RuleParts): string {
  let text = `-A ${chain}`
  if (comment !== undefined) text += comment.includes(' ') ? ` -m comment --comment "${comment}"` : ` -m comment --comment ${comment}`
  if (match) text += match[0]
  if (protocol !== undefined) text += PROTOCOL_TEXTS[protocol]
  if (destination !== undefined) text += ` -d ${destination}`
  if (port !== undefined) text += ` --dport ${port}`
  if (source !== undefined) text += ` -s ${source}`
  if (outside !== undefined) text += ` ! -s ${outside}`
  return jump === undefined ? text : `${text} -j ${jump}`
}

const PROTOCOL_TEXTS = { tcp: ' -m tcp -p tcp', udp: ' -m udp -p udp', sctp: ' -m sctp -p sctp' } as const

/**
 * As iptables-save prints it, for dumps of hundreds of thousands of rules that nobody visits. A test holds it against printing the rule that the other
 * way to write it is parsed to.
 */
export function savedText(chain: string, parts: RuleParts, family: IpFamily): string {
  const { comment, match, protocol, destination, port, source, outside, jump } = parts
  let text = `-A ${chain}`
  if (source !== undefined) text += prefixText(' -s', source)
  if (outside !== undefined) text += prefixText(' ! -s', outside)
  if (destination !== undefined) text += ` -d ${destination}/${isIpv6(destination) ? 128 : 32}`
  if (protocol !== undefined) text += ` -p ${protocol}`
  // Names have a slash in them, which iptables-save puts in quotes.
  if (comment !== undefined) text += ` -m comment --comment "${comment}"`
  if (match) text += match[1]
  if (protocol !== undefined) text += port === undefined ? ` -m ${protocol}` : ` -m ${protocol} --dport ${port}`
  if (jump === undefined) return text
  return jump === 'REJECT'
    ? `${text} -j REJECT --reject-with ${family === 'IPv6' ? 'icmp6' : 'icmp'}-port-unreachable`
    : `${text} -j ${jump}`
}

/** A prefix of length 0 matches everything and is not printed. */
function prefixText(option: string, text: string): string {
  if (!text.includes('/')) return `${option} ${text}/${isIpv6(text) ? 128 : 32}`
  const prefix = parseCidr(text)
  return prefix && prefix.length > 0 ? `${option} ${printCidr(prefix)}` : ''
}

export const fromLocal = [' -m addrtype --src-type LOCAL', ' -m addrtype --src-type LOCAL'] as const
export const toLocal = [' -m addrtype --dst-type LOCAL', ' -m addrtype --dst-type LOCAL'] as const

const LIST = {
  IPv4: '--mask 255.255.255.255 --rsource',
  IPv6: '--mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff --rsource',
} as const
type Match = NonNullable<RuleParts['match']>

export const remember = (list: string, family: IpFamily): Match => [
  ` -m recent --name ${list} --set`,
  ` -m recent --set --name ${list} ${LIST[family]}`,
]
export const remembers = (list: string, seconds: number, family: IpFamily): Match => [
  ` -m recent --name ${list} --rcheck --seconds ${seconds} --reap`,
  ` -m recent --rcheck --seconds ${seconds} --reap --name ${list} ${LIST[family]}`,
]

const chances = new Map<number, Match>()

/** One in `n`. Go's %0.10f rounds halves to even, toFixed away from zero; among 1/n only 1/2048 ends in such a half. */
export function oneIn(n: number): Match {
  let chance = chances.get(n)
  if (!chance) {
    const text = n === 2048 ? '0.0004882812' : (1 / n).toFixed(10)
    const head = ' -m statistic --mode random --probability'
    chances.set(n, (chance = [`${head} ${text}`, `${head} ${fixedPointText(Number(text))}`]))
  }
  return chance
}
