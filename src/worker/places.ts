import { type Cluster, list } from '../core/cluster/cluster.ts'
import { netnsOf } from '../core/node/netns-of.ts'
import type { Conversation } from '../core/sim/conversation.ts'
import type { Place } from './protocol.ts'

/** Which thing of the cluster each namespace and each address of a conversation belongs to, so that no view has to look anything up. */
export interface Directory {
  place(netns: string): Place | undefined
  owner(ip: string): string | undefined
}

const MEMO = new WeakMap<Cluster, Directory>()

/** One pass over the cluster, remembered for as long as this very cluster lives. */
export function directoryOf(cluster: Cluster): Directory {
  const known = MEMO.get(cluster)
  if (known) return known
  const places = new Map<string, Place>()
  const owners = new Map<string, string>()
  for (const host of cluster.config.site.hosts) {
    places.set(host.name, { id: `external/${host.name}`, label: host.name, kind: 'external' })
    for (const i of host.interfaces) owners.set(i.address.split('/')[0] ?? '', `external/${host.name}`)
  }
  for (const node of list(cluster, 'Node')) {
    const { name } = node.metadata
    places.set(name, { id: `node/${name}`, label: name, kind: 'node' })
    for (const address of node.status.addresses ?? []) owners.set(address.address, `node/${name}`)
    const { podCIDR, podCIDRs = podCIDR === undefined ? [] : [podCIDR] } = node.spec
    for (const prefix of podCIDRs) for (const ip of gatewaysOf(prefix)) owners.set(ip, `node/${name}`)
  }
  for (const service of list(cluster, 'Service')) {
    const id = `service/${service.metadata.namespace ?? ''}/${service.metadata.name}`
    for (const ip of [
      service.spec.clusterIP,
      ...(service.spec.clusterIPs ?? []),
      ...(service.spec.externalIPs ?? []),
      ...(service.status?.loadBalancer?.ingress ?? []).map((i) => i.ip),
    ]) {
      if (ip !== undefined && ip !== 'None') owners.set(ip, id)
    }
  }
  addPods(cluster, places, owners)
  const directory: Directory = { place: (netns) => places.get(netns), owner: (ip) => owners.get(ip) }
  MEMO.set(cluster, directory)
  return directory
}

function addPods(cluster: Cluster, places: Map<string, Place>, owners: Map<string, string>): void {
  for (const pod of list(cluster, 'Pod')) {
    if (pod.spec.hostNetwork) continue
    const namespace = pod.metadata.namespace ?? ''
    const id = `pod/${namespace}/${pod.metadata.name}`
    const netns = netnsOf(cluster, pod)
    if (netns !== undefined) places.set(netns, { id, label: pod.metadata.name, kind: 'pod' })
    if (pod.status.podIP !== undefined) owners.set(pod.status.podIP, id)
    for (const { ip } of pod.status.podIPs ?? []) owners.set(ip, id)
  }
}

/** flannel's device has the network address of the node's pod range, cni0 the first host. */
function gatewaysOf(podCIDR: string): readonly string[] {
  const wide = /^([\da-f:]+::)\//.exec(podCIDR)?.[1]
  if (wide !== undefined) return [wide, `${wide}1`]
  const match = /^(\d+\.\d+\.\d+)\.(\d+)\//.exec(podCIDR)
  return match ? [`${match[1]}.${match[2]}`, `${match[1]}.${Number(match[2]) + 1}`] : []
}

const ADDRESS = /"(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|[\da-f]{0,4}(?::[\da-f]{0,4}){2,7})"/g

/** The part of the directory that this conversation speaks of. */
export function namesIn(
  conversation: Conversation,
  directory: Directory,
): { readonly places: Record<string, Place>; readonly owners: Record<string, string> } {
  const places: Record<string, Place> = {}
  const owners: Record<string, string> = {}
  for (const connection of conversation.connections) {
    for (const packet of connection.packets) {
      for (const netns of [packet.netns, ...packet.hops.map((hop) => hop.netns)]) {
        const place = directory.place(netns)
        if (place) places[netns] = place
      }
      for (const [, ip] of JSON.stringify([
        packet.sent,
        packet.hops.flatMap((hop) => hop.steps.filter((s) => s.kind !== 'chain')),
      ]).matchAll(ADDRESS)) {
        const owner = ip === undefined ? undefined : directory.owner(ip)
        if (ip !== undefined && owner !== undefined) owners[ip] = owner
      }
    }
  }
  return { places, owners }
}

/** MAC addresses look like those of IPv6, but nobody has them. */
const IN_TEXT = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|(?<![\da-f:.])[\da-f]{0,4}(?::[\da-f]{0,4}){2,7}(?![\da-f:.])/g

/** Who has the addresses that a text speaks of, but for the one whom it is about. */
export function ownersIn(text: string, directory: Directory, self: string): Readonly<Record<string, string>> {
  const owners: Record<string, string> = {}
  for (const [ip] of text.matchAll(IN_TEXT)) {
    const owner = directory.owner(ip)
    if (owner !== undefined && owner !== self) owners[ip] = owner
  }
  return owners
}
