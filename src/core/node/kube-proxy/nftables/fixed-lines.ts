import type { ProxyConfig } from '../../../cluster/config.ts'
import { type Cidr, contains, parseCidr } from '../../../net/cidr.ts'
import { type Ip, type IpFamily, isIpv6 } from '../../../net/ip.ts'

/** What kube-proxy's transaction holds whatever the Services (kubernetes pkg/proxy/nftables/proxier.go, v1.30, setupNFTables), line by line. */
export const TABLE_NAME = 'kube-proxy'

/** The two families' words. */
export interface Words {
  readonly family: IpFamily
  /** Of the table and of its header fields. */
  readonly ip: 'ip' | 'ip6'
  readonly address: 'ipv4_addr' | 'ipv6_addr'
  readonly loopback: string
}

export const WORDS: Readonly<Record<IpFamily, Words>> = {
  IPv4: { family: 'IPv4', ip: 'ip', address: 'ipv4_addr', loopback: '127.0.0.0/8' },
  IPv6: { family: 'IPv6', ip: 'ip6', address: 'ipv6_addr', loopback: '::1' },
}

const BASE_CHAINS = [
  ['filter-prerouting', 'filter', 'prerouting', -110],
  ['filter-input', 'filter', 'input', -110],
  ['filter-forward', 'filter', 'forward', -110],
  ['filter-output', 'filter', 'output', -110],
  ['filter-output-post-dnat', 'filter', 'output', -90],
  ['nat-prerouting', 'nat', 'prerouting', -100],
  ['nat-output', 'nat', 'output', -100],
  ['nat-postrouting', 'nat', 'postrouting', 100],
] as const

/** Chains that base chains jump to, in the order in which they are made: filters see addresses before DNAT, but for what nobody translated. */
const JUMPS = [
  ['nodeport-endpoints-check', 'filter-input', 'ct state new '],
  ['service-endpoints-check', 'filter-input', 'ct state new '],
  ['service-endpoints-check', 'filter-forward', 'ct state new '],
  ['service-endpoints-check', 'filter-output', 'ct state new '],
  ['firewall-check', 'filter-prerouting', 'ct state new '],
  ['firewall-check', 'filter-output', 'ct state new '],
  ['services', 'nat-output', ''],
  ['services', 'nat-prerouting', ''],
  ['masquerading', 'nat-postrouting', ''],
  ['cluster-ips-check', 'filter-forward', 'ct state new '],
  ['cluster-ips-check', 'filter-output-post-dnat', 'ct state new '],
] as const

const NO_ENDPOINTS = 'vmap to drop or reject packets'

/** Addresses that node ports are reachable at; `all` means every local address but loopback. */
export type NodePortIps = readonly Ip[] | 'all'

