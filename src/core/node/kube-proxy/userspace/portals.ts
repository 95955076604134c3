import type { Chain, TableName } from '../../../kernel/netfilter/ruleset.ts'
import { type Ip, type IpFamily, joinHostPort } from '../../../net/ip.ts'
import { type Line, lineChain } from '../../line-chain.ts'
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

export interface PortalInput {
  /** Services' ports with the port that kube-proxy listens on for each. */
  readonly ports: ReadonlyMap<ServicePortInfo, number>
  readonly nodeIp: Ip
  readonly family: IpFamily
}

export interface PortalLine extends Line {
  readonly table: 'nat' | 'filter'
  readonly chain: PortalChain
  /** What a packet must be for the rule to match: `10.96.0.10 tcp 80`, of node ports ` tcp 30080`. */
  readonly key: string
}

/** All rules of Services, in the order in which kube-proxy appends them. */
export const portalLines = (input: PortalInput): readonly PortalLine[] =>
  [...input.ports].flatMap(([port, proxyPort]) => linesOf(input, port, proxyPort))

function linesOf({ nodeIp, family }: PortalInput, port: ServicePortInfo, proxyPort: number): readonly PortalLine[] {
  const { name, protocol, clusterIP, externalIPs, loadBalancerVIPs, nodePort } = port
  const bits = family === 'IPv6' ? 128 : 32
  const head = (number: number): string => `-p ${protocol} -m comment --comment ${quoted(name)} -m ${protocol} --dport ${number} `
  const redirect = `-j REDIRECT --to-ports ${proxyPort}`
  const translate = `-j DNAT --to-destination ${joinHostPort(nodeIp, proxyPort)}`
  const local = '-m addrtype --dst-type LOCAL '
  const line = (chain: PortalChain, ip: Ip | '', number: number, rest: string): PortalLine => ({
    table: chain === 'KUBE-NODEPORT-NON-LOCAL' ? 'filter' : 'nat',
    chain,
    key: keyOf(ip, protocol, number),
    text: `-A ${chain} ${ip === '' ? '' : `-d ${ip}/${bits} `}${head(number)}${rest}`,
    origin: { ...KUBE_PROXY, object: `Service/${port.service.metadata.namespace ?? 'default'}/${port.service.metadata.name}` },
    ...(family === 'IPv6' && { family: 'ip6' }),
  })
  const portal = (ip: Ip): readonly PortalLine[] => [
    line('KUBE-PORTALS-CONTAINER', ip, port.port, redirect),
    line('KUBE-PORTALS-HOST', ip, port.port, translate),
  ]
  // An external address may be another machine's: it is taken from packets of others, and from what is meant for this node.
  const external = (ip: Ip): readonly PortalLine[] => [
    line('KUBE-PORTALS-CONTAINER', ip, port.port, `-m physdev ! --physdev-is-in ${redirect}`),
    line('KUBE-PORTALS-CONTAINER', ip, port.port, `${local}${redirect}`),
    line('KUBE-PORTALS-HOST', ip, port.port, `${local}${translate}`),
  ]
  const open = [
    line('KUBE-NODEPORT-CONTAINER', '', nodePort, redirect),
    line('KUBE-NODEPORT-HOST', '', nodePort, translate),
    line('KUBE-NODEPORT-NON-LOCAL', '', proxyPort, '-m state --state NEW -j ACCEPT'),
  ]
  return [...portal(clusterIP), ...externalIPs.flatMap(external), ...loadBalancerVIPs.flatMap(portal), ...(nodePort === 0 ? [] : open)]
}

const quoted = (text: string): string => (/[\s"']/.test(text) ? JSON.stringify(text) : text)

const keyOf = (ip: string, protocol: string, port: number): string => `${ip} ${protocol} ${port}`

const NO_RULES: readonly number[] = []

/** Every rule is about one port, and in chains of portals about one address too: packets find theirs without looking at the others. */
export function portalChain(name: string, lines: readonly PortalLine[]): Chain {
  const own = lines.filter(({ chain }) => chain === name)
  const addressed = name.startsWith('KUBE-PORTALS')
  let places: Map<string, number[]> | undefined
  return {
    ...lineChain(name, own),
    candidates({ destination, protocol, destinationPort }) {
      places ??= placesOf(own)
      return places.get(keyOf(addressed ? destination : '', protocol, destinationPort)) ?? NO_RULES
    },
  }
}

function placesOf(lines: readonly PortalLine[]): Map<string, number[]> {
  const places = new Map<string, number[]>()
  lines.forEach(({ key }, place) => {
    const found = places.get(key)
    if (found) found.push(place)
    else places.set(key, [place])
  })
  return places
}

/** The commands that kube-proxy runs, as this mode has no input for iptables-restore. */
export function portalCommands(lines: readonly PortalLine[], family: IpFamily): string {
  const command = (operation: string, chain: string, table: string, rest: string): string =>
    `${family === 'IPv6' ? 'ip6tables' : 'iptables'} -w 5 -W 100000 ${operation} ${chain} -t ${table}${rest === '' ? '' : ` ${rest}`}`
  const jumps = Object.entries(USERSPACE_JUMPS).flatMap(([table, hooks]) =>
    Object.entries(hooks).flatMap(([hook, rules]) => rules.map((rule, i) => command(i === 0 ? '-I' : '-A', hook, table, rule))),
  )
  const chains = Object.entries(USERSPACE_CHAINS).flatMap(([table, names]) => names.map((name) => command('-N', name, table, '')))
  const rules = lines.map(({ table, chain, text }) => command('-A', chain, table, text.slice(`-A ${chain} `.length)))
  return [...chains, ...jumps, ...rules, ''].join('\n')
}
