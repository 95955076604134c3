import type { Node } from '../api/node.ts'
import { type Cluster, list } from '../cluster/cluster.ts'
import { type ClusterConfig, proxyModeOf } from '../cluster/config.ts'
import type { Ipvs } from '../kernel/ipvs/ipvs.ts'
import { type Ip, type IpFamily, familyOf } from '../net/ip.ts'
import { assert } from '../base/assert.ts'
import { runningConfig } from './kube-proxy/fixed-rules.ts'
import { type IpvsProxy, ipvsProxy } from './kube-proxy/ipvs/ipvs-proxy.ts'
import { boundAddresses, serviceAddresses } from './kube-proxy/ipvs/service-addresses.ts'
import { vsSysctls } from './kube-proxy/ipvs/vs-sysctls.ts'
import { serviceMap } from './kube-proxy/service-map.ts'
import { Memo } from './memo.ts'
import { nodeFacts, stackOf } from './node-facts.ts'

/** kube-proxy in IPVS mode as the rest of a node sees it: one proxier for each family, whose virtual servers share one kernel. */
const proxies: Readonly<Record<IpFamily, Memo<Node, IpvsProxy>>> = { IPv4: new Memo(), IPv6: new Memo() }

/** Undefined where kube-proxy runs in another mode. `local`: addresses of the node's own devices. */
export function nodeIpvsProxy(cluster: Cluster, node: Node, local: readonly Ip[], family: IpFamily): IpvsProxy | undefined {
  const { config, objects } = cluster
  const facts = nodeFacts(node)
  const { name, zone } = facts
  const { ip } = stackOf(facts, family)
  if (proxyModeOf(config, name) !== 'ipvs') return undefined
  return proxies[family].get(node, [config, objects.Service, objects.EndpointSlice, local.join()], () =>
    ipvsProxy({
      map: serviceMap(cluster, family),
      addresses: serviceAddresses(config, objects.Service, family),
      proxy: runningConfig(config.proxy, family),
      node: { name, zone, ip },
      localAddresses: local,
      family,
    }),
  )
}

const kernels = new Memo<Node, Ipvs>()

/** All virtual servers of a node. */
export function nodeIpvs(cluster: Cluster, node: Node, local: readonly Ip[]): Ipvs | undefined {
  const four = nodeIpvsProxy(cluster, node, local, 'IPv4')
  const six = nodeIpvsProxy(cluster, node, local, 'IPv6')
  return four && six && kernels.get(node, [four, six], () => joined(cluster.config, node, four.ipvs, six.ipvs))
}

function joined(config: ClusterConfig, node: Node, four: IpvsProxy['ipvs'], six: IpvsProxy['ipvs']): Ipvs {
  const sysctls = vsSysctls(config.admin.sysctls[node.metadata.name] ?? {})
  assert(sysctls.ok, sysctls.ok ? '' : sysctls.error)
  return {
    find: (protocol, address, port) => (familyOf(address) === 'IPv6' ? six : four).find(protocol, address, port),
    *virtualServers() {
      yield* four.virtualServers()
      yield* six.virtualServers()
    },
    sysctls: sysctls.value,
  }
}

/** Addresses of Services that a node has on kube-ipvs0, by family; none in other modes. */
export function ipvsAddresses({ config, objects }: Cluster, nodeName: string, local: readonly Ip[]): readonly (readonly Ip[])[] {
  if (proxyModeOf(config, nodeName) !== 'ipvs') return NOTHING
  const bound = FAMILIES.map((family) => boundAddresses(serviceAddresses(config, objects.Service, family), local).list)
  return bound.filter((some) => some.length > 0)
}

const FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6']
const NOTHING: readonly (readonly Ip[])[] = []

/** Addresses that a node in IPVS mode answers ARP for on its network, besides those of its devices: all of kube-ipvs0, unless strictARP forbids it. */
export function arpAddresses({ config, objects }: Cluster, nodeName: string): ReadonlySet<Ip> | undefined {
  if (proxyModeOf(config, nodeName) !== 'ipvs' || config.proxy.ipvs?.strictARP) return undefined
  return serviceAddresses(config, objects.Service, 'IPv4').addressSet
}

/** Whether a node answers for addresses of other devices of its own (arp_ignore 0). */
export const answersForAll = ({ config }: Cluster, nodeName: string): boolean =>
  proxyModeOf(config, nodeName) !== 'ipvs' || config.proxy.ipvs?.strictARP !== true

/** Whether some node runs in IPVS mode. */
export const usesIpvs = (cluster: Cluster): boolean =>
  cluster.config.proxy.mode === 'ipvs' ||
  (cluster.config.proxy.nodeModes !== undefined &&
    [...list(cluster, 'Node')].some(({ metadata }) => proxyModeOf(cluster.config, metadata.name) === 'ipvs'))
