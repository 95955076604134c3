/**
 * Listeners of a Gateway as Contour checks them (internal/gatewayapi/listeners.go, computeListener of internal/dag/gatewayapi_processor.go): one socket of Envoy for all of one port, on a port above 1023,
 * for its container may not bind lower ones.
 */
import { type Condition, type Gateway, GATEWAY_GROUP, type GatewayListener, type RouteKindName } from '../api/gateway.ts'
import { latin1 } from '../api/base64.ts'
import { secretBytes } from '../api/secret.ts'
import type { Secret } from '../api/workload.ts'
import { parseCertificate, pemBlock } from '../api/x509.ts'
import { type Cluster, get } from './cluster.ts'
import { fails, holds, isGranted } from './gateway-references.ts'

/** The protocol of a listener for HTTPProxies and Ingresses, which bring their certificates along. */
const CONTOUR_HTTPS = 'projectcontour.io/https'
const TLS = new Set(['HTTPS', 'TLS', CONTOUR_HTTPS])

/** What Envoy binds: `http-80` on 8080. */
export interface EnvoyPort {
  readonly name: string
  readonly port: number
  readonly containerPort: number
  readonly protocol: 'http' | 'https' | 'tcp'
}

export interface CheckedListener {
  readonly listener: GatewayListener
  /** Envoy's listener; empty where there is none for it. */
  readonly envoy: string
  readonly kinds: readonly RouteKindName[]
  readonly conditions: readonly Condition[]
  /** Only what is ready takes routes. */
  readonly ready: boolean
  readonly secret: { readonly namespace: string; readonly name: string } | undefined
}

/** Conditions as Contour collects them: a second one of a type takes the place of the first and repeats its words. */
export class Conditions {
  readonly all: Condition[] = []

  add({ message, ...condition }: Condition): void {
    const at = this.all.findIndex(({ type }) => type === condition.type)
    const before = this.all[at]
    const made: Condition = { ...condition, message: before ? `${before.message}, ${message}` : message }
    if (before) this.all[at] = made
    else this.all.push(made)
  }

  has(type: string): boolean {
    return this.all.some((each) => each.type === type)
  }
}

/** 8000 above the listener's, wrapped around, and past the ports that take a privilege. */
export function containerPortOf(port: number): number {
  const above = port + 8000 > 65535 ? port + 8000 - 65535 : port + 8000
  return above <= 1023 ? above + 1023 : above
}

const protocolOf = (protocol: string): EnvoyPort['protocol'] => (protocol === 'HTTP' ? 'http' : protocol === 'TCP' ? 'tcp' : 'https')

interface Validated {
  readonly names: ReadonlyMap<string, string>
  readonly ports: readonly EnvoyPort[]
  readonly invalid: ReadonlyMap<string, Condition>
}

/** Protocols, ports and hostnames; what stands earlier in the list has the right of way. */
export function validateListeners(listeners: readonly GatewayListener[]): Validated {
  const names = new Map<string, string>()
  const ports = new Map<string, EnvoyPort>()
  const invalid = new Map<string, Condition>()
  listeners.forEach((listener, i) => {
    const { name, port, protocol } = listener
    const wrong = wrongHostname(listener) ?? wrongProtocol(listener) ?? conflict(listener, listeners.slice(0, i))
    if (wrong) return void invalid.set(name, wrong)
    const envoy = `${protocolOf(protocol)}-${port}`
    names.set(name, envoy)
    if (!ports.has(envoy)) ports.set(envoy, { name: envoy, port, containerPort: containerPortOf(port), protocol: protocolOf(protocol) })
    return undefined
  })
  return { names, ports: [...ports.values()], invalid }
}

const HOSTNAME = /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
export const isHostname = (text: string): boolean => HOSTNAME.test(text) && !/^\d+(\.\d+){3}$/.test(text)

