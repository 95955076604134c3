import type { Choose } from '../base/choose.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { EndpointSlice } from '../api/endpointslice.ts'
import { SERVICE_NAME_LABEL } from '../api/endpointslice.ts'
import type { Service } from '../api/service.ts'
import { resolvedName } from '../cluster/cloud/frontends.ts'
import { type Cluster, get, list } from '../cluster/cluster.ts'
import { hasFamily } from '../cluster/config.ts'
import { familyOf, type Ip, type IpFamily, isIpv6, joinHostPort, parseIp } from '../net/ip.ts'
import { isIcmp, type Protocol } from '../net/packet.ts'
import { virtualHost } from './virtual-host.ts'

/**
 * What a person types as an address, understood. Names are looked up in the API, not asked of DNS (fidelity `name-from-api`): with the search path of a
 * pod in `namespace`, as its resolv.conf would. Of a name with addresses of both families the first of the object is taken, unless `family` says which.
 */
export interface Target {
  readonly ip: Ip
  readonly port?: number
  /** Ids of fidelity.ts. */
  readonly fidelity: readonly string[]
}

export interface TargetError {
  readonly code: 'address' | 'port' | 'nxdomain' | 'no-address' | 'unsupported'
  readonly message: string
  /** `HOST:PORT:ADDRESS`, where an object serves a name that has no record. */
  readonly resolve?: string
}

const SCHEME_PORT: Readonly<Record<string, number>> = { http: 80, https: 443 }
const CLUSTER_DOMAIN = 'cluster.local'

/** `http://svc.ns/path`, `IP:PORT`, `[IP]:PORT`, `IP`, `svc.ns:port`, `pod/ns/name:port`, `node/name:port`. `namespace` is absent for senders that do not use cluster DNS. */
export function resolveTarget(
  cluster: Cluster,
  text: string,
  protocol: Protocol,
  namespace: string | undefined,
  choose: Choose,
  family?: IpFamily,
): Result<Target, TargetError> {
  const parts = split(text.trim())
  if (!parts.ok) return parts
  const { host, port } = parts.value
  const literal = parseIp(host)
  if (literal) return hasFamily(cluster.config, familyOf(literal)) ? ported(literal, protocol, port, []) : absentFamily(literal)
  const object = /^(pod|node|external)\/(.+)$/.exec(host)
  if (object) return objectAddress(cluster, object[1] ?? '', object[2] ?? '', { protocol, port, family })
  if (/^[\d.]+$/.test(host) || host.includes(':')) return fail({ code: 'address', message: `${JSON.stringify(host)} is not an address` })
  const balancer = resolvedName(cluster, host.toLowerCase())
  if (balancer) return ported(balancer, protocol, port, ['name-from-api'])
  if (namespace === undefined)
    return unresolved(cluster, { host, port, outside: true }, "the sender's resolv.conf does not point at cluster DNS; dial the address")
  return named(cluster, host.toLowerCase(), { protocol, port, family }, namespace, choose)
}

function split(text: string): Result<{ readonly host: string; readonly port?: number }, TargetError> {
  const url = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(text)
  const scheme = url?.[1]?.toLowerCase()
  if (scheme !== undefined && SCHEME_PORT[scheme] === undefined)
    return fail({ code: 'unsupported', message: `Protocol "${scheme}" not supported` })
  const authority = url ? (url[2] ?? '').replace(/^.*@/, '') : text
  if (authority === '') return fail({ code: 'address', message: 'no address given' })
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(authority)
  const colon = bracketed ?? /^([^:]*):(\d+)$/.exec(authority)
  const host = colon?.[1] ?? authority
  const port = colon?.[2] !== undefined ? Number(colon[2]) : scheme === undefined ? undefined : SCHEME_PORT[scheme]
  if (port !== undefined && (port < 1 || port > 65535)) return fail({ code: 'port', message: `port ${port} is not between 1 and 65535` })
  return ok({ host, ...(port !== undefined && { port }) })
}

function ported(ip: Ip, protocol: Protocol, port: number | undefined, fidelity: readonly string[]): Result<Target, TargetError> {
  if (isIcmp(protocol)) return ok({ ip, fidelity })
  return port === undefined ? fail({ code: 'port', message: `${ip}: no port given` }) : ok({ ip, port, fidelity })
}

/** What is asked of an address. */
interface Wanted {
  readonly protocol: Protocol
  readonly port: number | undefined
  readonly family: IpFamily | undefined
}

const absentFamily = (ip: Ip): Result<Target, TargetError> =>
  fail({ code: 'unsupported', message: `${ip}: the cluster has no ${familyOf(ip)} (--ip-families)` })

/** The first address of the family, or the first at all. */
function ofFamily(texts: readonly (string | undefined)[], family: IpFamily | undefined): Ip | undefined {
  const ips = texts.flatMap((text) => parseIp(text ?? '') ?? [])
  return family === undefined ? ips[0] : ips.find((ip) => familyOf(ip) === family)
}

function objectAddress(cluster: Cluster, kind: string, name: string, { protocol, port, family }: Wanted): Result<Target, TargetError> {
  const ip = ofFamily(addressesOf(cluster, kind, name), family)
  return ip ? ported(ip, protocol, port, []) : fail({ code: 'no-address', message: `${kind}/${name} has no address` })
}

