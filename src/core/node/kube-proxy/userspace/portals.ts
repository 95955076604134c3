import type { Rule } from '../../../kernel/netfilter/rule.ts'
import type { Chain, TableName } from '../../../kernel/netfilter/ruleset.ts'
import type { Origin } from '../../../kernel/origin.ts'
import { type Ip, type IpFamily, joinHostPort } from '../../../net/ip.ts'
import { ruleOf } from '../../line-chain.ts'
import { KUBE_PROXY } from '../fixed-rules.ts'
import type { ServicePortInfo } from '../service-port.ts'

/**
 * The iptables rules of kube-proxy in userspace mode (kubernetes pkg/proxy/userspace/proxier.go, v1.25, the last release that had it): "portals" that bring
 * what is meant for a Service to a port on which kube-proxy itself listens. Packets from elsewhere are redirected to the address of the device that they came
 * in by; the node's own go to the node's address.
 */
const ABOUT_PORTALS = '-m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" '
const ABOUT_NODE_PORTS =
  '-m addrtype --dst-type LOCAL -m comment --comment "handle service NodePorts; NOTE: this must be the last rule in the chain" '

/** In base chains: portals in front; rules of node ports were appended, before any other agent came. */
export const USERSPACE_JUMPS: Readonly<Partial<Record<TableName, Readonly<Record<string, readonly string[]>>>>> = {
  filter: { INPUT: ['-m comment --comment "Ensure that non-local NodePort traffic can flow" -j KUBE-NODEPORT-NON-LOCAL'] },
  nat: {
    PREROUTING: [`${ABOUT_PORTALS}-j KUBE-PORTALS-CONTAINER`, `${ABOUT_NODE_PORTS}-j KUBE-NODEPORT-CONTAINER`],
    OUTPUT: [`${ABOUT_PORTALS}-j KUBE-PORTALS-HOST`, `${ABOUT_NODE_PORTS}-j KUBE-NODEPORT-HOST`],
  },
}

export const USERSPACE_CHAINS = {
  nat: ['KUBE-PORTALS-CONTAINER', 'KUBE-PORTALS-HOST', 'KUBE-NODEPORT-CONTAINER', 'KUBE-NODEPORT-HOST'],
  filter: ['KUBE-NODEPORT-NON-LOCAL'],
} as const satisfies Partial<Record<TableName, readonly string[]>>

type PortalChain = (typeof USERSPACE_CHAINS)['nat' | 'filter'][number]

interface PortalRule {
  readonly table: 'nat' | 'filter'
  readonly chain: PortalChain
  readonly origin: Origin
  /** What a packet must be for the rule to match: `10.96.0.10 tcp 80`, of node ports ` tcp 30080`. */
  readonly key: string
  /** As a node with this address has it. */
  readonly text: (nodeIp: Ip) => string
}

/** The rules of Services, which are the same on all nodes but for the node's address. */
export interface Portals {
  readonly family: IpFamily
  /** In the order in which kube-proxy appends them. */
  readonly all: readonly PortalRule[]
  readonly byChain: ReadonlyMap<string, PortalRules>
}

interface PortalRules {
  readonly rules: readonly PortalRule[]
  /** Where the rules of a key stand. */
  readonly places: ReadonlyMap<string, readonly number[]>
}

/** `ports`: of Services, with the port that kube-proxy listens on for each. */
export function portalsOf(ports: ReadonlyMap<ServicePortInfo, number>, family: IpFamily): Portals {
  const all = [...ports].flatMap(([port, proxyPort]) => rulesOf(port, proxyPort, family))
  const chains = [...USERSPACE_CHAINS.nat, ...USERSPACE_CHAINS.filter]
  return { family, all, byChain: new Map(chains.map((name) => [name, indexed(all.filter(({ chain }) => chain === name))])) }
}

function indexed(rules: readonly PortalRule[]): PortalRules {
  const places = new Map<string, number[]>()
  rules.forEach(({ key }, place) => {
    const found = places.get(key)
    if (found) found.push(place)
    else places.set(key, [place])
  })
  return { rules, places }
}

