/**
 * Which routes Traefik attaches to which listeners, and what it says of both (pkg/provider/kubernetes/gateway, v3): a certificate that cannot be had makes the listener useless, and one bad listener
 * makes the Gateway unaccepted. TCPRoutes only with `experimentalChannel`.
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
import { type BackendTls, traefikBackendTls } from './backend-tls.ts'
import { type Cluster, get, list } from './cluster.ts'
import { latin1 } from '../api/base64.ts'
import { secretBytes } from '../api/secret.ts'
import { parseCertificate, pemBlock } from '../api/x509.ts'
import type { Attached, AttachedListener, AttachedParent, Attachment } from './gateway.ts'
import { type GatewayController, gatewaysOf } from './gateway-controller.ts'
import { fails, holds, isGranted, isParent, isSection, within } from './gateway-references.ts'
import { PolicyUses } from './policy-uses.ts'

export function traefikAttach(cluster: Cluster, controller: GatewayController): Attached {
  const gateways = gatewaysOf(cluster, controller)
  const listeners = gateways.flatMap((gateway) => listenersOf(cluster, controller, gateway))
  const routes: GatewayRoute[] = [
    ...list(cluster, 'HTTPRoute'),
    ...list(cluster, 'GRPCRoute'),
    ...list(cluster, 'TLSRoute'),
    ...list(cluster, 'TCPRoute'),
  ].filter(({ kind }) => controller.kinds.includes(kind))
  const parents = new Map<GatewayRoute, readonly AttachedParent[]>()
  const counts = new Map<AttachedListener, number>()
  const policies = new PolicyUses()
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
  const conditions = new Map(gateways.map((gateway) => [gateway, gatewayConditions(listeners.filter((each) => each.gateway === gateway))]))
  for (const { route, on } of attachments) notePolicies(cluster, policies, route, on)
  return { listeners, attachments, parents, counts, conditions, policies: policies.all }
}

function gatewayConditions(own: readonly AttachedListener[]): readonly Condition[] {
  if (own.some(({ problems }) => problems.length > 0)) return [fails('Accepted', 'ListenersNotValid', 'All Listeners must be valid')]
  const said = 'Gateway successfully scheduled'
  return [holds('Accepted', 'Accepted', said), holds('Programmed', 'Programmed', said)]
}

/** Of the backends of routes of requests; the ancestor is the listener of the Gateway. */
function notePolicies(cluster: Cluster, policies: PolicyUses, route: GatewayRoute, { gateway, listener }: AttachedListener): void {
  if (route.kind !== 'HTTPRoute' && route.kind !== 'GRPCRoute') return
  for (const { backendRefs = [] } of route.spec.rules ?? [])
    for (const ref of backendRefs) {
      const found = backendTlsOf(cluster, route, ref)
      if (!found) continue
      const { name, namespace = '' } = gateway.metadata
      policies.note(found, { group: GATEWAY_GROUP, kind: 'Gateway', namespace, name, sectionName: listener.name })
    }
}

/** How Traefik speaks TLS to a backend; undefined where no policy wants it. */
export function backendTlsOf(cluster: Cluster, route: GatewayRoute, { namespace, name, port }: BackendRef): BackendTls | undefined {
  const at = namespace ?? route.metadata.namespace ?? ''
  const found = get(cluster, 'Service', at, name)?.spec.ports?.find((each) => each.port === port)
  return found && traefikBackendTls(cluster, { namespace: at, name, port: found })
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
    ? holds('Accepted', 'Accepted', 'Route is accepted')
    : fails('Accepted', reason, `no listener of the Gateway takes it: ${reason}`)
}

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

const NO_ERROR = 'No error found'
const WELL: readonly Condition[] = ['Accepted', 'ResolvedRefs', 'Programmed'].map((type) => holds(type, type, NO_ERROR))

/** Kinds by protocol; UDPRoutes it does not know. */
const KINDS: Readonly<Record<string, readonly RouteKindName[]>> = {
  HTTP: ['HTTPRoute', 'GRPCRoute'],
  HTTPS: ['HTTPRoute', 'GRPCRoute'],
  TLS: ['TLSRoute'],
  TCP: ['TCPRoute'],
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
        fails(
          'Accepted',
          'PortUnavailable',
          `Cannot find entryPoint for Gateway: no matching entryPoint for port ${port} and protocol "${protocol}"`,
        ),
      )
    else if (supported.length === 0) problems.push(unsupported(protocol))
    const { kinds, wrong } = kindsOf(listener, supported)
    problems.push(...wrong)
    const key = `${protocol}|${hostname}|${port}`
    if (seen.has(key))
      problems.push(holds('Conflicted', 'HostnameConflict', 'A listener with same protocol, port and hostname already exists'))
    seen.add(key)
    const { certificates, wrong: bad } = certificatesOf(cluster, gateway, listener)
    const all = [...problems, ...bad]
    return { gateway, listener, entryPoint: entryPoint ?? '', kinds, problems: all, conditions: all.length > 0 ? all : WELL, certificates }
  })
}

