import type { Kind, OfKind } from '../core/api/object.ts'
import { type Cluster, kindsInOrder, list } from '../core/cluster/cluster.ts'
import type { TreeItem } from './protocol.ts'
import { itemOf } from './tree.ts'

/** What a person looks for first; a slice or a secret is only meant when nothing else is. */
const ORDER = kindsInOrder(
  ['Service', 'Ingress', 'Gateway'],
  [
    'Deployment',
    'StatefulSet',
    'DaemonSet',
    'Job',
    'Node',
    'Pod',
    'ReplicaSet',
    'IngressClass',
    'GatewayClass',
    'ReferenceGrant',
    'BackendTLSPolicy',
    'ConfigMap',
    'Secret',
    'EndpointSlice',
    'Endpoints',
  ],
)

/** Objects of the whole cluster whose id or address holds every word; those whose name begins with the first word come first. */
export function find(cluster: Cluster, text: string, limit: number): readonly TreeItem[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const first = words[0]
  if (first === undefined) return []
  const start: TreeItem[] = []
  const rest: TreeItem[] = []
  for (const item of items(cluster)) {
    const hay = `${item.id} ${item.detail}`.toLowerCase()
    if (!words.every((word) => hay.includes(word))) continue
    if (item.name.toLowerCase().startsWith(first)) start.push(item)
    else if (rest.length < limit) rest.push(item)
    if (start.length === limit) break
  }
  return [...start, ...rest].slice(0, limit)
}

function* items(cluster: Cluster): Generator<TreeItem> {
  for (const host of cluster.config.site.hosts)
    yield { id: `external/${host.name}`, name: host.name, detail: host.interfaces[0]?.address.split('/')[0] ?? '', state: 'none' }
  for (const kind of ORDER) for (const object of list(cluster, kind)) yield itemOf(object as OfKind<Kind>)
}