const wrongHostname = ({ hostname }: GatewayListener): Condition | undefined =>
  hostname && !isHostname(hostname) ? fails('Programmed', 'Invalid', `invalid hostname "${hostname}"`) : undefined

const wrongProtocol = ({ protocol }: GatewayListener): Condition | undefined =>
  protocol === 'HTTP' || protocol === 'TCP' || TLS.has(protocol)
    ? undefined
    : fails(
        'Accepted',
        'UnsupportedProtocol',
        `Listener protocol "${protocol}" is unsupported, must be one of HTTP, HTTPS, TLS, TCP or ${CONTOUR_HTTPS}`,
      )

function conflict({ port, protocol, hostname = '' }: GatewayListener, before: readonly GatewayListener[]): Condition | undefined {
  for (const other of before) {
    if (other.port !== port) {
      if (containerPortOf(other.port) !== containerPortOf(port)) continue
      return fails('Accepted', 'PortUnavailable', "Listener port conflicts with a previous Listener's port")
    }
    if (protocolOf(other.protocol) !== protocolOf(protocol))
      return holds('Conflicted', 'ProtocolConflict', 'All Listener protocols for a given port must be compatible')
    if ((other.hostname ?? '') === hostname)
      return holds('Conflicted', 'HostnameConflict', 'All Listener hostnames for a given port must be unique')
  }
  return undefined
}

export function checkListener(
  cluster: Cluster,
  gateway: Gateway,
  listener: GatewayListener,
  { names, invalid }: Validated,
): CheckedListener {
  const said = new Conditions()
  const { name } = listener
  const wrong = invalid.get(name)
  if (wrong) said.add(wrong)
  const kinds = kindsOf(listener, said)
  const selects = selectorHolds(listener, said)
  const secret = wrong || !selects ? undefined : secretOf(cluster, gateway, listener, said)
  const ready = !wrong && selects && secret !== undefined
  return {
    listener,
    envoy: names.get(name) ?? '',
    kinds,
    conditions: finished(said),
    ready,
    secret: secret === 'none' ? undefined : secret,
  }
}

const BY_PROTOCOL: Readonly<Record<string, readonly RouteKindName[]>> = {
  HTTP: ['HTTPRoute', 'GRPCRoute'],
  HTTPS: ['HTTPRoute', 'GRPCRoute'],
  TLS: ['TLSRoute', 'TCPRoute'],
  TCP: ['TCPRoute'],
}

function kindsOf({ allowedRoutes, protocol }: GatewayListener, said: Conditions): readonly RouteKindName[] {
  const given = allowedRoutes?.kinds ?? []
  if (given.length === 0) return BY_PROTOCOL[protocol] ?? []
  return given.flatMap(({ group = GATEWAY_GROUP, kind }): readonly RouteKindName[] => {
    const refuse = (message: string): readonly RouteKindName[] => {
      said.add(fails('ResolvedRefs', 'InvalidRouteKinds', message))
      return []
    }
    if (group !== GATEWAY_GROUP) return refuse(`Group "${group}" is not supported, group must be "${GATEWAY_GROUP}"`)
    if (kind === 'HTTPRoute' || kind === 'GRPCRoute') return [kind]
    if (kind === 'TLSRoute') return protocol === 'TLS' ? [kind] : refuse(`TLSRoutes are incompatible with listener protocol "${protocol}"`)
    if (kind === 'TCPRoute')
      return protocol === 'TCP' || protocol === 'TLS' ? [kind] : refuse(`TCPRoutes are incompatible with listener protocol "${protocol}"`)
    return refuse(`Kind "${kind}" is not supported, kind must be "HTTPRoute", "TLSRoute", "GRPCRoute" or "TCPRoute"`)
  })
}

const invalidListener = (message: string): Condition => fails('Programmed', 'Invalid', message)

