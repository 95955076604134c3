import type { Node } from '../api/node.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { familiesOf, proxyModeOf } from '../cluster/config.ts'
import type { Relay, Socket } from '../kernel/netns.ts'
import { ANY, type Ip, type IpFamily } from '../net/ip.ts'
import { type ServiceAddresses, serviceAddresses } from './kube-proxy/ipvs/service-addresses.ts'
import { type Portals, portalsOf } from './kube-proxy/userspace/portals.ts'
import { proxyPorts } from './kube-proxy/userspace/proxy-ports.ts'
import { serviceMap } from './kube-proxy/service-map.ts'
import type { ServicePortInfo } from './kube-proxy/service-port.ts'
import { Memo } from './memo.ts'
import { nodeFacts, stackOf } from './node-facts.ts'

/** kube-proxy on one node in userspace mode. */
export interface UserspaceProxy {
  readonly family: IpFamily
  readonly nodeIp: Ip
  readonly portals: Portals
  readonly ports: Ports
}

type Ports = ReadonlyMap<ServicePortInfo, number>

const proxies = new Memo<Node, UserspaceProxy>()
const shared = new WeakMap<ServiceAddresses, Pick<UserspaceProxy, 'ports' | 'portals'>>()

function portalsAnywhere(services: ServiceAddresses, family: IpFamily): Pick<UserspaceProxy, 'ports' | 'portals'> {
  let known = shared.get(services)
  if (!known) {
    const ports = proxyPorts(services.ports)
    shared.set(services, (known = { ports, portals: portalsOf(ports, family) }))
  }
  return known
}

/** Undefined where kube-proxy runs in another mode. It serves one family, the cluster's first. */
export function nodeUserspaceProxy({ config, objects }: Cluster, node: Node): UserspaceProxy | undefined {
  const facts = nodeFacts(node)
  if (proxyModeOf(config, facts.name) !== 'userspace') return undefined
  const [family = 'IPv4'] = familiesOf(config)
  const { ip: nodeIp } = stackOf(facts, family)
  if (!nodeIp) return undefined
  const services = serviceAddresses(config, objects.Service, family)
  return proxies.get(node, [config, services], () => ({ family, nodeIp, ...portalsAnywhere(services, family) }))
}

const NONE: readonly Socket[] = []
const sockets = new Memo<Node, readonly Socket[]>()

/** Where kube-proxy listens for Services, and what it does with those who come. */
export function relaySockets(cluster: Cluster, node: Node): readonly Socket[] {
  const proxy = nodeUserspaceProxy(cluster, node)
  if (!proxy) return NONE
  const { name, zone } = nodeFacts(node)
  return sockets.get(node, [proxy, cluster.objects.EndpointSlice], () => {
    const map = serviceMap(cluster, proxy.family)
    const own = map.of({ name, zone, ip: proxy.nodeIp })
    const relay = (port: ServicePortInfo): Relay => ({
      service: port.name,
      portal: `${port.protocol} ${port.clusterIP}:${port.port}`,
      // Endpoints, of which it knows only those that are ready; policies and hints came later.
      endpoints: () =>
        ((map.shared.programOf(port) ?? own.programOf(port))?.endpoints() ?? []).flatMap((one) => (one.ready ? one.address : [])),
      ...(port.affinitySeconds !== undefined && { affinitySeconds: port.affinitySeconds }),
    })
    return [...proxy.ports].map(
      ([port, number]): Socket => ({
        protocol: port.protocol,
        address: ANY,
        port: number,
        owner: `kube-proxy/${name}`,
        relay: relay(port),
      }),
    )
  })
}
