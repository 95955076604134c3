import { printYaml } from '../core/api/print-yaml.ts'
import type { ApiObject } from '../core/api/object.ts'
import { type Cluster, kindsInOrder, list } from '../core/cluster/cluster.ts'
import { isOurUid } from '../core/cluster/uid.ts'

/** Nodes and namespaces before what lies in them, owners before what they own. */
const ORDER = kindsInOrder(
  ['Namespace', 'Node', 'ConfigMap', 'Secret', 'Service', 'IngressClass', 'Ingress', 'GatewayClass', 'Gateway'],
  ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'ReplicaSet', 'Pod', 'Endpoints', 'EndpointSlice'],
)

/** Made in every cluster, and what no one writes. */
const INITIAL = new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease'])
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'

/**
 * The objects as they are now, in the manner of `kubectl get -o yaml`: applied to an empty cluster they give this one again, pods under their names, at
 * their addresses and on their nodes. Left out is what the control plane would write by itself: its own slices and endpoints, uids that follow from names.
 */
export function manifestsOf(cluster: Cluster): string {
  const documents: string[] = []
  for (const kind of ORDER)
    for (const object of list(cluster, kind)) if (!isMadeAgain(object)) documents.push(printYaml(cleaned(object), { sortKeys: true }))
  return documents.join('---\n')
}

function isMadeAgain({ kind, metadata }: ApiObject): boolean {
  if (!isOurUid(metadata.uid)) return false
  if (kind === 'Namespace') return INITIAL.has(metadata.name)
  if (kind === 'EndpointSlice') return metadata.labels?.[MANAGED_BY] !== undefined
  return kind === 'Endpoints' && metadata.ownerReferences !== undefined
}

function cleaned({ apiVersion, kind, metadata, ...rest }: ApiObject): object {
  const { uid, ...kept } = metadata
  return { apiVersion, kind, metadata: isOurUid(uid) ? kept : { ...kept, uid }, ...rest }
}
