import { type Cluster, list } from '../core/cluster/cluster.ts'
import { proxyModeOf } from '../core/cluster/config.ts'
import { describe } from './describe.ts'
import type { Possible } from './protocol.ts'
import { objectById } from './tree.ts'

const NODES = 12

/** What a menu offers for an object. Undefined when it is gone, or a part of the map that is no object. */
export function possible(cluster: Cluster, id: string): Possible | undefined {
  const address = describe(cluster, id)?.address
  const reached = address === undefined ? {} : { address }
  if (id.startsWith('external/')) {
    const name = id.slice('external/'.length)
    return cluster.config.site.hosts.some((host) => host.name === name)
      ? { id, kind: 'External', name, sends: true, editable: false, ...reached }
      : undefined
  }
  const object = objectById(cluster, id)
  if (!object) return undefined
  const { kind, metadata } = object
  const known: Possible = { id, kind, name: metadata.name, sends: false, editable: true, ...reached }
  switch (object.kind) {
    case 'Pod': {
      const daemon = metadata.ownerReferences?.some((owner) => owner.controller && owner.kind === 'DaemonSet')
      const on = object.spec.nodeName === undefined ? {} : { on: object.spec.nodeName }
      return {
        ...known,
        ...on,
        sends: object.status.podIP !== undefined,
        ...(daemon ? {} : { nodes: nodesBut(cluster, object.spec.nodeName) }),
      }
    }
    case 'Node':
      return {
        ...known,
        sends: true,
        cordoned: object.spec.unschedulable ?? false,
        proxy: {
          mode: proxyModeOf(cluster.config, metadata.name),
          own: cluster.config.proxy.nodeModes?.[metadata.name] !== undefined,
        },
      }
    case 'Deployment':
    case 'StatefulSet':
      return { ...known, replicas: object.spec.replicas ?? 1 }
    case 'ReplicaSet':
      // A Deployment would set it back at once.
      return metadata.ownerReferences?.some((owner) => owner.controller) ? known : { ...known, replicas: object.spec.replicas ?? 1 }
    default:
      return known
  }
}

function nodesBut(cluster: Cluster, own: string | undefined): readonly string[] {
  const found: string[] = []
  for (const { metadata } of list(cluster, 'Node')) {
    if (metadata.name !== own) found.push(metadata.name)
    if (found.length === NODES) break
  }
  return found
}
