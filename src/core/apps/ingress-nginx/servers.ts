/** Servers and their locations out of Ingresses (createServers, getBackendServers of internal/ingress/controller/controller.go). The older Ingress wins a host's path. */
import type { Ingress, IngressPath } from '../../api/ingress.ts'
import { secretBytes } from '../../api/secret.ts'
import { type Cluster, get } from '../../cluster/cluster.ts'
import { portText } from '../ingress/backend.ts'
import { certificateOf, isFor } from '../ingress/certificate.ts'
import type { Annotations } from './annotations.ts'
import {
  DEFAULT_SERVER,
  DEFAULT_UPSTREAM,
  type Location,
  type Log,
  refOfIngress,
  type Server,
  type ServerCertificate,
  type Upstream,
} from './model.ts'
import { type Translation, upstreamName } from './upstreams.ts'

export const hostOfRule = (host: string | undefined): string => host || DEFAULT_SERVER

const FAKE_NAME = 'Kubernetes Ingress Controller Fake Certificate'
const FAKE_NAME_IN_FULL = `O=Acme Co; CN=${FAKE_NAME}`

/** What nginx shows where no certificate fits: the controller makes it when it starts (getFakeHostSSLCert of internal/net/ssl). */
export const FAKE: ServerCertificate = {
  certificate: {
    subject: FAKE_NAME,
    issuer: FAKE_NAME,
    distinguished: { subject: FAKE_NAME_IN_FULL, issuer: FAKE_NAME_IN_FULL },
    names: ['ingress.local'],
  },
  name: 'default-fake-certificate',
}

export function serversOf(translation: Translation, upstreams: ReadonlyMap<string, Upstream>, plain: Annotations): Map<string, Server> {
  const servers = new Map<string, Server>()
  const fallback = defaultCertificate(translation)
  servers.set(DEFAULT_SERVER, {
    hostname: DEFAULT_SERVER,
    locations: [rootLocation(DEFAULT_UPSTREAM, undefined, plain)],
    certificate: fallback,
    passthrough: false,
    aliases: [],
  })
  for (const each of translation.ingresses) if (!each.annotations.canary) addServers(servers, each, upstreams)
  for (const each of translation.ingresses) if (!each.annotations.canary) finishServers(translation, servers, each, fallback)
  const taken = new Set(servers.keys())
  for (const server of servers.values()) server.aliases = server.aliases.filter((alias) => !taken.has(alias))
  for (const each of translation.ingresses) addLocations(servers, each, upstreams)
  return servers
}

const rootLocation = (backend: string, ingress: Ingress | undefined, annotations: Annotations): Location => ({
  path: '/',
  pathType: 'Prefix',
  ingressPath: '/',
  backend,
  isDefault: true,
  ingress,
  field: 'spec.defaultBackend',
  service: '',
  port: '',
  annotations,
})

type Each = Translation['ingresses'][number]

/** A backend beside rules is the default of the hosts that are new with it; without rules it is everybody's. */
function addServers(servers: Map<string, Server>, { ingress, annotations }: Each, upstreams: ReadonlyMap<string, Upstream>): void {
  const { defaultBackend, rules = [] } = ingress.spec
  const own = defaultBackend?.service ? upstreams.get(upstreamName(ingress.metadata.namespace ?? '', defaultBackend.service)) : undefined
  const root = servers.get(DEFAULT_SERVER)?.locations[0]
  if (own && root?.isDefault && rules.length === 0) {
    const { rewriteTarget: _, useRegex: __, redirect: ___, ...applied } = annotations
    const { rewriteTarget, useRegex, redirect } = root.annotations
    const service = { service: own.service?.name ?? '', port: own.port }
    Object.assign(root, {
      isDefault: false,
      backend: own.name,
      ingress,
      annotations: { ...applied, rewriteTarget, useRegex, redirect },
      ...service,
    })
  }
  for (const { host } of rules) {
    const hostname = hostOfRule(host)
    if (servers.has(hostname)) continue
    const locations = [rootLocation(own?.name ?? DEFAULT_UPSTREAM, ingress, annotations)]
    servers.set(hostname, { hostname, locations, certificate: undefined, passthrough: annotations.sslPassthrough, aliases: [] })
  }
}

function finishServers(
  translation: Translation,
  servers: Map<string, Server>,
  { ingress, annotations }: Each,
  fallback: ServerCertificate,
): void {
  for (const { host } of ingress.spec.rules ?? []) {
    const server = servers.get(hostOfRule(host))
    if (!server) continue
    if (server.aliases.length === 0) server.aliases = annotations.serverAlias.filter((alias) => alias !== server.hostname)
    else if (annotations.serverAlias.length > 0)
      translation.log.warn(
        `Aliases already configured for server "${server.hostname}", skipping (Ingress "${keyOf(ingress)}")`,
        refOfIngress(ingress),
      )
    server.passthrough ||= annotations.sslPassthrough
    if (server.certificate || (ingress.spec.tls ?? []).length === 0) continue
    server.certificate = certificateFor(translation, ingress, server.hostname, fallback)
  }
}

const keyOf = ({ metadata }: Ingress): string => `${metadata.namespace ?? ''}/${metadata.name}`

function defaultCertificate({ cluster, settings, log }: Translation): ServerCertificate {
  if (settings.defaultCertificate === '') return FAKE
  const [namespace = '', name = ''] = settings.defaultCertificate.split('/')
  const found = localCertificate(cluster, namespace, name)
  if (typeof found !== 'string') return found
  log.warn(`Error loading custom default certificate, falling back to generated default: ${found}`)
  return FAKE
}

