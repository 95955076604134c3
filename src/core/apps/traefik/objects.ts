/** What Traefik's informers hold: a cluster, or the fixture of a test. */
import { type EndpointSlice } from '../../api/endpointslice.ts'
import type { Ingress, IngressClass } from '../../api/ingress.ts'
import { matchesSelectorText } from '../../api/selector.ts'
import type { Service } from '../../api/service.ts'
import type { Secret } from '../../api/workload.ts'
import { type Cluster, get, list } from '../../cluster/cluster.ts'
import { slicesOf } from '../ingress/backend.ts'

export interface Objects {
  readonly ingresses: readonly Ingress[]
  readonly ingressClasses: readonly IngressClass[]
  /** InternalIP addresses of every node. */
  readonly nodeAddresses: readonly string[]
  service(namespace: string, name: string): Service | undefined
  slices(namespace: string, name: string): readonly EndpointSlice[]
  secret(namespace: string, name: string): Secret | undefined
}

/** `labelSelector` concerns Ingresses. */
export const objectsOf = (cluster: Cluster, namespaces: readonly string[], labelSelector = ''): Objects => ({
  ingresses: [...list(cluster, 'Ingress')].filter(
    ({ metadata }) => watched(namespaces, metadata.namespace) && matchesSelectorText(labelSelector, metadata.labels),
  ),
  ingressClasses: [...list(cluster, 'IngressClass')],
  nodeAddresses: [...list(cluster, 'Node')].flatMap(({ status }) =>
    (status?.addresses ?? []).flatMap(({ type, address }) => (type === 'InternalIP' ? [address] : [])),
  ),
  service: (namespace, name) => get(cluster, 'Service', namespace, name),
  slices: (namespace, name) => slicesOf(cluster, namespace, name),
  secret: (namespace, name) => get(cluster, 'Secret', namespace, name),
})

/** None named: every one. */
export const watched = (namespaces: readonly string[], namespace: string | undefined): boolean =>
  namespaces.length === 0 || namespaces.includes(namespace ?? '')