export function fixedLines(words: Words, proxy: ProxyConfig, nodePorts: NodePortIps): readonly string[] {
  const { ip, address } = words
  const at = `${ip} ${TABLE_NAME}`
  const mark = markOf(proxy)
  const key = `${address} . inet_proto . inet_service`
  const lookup = `${ip} daddr . meta l4proto . th dport vmap`
  const nodePort = nodePorts === 'all' ? `fib daddr type local ${ip} daddr != ${words.loopback}` : `${ip} daddr @nodeport-ips`
  const chain = (name: string): readonly string[] => [`add chain ${at} ${name}`, `flush chain ${at} ${name}`]
  const rule = (name: string, text: string): string => `add rule ${at} ${name} ${text}`
  const map = (name: string, type: string, comment: string): string =>
    `add map ${at} ${name} { type ${type} : verdict ; comment "${comment}" ; }`
  const set = (name: string, comment: string): string => `add set ${at} ${name} { type ${address} ; comment "${comment}" ; }`
  const ordinary = (name: string, text: string): readonly string[] => [...chain(name), rule(name, text)]
  return [
    `add table ${at} { comment "rules for kube-proxy" ; }`,
    // A chain of an older version may have another priority, which cannot be changed.
    ...BASE_CHAINS.flatMap(([name]) => [`add chain ${at} ${name}`, `delete chain ${at} ${name}`]),
    ...BASE_CHAINS.flatMap(([name, type, hook, priority]) => [
      `add chain ${at} ${name} { type ${type} hook ${hook} priority ${priority} ; }`,
      `flush chain ${at} ${name}`,
    ]),
    ...JUMPS.flatMap(([to, from, when], i) => [...(JUMPS[i - 1]?.[0] === to ? [] : chain(to)), rule(from, `${when}jump ${to}`)]),
    ...ordinary('mark-for-masquerade', `mark set mark or ${mark}`),
    rule('masquerading', `mark and ${mark} == 0 return`),
    rule('masquerading', `mark set mark xor ${mark}`),
    rule('masquerading', 'masquerade fully-random'),
    set('cluster-ips', 'Active ClusterIPs'),
    rule('cluster-ips-check', `${ip} daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"`),
    set('nodeport-ips', 'IPs that accept NodePort traffic'),
    ...(nodePorts === 'all'
      ? [`delete set ${at} nodeport-ips`]
      : [`flush set ${at} nodeport-ips`, ...nodePorts.map((one) => `add element ${at} nodeport-ips { ${one} }`)]),
    map('no-endpoint-services', key, `${NO_ENDPOINTS} to services with no endpoints`),
    map('no-endpoint-nodeports', 'inet_proto . inet_service', `${NO_ENDPOINTS} to service nodeports with no endpoints`),
    `add chain ${at} reject-chain { comment "helper for @no-endpoint-services / @no-endpoint-nodeports" ; }`,
    `flush chain ${at} reject-chain`,
    rule('reject-chain', 'reject'),
    rule('service-endpoints-check', `${lookup} @no-endpoint-services`),
    rule('nodeport-endpoints-check', `${nodePort} meta l4proto . th dport vmap @no-endpoint-nodeports`),
    map('firewall-ips', key, 'destinations that are subject to LoadBalancerSourceRanges'),
    rule('firewall-check', `${lookup} @firewall-ips`),
    map('service-ips', key, 'ClusterIP, ExternalIP and LoadBalancer IP traffic'),
    map('service-nodeports', 'inet_proto . inet_service', 'NodePort traffic'),
    rule('services', `${lookup} @service-ips`),
    rule('services', `${nodePort} meta l4proto . th dport vmap @service-nodeports`),
    `flush set ${at} cluster-ips`,
    ...['firewall-ips', 'no-endpoint-services', 'no-endpoint-nodeports', 'service-ips', 'service-nodeports'].map(
      (name) => `flush map ${at} ${name}`,
    ),
  ]
}

const markOf = (proxy: ProxyConfig): string => `0x${(2 ** proxy.masqueradeBit).toString(16).padStart(8, '0')}`

/**
 * In nftables mode node ports are served at the node's own address unless nodePortAddresses says otherwise, never at loopback (KEP-3866). Prefixes of the
 * other family do not count.
 */
export function nodePortIps({ family }: Words, proxy: ProxyConfig, nodeIP: Ip | undefined, local: readonly Ip[]): NodePortIps {
  const ofFamily = (one: Ip): boolean => isIpv6(one) === (family === 'IPv6')
  if (proxy.nodePortAddresses.length === 0) return nodeIP && ofFamily(nodeIP) ? [nodeIP] : []
  const prefixes = proxy.nodePortAddresses.flatMap((text) => parseCidr(text) ?? []).filter((prefix) => ofFamily(prefix.ip))
  // With none of this family every address is meant (pkg/proxy/util/nodeport_addresses.go).
  if (prefixes.length === 0 || prefixes.some(({ length }) => length === 0)) return 'all'
  const within = (one: Ip): boolean => prefixes.some((prefix: Cidr) => contains(prefix, one))
  return [...new Set(local.filter((one) => ofFamily(one) && !isLoopback(one) && within(one)))]
}

const isLoopback = (one: Ip): boolean => one === '::1' || one.startsWith('127.')
