/**
 * Which routes a controller attaches to which listeners, and what it says of both: the part of the Gateway API (release 1.3) that its status and its proxy have to agree on. Each implementation has
 * ways of its own: `traefik-gateway.ts`, `contour-gateway.ts`.
 */
import type { BackendTLSPolicy, Condition, Gateway, GatewayListener, GatewayRoute, ParentReference, RouteKind } from '../api/gateway.ts'
import type { Cluster } from './cluster.ts'
import { type ContourAttached, contourAttach } from './contour-gateway.ts'
import type { GatewayController } from './gateway-controller.ts'
import { traefikAttach } from './traefik-gateway.ts'

export interface AttachedListener {
  readonly gateway: Gateway
  readonly listener: GatewayListener
  /** Traefik's entry point, Envoy's listener; empty where nothing listens. */
  readonly entryPoint: string
  readonly kinds: readonly RouteKind[]
  /** What keeps routes from it; empty when nothing does. */
  readonly problems: readonly Condition[]
  /** As its controller writes them. */
  readonly conditions: readonly Condition[]
  readonly certificates: readonly { readonly namespace: string; readonly name: string }[]
}

export interface AttachedParent {
  readonly parentRef: ParentReference
  readonly conditions: readonly Condition[]
}

/** A route on a listener, with the hostnames that both want; none means every one. */
export interface Attachment {
  readonly route: GatewayRoute
  readonly on: AttachedListener
  readonly hostnames: readonly string[]
}

export interface Attached {
  readonly listeners: readonly AttachedListener[]
  readonly attachments: readonly Attachment[]
  readonly parents: ReadonlyMap<GatewayRoute, readonly AttachedParent[]>
  /** How many routes each listener has, programmed or not. */
  readonly counts: ReadonlyMap<AttachedListener, number>
  readonly conditions: ReadonlyMap<Gateway, readonly Condition[]>
  readonly policies: PolicyUse
}

/** What its controller says of each BackendTLSPolicy that a backend of its routes has. */
export type PolicyUse = ReadonlyMap<BackendTLSPolicy, readonly AttachedAncestor[]>

export interface AttachedAncestor {
  readonly ancestorRef: ParentReference
  readonly conditions: readonly Condition[]
}

interface Remembered<T> {
  readonly inputs: readonly unknown[]
  readonly value: T
}

/** Memoised by the objects that are read. */
class Memo<T> {
  readonly #known = new WeakMap<object, Map<string, Remembered<T>>>()

  of(cluster: Cluster, { pod, only }: GatewayController, make: () => T): T {
    const { objects } = cluster
    const { Gateway, GatewayClass, HTTPRoute, GRPCRoute, TLSRoute, TCPRoute, ReferenceGrant, BackendTLSPolicy } = objects
    const own = [GatewayClass, HTTPRoute, GRPCRoute, TLSRoute, TCPRoute, ReferenceGrant, BackendTLSPolicy]
    const inputs = [...own, objects.Secret, objects.ConfigMap, objects.Service, objects.Namespace, objects.Pod]
    const key = `${pod.metadata.namespace ?? ''}/${pod.metadata.name} ${only?.namespace ?? ''}/${only?.name ?? ''}`
    let known = this.#known.get(Gateway)
    if (!known) this.#known.set(Gateway, (known = new Map()))
    const before = known.get(key)
    if (before?.inputs.every((each, i) => each === inputs[i])) return before.value
    const value = make()
    known.set(key, { inputs, value })
    return value
  }
}

const traefik = new Memo<Attached>()
const contour = new Memo<ContourAttached>()

export const attached = (cluster: Cluster, controller: GatewayController): Attached =>
  controller.implementation === 'contour'
    ? contourAttached(cluster, controller)
    : traefik.of(cluster, controller, () => traefikAttach(cluster, controller))

export const contourAttached = (cluster: Cluster, controller: GatewayController): ContourAttached =>
  contour.of(cluster, controller, () => contourAttach(cluster, controller))
