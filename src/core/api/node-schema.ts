/** Nodes and namespaces (k8s.io/api/core/v1, v1.30). */
import { kindOf } from './meta-schema.ts'
import { boolean, listOf, mapOf, object, oneOf, opaque, opaques, string } from './schema.ts'

const TAINT = object(
  'Taint',
  { key: string('labelKey'), value: string('labelValue'), effect: oneOf('NoSchedule', 'PreferNoSchedule', 'NoExecute'), timeAdded: opaque },
  'key',
  'effect',
)

export const NODE = kindOf('Node', {
  spec: object('NodeSpec', {
    ...opaques('providerID configSource externalID'),
    podCIDR: string('cidr'),
    podCIDRs: listOf(string('cidr')),
    unschedulable: boolean,
    taints: listOf(TAINT),
  }),
  status: object('NodeStatus', {
    ...opaques('capacity phase daemonEndpoints nodeInfo images volumesInUse volumesAttached config runtimeHandlers features'),
    addresses: listOf(
      object(
        'NodeAddress',
        { type: oneOf('InternalIP', 'ExternalIP', 'Hostname', 'InternalDNS', 'ExternalDNS'), address: string() },
        'type',
        'address',
      ),
    ),
    conditions: listOf(
      object(
        'NodeCondition',
        { ...opaques('lastHeartbeatTime lastTransitionTime reason message'), type: string(), status: string() },
        'type',
        'status',
      ),
    ),
    allocatable: mapOf(opaque),
  }),
})

export const NAMESPACE = kindOf('Namespace', { spec: opaque, status: opaque })