function addressesOf(cluster: Cluster, kind: string, name: string): readonly (string | undefined)[] {
  if (kind === 'node')
    return (get(cluster, 'Node', '', name)?.status.addresses ?? []).flatMap((a) => (a.type === 'InternalIP' ? a.address : []))
  if (kind === 'external') {
    const port = cluster.config.site.hosts.find((h) => h.name === name)?.interfaces[0]
    return [port?.address, port?.address6].filter((text) => text !== undefined && hasFamily(cluster.config, isIpv6(text) ? 'IPv6' : 'IPv4'))
  }
  const [namespace = '', pod = ''] = name.split('/')
  const status = get(cluster, 'Pod', namespace, pod)?.status
  return [status?.podIP, ...(status?.podIPs ?? []).map(({ ip }) => ip)]
}

interface Unresolved {
  readonly host: string
  readonly port: number | undefined
  /** The sender may be where cluster IPs lead nowhere. */
  readonly outside: boolean
}

/** Whoever has an Ingress for the name meant that one, and wants to know how to get there without a record in DNS. */
function unresolved(cluster: Cluster, { host, port, outside }: Unresolved, why: string): Result<Target, TargetError> {
  const served = virtualHost(cluster, host, port ?? 80)
  const failed = (text: string, resolve?: string): Result<Target, TargetError> =>
    fail({ code: 'nxdomain', message: `Could not resolve host: ${host} (${text})`, ...(resolve !== undefined && { resolve }) })
  if (!served) return failed(why)
  const record = `no DNS record; ${served.kind} ${served.namespace}/${served.name} serves that name`
  const { entry } = served
  const at = entry && `its controller answers on ${entry.kind} ${joinHostPort(entry.address, entry.port)}`
  if (served.address === undefined) return failed(`${record}, but has no address yet${at ? `; ${at}` : ''}`)
  if (at && served.inside && outside) return failed(`${record} at ${served.address}, which is a cluster IP; ${at}`)
  if (at && !served.inside) return failed(`${record} at ${served.address}, but not on port ${port ?? 80}; ${at}`)
  const resolve = `${host}:${port ?? 80}:${served.address}`
  return failed(`${record}: --resolve ${resolve}`, resolve)
}

/** The first of the search path that names a Service: `web`, `web.shop`, `web.shop.svc`, `web.shop.svc.cluster.local`. */
function named(cluster: Cluster, host: string, wanted: Wanted, namespace: string, choose: Choose): Result<Target, TargetError> {
  const labels = host.replace(/\.$/, '').split('.')
  const service = labels.length <= 2 || labels[2] === 'svc' ? find(cluster, labels, namespace) : undefined
  if (!service) return unresolved(cluster, { host, port: wanted.port, outside: false }, 'NXDOMAIN')
  if (service.spec.type === 'ExternalName')
    return fail({ code: 'unsupported', message: `${host} is a CNAME to ${service.spec.externalName}, which is outside the cluster's DNS` })
  const { protocol, port, family } = wanted
  const chosen = port ?? onlyPort(service, protocol)
  if (service.spec.clusterIP !== undefined && service.spec.clusterIP !== 'None') {
    const ip = ofFamily([service.spec.clusterIP, ...(service.spec.clusterIPs ?? [])], family)
    return ip
      ? ported(ip, protocol, chosen, ['name-from-api'])
      : fail({ code: 'no-address', message: `Could not resolve host: ${host} (no ${family ?? 'usable'} address)` })
  }
  return headless(cluster, service, host, wanted, choose)
}

function find(cluster: Cluster, labels: readonly string[], namespace: string): Service | undefined {
  if (labels.length > 3 && labels.slice(3).join('.') !== CLUSTER_DOMAIN) return undefined
  return get(cluster, 'Service', labels[1] ?? namespace, labels[0] ?? '')
}

function onlyPort(service: Service, protocol: Protocol): number | undefined {
  const ports = (service.spec.ports ?? []).filter((p) => (p.protocol ?? 'TCP').toLowerCase() === protocol)
  return ports.length === 1 ? ports[0]?.port : undefined
}

/** A headless name resolves to all ready endpoints in random order; the client takes the first. Its port is the pod's, not the Service's. */
function headless(
  cluster: Cluster,
  service: Service,
  host: string,
  { protocol, port, family = service.spec.ipFamilies?.[0] ?? 'IPv4' }: Wanted,
  choose: Choose,
): Result<Target, TargetError> {
  const slices = [...list(cluster, 'EndpointSlice')].filter((slice) => isOf(slice, service, family))
  const ready = slices.flatMap((slice) => (slice.endpoints ?? []).filter((e) => e.conditions?.ready !== false).flatMap((e) => e.addresses))
  if (ready.length === 0)
    return fail({
      code: 'nxdomain',
      message: `Could not resolve host: ${host} (a headless Service without ready endpoints has no addresses)`,
    })
  const weights = ready.map(() => 1 / ready.length)
  const ip = parseIp(ready[choose({ kind: 'branch', weights, why: { kind: 'address', name: host, addresses: ready } })] ?? '')
  const target = port ?? (slices[0]?.ports?.length === 1 ? slices[0].ports[0]?.port : undefined)
  return ip
    ? ported(ip, protocol, target, ['name-from-api'])
    : fail({ code: 'unsupported', message: `${host} has addresses that are none` })
}

const isOf = (slice: EndpointSlice, service: Service, family: IpFamily): boolean =>
  slice.metadata.labels?.[SERVICE_NAME_LABEL] === service.metadata.name &&
  slice.metadata.namespace === service.metadata.namespace &&
  slice.addressType === family