/** The store of certificates: what went wrong with one that is not in it, otherwise. */
function localCertificate(cluster: Cluster, namespace: string, name: string): ServerCertificate | string {
  const secret = get(cluster, 'Secret', namespace, name)
  if (!secret) return `local SSL certificate ${namespace}/${name} was not found`
  const read = certificateOf(secret)
  if (read.ok) return { certificate: read.value, name: `${namespace}-${name}` }
  const pair = secretBytes(secret, 'tls.crt') && secretBytes(secret, 'tls.key')
  return pair ? `unexpected error creating SSL Cert: ${read.error}` : `secret "${namespace}/${name}" contains no keypair or CA certificate`
}

/** extractTLSSecretName, then the checks of the certificate: whatever is wrong with it, the default one serves. */
function certificateFor({ cluster, log }: Translation, ingress: Ingress, host: string, fallback: ServerCertificate): ServerCertificate {
  const { namespace = '' } = ingress.metadata
  const object = refOfIngress(ingress, 'spec.tls')
  const secretName = secretFor(cluster, ingress, host, log)
  if (!secretName) return fallback
  const key = `${namespace}/${secretName}`
  const found = localCertificate(cluster, namespace, secretName)
  if (typeof found === 'string') {
    const why = get(cluster, 'Secret', namespace, secretName) ? found : `no object matching key "${key}" in local store`
    log.warn(`Error obtaining X.509 certificate: ${why}`, { kind: 'Secret', namespace, name: secretName })
    log.warn(`Error getting SSL certificate "${key}": local SSL certificate ${key} was not found. Using default certificate`, object)
    return fallback
  }
  const { names, subject } = found.certificate
  if (isFor(found.certificate, host)) return found
  // A subject's name counts only where there are no others.
  const byName = names.length === 0 && isFor({ ...found.certificate, names: [subject] }, host)
  const wrong = names.length > 0 ? `x509: certificate is valid for ${names.join(', ')}, not ${host}` : noNames(byName)
  log.warn(`Unexpected error validating SSL certificate "${key}" for server "${host}": ${wrong}`, object)
  log.warn('Validating certificate against DNS names. This will be deprecated in a future version', object)
  if (byName) return found
  log.warn(`SSL certificate "${key}" does not contain a Common Name or Subject Alternative Name for server "${host}": ${wrong}`, object)
  log.warn('Using default certificate', object)
  return fallback
}

/** crypto/x509's HostnameError of a certificate without subjectAltName. */
const noNames = (byName: boolean): string =>
  byName ? 'x509: certificate relies on legacy Common Name field, use SANs instead' : 'x509: certificate is not valid for any names'

function secretFor(cluster: Cluster, { metadata, spec }: Ingress, host: string, log: Log): string | undefined {
  const tls = spec.tls ?? []
  const named = tls.find(({ hosts = [] }) => hosts.some((each) => each.toLowerCase() === host))
  if (named) return named.secretName
  for (const { secretName } of tls) {
    if (!secretName) continue
    const found = localCertificate(cluster, metadata.namespace ?? '', secretName)
    if (typeof found === 'string') log.warn(`Error getting SSL certificate "${metadata.namespace ?? ''}/${secretName}": ${found}`)
    else if (isFor(found.certificate, host)) return secretName
  }
  return undefined
}

function addLocations(servers: Map<string, Server>, each: Each, upstreams: ReadonlyMap<string, Upstream>): void {
  const { rules = [] } = each.ingress.spec
  rules.forEach(({ host, http }, i) => {
    const server = servers.get(hostOfRule(host)) ?? servers.get(DEFAULT_SERVER)
    if (!server) return
    http?.paths.forEach((path, j) => {
      const service = path.backend.service
      const upstream = service && upstreams.get(upstreamName(each.ingress.metadata.namespace ?? '', service))
      if (!upstream || upstream.noServer) return
      addLocation(server, each, path, `spec.rules[${i}].http.paths[${j}]`, upstream)
      addAffinity(upstream, each.annotations, hostOfRule(host), path.path ?? '', server)
    })
  })
}

/** The first location of a path and type stays; the root that no Ingress asked for gives way. */
function addLocation(
  server: Server,
  { ingress, annotations }: Each,
  { path: given, pathType, backend }: IngressPath,
  field: string,
  upstream: Upstream,
): void {
  const path = given || '/'
  const made: Location = {
    path,
    pathType,
    ingressPath: path,
    backend: upstream.name,
    isDefault: false,
    ingress,
    field,
    service: upstream.service?.name ?? '',
    port: portText(backend.service?.port ?? {}),
    annotations,
  }
  const index = server.locations.findIndex((each) => each.path === path)
  const same = server.locations[index]
  if (!same || same.pathType !== pathType) server.locations.push(made)
  else if (same.isDefault) server.locations[index] = made
}

function addAffinity(upstream: Upstream, { affinity }: Annotations, host: string, path: string, { aliases }: Server): void {
  if (!affinity) return
  upstream.affinity = { ...affinity, mode: upstream.affinity?.mode ?? affinity.mode }
  for (const each of [host, ...aliases]) upstream.cookieLocations.set(each, [...(upstream.cookieLocations.get(each) ?? []), path])
}
