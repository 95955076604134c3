import type { Pod } from '../api/pod.ts'
import type { Listener } from '../apps/program.ts'
import { isController, processOf } from '../apps/programs.ts'
import { type Cluster, get } from '../cluster/cluster.ts'
import type { NetnsId } from '../kernel/interface.ts'
import type { Network, NetworkNamespace, Socket } from '../kernel/netns.ts'
import { ANY } from '../net/ip.ts'
import { network } from '../node/network.ts'
import { podOf } from '../node/netns-of.ts'
import { podIndex } from '../node/pod-index.ts'

const networks = new WeakMap<Cluster, Network>()

/**
 * The kernels of a cluster, with what programs listen on: of a controller's pod or a balancer outside not the ports of its manifest, but those that its
 * configuration says. One value for one cluster; namespaces in which no such program runs are those of `network` itself.
 */
export function listeningNetwork(cluster: Cluster): Network {
  let found = networks.get(cluster)
  if (!found) networks.set(cluster, (found = listening(cluster, network(cluster))))
  return found
}

function listening(cluster: Cluster, kernels: Network): Network {
  const namespaces = new Map<NetnsId, NetworkNamespace | undefined>()
  return {
    netns(id) {
      if (!namespaces.has(id)) namespaces.set(id, withPrograms(cluster, id, kernels.netns(id)))
      return namespaces.get(id)
    },
    segment: (name) => kernels.segment(name),
    bridgePorts: (netns, bridge) => kernels.bridgePorts(netns, bridge),
  }
}

function withPrograms(cluster: Cluster, id: NetnsId, ns: NetworkNamespace | undefined): NetworkNamespace | undefined {
  if (!ns) return ns
  const own = programSockets(cluster, id)
  if (own.length === 0) return ns
  const theirs = new Set(own.map(({ owner }) => owner))
  return { ...ns, sockets: [...ns.sockets.filter(({ owner }) => !theirs.has(owner)), ...own.flatMap(({ sockets }) => sockets)] }
}

interface Owned {
  readonly owner: string
  readonly sockets: readonly Socket[]
}

function programSockets(cluster: Cluster, id: NetnsId): readonly Owned[] {
  const host = cluster.config.site.hosts.find(({ name }) => name === id)
  if (host) {
    const world = { cluster, place: { kind: 'host', host } } as const
    return isController(world) ? [owned(`external/${host.name}`, processOf(world).running.configured.listeners)] : []
  }
  return podsIn(cluster, id).flatMap((pod) => {
    const world = { cluster, place: { kind: 'pod', pod } } as const
    if (!isController(world)) return []
    return [owned(`${pod.metadata.namespace ?? 'default'}/${pod.metadata.name}`, processOf(world).running.configured.listeners)]
  })
}

function podsIn(cluster: Cluster, id: NetnsId): readonly Pod[] {
  if (!get(cluster, 'Node', '', id)) return [podOf(cluster, id)].filter((pod) => pod !== undefined)
  return (podIndex(cluster.config, cluster.objects.Pod).byNode.get(id) ?? []).filter(({ spec }) => spec.hostNetwork === true)
}

const owned = (owner: string, listeners: readonly Listener[]): Owned => ({
  owner,
  sockets: listeners.map(({ protocol, address = ANY, port }) => ({ protocol, address, port, owner })),
})
