/** What a kubelet tells when it registers its node: an address, its host name. A Node written by hand without them gets a free one of the node network. */
import type { Node } from '../api/node.ts'
import { type Change, list } from '../cluster/cluster.ts'
import { ALLOCATABLE, internalAddresses, nodeAddresses } from '../cluster/nodes.ts'
import type { Controller } from './controller.ts'

export const nodeRegistration: Controller = {
  name: 'node-registration',
  reads: ['Node'],
  scope: 'cluster',
  reconcile: (cluster) => {
    const nodes = [...list(cluster, 'Node')]
    const addressless = nodes.filter((node) => !hasAddress(node))
    if (addressless.length === 0) return []
    const taken = new Set(nodes.flatMap(({ status }) => status.addresses?.map(({ address }) => address) ?? []))
    const free = nodeAddresses(cluster.config, addressless.length, taken)
    return free.flatMap((address, index): Change[] => {
      const node = addressless[index]
      return node ? [{ op: 'put', object: registered(node, internalAddresses(cluster.config, address)) }] : []
    })
  },
}

const hasAddress = ({ status }: Node): boolean => status.addresses?.some(({ type }) => type === 'InternalIP') ?? false

const registered = (node: Node, own: NonNullable<Node['status']['addresses']>): Node => ({
  ...node,
  metadata: {
    ...node.metadata,
    labels: { 'kubernetes.io/hostname': node.metadata.name, 'kubernetes.io/os': 'linux', ...node.metadata.labels },
  },
  status: {
    ...node.status,
    addresses: [...own, { type: 'Hostname', address: node.metadata.name }],
    allocatable: node.status.allocatable ?? ALLOCATABLE,
    conditions: node.status.conditions ?? [{ type: 'Ready', status: 'True' }],
  },
})
