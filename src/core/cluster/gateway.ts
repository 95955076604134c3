/**
 * Which routes a controller attaches to which listeners, and what it says of both: the part of the Gateway API (release 1.3) that its status and its proxy have to agree on. Where implementations
 * differ, Traefik's ways (pkg/provider/kubernetes/gateway, v3) are taken: a certificate that cannot be had makes the listener useless, and one bad listener makes the Gateway unaccepted.
 */
import {
  type BackendRef,
  type Condition,
  type Gateway,
  GATEWAY_GROUP,
  type GatewayListener,
  type GatewayRoute,
  type ParentReference,
  type RouteFilter,
  type RouteKind,
  type RouteKindName,
} from '../api/gateway.ts'
import { matchesSelector } from '../api/selector.ts'
import { type Cluster, get, list } from './cluster.ts'
import type { GatewayController } from './gateway-controller.ts'

export interface AttachedListener {
  readonly gateway: Gateway
  readonly listener: GatewayListener
  /** Empty where nothing listens. */
  readonly entryPoint: string
  readonly kinds: readonly RouteKind[]
  /** What is wrong with it; empty when nothing is. */
  readonly problems: readonly Condition[]
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
}

const cache = new WeakMap<object, Map<string, { readonly inputs: readonly unknown[]; readonly value: Attached }>>()

/** Memoised by the objects that it reads. */
export function attached(cluster: Cluster, controller: GatewayController): Attached {
  const { Gateway, GatewayClass, HTTPRoute, GRPCRoute, TLSRoute, ReferenceGrant, Secret, Service, Namespace, Pod } = cluster.objects
  const inputs = [GatewayClass, HTTPRoute, GRPCRoute, TLSRoute, ReferenceGrant, Secret, Service, Namespace, Pod]
  const key = `${controller.pod.metadata.namespace ?? ''}/${controller.pod.metadata.name}`
  let known = cache.get(Gateway)
  if (!known) cache.set(Gateway, (known = new Map()))
  const before = known.get(key)
  if (before?.inputs.every((each, i) => each === inputs[i])) return before.value
  const value = attach(cluster, controller)
  known.set(key, { inputs, value })
  return value
}

export const gatewaysOf = (cluster: Cluster, { controllerName }: Pick<GatewayController, 'controllerName'>): readonly Gateway[] =>
  [...list(cluster, 'Gateway')].filter(
    ({ spec }) => get(cluster, 'GatewayClass', '', spec.gatewayClassName)?.spec.controllerName === controllerName,
  )

function attach(cluster: Cluster, controller: GatewayController): Attached {
  const listeners = gatewaysOf(cluster, controller).flatMap((gateway) => listenersOf(cluster, controller, gateway))
  const routes: GatewayRoute[] = [...list(cluster, 'HTTPRoute'), ...list(cluster, 'GRPCRoute'), ...list(cluster, 'TLSRoute')].filter(
    ({ kind }) => controller.kinds.includes(kind),
  )
  const parents = new Map<GatewayRoute, readonly AttachedParent[]>()
  const counts = new Map<AttachedListener, number>()
  const attachments: Attachment[] = []
  for (const route of routes) {
    const refs = resolvedRefs(cluster, controller, route)
    const said = (route.spec.parentRefs ?? []).flatMap((parentRef) => {
      const own = listeners.filter(({ gateway }) => isParent(parentRef, route, gateway))
      if (own.length === 0) return []
      return [{ parentRef, conditions: [attachTo(cluster, route, parentRef, own, attachments, counts), refs] }]
    })
    if (said.length > 0) parents.set(route, said)
  }
  return { listeners, attachments, parents, counts }
}

function attachTo(
  cluster: Cluster,
  route: GatewayRoute,
  parentRef: ParentReference,
  own: readonly AttachedListener[],
  attachments: Attachment[],
  counts: Map<AttachedListener, number>,
): Condition {
  let reason = 'NoMatchingParent'
  for (const on of own) {
    if (!isSection(parentRef, on.listener)) continue
    const hostnames = intersection(on.listener.hostname, route.spec.hostnames ?? [])
    const refused = !allows(cluster, on, route)
      ? 'NotAllowedByListeners'
      : hostnames === undefined
        ? 'NoMatchingListenerHostname'
        : undefined
    if (refused !== undefined) {
      if (reason !== 'Accepted') reason = refused
      continue
    }
    counts.set(on, (counts.get(on) ?? 0) + 1)
    if (on.problems.length > 0) continue
    reason = 'Accepted'
    if (!attachments.some((each) => each.route === route && each.on === on)) attachments.push({ route, on, hostnames: hostnames ?? [] })
  }
  return reason === 'Accepted'
    ? yes('Accepted', 'Accepted', 'Route is accepted')
    : no('Accepted', reason, `no listener of the Gateway takes it: ${reason}`)
}

