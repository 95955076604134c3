/** Host ports that two pods want, and those that kube-proxy's rules are ahead of. */
import type { Pod } from '../api/pod.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { type HostPort, hostPortsOf, portsClash } from '../controllers/node-affinity.ts'
import { isSvclbPod } from '../controllers/service-lb.ts'
import { type Finding, finding, type ObjectRef, refOf } from './finding.ts'

interface Held {
  readonly pod: Pod
  readonly port: HostPort
}

export function hostPortFindings(cluster: Cluster, nodePorts: ReadonlyMap<number, ObjectRef>): readonly Finding[] {
  const perNode = new Map<string, Held[]>()
  const waiting: Held[] = []
  const found: Finding[] = []
  for (const pod of [...cluster.objects.Pod.values()].flatMap(podsWithHostPorts)) {
    if (pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed' || isWaitingSvclb(pod)) continue
    for (const port of hostPortsOf(pod)) {
      if (pod.spec.nodeName === undefined) waiting.push({ pod, port })
      else found.push(...placed(perNode, pod, port, pod.spec.nodeName), ...shadowed(pod, port, nodePorts))
    }
  }
  return [...found, ...unschedulable(waiting, [...perNode.values()].flat())]
}

type Shard = ReadonlyMap<string, Pod>
const perShard = new WeakMap<Shard, readonly Pod[]>()

/** Of one namespace, remembered as long as its pods stay. */
function podsWithHostPorts(shard: Shard): readonly Pod[] {
  let found = perShard.get(shard)
  if (!found) perShard.set(shard, (found = [...shard.values()].filter(mayHaveHostPorts)))
  return found
}

function mayHaveHostPorts({ spec }: Pod): boolean {
  if (spec.hostNetwork) return true
  for (const { ports } of spec.containers) if (ports) for (const { hostPort } of ports) if (hostPort) return true
  return false
}

/** Told of their Service (load-balancers.ts). */
const isWaitingSvclb = (pod: Pod): boolean => pod.spec.nodeName === undefined && isSvclbPod(pod)

const nameOf = ({ metadata }: Pod): string => `${metadata.namespace ?? ''}/${metadata.name}`

function placed(perNode: Map<string, Held[]>, pod: Pod, port: HostPort, node: string): readonly Finding[] {
  const held = perNode.get(node) ?? []
  perNode.set(node, held)
  const other = held.find((each) => each.pod !== pod && portsClash(each.port, port))
  held.push({ pod, port })
  if (!other) return []
  const params = { hostPort: port.port, protocol: port.protocol, node, by: nameOf(other.pod) }
  return [finding('host-port-conflict', 'error', refOf(pod), params, { field: 'spec.containers', related: [refOf(other.pod)] })]
}

/** A port of the pod's own namespace, with hostNetwork, meets the same rules. */
function shadowed(pod: Pod, { port, protocol }: HostPort, nodePorts: ReadonlyMap<number, ObjectRef>): readonly Finding[] {
  const service = nodePorts.get(port)
  if (!service) return []
  const params = { hostPort: port, protocol, by: `${service.namespace}/${service.name}` }
  return [finding('host-port-shadowed', 'warning', refOf(pod), params, { field: 'spec.containers', related: [service] })]
}

function unschedulable(waiting: readonly Held[], held: readonly Held[]): readonly Finding[] {
  return waiting.flatMap(({ pod, port }) => {
    const other = held.find((each) => portsClash(each.port, port))
    if (!other) return []
    const params = { hostPort: port.port, protocol: port.protocol, by: nameOf(other.pod) }
    return [finding('host-port-unschedulable', 'warning', refOf(pod), params, { field: 'spec.containers', related: [refOf(other.pod)] })]
  })
}
