import type { EndpointSlice } from '../core/api/endpointslice.ts'
import { type Cluster, list, transact } from '../core/cluster/cluster.ts'
import { configWith } from '../core/cluster/setting.ts'
import type { ProxyMode } from '../core/cluster/config.ts'
import { syncOutput } from '../core/node/sync-output.ts'
import type { ModeCost } from './protocol/tables.ts'

/**
 * What kube-proxy in a mode would have to write for one node of a cluster as it is now, and how long this machine takes to make it. The cluster is left
 * as it is: a copy runs in the mode, made of objects that no cache knows. What the kernel takes to load it is not measured.
 */
export function modeCost(cluster: Cluster, mode: ProxyMode): ModeCost | undefined {
  const [node] = list(cluster, 'Node')
  if (!node) return undefined
  const { name } = node.metadata
  const copy = inMode(cluster, mode)
  const first = timed(() => syncOutput(copy, name))
  const changed = withOneEndpointLess(copy)
  const next = changed && timed(() => syncOutput(changed, name, copy))
  return {
    mode,
    node: name,
    ...countsOf(first.text),
    bytes: first.text.length,
    firstMs: first.ms,
    ...(next && { changeMs: next.ms, changeBytes: next.text.length }),
  }
}

function inMode(cluster: Cluster, mode: ProxyMode): Cluster {
  const config = configWith(cluster.config, { name: 'mode', value: mode })
  const without = { ...cluster, config, objects: { ...cluster.objects, Service: new Map(), EndpointSlice: new Map() } }
  const objects = structuredClone([...list(cluster, 'Service'), ...list(cluster, 'EndpointSlice')])
  return transact(
    without,
    objects.map((object) => ({ op: 'put', object })),
  )
}

/** One endpoint of one Service gone; undefined where no Service has any. */
function withOneEndpointLess(cluster: Cluster): Cluster | undefined {
  for (const slice of list(cluster, 'EndpointSlice')) {
    const { endpoints = [] } = slice
    if (endpoints.length === 0) continue
    const object: EndpointSlice = { ...slice, endpoints: endpoints.slice(1) }
    return transact(cluster, [{ op: 'put', object }])
  }
  return undefined
}

function timed(make: () => string): { readonly text: string; readonly ms: number } {
  const begin = performance.now()
  const text = make()
  return { text, ms: performance.now() - begin }
}

/** Lines by what they add: rules of iptables and nft; elements of sets and maps; virtual servers and their real servers. */
function countsOf(text: string): Pick<ModeCost, 'rules' | 'elements' | 'virtualServers' | 'realServers'> {
  const counts = { rules: 0, elements: 0, virtualServers: 0, realServers: 0 }
  for (const [, word = ''] of text.matchAll(/^(-A |add rule |add element |add KUBE-|TCP |UDP |SCTP | {2}-> \d| {2}-> \[)/gm)) {
    if (word === '-A ' || word === 'add rule ') counts.rules++
    else if (word.startsWith('add ')) counts.elements++
    else if (word.startsWith(' ')) counts.realServers++
    else counts.virtualServers++
  }
  return counts
}
