import type { ProxyConfig } from '../../cluster/config.ts'
import type { TableName } from '../../kernel/netfilter/ruleset.ts'
import type { Origin } from '../../kernel/origin.ts'
import { type Cidr, contains, parseCidr } from '../../net/cidr.ts'
import { familyOf, type Ip, type IpFamily, LOOPBACK6 } from '../../net/ip.ts'

/** The rules of kube-proxy that no Service asked for (kubernetes pkg/proxy/iptables/proxier.go, v1.30). */
export const KUBE_PROXY: Origin = { agent: 'kube-proxy' }

/** Chains that kube-proxy creates in every table to notice when somebody flushes iptables. */
export const CANARY = 'KUBE-PROXY-CANARY'
export const CANARY_TABLES: readonly TableName[] = ['mangle', 'filter', 'nat']

const NEW = '-m conntrack --ctstate NEW '
const about = (text: string): string => `-m comment --comment "${text}" `
const FIREWALL = `${NEW}${about('kubernetes load balancer firewall')}-j KUBE-PROXY-FIREWALL`
const PORTALS = `${about('kubernetes service portals')}-j KUBE-SERVICES`
const EXTERNAL = `${NEW}${about('kubernetes externally-visible service portals')}-j KUBE-EXTERNAL-SERVICES`
const LOCALNET = '-j KUBE-FIREWALL'

/** Jumps from base chains. kube-proxy inserts each at the front (EnsureRule with Prepend), so they stand in the reverse of that order. */
export const JUMPS: Readonly<Partial<Record<TableName, Readonly<Record<string, readonly string[]>>>>> = {
  filter: {
    INPUT: [LOCALNET, FIREWALL, `${about('kubernetes health check service ports')}-j KUBE-NODEPORTS`, EXTERNAL],
    FORWARD: [FIREWALL, `${about('kubernetes forwarding rules')}-j KUBE-FORWARD`, `${NEW}${PORTALS}`, EXTERNAL],
    OUTPUT: [LOCALNET, FIREWALL, `${NEW}${PORTALS}`],
  },
  nat: {
    PREROUTING: [PORTALS],
    OUTPUT: [PORTALS],
    POSTROUTING: [`${about('kubernetes postrouting rules')}-j KUBE-POSTROUTING`],
  },
}

/** The chains that kube-proxy declares in its restore input, in its order. */
export const TOP_CHAINS = {
  filter: ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-FORWARD', 'KUBE-NODEPORTS', 'KUBE-PROXY-FIREWALL'],
  nat: ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-MARK-MASQ'],
} as const

/** Exists, if only empty, because of its jumps; kubelet keeps the same rule in it. */
export const KUBE_FIREWALL = 'KUBE-FIREWALL'

const markOf = (proxy: ProxyConfig): string => `0x${(2 ** proxy.masqueradeBit).toString(16).padStart(8, '0')}`

/** Mitigation of CVE-2020-8558, needed because route_localnet is on. */
export function firewallLines(proxy: ProxyConfig): readonly string[] {
  if (!proxy.localhostNodePorts) return []
  return [
    `-A ${KUBE_FIREWALL} ${about('block incoming localnet connections')}-d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP`,
  ]
}

