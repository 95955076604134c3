/** How a random cluster is set up besides its objects: proxy options, and what a person has changed by hand, mostly for the worse. */
import { POD_CIDR, SERVICE_CIDR } from '../../core/cluster/config.ts'
import type { Scenario } from '../golden/format.ts'
import type { Draw } from './draw.ts'
import { type Machines, nodeIP } from './machines.ts'

type Setup = Pick<Scenario, 'flannel' | 'proxy' | 'sysctls' | 'extraRules' | 'hairpinMode' | 'routes'>

export function setup(draw: Draw, ground: Machines): Setup {
  const names = ground.nodes.map(({ metadata }) => metadata.name)
  const onSome = <T>(probability: number, make: () => T): Record<string, T> =>
    Object.fromEntries(draw.chance(probability) ? draw.some(names, draw.integer(1, 2)).map((name) => [name, make()]) : [])
  return {
    flannel: { backend: draw.pick(['vxlan', 'host-gw'] as const) },
    proxy: proxy(draw, ground),
    sysctls: onSome(0.25, () => sysctls(draw)),
    extraRules: onSome(0.35, () => Array.from({ length: draw.integer(1, 2) }, () => rule(draw, ground))),
    ...(draw.chance(0.12) && { hairpinMode: false }),
    routes: routes(draw, ground),
  }
}

function proxy(draw: Draw, { profile, nodes }: Machines): NonNullable<Scenario['proxy']> {
  const addresses = ['192.168.1.0/24', '127.0.0.0/8', POD_CIDR[profile], `${nodeIP(draw.pick(nodes))}/32`]
  return {
    mode: 'iptables',
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
  ] as const)
  return { [name]: value }
}

/** Rules that people add: firewalls, NAT of their own, leftovers. */
function rule(draw: Draw, { profile, pods, nodes, apps }: Machines): string {
  const podIP = draw.pick(pods).status.podIP ?? '10.0.0.1'
  const { containerPort, protocol = 'TCP' } = draw.pick(draw.pick(apps.filter(({ ports }) => ports.length > 0)).ports)
  const transport = protocol.toLowerCase()
  const port = `-p ${transport} -m ${transport} --dport ${containerPort}`
  return draw.pick([
    '-P FORWARD DROP',
    '-I INPUT -p udp -m udp --dport 8472 -j DROP',
    `-I FORWARD ${port} -j DROP`,
    `-I FORWARD ${port} -j REJECT --reject-with icmp-host-prohibited`,
    '-I FORWARD -p tcp -j REJECT --reject-with tcp-reset',
    '-I INPUT -p icmp -j REJECT --reject-with icmp-net-unreachable',
    `-A FORWARD -s ${podIP}/32 -j REJECT`,
    `-I FORWARD -d ${podIP}/32 -m conntrack --ctstate NEW -j DROP`,
    '-I FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    '-I FORWARD -m conntrack --ctstate DNAT -j ACCEPT',
    '-I OUTPUT -p tcp -m multiport --dports 80,443,8000:8100 -j REJECT',
    '-I INPUT -p tcp -m multiport --dports 30000:31500 -j DROP',
    '-I INPUT ! -i lo -p udp -m comment --comment closed -j DROP',
    '-I FORWARD -i cni0 -o eth0 -j DROP',
    `-I OUTPUT ! -o lo -d ${SERVICE_CIDR[profile]} -j REJECT`,
    `-t nat -I POSTROUTING -s ${POD_CIDR[profile]} -o eth0 -j MASQUERADE`,
    `-t nat -A POSTROUTING -s ${podIP}/32 -j SNAT --to-source ${nodeIP(draw.pick(nodes))}`,
    `-t nat -I PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination ${podIP}:${containerPort}`,
    `-t nat -I OUTPUT ${port} -m addrtype ! --dst-type LOCAL -j RETURN`,
    '-t raw -A PREROUTING -p icmp -j DROP',
    `-t raw -A PREROUTING -s ${podIP}/32 -j ACCEPT`,
    `-t mangle -A PREROUTING -d ${podIP}/32 -j MARK --set-xmark 0x1/0x1`,
    '-t mangle -A FORWARD -m mark --mark 0x1/0x1 -j DROP',
    '-t mangle -A POSTROUTING -p udp -j ACCEPT',
  ])
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
