/** Google's load balancers as programs on the hosts that stand for them: a GFE for external ones, an Envoy of the proxy-only subnet for internal ones. Each Ingress has an address of its own. */
import { frontendAddresses, isFrontend } from '../../cluster/cloud/frontends.ts'
import { type GceBalancer, gceBalancers } from '../../cluster/cloud/gce.ts'
import { frontendName } from '../../cluster/cloud/gce-names.ts'
import { get } from '../../cluster/cluster.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import type { SiteHost } from '../../cluster/site.ts'
import type { Ip } from '../../net/ip.ts'
import { certificateOf, isFor } from '../ingress/certificate.ts'
import { Remembered } from '../ingress/remembered.ts'
import type { Certificate, ClientHello, HelloDecision, Listener, LogLine, Program, Running, World } from '../program.ts'
import { answer, type Gce, passed } from './gce-request.ts'
import { gceTables } from './gce-tables.ts'
import { placesIn } from './rows.ts'
import { BACKENDS_FILE, backendsText, defaultId, hostId, pathId, urlMapFile, urlMapText } from './gce-text.ts'

/** A load balancer that stands, with its address. */
export interface Standing {
  readonly balancer: GceBalancer
  readonly address: Ip
  readonly certificates: readonly Certificate[]
}

const programs = new Remembered<SiteHost, Running>()
const NOTHING: Running = {
  configured: { files: [], tables: [], listeners: [], log: [] },
  accept: () => ({ kind: 'close', reset: true, why: 'no-load-balancer' }),
}

export const GCE: Program = {
  name: 'gce',
  fidelity: 'gce-load-balancer',
  runsIn: ({ cluster, place }) => cluster.config.site.cloud === 'gce' && place.kind === 'host' && place.host.balances !== undefined,
  configure: ({ cluster, place }: World) => {
    if (place.kind !== 'host') return NOTHING
    const { host } = place
    const balancers = gceBalancers(cluster)
    return programs.get(host, [balancers, cluster.objects.Secret], () => runningOn(cluster, host, balancers))
  },
}

function runningOn(cluster: Cluster, host: SiteHost, all: readonly GceBalancer[]): Running {
  const own = all.filter(({ scope }) => scope === host.balances?.scope)
  const standing = own.flatMap((balancer): readonly Standing[] => {
    const address = frontendAddresses(balancer.ingress).find((ip) => isFrontend(host, ip))
    return address && balancer.errors.length === 0 ? [{ balancer, address, certificates: certificatesOf(cluster, balancer) }] : []
  })
  const backends = backendsText(standing.map(({ balancer }) => balancer))
  const maps = new Map(standing.map(({ balancer, address }) => [balancer, urlMapText(balancer, address)]))
  const row = placesIn([[BACKENDS_FILE, backends], ...[...maps].map(([balancer, text]) => [fileOf(balancer), text] as const)])
  const byAddress = new Map(standing.map((each) => [each.address, { each, gce: gceOf(each.balancer, row) }]))
  return {
    configured: {
      files: [
        ...standing.map(({ balancer }) => ({
          name: fileOf(balancer),
          text: maps.get(balancer)?.text ?? '',
          syntax: 'yaml' as const,
          change: 'update' as const,
        })),
        ...(standing.length > 0 ? [{ name: BACKENDS_FILE, text: backends.text, syntax: 'yaml' as const, change: 'update' as const }] : []),
      ],
      tables: gceTables(standing, row),
      listeners: standing.flatMap(listenersOf),
      log: own.flatMap(logOf),
    },
    accept: ({ local, localPort }) =>
      !byAddress.has(local)
        ? { kind: 'close', reset: true, why: 'no-load-balancer' }
        : localPort === 443
          ? { kind: 'tls' }
          : { kind: 'http', versions: ['1.0', '1.1'], keepAlive: 610 },
    hello: (hello, { local }) => greet(byAddress.get(local)?.each.certificates ?? [], hello),
    request: (exchange) => {
      const found = byAddress.get(exchange.connection.local)
      return found ? answer(found.gce, exchange) : { kind: 'close', why: 'no-load-balancer', matched: [] }
    },
    response: (response, exchange, decision) => {
      const found = byAddress.get(exchange.connection.local)
      return found ? passed(found.gce, response, exchange, decision) : response
    },
  }
}

const fileOf = ({ ingress }: GceBalancer): string => urlMapFile(frontendName('um', ingress.metadata.namespace ?? '', ingress.metadata.name))

const gceOf = (balancer: GceBalancer, row: Gce['row']): Gce => ({
  balancer,
  scope: balancer.scope,
  row,
  ids: {
    host: ({ host }) => hostId(balancer, host),
    path: ({ host }, { path }) => pathId(balancer, host, path),
    fallback: defaultId(balancer),
  },
})

function listenersOf({ balancer, address, certificates }: Standing): readonly Listener[] {
  const http: Listener = { protocol: 'tcp', address, port: 80, purpose: 'http' }
  const https: Listener = { protocol: 'tcp', address, port: 443, purpose: 'https' }
  return [...(balancer.http ? [http] : []), ...(certificates.length > 0 ? [https] : [])]
}

/** Events on the Ingress, in the controller's words. */
function logOf({ ingress, errors, warnings }: GceBalancer): readonly LogLine[] {
  const { namespace = '', name } = ingress.metadata
  const object = { kind: 'Ingress', namespace, name }
  const [ip] = frontendAddresses(ingress)
  return [
    ...errors.map((text): LogLine => ({ level: 'error', text, object })),
    ...warnings.map((text): LogLine => ({ level: 'warning', text, object })),
    ...(errors.length === 0 && ip ? [{ level: 'info' as const, text: `IP is now ${ip}`, object }] : []),
  ]
}

/** Secrets first in their order, then those that are kept in the cloud, of which nobody here knows more than what they are for. */
function certificatesOf(cluster: Cluster, { ingress, secrets, preShared }: GceBalancer): readonly Certificate[] {
  const { namespace = '' } = ingress.metadata
  const hosts = [
    ...new Set([
      ...(ingress.spec.tls ?? []).flatMap((each) => each.hosts ?? []),
      ...(ingress.spec.rules ?? []).flatMap(({ host }) => host ?? []),
    ]),
  ]
  const shared = preShared.map((subject): Certificate => ({ subject, issuer: 'Google Trust Services', names: hosts }))
  const own = secrets.flatMap((secretName) => {
    const secret = get(cluster, 'Secret', namespace, secretName)
    const read = secret && certificateOf(secret)
    return read?.ok ? [read.value] : []
  })
  return [...shared, ...own]
}

function greet(certificates: readonly Certificate[], { serverName = '' }: ClientHello): HelloDecision {
  const found = certificates.find((each) => isFor(each, serverName.toLowerCase())) ?? certificates[0]
  if (!found) return { kind: 'alert', description: 'handshake_failure' }
  return { kind: 'terminate', certificate: found, alpn: ['h2', 'http/1.1'], versions: ['2', '1.1', '1.0'] }
}
