/** Gateways, their routes and the routes of controllers' own kinds that nobody makes true. What their controllers say of them is read off their status. */
import type { Condition, Gateway, GatewayListener, GatewayRoute, ParentReference } from '../api/gateway.ts'
import { INGRESS_CLASS_ANNOTATION } from '../api/ingress.ts'
import type { HTTPProxy } from '../api/http-proxy.ts'
import type { IngressRoute, IngressRouteTCP, IngressRouteUDP } from '../api/traefik.ts'
import { type Cluster, get, list } from '../cluster/cluster.ts'
import { isParent } from '../cluster/gateway-references.ts'
import { ingressControllers } from '../cluster/ingress-controller.ts'
import { proxyForest } from '../cluster/http-proxy.ts'
import { TRAEFIK_IMAGE, type TraefikSettings } from '../cluster/traefik.ts'
import { traefikSettingsIn } from '../cluster/traefik-file.ts'
import { type Finding, finding, refOf } from './finding.ts'

const NONE: readonly Finding[] = []
const ROUTES = ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute'] as const
const OWN = ['IngressRoute', 'IngressRouteTCP', 'IngressRouteUDP', 'HTTPProxy'] as const
const KINDS = ['Gateway', ...ROUTES, ...OWN] as const

/** Implementations that are not simulated: where one runs, nobody can say that none does. */
const OTHERS =
  /istio|pilot|envoyproxy\/gateway|nginx-gateway|nginx-kubernetes-gateway|cilium|kong|kgateway|gloo|apisix|linkerd|haproxy|kuma|tyk|airlock/

const known = new WeakMap<Cluster['objects']['Gateway'], { readonly inputs: readonly unknown[]; readonly findings: readonly Finding[] }>()

export function gatewayFindings(cluster: Cluster): readonly Finding[] {
  const { objects } = cluster
  if (KINDS.every((kind) => objects[kind].size === 0)) return NONE
  const inputs = [
    ...KINDS.map((kind) => objects[kind]),
    objects.GatewayClass,
    objects.Pod,
    objects.ConfigMap,
    objects.Service,
    objects.Secret,
  ]
  const before = known.get(objects.Gateway)
  if (before?.inputs.every((each, i) => each === inputs[i])) return before.findings
  const others = [...list(cluster, 'Pod')].some(({ spec }) => spec.containers.some(({ image = '' }) => OTHERS.test(image)))
  const findings = [
    ...[...list(cluster, 'Gateway')].flatMap((gateway) => ofGateway(cluster, gateway, others)),
    ...ROUTES.flatMap((kind) => [...list(cluster, kind)].flatMap((route: GatewayRoute) => ofRoute(cluster, route, others))),
    ...ofTraefik(cluster),
    ...ofContour(cluster),
  ]
  known.set(objects.Gateway, { inputs, findings })
  return findings
}

const isServed = ({ status }: Gateway): boolean => (status?.conditions ?? []).length > 0

function ofGateway(cluster: Cluster, gateway: Gateway, others: boolean): readonly Finding[] {
  const name = gateway.spec.gatewayClassName
  const of = get(cluster, 'GatewayClass', '', name)
  const say = (why: 'class-missing' | 'class-unserved' | 'class-refused', controller: string): readonly Finding[] => [
    finding('gateway-no-controller', 'error', refOf(gateway), { why, class: name, controller }, { field: 'spec.gatewayClassName' }),
  ]
  if (!of) return say('class-missing', '')
  const refused = of.status?.conditions?.some(({ type, status }) => type === 'Accepted' && status === 'False') ?? false
  if (!isServed(gateway))
    return refused ? say('class-refused', of.spec.controllerName) : others ? NONE : say('class-unserved', of.spec.controllerName)
  return gateway.spec.listeners.flatMap((listener, i) => ofListener(gateway, listener, i))
}

/** The condition that says most: what a listener is refused for, not that it is. */
function worst(conditions: readonly Condition[]): Condition | undefined {
  const bad = conditions.filter(({ type, status }) => (type === 'Conflicted') === (status === 'True'))
  return bad.find(({ reason }) => reason !== 'Invalid') ?? bad[0]
}

function ofListener(gateway: Gateway, { name }: GatewayListener, index: number): readonly Finding[] {
  const bad = worst(gateway.status?.listeners?.find((each) => each.name === name)?.conditions ?? [])
  if (!bad) return NONE
  const params = { listener: name, reason: bad.reason, words: bad.message }
  return [finding('gateway-listener', 'error', refOf(gateway), params, { field: `spec.listeners[${index}]` })]
}

function ofRoute(cluster: Cluster, route: GatewayRoute, others: boolean): readonly Finding[] {
  return (route.spec.parentRefs ?? []).flatMap((ref, i): readonly Finding[] => {
    if ((ref.kind ?? 'Gateway') !== 'Gateway') return NONE
    const namespace = ref.namespace ?? route.metadata.namespace ?? ''
    const gateway = get(cluster, 'Gateway', namespace, ref.name)
    const field = `spec.parentRefs[${i}]`
    const named = namespace === route.metadata.namespace ? ref.name : `${namespace}/${ref.name}`
    const none = (why: 'missing' | 'kind', related: readonly Gateway[] = []): readonly Finding[] => [
      finding('route-no-gateway', 'error', refOf(route), { why, gateway: named, kind: route.kind }, { field, related: related.map(refOf) }),
    ]
    if (!gateway) return none('missing')
    // Of a Gateway that nobody serves that itself is said.
    if (!isServed(gateway)) return NONE
    const said = statusFor(route, ref, gateway)
    if (!said) return others ? NONE : none('kind', [gateway])
    return ofParent(route, said, named, field, gateway)
  })
}

