/** How a random cluster is set up besides its objects: proxy options, and what a person has changed by hand, mostly for the worse. */
import { POD_CIDR, type ProxyMode, SERVICE_CIDR } from '../../core/cluster/config.ts'
import type { Scenario } from '../golden/format.ts'
import type { Draw } from './draw.ts'
import { type Machines, nodeIP } from './machines.ts'
import { rules } from './rules.ts'

type Setup = Pick<Scenario, 'flannel' | 'proxy' | 'sysctls' | 'extraRules' | 'hairpinMode' | 'routes'>

export function setup(draw: Draw, ground: Machines, mode: ProxyMode): Setup {
  const names = ground.nodes.map(({ metadata }) => metadata.name)
  const onSome = <T>(probability: number, make: () => T): Record<string, T> =>
    Object.fromEntries(draw.chance(probability) ? draw.some(names, draw.integer(1, 2)).map((name) => [name, make()]) : [])
  return {
    flannel: { backend: draw.pick(['vxlan', 'host-gw'] as const) },
    proxy: { ...proxy(draw, ground), mode },
    sysctls: onSome(0.25, () => sysctls(draw)),
    extraRules: onSome(0.5, () => rules(draw, ground)),
    ...(draw.chance(0.12) && { hairpinMode: false }),
    routes: routes(draw, ground),
  }
}

function proxy(draw: Draw, { profile, nodes }: Machines): NonNullable<Scenario['proxy']> {
  const addresses = ['192.168.1.0/24', '127.0.0.0/8', POD_CIDR[profile], `${nodeIP(draw.pick(nodes))}/32`]
  return {
    ...(draw.chance(0.15) && { masqueradeAll: true }),
    ...(draw.chance(0.2) && { masqueradeBit: draw.pick([0, 1, 5, 20, 31]) }),
    ...(draw.chance(0.2) && { localhostNodePorts: false }),
    ...(draw.chance(0.2) && { nodePortAddresses: draw.some(addresses, draw.integer(1, 2)) }),
    ...(draw.chance(0.12) && { clusterCIDR: '' }),
  }
}

function sysctls(draw: Draw): Record<string, number> {
  const [name, value] = draw.pick([
    ['net.ipv4.ip_forward', 0],
    ['net.bridge.bridge-nf-call-iptables', 0],
    ['net.ipv4.conf.all.rp_filter', 1],
    ['net.ipv4.conf.all.route_localnet', 0],
    ['net.ipv4.ip_default_ttl', 3],
  ] as const)
  return { [name]: value }
}

/** Hosts outside that know a way to pods or Services; nodes with a route too many. */
function routes(draw: Draw, { profile, nodes }: Machines): Record<string, readonly string[]> {
  const via = () => `via ${nodeIP(draw.pick(nodes))}`
  const prefixes = draw.some([POD_CIDR[profile], SERVICE_CIDR[profile]], draw.integer(1, 2))
  return {
    ...(draw.chance(0.4) && { client: prefixes.map((prefix) => `${prefix} ${via()}`) }),
    ...(draw.chance(0.15) && { router: prefixes.map((prefix) => `${prefix} ${via()}`) }),
    ...(draw.chance(0.08) && { [draw.pick(nodes).metadata.name]: ['198.51.100.0/24 via 192.168.1.100'] }),
  }
}