/** Traefik says it as a conflict. */
const unsupported = (protocol: string): Condition =>
  protocol === 'TCP'
    ? holds(
        'Conflicted',
        'ProtocolConflict',
        `Protocol "TCP" requires the experimental channel support to be enabled, please use the \`experimentalChannel\` option`,
      )
    : holds('Conflicted', 'UnsupportedProtocol', `Unsupported listener protocol "${protocol}"`)

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
      fails('ResolvedRefs', 'InvalidRouteKinds', `Listener protocol "${protocol}" does not support RouteGroupKind ${group}/${kind}`),
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
        fails(
          'Accepted',
          'InvalidTLSConfiguration',
          `No TLS configuration for Gateway Listener ${name}:${port} and protocol "${protocol}"`,
        ),
      ],
    }
  if (tls.mode === 'Passthrough') return none
  const refs = tls.certificateRefs ?? []
  if (refs.length === 0)
    return { ...none, wrong: [fails('ResolvedRefs', 'InvalidCertificateRef', 'One TLS CertificateRef is required in Terminate mode')] }
  const wrong: Condition[] = []
  const certificates = refs.flatMap(({ group = '', kind = 'Secret', namespace = gateway.metadata.namespace ?? '', name: secret }) => {
    const ref = `${namespace}/${secret}`
    if ((group !== '' && group !== 'core') || kind !== 'Secret')
      wrong.push(fails('ResolvedRefs', 'InvalidCertificateRef', `Unsupported TLS CertificateRef group/kind: ${group}/${kind}`))
    else if (
      !isGranted(cluster, { kind: 'Gateway', namespace: gateway.metadata.namespace ?? '' }, { group: '', kind, namespace, name: secret })
    )
      wrong.push(fails('ResolvedRefs', 'RefNotPermitted', `Cannot reference CertificateRef ${ref}: missing ReferenceGrant`))
    else {
      const why = unusable(cluster, namespace, secret)
      if (why === undefined) return [{ namespace, name: secret }]
      wrong.push(fails('ResolvedRefs', 'InvalidCertificateRef', `Cannot load CertificateRef ${ref}: ${why}`))
    }
    return []
  })
  return { certificates, wrong: wrong.length > 0 ? [...wrong, fails('Programmed', 'Invalid', 'Invalid CertificateRefs')] : wrong }
}

/** getTLSCert: why no certificate can be had; the private key's numbers are not compared. */
function unusable(cluster: Cluster, namespace: string, name: string): string | undefined {
  const secret = get(cluster, 'Secret', namespace, name)
  if (!secret) return 'getting secret'
  const missing = ['tls.crt', 'tls.key'].filter((entry) => !secret.data?.[entry])
  if (missing.length > 0)
    return `getting certificate blocks: secret ${namespace}/${name} is missing the following TLS data entries: ${missing.join(', ')}`
  const textOf = (entry: string): string => latin1(secretBytes(secret, entry) ?? [])
  const block = pemBlock(textOf('tls.crt'), /^CERTIFICATE$/)
  if (!block) return 'validating certificate: tls: failed to find any PEM data in certificate input'
  if (!parseCertificate(block.bytes)) return 'validating certificate: x509: malformed certificate'
  return pemBlock(textOf('tls.key'), /PRIVATE KEY$/) ? undefined : 'validating certificate: tls: failed to find any PEM data in key input'
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
  const what = `Cannot load ${route.kind === 'GRPCRoute' ? 'GRPC' : `${route.kind} `}BackendRef ${group || 'core'}/${kind}/${namespace}/${name}`
  if (!isGranted(cluster, { kind: route.kind, namespace: from }, { group, kind, namespace, name }))
    return { reason: 'RefNotPermitted', message: `${what}: missing ReferenceGrant` }
  if ((group !== '' && group !== 'core') || kind !== 'Service') return { reason: 'InvalidKind', message: `${what}: unsupported kind` }
  if (port === undefined) return { reason: 'UnsupportedProtocol', message: `${what}: port is required` }
  const service = get(cluster, 'Service', namespace, name)
  if (!service) return { reason: 'BackendNotFound', message: `${what}: service not found` }
  if (service.spec.type === 'ExternalName') return { reason: 'BackendNotFound', message: `${what}: type ExternalName is not supported` }
  if (!service.spec.ports?.some((each) => each.port === port))
    return { reason: 'BackendNotFound', message: `${what}: service port ${port} not found` }
  const tls = route.kind === 'HTTPRoute' || route.kind === 'GRPCRoute' ? backendTlsOf(cluster, route, ref) : undefined
  if (tls && tls.hostname === undefined)
    return {
      reason: 'RefNotPermitted',
      message: `Cannot apply BackendTLSPolicy for Service ${namespace}/${name}: ${tls.conditions[0]?.message ?? ''}`,
    }
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
  return found ? fails('ResolvedRefs', found.reason, found.message) : holds('ResolvedRefs', 'ResolvedRefs', 'All references are resolved')
}
