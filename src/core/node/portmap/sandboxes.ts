import type { Node } from '../../api/node.ts'
import { sha256Hex } from '../../base/sha256.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { Memo } from '../memo.ts'
import { nodeFacts } from '../node-facts.ts'
import { type NodePods, nodePods } from '../node-pods.ts'
import { addressOf, type Family, hasPortMappings, portMappings } from './port-mapping.ts'
import { CBR0, type PortmapRules, portmapRules, type Sandbox } from './portmap.ts'

type Pods = NodePods['own']

const lists = new Memo<NodePods, Pods>()
const mapped = new Memo<Node, Pods>()

/** The pods on a node's bridge that have host ports. The same list for as long as they are the same pods, whatever others do. */
export function hostPortPods(cluster: Cluster, node: Node): Pods {
  const pods = nodePods(cluster, node)
  const list = lists.get(pods, [], () => pods.own.filter(({ pod }) => hasPortMappings(pod)))
  return mapped.get(
    node,
    list.map(({ pod }) => pod),
    () => list,
  )
}

const rules = new WeakMap<Pods, Map<Family, PortmapRules | undefined>>()

/** What the portmap plugin wrote on a node; undefined without host ports. */
export function nodePortmap(cluster: Cluster, node: Node, family: Family): PortmapRules | undefined {
  const pods = hostPortPods(cluster, node)
  if (pods.length === 0) return undefined
  const known = rules.get(pods) ?? new Map<Family, PortmapRules | undefined>()
  rules.set(pods, known)
  if (!known.has(family)) known.set(family, portmapRules(CBR0, sandboxes(pods, node, family), family))
  return known.get(family)
}

/**
 * By address: host-local hands out ascending ones, so that is the order in which sandboxes came. The container id of a sandbox is random; here it follows
 * from the pod.
 */
function sandboxes(pods: Pods, node: Node, family: Family): readonly Sandbox[] {
  const prefixLength = family === 'IPv4' ? (nodeFacts(node).pods?.cidr.length ?? 24) : prefixLength6(node)
  return pods
    .flatMap(({ pod }): readonly Sandbox[] => {
      const address = addressOf(pod, family)
      if (address === undefined) return []
      const name = `${pod.metadata.namespace ?? 'default'}/${pod.metadata.name}`
      const origin = { agent: 'cni', object: `Pod/${name}`, field: 'spec.containers' } as const
      return [{ containerId: sha256Hex(name), address, prefixLength, mappings: portMappings(pod), origin }]
    })
    .sort((a, b) => (ascending(a.address) < ascending(b.address) ? -1 : 1))
}

const prefixLength6 = ({ spec }: Node): number =>
  Number((spec.podCIDRs ?? [spec.podCIDR ?? '']).find((prefix) => prefix.includes(':'))?.split('/')[1] ?? 64)

/** Text that sorts as the address does. */
function ascending(address: string): string {
  if (!address.includes(':'))
    return address
      .split('.')
      .map((octet) => octet.padStart(3, '0'))
      .join('.')
  const [head = '', tail] = address.split('::')
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':')).map((group) => group.padStart(4, '0'))
  if (tail === undefined) return groups(head).join(':')
  const [left, right] = [groups(head), groups(tail)]
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0000'), ...right].join(':')
}
