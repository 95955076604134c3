/** DaemonSets that run nowhere: the selector of their pods fits no node. kubectl shows a desired number of 0 and says nothing. */
import type { Node } from '../api/node.ts'
import { matchesLabels } from '../api/selector.ts'
import type { DaemonSet } from '../api/workload.ts'
import { type Cluster, list } from '../cluster/cluster.ts'
import { type Finding, finding, refOf } from './finding.ts'

export function daemonSetFindings(cluster: Cluster): readonly Finding[] {
  if (cluster.objects.DaemonSet.size === 0 || cluster.objects.Node.size === 0) return []
  return [...list(cluster, 'DaemonSet')].flatMap((set) => nowhere(set, () => list(cluster, 'Node')))
}

function nowhere(set: DaemonSet, nodes: () => Iterable<Node>): readonly Finding[] {
  const selector = Object.entries(set.spec.template.spec.nodeSelector ?? {})
  if (selector.length === 0) return []
  for (const { metadata } of nodes()) if (matchesLabels(Object.fromEntries(selector), metadata.labels)) return []
  const params = { selector: selector.map(([key, value]) => `${key}=${value}`).join(','), has: near(selector, nodes()) }
  return [finding('daemon-set-no-node', 'warning', refOf(set), params, { field: 'spec.template.spec.nodeSelector' })]
}

/** A label of some node that was perhaps meant: the key with another value, or the value as a key. */
function near(selector: readonly (readonly [string, string])[], nodes: Iterable<Node>): string {
  for (const { metadata } of nodes)
    for (const [key, value] of selector) {
      const own = metadata.labels ?? {}
      for (const name of [key, value])
        if (Object.hasOwn(own, name) && name !== '' && own[key] !== value) return `${metadata.name}: ${name}=${own[name] ?? ''}`
    }
  return ''
}