function selectorHolds({ allowedRoutes }: GatewayListener, said: Conditions): boolean {
  const { from, selector } = allowedRoutes?.namespaces ?? {}
  if (from !== 'Selector') return true
  const field = 'Listener.AllowedRoutes.Namespaces.Selector'
  const asked = Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions ?? []).length
  if (!selector) said.add(invalidListener(`${field} is required when Listener.AllowedRoutes.Namespaces.From is set to "Selector".`))
  else if (asked === 0) said.add(invalidListener(`${field} must specify at least one MatchLabel or MatchExpression.`))
  return asked > 0
}

/** The Secret of a listener that terminates TLS, `none` where it needs none; undefined where it cannot be had. */
function secretOf(
  cluster: Cluster,
  gateway: Gateway,
  { protocol, tls }: GatewayListener,
  said: Conditions,
): CheckedListener['secret'] | 'none' {
  if (protocol !== 'HTTPS' && protocol !== 'TLS') return 'none'
  const refuse = (condition: Condition): undefined => {
    said.add(condition)
  }
  if (!tls) return refuse(invalidListener(`Listener.TLS is required when protocol is "${protocol}".`))
  const refs = tls.certificateRefs ?? []
  if (tls.mode === 'Passthrough') {
    if (protocol === 'HTTPS') return refuse(invalidListener(`Listener.TLS.Mode must be "Terminate" when protocol is "HTTPS".`))
    return refs.length === 0
      ? 'none'
      : refuse(invalidListener('Listener.TLS.CertificateRefs cannot be defined when Listener.TLS.Mode is "Passthrough".'))
  }
  const [ref] = refs
  if (!ref || refs.length !== 1) return refuse(invalidListener('Listener.TLS.CertificateRefs must contain exactly one entry'))
  const field = `Spec.VirtualHost.TLS.CertificateRefs "${ref.name}"`
  const own = gateway.metadata.namespace ?? ''
  const { group = '', kind = 'Secret', namespace = own, name } = ref
  if (group !== '' || kind !== 'Secret')
    return refuse(fails('ResolvedRefs', 'InvalidCertificateRef', `${field} must contain a reference to a core.Secret`))
  if (!isGranted(cluster, { kind: 'Gateway', namespace: own }, { group, kind, namespace, name }))
    return refuse(
      fails('ResolvedRefs', 'RefNotPermitted', `${field} namespace must match the Gateway's namespace or be covered by a ReferenceGrant`),
    )
  const secret = get(cluster, 'Secret', namespace, name)
  const why = secret ? unusable(secret) : 'Secret not found'
  if (why !== undefined) return refuse(fails('ResolvedRefs', 'InvalidCertificateRef', `${field} referent is invalid: ${why}`))
  return { namespace, name }
}

/** dag.validTLSSecret; undefined for one that serves. */
function unusable(secret: Secret): string | undefined {
  const [crt, key] = [secretBytes(secret, 'tls.crt'), secretBytes(secret, 'tls.key')]
  if (!crt) return 'missing TLS certificate'
  if (!key) return 'missing TLS private key'
  const block = pemBlock(latin1(crt), /^CERTIFICATE$/)
  if (!block || !parseCertificate(block.bytes)) return 'invalid TLS certificate: failed to locate certificate'
  return pemBlock(latin1(key), /PRIVATE KEY$/) ? undefined : 'invalid TLS private key: failed to locate private key'
}

/** Programmed, Accepted and ResolvedRefs are said of every listener. */
function finished(said: Conditions): readonly Condition[] {
  const well = said.all.length === 0
  if (!said.has('Programmed'))
    said.add(
      well
        ? holds('Programmed', 'Programmed', 'Valid listener')
        : invalidListener('Invalid listener, see other listener conditions for details'),
    )
  if (!said.has('Accepted')) said.add(holds('Accepted', 'Accepted', 'Listener accepted'))
  if (!said.has('ResolvedRefs')) said.add(holds('ResolvedRefs', 'ResolvedRefs', 'Listener references resolved'))
  return said.all
}
