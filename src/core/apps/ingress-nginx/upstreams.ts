/** Upstreams out of Services (createUpstreams, serviceEndpoints of internal/ingress/controller/controller.go): the pods themselves, not the cluster IP. */
import type { Ingress, IngressBackend } from '../../api/ingress.ts'
import type { Service } from '../../api/service.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { LOOPBACK, parseIp } from '../../net/ip.ts'
import { endpointsOf, portText, serviceOf, type UpstreamEndpoint } from '../ingress/backend.ts'
import type { Annotations } from './annotations.ts'
import { DEFAULT_UPSTREAM, type Log, refOfIngress, type Upstream } from './model.ts'
import type { Settings } from './settings.ts'

/** The server inside nginx that answers 404 where no default backend is. */
export const DEFAULT_PORT = 8181
const NOT_FOUND: UpstreamEndpoint = { address: LOOPBACK, port: DEFAULT_PORT }

export interface Translation {
  readonly cluster: Cluster
  readonly settings: Settings
  readonly ingresses: readonly { readonly ingress: Ingress; readonly annotations: Annotations }[]
  readonly log: Log
}

export const upstreamName = (namespace: string, { name, port }: NonNullable<IngressBackend['service']>): string =>
  `${namespace}-${name}-${portText(port ?? {})}`

export function upstreamsOf(translation: Translation): Map<string, Upstream> {
  const upstreams = new Map<string, Upstream>([[DEFAULT_UPSTREAM, defaultUpstream(translation)]])
  for (const { ingress, annotations } of translation.ingresses) {
    const { defaultBackend, rules = [] } = ingress.spec
    if (defaultBackend?.service) {
      const made = upstreamOf(translation, ingress, annotations, defaultBackend.service, 'default')
      upstreams.set(made.name, made)
    }
    for (const { http } of rules)
      for (const { backend } of http?.paths ?? []) {
        if (!backend.service || upstreams.has(upstreamName(ingress.metadata.namespace ?? '', backend.service))) continue
        const made = upstreamOf(translation, ingress, annotations, backend.service, 'path')
        upstreams.set(made.name, made)
      }
  }
  return upstreams
}

const empty = (name: string): Upstream => ({
  name,
  service: undefined,
  port: '',
  endpoints: [],
  algorithm: 'round_robin',
  hashBy: '',
  affinity: undefined,
  cookieLocations: new Map(),
  noServer: false,
  canary: undefined,
  alternatives: [],
})

function defaultUpstream({ cluster, settings, log }: Translation): Upstream {
  const none: Upstream = { ...empty(DEFAULT_UPSTREAM), endpoints: [NOT_FOUND] }
  if (settings.defaultService === '') return none
  const [namespace = '', name = ''] = settings.defaultService.split('/')
  const service = serviceOf(cluster, namespace, name)
  const port = service?.spec.ports?.[0]
  if (!service || !port) {
    log.warn(
      `Error getting default backend "${settings.defaultService}": no object matching key "${settings.defaultService}" in local store`,
    )
    return none
  }
  const endpoints = endpointsOf(cluster, service, port)
  if (endpoints.length === 0) log.warn(`Service "${settings.defaultService}" does not have any active Endpoint`)
  return { ...none, service: { kind: 'Service', namespace, name }, ...(endpoints.length > 0 && { endpoints }) }
}

function upstreamOf(
  translation: Translation,
  ingress: Ingress,
  annotations: Annotations,
  backend: NonNullable<IngressBackend['service']>,
  of: 'default' | 'path',
): Upstream {
  const namespace = ingress.metadata.namespace ?? ''
  const port = portText(backend.port ?? {})
  return {
    ...empty(upstreamName(namespace, backend)),
    service: { kind: 'Service', namespace, name: backend.name },
    port,
    endpoints: endpointsFor(translation, ingress, annotations, backend.name, port, of),
    algorithm: annotations.loadBalance,
    hashBy: annotations.upstreamHashBy,
    noServer: annotations.canary !== undefined,
    canary: annotations.canary,
  }
}

