/** References between objects of the Gateway API, the same for every implementation: whom a route means, and what a ReferenceGrant lets it have. */
import {
  type Condition,
  type Gateway,
  GATEWAY_GROUP,
  type GatewayListener,
  type GatewayRoute,
  type ParentReference,
} from '../api/gateway.ts'
import { type Cluster } from './cluster.ts'

export const holds = (type: string, reason: string, message: string): Condition => ({ type, status: 'True', reason, message })
export const fails = (type: string, reason: string, message: string): Condition => ({ type, status: 'False', reason, message })

export const isParent = (
  { group = GATEWAY_GROUP, kind = 'Gateway', namespace, name }: ParentReference,
  route: Pick<GatewayRoute, 'metadata'>,
  { metadata }: Pick<Gateway, 'metadata'>,
): boolean =>
  group === GATEWAY_GROUP && kind === 'Gateway' && name === metadata.name && (namespace ?? route.metadata.namespace) === metadata.namespace

export const isSection = ({ sectionName, port }: ParentReference, listener: GatewayListener): boolean =>
  (!sectionName || sectionName === listener.name) && (port === undefined || port === listener.port)

/** A ReferenceGrant in the target's namespace that names both sides; within a namespace none is needed. */
export function isGranted(
  cluster: Cluster,
  from: { readonly kind: string; readonly namespace: string },
  to: { readonly group: string; readonly kind: string; readonly namespace: string; readonly name: string },
): boolean {
  if (from.namespace === to.namespace) return true
  const plain = (group: string): string => (group === 'core' ? '' : group)
  return [...(cluster.objects.ReferenceGrant.get(to.namespace)?.values() ?? [])].some(
    ({ spec }) =>
      spec.from.some((each) => each.group === GATEWAY_GROUP && each.kind === from.kind && each.namespace === from.namespace) &&
      spec.to.some((each) => plain(each.group ?? '') === plain(to.group) && each.kind === to.kind && (!each.name || each.name === to.name)),
  )
}

/** `*.` stands for one or more labels. */
export const within = (name: string, pattern: string): boolean =>
  name === pattern || (pattern.startsWith('*.') && name.endsWith(pattern.slice(1)) && name.length > pattern.length - 1)