const yes = (type: string, reason: string, message: string): Condition => ({ type, status: 'True', reason, message })
const no = (type: string, reason: string, message: string): Condition => ({ type, status: 'False', reason, message })

const isParent = (
  { group = GATEWAY_GROUP, kind = 'Gateway', namespace, name }: ParentReference,
  route: GatewayRoute,
  { metadata }: Gateway,
): boolean =>
  group === GATEWAY_GROUP && kind === 'Gateway' && name === metadata.name && (namespace ?? route.metadata.namespace) === metadata.namespace

const isSection = ({ sectionName, port }: ParentReference, listener: GatewayListener): boolean =>
  (!sectionName || sectionName === listener.name) && (port === undefined || port === listener.port)

function allows(cluster: Cluster, { gateway, listener, kinds }: AttachedListener, { kind, metadata }: GatewayRoute): boolean {
  if (!kinds.some((each) => each.kind === kind)) return false
  const { from = 'Same', selector } = listener.allowedRoutes?.namespaces ?? {}
  if (from === 'All') return true
  if (from === 'Same') return metadata.namespace === gateway.metadata.namespace
  const labels = get(cluster, 'Namespace', '', metadata.namespace ?? '')?.metadata.labels
  return from === 'Selector' && selector !== undefined && matchesSelector(selector, labels)
}

/** The hostnames that listener and route have in common, the narrower of each two; undefined when there are none. */
export function intersection(listener: string | undefined, hostnames: readonly string[]): readonly string[] | undefined {
  if (!listener) return hostnames
  if (hostnames.length === 0) return [listener]
  const both = hostnames.flatMap((name) => (within(name, listener) ? [name] : within(listener, name) ? [listener] : []))
  return both.length > 0 ? both : undefined
}

/** `*.` stands for one or more labels. */
const within = (name: string, pattern: string): boolean =>
  name === pattern || (pattern.startsWith('*.') && name.endsWith(pattern.slice(1)) && name.length > pattern.length - 1)

/** Kinds by protocol; TCPRoute and UDPRoute are not simulated. */
const KINDS: Readonly<Record<string, readonly RouteKindName[]>> = {
  HTTP: ['HTTPRoute', 'GRPCRoute'],
  HTTPS: ['HTTPRoute', 'GRPCRoute'],
  TLS: ['TLSRoute'],
}

function listenersOf(cluster: Cluster, controller: GatewayController, gateway: Gateway): readonly AttachedListener[] {
  const seen = new Set<string>()
  return gateway.spec.listeners.map((listener) => {
    const { protocol, port, hostname = '' } = listener
    const supported = (KINDS[protocol] ?? []).filter((kind) => controller.kinds.includes(kind))
    const entryPoint = controller.entryPoint ? controller.entryPoint(port, protocol) : listener.name
    const problems: Condition[] = []
    if (entryPoint === undefined)
      problems.push(
        no(
          'Accepted',
          'PortUnavailable',
          `Cannot find entryPoint for Gateway: no matching entryPoint for port ${port} and protocol "${protocol}"`,
        ),
      )
    else if (supported.length === 0) problems.push(no('Accepted', 'UnsupportedProtocol', `Unsupported listener protocol "${protocol}"`))
    const { kinds, wrong } = kindsOf(listener, supported)
    problems.push(...wrong)
    const key = `${protocol}|${hostname}|${port}`
    if (seen.has(key))
      problems.push(yes('Conflicted', 'HostnameConflict', 'A listener with same protocol, port and hostname already exists'))
    seen.add(key)
    const { certificates, wrong: bad } = certificatesOf(cluster, gateway, listener)
    return { gateway, listener, entryPoint: entryPoint ?? '', kinds, problems: [...problems, ...bad], certificates }
  })
}

function kindsOf(
  { allowedRoutes, protocol }: GatewayListener,
  supported: readonly RouteKindName[],
): { readonly kinds: readonly RouteKind[]; readonly wrong: readonly Condition[] } {
  const given = allowedRoutes?.kinds ?? []
  if (given.length === 0) return { kinds: supported.map((kind) => ({ group: GATEWAY_GROUP, kind })), wrong: [] }
  const fits = ({ group = GATEWAY_GROUP, kind }: RouteKind): boolean => group === GATEWAY_GROUP && supported.some((each) => each === kind)
  const wrong = given
    .filter((each) => !fits(each))
    .map(({ group = GATEWAY_GROUP, kind }) =>
      no('ResolvedRefs', 'InvalidRouteKinds', `Listener protocol "${protocol}" does not support RouteGroupKind ${group}/${kind}`),
    )
  return { kinds: given.filter(fits), wrong }
}