export function forwardLines(proxy: ProxyConfig): readonly string[] {
  const mark = markOf(proxy)
  return [
    '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP',
    `-A KUBE-FORWARD ${about('kubernetes forwarding rules')}-m mark --mark ${mark}/${mark} -j ACCEPT`,
    `-A KUBE-FORWARD ${about('kubernetes forwarding conntrack rule')}-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
  ]
}

/** The mark is cleared before masquerading, so that a packet that comes round again (a tunnel) is not masqueraded twice. */
export function postroutingLines(proxy: ProxyConfig): readonly string[] {
  const mark = markOf(proxy)
  return [
    `-A KUBE-POSTROUTING -m mark ! --mark ${mark}/${mark} -j RETURN`,
    `-A KUBE-POSTROUTING -j MARK --xor-mark ${mark}`,
    `-A KUBE-POSTROUTING ${about('kubernetes service traffic requiring SNAT')}-j MASQUERADE --random-fully`,
  ]
}

export const markLines = (proxy: ProxyConfig): readonly string[] => [`-A KUBE-MARK-MASQ -j MARK --or-mark ${markOf(proxy)}`]

/** The tail of KUBE-SERVICES: one rule for all local addresses, or one for each address that nodePortAddresses selects. */
export function nodePortLines(proxy: ProxyConfig, localAddresses: readonly Ip[], family: IpFamily = 'IPv4'): readonly string[] {
  const head = `-A KUBE-SERVICES ${about('kubernetes service nodeports; NOTE: this must be the last rule in this chain')}`
  const selected = nodePortPrefixes(proxy, family)
  const localhost = family === 'IPv6' ? '! -d ::1/128 ' : proxy.localhostNodePorts ? '' : '! -d 127.0.0.0/8 '
  if (!selected) return [`${head}-m addrtype --dst-type LOCAL ${localhost}-j KUBE-NODEPORTS`]
  const addresses = new Set(selected.flatMap((prefix) => localAddresses.filter((ip) => contains(prefix, ip))))
  const isOpen = (ip: Ip): boolean => (ip.startsWith('127.') ? proxy.localhostNodePorts : ip !== LOOPBACK6)
  return [...addresses].filter(isOpen).map((ip) => `${head}-d ${ip} -j KUBE-NODEPORTS`)
}

/** Prefixes of one family of nodePortAddresses; undefined when every address is meant (pkg/proxy/util/nodeport_addresses.go). */
function nodePortPrefixes(proxy: ProxyConfig, family: IpFamily): readonly Cidr[] | undefined {
  const prefixes = proxy.nodePortAddresses.flatMap((text) => parseCidr(text) ?? []).filter(({ ip }) => familyOf(ip) === family)
  return prefixes.length === 0 || prefixes.some((prefix) => prefix.length === 0) ? undefined : prefixes
}

const LOOPBACK_NETWORK = '127.0.0.0' as Ip

const running: Readonly<Record<IpFamily, WeakMap<ProxyConfig, ProxyConfig>>> = { IPv4: new WeakMap(), IPv6: new WeakMap() }

/**
 * The configuration that kube-proxy's proxier of a family runs with: its own part of `clusterCIDR`, which may name a prefix of each. Node ports on localhost it
 * turns off by itself when nodePortAddresses leave out loopback (NewProxier); IPv6 has none.
 */
export function runningConfig(proxy: ProxyConfig, family: IpFamily = 'IPv4'): ProxyConfig {
  let known = running[family].get(proxy)
  if (!known) {
    const clusterCIDR = cidrOfFamily(proxy.clusterCIDR, family)
    const localhostNodePorts = family === 'IPv4' && proxy.localhostNodePorts && reachesLocalhost(proxy)
    const same = clusterCIDR === proxy.clusterCIDR && localhostNodePorts === proxy.localhostNodePorts
    known = same ? proxy : { ...proxy, clusterCIDR, localhostNodePorts }
    running[family].set(proxy, known)
  }
  return known
}

function reachesLocalhost(proxy: ProxyConfig): boolean {
  const selected = nodePortPrefixes(proxy, 'IPv4')
  return !selected || selected.some((prefix) => prefix.ip.startsWith('127.') || contains(prefix, LOOPBACK_NETWORK))
}

/** `10.244.0.0/16,fd00:10:244::/56`: the first prefix of a family; empty when there is none. */
function cidrOfFamily(text: string, family: IpFamily): string {
  const found = text.split(',').find((one) => {
    const prefix = parseCidr(one.trim())
    return prefix && familyOf(prefix.ip) === family
  })
  return found?.trim() ?? ''
}
