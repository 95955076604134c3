import type { ProxyConfig } from '../../../cluster/config.ts'
import type { TableName } from '../../../kernel/netfilter/ruleset.ts'
import type { IpFamily } from '../../../net/ip.ts'
import type { Origin } from '../../../kernel/origin.ts'
import type { Line } from '../../line-chain.ts'
import type { NodeView } from '../endpoints.ts'
import { KUBE_PROXY } from '../fixed-rules.ts'
import type { ServiceAddresses } from './service-addresses.ts'
import { allowsNode, type ProxySets, type SetName, setName } from './sets.ts'
import { originOf } from './virtual-servers.ts'

/**
 * The iptables rules of kube-proxy in IPVS mode (kubernetes pkg/proxy/ipvs/proxier.go, writeIptablesRules, v1.30). They are the same for any number of
 * Services, as sets hold what differs; a rule about a set is there when the set is not empty.
 */
export interface RuleInput {
  readonly addresses: ServiceAddresses
  readonly sets: ProxySets
  readonly proxy: ProxyConfig
  readonly node: NodeView
  readonly family: IpFamily
}

const about = (text: string): string => `-m comment --comment "${text}" `

/** Jumps from base chains, each inserted at the front. */
export const IPVS_JUMPS: Readonly<Partial<Record<TableName, Readonly<Record<string, readonly string[]>>>>> = {
  filter: {
    INPUT: [
      `${about('kubernetes ipvs access filter')}-j KUBE-IPVS-FILTER`,
      `${about('kube-proxy firewall rules')}-j KUBE-PROXY-FIREWALL`,
      `${about('kubernetes health check rules')}-j KUBE-NODE-PORT`,
    ],
    FORWARD: [`${about('kube-proxy firewall rules')}-j KUBE-PROXY-FIREWALL`, `${about('kubernetes forwarding rules')}-j KUBE-FORWARD`],
    OUTPUT: [`${about('kubernetes ipvs access filter')}-j KUBE-IPVS-OUT-FILTER`],
  },
  nat: {
    PREROUTING: [`${about('kubernetes service portals')}-j KUBE-SERVICES`],
    OUTPUT: [`${about('kubernetes service portals')}-j KUBE-SERVICES`],
    POSTROUTING: [`${about('kubernetes postrouting rules')}-j KUBE-POSTROUTING`],
  },
}

/** In the order in which kube-proxy declares them. */
export const IPVS_CHAINS = {
  nat: ['KUBE-SERVICES', 'KUBE-POSTROUTING', 'KUBE-NODE-PORT', 'KUBE-LOAD-BALANCER', 'KUBE-MARK-MASQ'],
  filter: [
    'KUBE-FORWARD',
    'KUBE-NODE-PORT',
    'KUBE-PROXY-FIREWALL',
    'KUBE-SOURCE-RANGES-FIREWALL',
    'KUBE-IPVS-FILTER',
    'KUBE-IPVS-OUT-FILTER',
  ],
} as const satisfies Partial<Record<TableName, readonly string[]>>

const COMMENTS = {
  'KUBE-LOOP-BACK': 'Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose',
  'KUBE-CLUSTER-IP': 'Kubernetes service cluster ip + port for masquerade purpose',
  'KUBE-EXTERNAL-IP': 'Kubernetes service external ip + port for masquerade and filter purpose',
  'KUBE-EXTERNAL-IP-LOCAL': 'Kubernetes service external ip + port with externalTrafficPolicy=local',
  'KUBE-LOAD-BALANCER': 'Kubernetes service lb portal',
  'KUBE-LOAD-BALANCER-LOCAL': 'Kubernetes service load balancer ip + port with externalTrafficPolicy=local',
  'KUBE-LOAD-BALANCER-FW': 'Kubernetes service load balancer ip + port for load balancer with sourceRange',
  'KUBE-LOAD-BALANCER-SOURCE-IP': 'Kubernetes service load balancer ip + port + source IP for packet filter purpose',
  'KUBE-LOAD-BALANCER-SOURCE-CIDR': 'Kubernetes service load balancer ip + port + source cidr for packet filter purpose',
  'KUBE-NODE-PORT-TCP': 'Kubernetes nodeport TCP port for masquerade purpose',
  'KUBE-NODE-PORT-LOCAL-TCP': 'Kubernetes nodeport TCP port with externalTrafficPolicy=local',
  'KUBE-NODE-PORT-UDP': 'Kubernetes nodeport UDP port for masquerade purpose',
  'KUBE-NODE-PORT-LOCAL-UDP': 'Kubernetes nodeport UDP port with externalTrafficPolicy=local',
  'KUBE-NODE-PORT-SCTP-HASH': "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'",
  'KUBE-NODE-PORT-LOCAL-SCTP-HASH': "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'",
  'KUBE-HEALTH-CHECK-NODE-PORT': 'Kubernetes health check node port',
} as const satisfies Partial<Record<SetName, string>>