function certificatesOf(
  cluster: Cluster,
  gateway: Gateway,
  { name, port, protocol, tls }: GatewayListener,
): { readonly certificates: AttachedListener['certificates']; readonly wrong: readonly Condition[] } {
  const none = { certificates: [], wrong: [] }
  if (protocol !== 'HTTPS' && protocol !== 'TLS') return none
  if (!tls)
    return {
      ...none,
      wrong: [
        no('Accepted', 'InvalidTLSConfiguration', `No TLS configuration for Gateway Listener ${name}:${port} and protocol "${protocol}"`),
      ],
    }
  if (tls.mode === 'Passthrough') return none
  const refs = tls.certificateRefs ?? []
  if (refs.length === 0)
    return { ...none, wrong: [no('ResolvedRefs', 'InvalidCertificateRef', 'One TLS CertificateRef is required in Terminate mode')] }
  const wrong: Condition[] = []
  const certificates = refs.flatMap(({ group = '', kind = 'Secret', namespace = gateway.metadata.namespace ?? '', name: secret }) => {
    const ref = `${namespace}/${secret}`
    if ((group !== '' && group !== 'core') || kind !== 'Secret')
      wrong.push(no('ResolvedRefs', 'InvalidCertificateRef', `Unsupported TLS CertificateRef group/kind: ${group}/${kind}`))
    else if (
      !isGranted(cluster, { kind: 'Gateway', namespace: gateway.metadata.namespace ?? '' }, { group: '', kind, namespace, name: secret })
    )
      wrong.push(no('ResolvedRefs', 'RefNotPermitted', `Cannot reference CertificateRef ${ref}: missing ReferenceGrant`))
    else if (!isUsable(cluster, namespace, secret))
      wrong.push(no('ResolvedRefs', 'InvalidCertificateRef', `Cannot load CertificateRef ${ref}: getting secret`))
    else return [{ namespace, name: secret }]
    return []
  })
  return { certificates, wrong }
}

function isUsable(cluster: Cluster, namespace: string, name: string): boolean {
  const data = get(cluster, 'Secret', namespace, name)?.data
  return Boolean(data?.['tls.crt'] && data['tls.key'])
}

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

/** What is wrong with a backend that a route names: reason and message of ResolvedRefs; undefined when a Service has that port. */
export function backendProblem(
  cluster: Cluster,
  route: GatewayRoute,
  ref: BackendRef,
): { readonly reason: string; readonly message: string } | undefined {
  const { group = '', kind = 'Service', name, port } = ref
  const from = route.metadata.namespace ?? ''
  const namespace = ref.namespace ?? from
  const what = `Cannot load ${route.kind} BackendRef ${group || 'core'}/${kind}/${namespace}/${name}`
  if (!isGranted(cluster, { kind: route.kind, namespace: from }, { group, kind, namespace, name }))
    return { reason: 'RefNotPermitted', message: `${what}: missing ReferenceGrant` }
  if ((group !== '' && group !== 'core') || kind !== 'Service') return { reason: 'InvalidKind', message: `${what}: unsupported kind` }
  if (port === undefined) return { reason: 'UnsupportedProtocol', message: `${what}: port is required` }
  const service = get(cluster, 'Service', namespace, name)
  if (!service) return { reason: 'BackendNotFound', message: `${what}: service not found` }
  if (service.spec.type === 'ExternalName') return { reason: 'BackendNotFound', message: `${what}: type ExternalName is not supported` }
  if (!service.spec.ports?.some((each) => each.port === port))
    return { reason: 'BackendNotFound', message: `${what}: service port ${port} not found` }
  return undefined
}

/** Backends of its rules and of their mirrors; the last thing that is wrong is what the condition says. */
function resolvedRefs(cluster: Cluster, { filters }: GatewayController, route: GatewayRoute): Condition {
  let found: { readonly reason: string; readonly message: string } | undefined
  const mirrors = (given: readonly RouteFilter[] = []): readonly BackendRef[] =>
    given.flatMap(({ requestMirror }) => requestMirror?.backendRef ?? [])
  for (const rule of route.spec.rules ?? []) {
    const own = filters.includes('RequestMirror') ? mirrors((rule as { readonly filters?: readonly RouteFilter[] }).filters) : []
    for (const ref of [...(rule.backendRefs ?? []), ...own]) found = backendProblem(cluster, route, ref) ?? found
  }
  return found ? no('ResolvedRefs', found.reason, found.message) : yes('ResolvedRefs', 'ResolvedRefs', 'All references are resolved')
}