function endpointsFor(
  { cluster, settings, log }: Translation,
  ingress: Ingress,
  { serviceUpstream }: Annotations,
  name: string,
  port: string,
  of: 'default' | 'path',
): readonly UpstreamEndpoint[] {
  const namespace = ingress.metadata.namespace ?? ''
  const key = `${namespace}/${name}`
  const object = refOfIngress(ingress)
  const service = serviceOf(cluster, namespace, name)
  if (!service) {
    const why = `no object matching key "${key}" in local store`
    if (serviceUpstream)
      log.error(`Failed to determine a suitable ClusterIP Endpoint for Service "${key}": service "${key}" does not exist`, object)
    if (of === 'path') log.warn(`Error obtaining Endpoints for Service "${key}": ${why}`, object)
    else {
      log.warn(`Error creating upstream "${upstreamName(namespace, { name, port: { name: port } })}": ${why}`, object)
      log.warn(`Error obtaining Service "${key}": ${why}`, object)
    }
    return []
  }
  if (serviceUpstream) {
    const own = clusterEndpoint(service, port)
    if (typeof own !== 'string') return [own]
    log.error(`Failed to determine a suitable ClusterIP Endpoint for Service "${key}": ${own}`, object)
  }
  if (service.spec.type === 'ExternalName') {
    if (settings.externalNames) return externalEndpoints(cluster, service, port)
    log.warn(`Service "${key}" of type ExternalName not allowed due to Ingress configuration.`, object)
    return []
  }
  // Unlike the specification, a target port's number or name will do as well.
  const found = (service.spec.ports ?? []).find((each) =>
    [String(each.port), String(each.targetPort ?? each.port), each.name].includes(port),
  )
  // A port that the Service does not have is not said: the log is silent, and nobody is there.
  if (!found) return []
  const endpoints = endpointsOf(cluster, service, found)
  if (endpoints.length === 0) log.warn(`Service "${key}" does not have any active Endpoint.`, object)
  return endpoints
}

/** service-upstream: the cluster IP as the only endpoint, so that kube-proxy chooses. */
function clusterEndpoint({ metadata, spec }: Service, port: string): UpstreamEndpoint | string {
  const address = parseIp(spec.clusterIP ?? '')
  if (!address) return `no ClusterIP found for Service "${metadata.namespace ?? ''}/${metadata.name}"`
  const named = (spec.ports ?? []).find(({ name }) => name === port)
  const number = named?.port ?? (/^\d+$/.test(port) ? Number(port) : undefined)
  if (number === undefined) return `service "${metadata.name}" does not have a port named "${port}"`
  return { address, port: number, object: { kind: 'Service', namespace: metadata.namespace ?? '', name: metadata.name } }
}

/** The Lua balancer resolves the name; here the API answers for DNS: addresses, hosts outside and Services of the cluster. */
function externalEndpoints(cluster: Cluster, service: Service, port: string): readonly UpstreamEndpoint[] {
  const { externalName = '', ports = [] } = service.spec
  const own = ports.find((each) => String(each.port) === port || each.name === port)
  const target = typeof own?.targetPort === 'number' ? own.targetPort : (own?.port ?? Number(port))
  const address = parseIp(externalName) ?? addressOfName(cluster, externalName.replace(/\.$/, ''))
  if (!address || !Number.isInteger(target)) return []
  const { namespace = '', name } = service.metadata
  return [{ address, port: target, object: { kind: 'Service', namespace, name } }]
}

function addressOfName(cluster: Cluster, name: string): ReturnType<typeof parseIp> {
  const [, service = '', namespace = ''] = /^([^.]+)\.([^.]+)\.svc(?:\.cluster\.local)?$/.exec(name) ?? []
  const inside = service === '' ? undefined : serviceOf(cluster, namespace, service)
  if (inside) return parseIp(inside.spec.clusterIP ?? '')
  const host = cluster.config.site.hosts.find((each) => each.name === name)
  return parseIp(host?.interfaces[0]?.address.split('/')[0] ?? '')
}