interface SetRule {
  readonly set: keyof typeof COMMENTS
  readonly table: 'nat' | 'filter'
  readonly chain: string
  readonly sides: string
  readonly target: string
  readonly protocol?: string
}

/** Sets with a rule of their own, in kube-proxy's order. */
const SET_RULES: readonly SetRule[] = [
  { set: 'KUBE-LOOP-BACK', table: 'nat', chain: 'KUBE-POSTROUTING', sides: 'dst,dst,src', target: 'MASQUERADE' },
  { set: 'KUBE-LOAD-BALANCER', table: 'nat', chain: 'KUBE-SERVICES', sides: 'dst,dst', target: 'KUBE-LOAD-BALANCER' },
  { set: 'KUBE-LOAD-BALANCER-LOCAL', table: 'nat', chain: 'KUBE-LOAD-BALANCER', sides: 'dst,dst', target: 'RETURN' },
  { set: 'KUBE-NODE-PORT-LOCAL-TCP', table: 'nat', chain: 'KUBE-NODE-PORT', sides: 'dst', target: 'RETURN', protocol: 'tcp' },
  { set: 'KUBE-NODE-PORT-TCP', table: 'nat', chain: 'KUBE-NODE-PORT', sides: 'dst', target: 'KUBE-MARK-MASQ', protocol: 'tcp' },
  { set: 'KUBE-NODE-PORT-LOCAL-UDP', table: 'nat', chain: 'KUBE-NODE-PORT', sides: 'dst', target: 'RETURN', protocol: 'udp' },
  { set: 'KUBE-NODE-PORT-UDP', table: 'nat', chain: 'KUBE-NODE-PORT', sides: 'dst', target: 'KUBE-MARK-MASQ', protocol: 'udp' },
  { set: 'KUBE-NODE-PORT-LOCAL-SCTP-HASH', table: 'nat', chain: 'KUBE-NODE-PORT', sides: 'dst,dst', target: 'RETURN', protocol: 'sctp' },
  { set: 'KUBE-NODE-PORT-SCTP-HASH', table: 'nat', chain: 'KUBE-NODE-PORT', sides: 'dst,dst', target: 'KUBE-MARK-MASQ', protocol: 'sctp' },
  { set: 'KUBE-LOAD-BALANCER-FW', table: 'filter', chain: 'KUBE-PROXY-FIREWALL', sides: 'dst,dst', target: 'KUBE-SOURCE-RANGES-FIREWALL' },
  { set: 'KUBE-LOAD-BALANCER-SOURCE-CIDR', table: 'filter', chain: 'KUBE-SOURCE-RANGES-FIREWALL', sides: 'dst,dst,src', target: 'RETURN' },
  { set: 'KUBE-LOAD-BALANCER-SOURCE-IP', table: 'filter', chain: 'KUBE-SOURCE-RANGES-FIREWALL', sides: 'dst,dst,src', target: 'RETURN' },
]

/** All rules of a table in the order in which kube-proxy writes them. */
export function ruleLines(input: RuleInput, table: 'nat' | 'filter'): readonly Line[] {
  const lines = table === 'nat' ? natLines(input).map(own) : [...nodeBlocks(input), ...filterLines(input).map(own)]
  return input.family === 'IPv6' ? lines.map((line) => ({ ...line, family: 'ip6' })) : lines
}

const own = (text: string): Line => ({ text, origin: KUBE_PROXY })

const matchSet = ({ family }: RuleInput, name: SetName, sides: string): string => `-m set --match-set ${setName(name, family)} ${sides} `

function setRules(input: RuleInput, table: SetRule['table']): readonly string[] {
  return SET_RULES.filter((rule) => rule.table === table && !input.sets.isEmpty(rule.set)).map(
    ({ set, chain, sides, target, protocol }) =>
      `-A ${chain} ${protocol === undefined ? '' : `-p ${protocol} `}${about(COMMENTS[set])}${matchSet(input, set, sides)}-j ${target}`,
  )
}

function natLines(input: RuleInput): readonly string[] {
  const { family, proxy } = input
  const mark = markOf(proxy)
  return [
    `-A KUBE-SERVICES -s ${family === 'IPv4' ? '127.0.0.0/8' : '::1/128'} -j RETURN`,
    ...setRules(input, 'nat'),
    ...clusterIPLines(input),
    ...externalIPLines(input),
    '-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT',
    '-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ',
    ...ACCEPTED.filter((set) => !input.sets.isEmpty(set)).map((set) => `-A KUBE-SERVICES ${matchSet(input, set, 'dst,dst')}-j ACCEPT`),
    `-A KUBE-POSTROUTING -m mark ! --mark ${mark}/${mark} -j RETURN`,
    `-A KUBE-POSTROUTING -j MARK --xor-mark ${mark}`,
    `-A KUBE-POSTROUTING ${about('kubernetes service traffic requiring SNAT')}-j MASQUERADE --random-fully`,
    `-A KUBE-MARK-MASQ -j MARK --or-mark ${mark}`,
  ]
}

