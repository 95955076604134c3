/** What a Service's type promises, and what it does not. */
import type { Service } from '../api/service.ts'
import { ipFamily } from '../api/format.ts'
import { NODE_PORTS } from '../cluster/pools.ts'
import { type Finding, finding, type ObjectRef, refOf } from './finding.ts'

export function typeFindings(service: Service, holders: ReadonlyMap<number, ObjectRef>): readonly Finding[] {
  if (service.spec.type === 'ExternalName') return externalName(service)
  const found = [...nodePorts(service, holders), ...sourceRanges(service)]
  if (service.spec.clusterIP !== 'None') return found
  return [finding('headless-no-vip', 'info', refOf(service), {}, { field: 'spec.clusterIP' }), ...found]
}

/** The first Service that has a node port. */
export function nodePortHolders(services: Iterable<Service>): ReadonlyMap<number, ObjectRef> {
  const holders = new Map<number, ObjectRef>()
  for (const service of services)
    for (const { nodePort } of service.spec.ports ?? []) if (nodePort && !holders.has(nodePort)) holders.set(nodePort, refOf(service))
  return holders
}

function externalName(service: Service): readonly Finding[] {
  const { externalName: name = '', ports = [], selector } = service.spec
  const object = refOf(service)
  const params = { externalName: name }
  return [
    ...(ipFamily(name) ? [finding('external-name-address', 'error', object, params, { field: 'spec.externalName' })] : []),
    ...(ports.length > 0 ? [finding('external-name-ports', 'warning', object, params, { field: 'spec.ports' })] : []),
    ...(Object.keys(selector ?? {}).length > 0
      ? [finding('external-name-selector', 'warning', object, params, { field: 'spec.selector' })]
      : []),
  ]
}

function nodePorts(service: Service, holders: ReadonlyMap<number, ObjectRef>): readonly Finding[] {
  const { type, ports = [], allocateLoadBalancerNodePorts } = service.spec
  if (type !== 'NodePort' && type !== 'LoadBalancer') return []
  const object = refOf(service)
  return ports.flatMap(({ port, nodePort }, index): readonly Finding[] => {
    const field = `spec.ports[${index}].nodePort`
    if (!nodePort)
      return allocateLoadBalancerNodePorts === false ? [] : [finding('node-port-not-allocated', 'error', object, { port }, { field })]
    const { from, to } = NODE_PORTS
    if (nodePort < from || nodePort > to) return [finding('node-port-out-of-range', 'error', object, { nodePort, from, to }, { field })]
    const holder = holders.get(nodePort)
    if (!holder || (holder.name === object.name && holder.namespace === object.namespace)) return []
    return [
      finding('node-port-taken', 'error', object, { nodePort, by: `${holder.namespace}/${holder.name}` }, { field, related: [holder] }),
    ]
  })
}

function sourceRanges(service: Service): readonly Finding[] {
  const { loadBalancerSourceRanges = [], ports = [] } = service.spec
  const nodePort = ports.find((port) => port.nodePort)?.nodePort
  if (loadBalancerSourceRanges.length === 0 || !nodePort) return []
  const params = { nodePort, ranges: loadBalancerSourceRanges.join(', ') }
  return [finding('source-ranges-node-port-open', 'info', refOf(service), params, { field: 'spec.loadBalancerSourceRanges' })]
}
