import type { Node } from '../core/api/node.ts'
import type { Service } from '../core/api/service.ts'
import { cloudPool } from '../core/cluster/cloud-pool.ts'
import { type Cluster, list } from '../core/cluster/cluster.ts'
import { loadBalancerOf } from '../core/cluster/config.ts'
import { healthyNodes, svclbPods } from '../core/engine.ts'
import type { OutsideTraffic } from './protocol/findings.ts'
import { idOf, podReady, slicesOf } from './tree.ts'

/** Who brings traffic from outside to a Service; undefined where nothing of it is meant to come from there. `rows` of each list are told. */
export function outsideTraffic(cluster: Cluster, service: Service, rows: number): OutsideTraffic | undefined {
  const { spec, status } = service
  if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return undefined
  const balanced = spec.type === 'LoadBalancer'
  const { kind } = loadBalancerOf(cluster.config)
  const nodes = [...list(cluster, 'Node')]
  const healthy = balanced && kind === 'cloud' ? new Set(healthyNodes(cluster, service)) : undefined
  const forwarders = balanced && kind === 'service-lb' ? svclbPods(cluster, service) : []
  const ready = readyByNode(cluster, service)
  const host = balanced ? cloudPool(cluster.config)?.host.name : undefined
  return {
    ...(balanced && { provider: kind }),
    ...(host !== undefined && { balancer: `external/${host}` }),
    addresses: balanced ? (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? '') : [],
    forwarders: forwarders.slice(0, rows).map((pod) => ({ pod: idOf(pod), node: pod.spec.nodeName ?? '', ready: podReady(pod) })),
    forwarderCount: forwarders.length,
    nodes: nodes.slice(0, rows).map((node) => ({
      node: node.metadata.name,
      ip: addressOf(node),
      endpoints: ready.get(node.metadata.name) ?? 0,
      healthy: healthy?.has(node) ?? true,
    })),
    nodeCount: nodes.length,
    local: spec.externalTrafficPolicy === 'Local',
  }
}

export const addressOf = ({ status }: Node): string => status.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? ''

function readyByNode(cluster: Cluster, { metadata }: Service): ReadonlyMap<string, number> {
  const counts = new Map<string, Set<string>>()
  for (const { endpoints = [] } of slicesOf(cluster, metadata.namespace ?? '', metadata.name))
    for (const { addresses, conditions, nodeName } of endpoints) {
      if (conditions?.ready === false || nodeName === undefined) continue
      const known = counts.get(nodeName) ?? new Set<string>()
      counts.set(nodeName, known.add(addresses[0] ?? ''))
    }
  return new Map([...counts].map(([node, found]) => [node, found.size]))
}