/** Whatever rules come later shall not get in the way of virtual servers. */
const ACCEPTED = ['KUBE-CLUSTER-IP', 'KUBE-LOAD-BALANCER'] as const

const markOf = ({ masqueradeBit }: ProxyConfig): string => `0x${(2 ** masqueradeBit).toString(16).padStart(8, '0')}`

/** Without a cluster CIDR nobody can be told from pods: then only what a node sends from a service address is masqueraded. */
function clusterIPLines(input: RuleInput): readonly string[] {
  const { proxy, sets } = input
  if (sets.isEmpty('KUBE-CLUSTER-IP')) return []
  const sides = proxy.masqueradeAll || proxy.clusterCIDR !== '' ? 'dst,dst' : 'src,dst'
  const outside = proxy.masqueradeAll || proxy.clusterCIDR === '' ? '' : `! -s ${proxy.clusterCIDR} `
  return [`-A KUBE-SERVICES ${about(COMMENTS['KUBE-CLUSTER-IP'])}${matchSet(input, 'KUBE-CLUSTER-IP', sides)}${outside}-j KUBE-MARK-MASQ`]
}

function externalIPLines(input: RuleInput): readonly string[] {
  const lines: string[] = []
  for (const set of ['KUBE-EXTERNAL-IP', 'KUBE-EXTERNAL-IP-LOCAL'] as const) {
    if (input.sets.isEmpty(set)) continue
    const head = `-A KUBE-SERVICES ${about(COMMENTS[set])}${matchSet(input, set, 'dst,dst')}`
    if (set === 'KUBE-EXTERNAL-IP') lines.push(`${head}-j KUBE-MARK-MASQ`)
    lines.push(`${head}-m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT`)
    lines.push(`${head}-m addrtype --dst-type LOCAL -j ACCEPT`)
  }
  return lines
}

/** Sets that IPVS has a virtual server for; all else to an address of kube-ipvs0 is refused, so that services of the host do not answer there. */
const SERVED: readonly (readonly [SetName, string])[] = [
  ['KUBE-LOAD-BALANCER', 'dst,dst'],
  ['KUBE-CLUSTER-IP', 'dst,dst'],
  ['KUBE-EXTERNAL-IP', 'dst,dst'],
  ['KUBE-EXTERNAL-IP-LOCAL', 'dst,dst'],
  ['KUBE-HEALTH-CHECK-NODE-PORT', 'dst'],
]

function filterLines(input: RuleInput): readonly string[] {
  const mark = markOf(input.proxy)
  const health = `${about(COMMENTS['KUBE-HEALTH-CHECK-NODE-PORT'])}${matchSet(input, 'KUBE-HEALTH-CHECK-NODE-PORT', 'dst')}`
  return [
    ...setRules(input, 'filter'),
    '-A KUBE-SOURCE-RANGES-FIREWALL -j DROP',
    `-A KUBE-FORWARD ${about('kubernetes forwarding rules')}-m mark --mark ${mark}/${mark} -j ACCEPT`,
    `-A KUBE-FORWARD ${about('kubernetes forwarding conntrack rule')}-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    `-A KUBE-NODE-PORT ${health}-j ACCEPT`,
    ...SERVED.map(([set, sides]) => `-A KUBE-IPVS-FILTER ${matchSet(input, set, sides)}-j RETURN`),
    `-A KUBE-IPVS-FILTER -m conntrack --ctstate NEW ${matchSet(input, 'KUBE-IPVS-IPS', 'dst')}-j REJECT`,
  ]
}

/** A node outside of a Service's source ranges: IPVS has translated its packets already, so they are known by their connection. */
function nodeBlocks({ addresses, node }: RuleInput): readonly Line[] {
  return addresses.all
    .filter(({ kind, port }) => kind === 'load-balancer' && port.sourceRanges.length > 0 && !allowsNode(port, node))
    .map(({ address, port }) => ({
      text: `-A KUBE-IPVS-OUT-FILTER -s ${address} -m ipvs --vaddr ${address} --vproto ${port.protocol} --vport ${port.port} -j DROP`,
      origin: blockOrigin(originOf(port, 'load-balancer', address)),
    }))
}

const blockOrigin = (origin: Origin): Origin => ({ ...origin, field: 'spec.loadBalancerSourceRanges' })