function rulesOf(port: ServicePortInfo, proxyPort: number, family: IpFamily): readonly PortalRule[] {
  const { name, protocol, clusterIP, externalIPs, loadBalancerVIPs, nodePort } = port
  const bits = family === 'IPv6' ? 128 : 32
  const { namespace = 'default', name: service } = port.service.metadata
  const origin: Origin = { ...KUBE_PROXY, object: `Service/${namespace}/${service}` }
  const redirect = (): string => `-j REDIRECT --to-ports ${proxyPort}`
  const translate = (nodeIp: Ip): string => `-j DNAT --to-destination ${joinHostPort(nodeIp, proxyPort)}`
  const rule = (chain: PortalChain, ip: Ip | '', number: number, target: (nodeIp: Ip) => string): PortalRule => ({
    table: chain === 'KUBE-NODEPORT-NON-LOCAL' ? 'filter' : 'nat',
    chain,
    origin,
    key: keyOf(ip, protocol, number),
    text: (nodeIp) =>
      `${ip === '' ? '' : `-d ${ip}/${bits} `}-p ${protocol} -m comment --comment ${quoted(name)} -m ${protocol} --dport ${number} ${target(nodeIp)}`,
  })
  const portal = (ip: Ip): readonly PortalRule[] => [
    rule('KUBE-PORTALS-CONTAINER', ip, port.port, redirect),
    rule('KUBE-PORTALS-HOST', ip, port.port, translate),
  ]
  // An external address may be another machine's: it is taken from packets of others, and from what is meant for this node.
  const external = (ip: Ip): readonly PortalRule[] => [
    rule('KUBE-PORTALS-CONTAINER', ip, port.port, () => `-m physdev ! --physdev-is-in ${redirect()}`),
    rule('KUBE-PORTALS-CONTAINER', ip, port.port, () => `${LOCAL}${redirect()}`),
    rule('KUBE-PORTALS-HOST', ip, port.port, (nodeIp) => `${LOCAL}${translate(nodeIp)}`),
  ]
  const open = (): readonly PortalRule[] => [
    rule('KUBE-NODEPORT-CONTAINER', '', nodePort, redirect),
    rule('KUBE-NODEPORT-HOST', '', nodePort, translate),
    rule('KUBE-NODEPORT-NON-LOCAL', '', proxyPort, () => '-m state --state NEW -j ACCEPT'),
  ]
  return [...portal(clusterIP), ...externalIPs.flatMap(external), ...loadBalancerVIPs.flatMap(portal), ...(nodePort === 0 ? [] : open())]
}

const LOCAL = '-m addrtype --dst-type LOCAL '
const NO_RULES: readonly number[] = []

const quoted = (text: string): string => (/[\s"']/.test(text) ? JSON.stringify(text) : text)
const keyOf = (ip: string, protocol: string, port: number): string => `${ip} ${protocol} ${port}`

/** Every rule is about one port, and in chains of portals about one address too: packets find theirs without looking at the others. */
export function portalChain(name: string, { byChain, family }: Portals, nodeIp: Ip): Chain {
  const { rules, places } = byChain.get(name) ?? indexed([])
  const addressed = name.startsWith('KUBE-PORTALS')
  const made: (Rule | undefined)[] = []
  return {
    name,
    length: rules.length,
    rule(index) {
      const one = rules[index]
      if (!one) throw new RangeError(`${name} has no rule ${index}`)
      const text = `-A ${name} ${one.text(nodeIp)}`
      return (made[index] ??= ruleOf({ text, origin: one.origin, ...(family === 'IPv6' && { family: 'ip6' }) }))
    },
    candidates: ({ destination, protocol, destinationPort }) =>
      places.get(keyOf(addressed ? destination : '', protocol, destinationPort)) ?? NO_RULES,
  }
}

/** The commands that kube-proxy runs, as this mode has no input for iptables-restore. */
export function portalCommands({ all, family }: Portals, nodeIp: Ip): string {
  const command = (operation: string, chain: string, table: string, rest: string): string =>
    `${family === 'IPv6' ? 'ip6tables' : 'iptables'} -w 5 -W 100000 ${operation} ${chain} -t ${table}${rest === '' ? '' : ` ${rest}`}`
  const jumps = Object.entries(USERSPACE_JUMPS).flatMap(([table, hooks]) =>
    Object.entries(hooks).flatMap(([hook, rules]) => rules.map((rule, i) => command(i === 0 ? '-I' : '-A', hook, table, rule))),
  )
  const chains = Object.entries(USERSPACE_CHAINS).flatMap(([table, names]) => names.map((name) => command('-N', name, table, '')))
  const rules = all.map(({ table, chain, text }) => command('-A', chain, table, text(nodeIp)))
  return [...chains, ...jumps, ...rules, ''].join('\n')
}