const statusFor = (route: GatewayRoute, ref: ParentReference, gateway: Gateway): readonly Condition[] | undefined =>
  route.status?.parents.find(
    ({ parentRef }) =>
      isParent(parentRef, route, gateway) && (parentRef.sectionName ?? '') === (ref.sectionName ?? '') && parentRef.port === ref.port,
  )?.conditions

function ofParent(route: GatewayRoute, said: readonly Condition[], gateway: string, field: string, parent: Gateway): readonly Finding[] {
  const related = [refOf(parent)]
  return said.flatMap(({ type, status, reason, message }): readonly Finding[] => {
    if (type === 'Accepted' && status === 'False')
      return [finding('route-refused', 'error', refOf(route), { gateway, reason, words: message }, { field, related })]
    if (type === 'ResolvedRefs' && status === 'False')
      return [
        finding(
          'route-references',
          'error',
          refOf(route),
          { why: reason === 'RefNotPermitted' ? 'grant' : 'broken', reason, words: message },
          { field: 'spec.rules' },
        ),
      ]
    return type === 'PartiallyInvalid' && status === 'True'
      ? [finding('route-refused', 'warning', refOf(route), { gateway, reason, words: message }, { field, related })]
      : NONE
  })
}

type TraefikKind = IngressRoute | IngressRouteTCP | IngressRouteUDP

/** IngressRoutes are taken by whoever runs the provider of their kind; namespace and class may keep one out. */
function ofTraefik(cluster: Cluster): readonly Finding[] {
  const all: readonly TraefikKind[] = (['IngressRoute', 'IngressRouteTCP', 'IngressRouteUDP'] as const).flatMap((kind) => [
    ...list(cluster, kind),
  ])
  if (all.length === 0) return NONE
  const running = [...list(cluster, 'Pod')].flatMap((pod) =>
    pod.spec.containers.flatMap((container) =>
      TRAEFIK_IMAGE.test(container.image ?? '') ? [traefikSettingsIn(cluster, pod, container)] : [],
    ),
  )
  return all.flatMap((each): readonly Finding[] => {
    if (running.some((settings) => takes(settings, each))) return each.kind === 'IngressRoute' ? NONE : entryPoints(running, each)
    const why = running.length === 0 ? 'none' : running.some(({ crd }) => crd) ? 'other' : 'provider'
    return [finding('route-no-controller', 'error', refOf(each), { kind: each.kind, controller: 'Traefik', why })]
  })
}

function takes({ crd }: TraefikSettings, { metadata }: TraefikKind): boolean {
  if (!crd || (crd.namespaces.length > 0 && !crd.namespaces.includes(metadata.namespace ?? ''))) return false
  const annotation = metadata.annotations?.[INGRESS_CLASS_ANNOTATION] ?? ''
  return annotation === crd.ingressClass || (crd.ingressClass === '' && annotation === 'traefik')
}

/** What a route of ports names has to be an entry point of its protocol. */
function entryPoints(running: readonly TraefikSettings[], each: IngressRouteTCP | IngressRouteUDP): readonly Finding[] {
  const udp = each.kind === 'IngressRouteUDP'
  const there = running.flatMap(({ entryPoints: tcp, udpEntryPoints = [] }) => (udp ? udpEntryPoints : tcp).map(({ name }) => name))
  return (each.spec.entryPoints ?? []).flatMap((name, i) =>
    there.includes(name)
      ? NONE
      : [
          finding(
            'route-entry-point',
            'error',
            refOf(each),
            { entryPoint: name, protocol: udp ? 'UDP' : 'TCP', entryPoints: there.join(', ') },
            { field: `spec.entryPoints[${i}]` },
          ),
        ],
  )
}

function ofContour(cluster: Cluster): readonly Finding[] {
  const all = [...list(cluster, 'HTTPProxy')]
  if (all.length === 0) return NONE
  const running = ingressControllers(cluster).filter(({ implementation }) => implementation === 'contour')
  const taken = new Set<HTTPProxy>(running.flatMap((controller) => proxyForest(cluster, controller).proxies))
  return all.flatMap((proxy): readonly Finding[] => {
    if (!taken.has(proxy)) {
      const why = running.length === 0 ? 'none' : 'other'
      return [finding('route-no-controller', 'error', refOf(proxy), { kind: 'HTTPProxy', controller: 'Contour', why })]
    }
    const { currentStatus = '', description = '' } = proxy.status ?? {}
    if (currentStatus !== 'invalid' && currentStatus !== 'orphaned') return NONE
    const words = errorsOf(proxy) || description
    return [
      finding('http-proxy-invalid', currentStatus === 'invalid' ? 'error' : 'warning', refOf(proxy), { status: currentStatus, words }),
    ]
  })
}

/** Contour's own words for what is wrong, the first of them. */
function errorsOf({ status }: HTTPProxy): string {
  const conditions = (status?.conditions ?? []) as readonly { readonly errors?: readonly { readonly message?: string }[] }[]
  return conditions.flatMap(({ errors = [] }) => errors.flatMap(({ message }) => message ?? []))[0] ?? ''
}
