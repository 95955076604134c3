/** IngressRouteTCP and IngressRouteUDP (pkg/provider/kubernetes/crd/kubernetes_tcp.go, kubernetes_udp.go, v3). Left out: their middlewares, TLS options and transports. */
import { INGRESS_CLASS_ANNOTATION } from '../../api/ingress.ts'
import type { IngressRouteTCP, IngressRouteUDP, TraefikPortServiceRef } from '../../api/traefik.ts'
import { sha256Hex } from '../../base/sha256.ts'
import { type Cluster, list } from '../../cluster/cluster.ts'
import type { TraefikSettings } from '../../cluster/traefik.ts'
import { certificateOf } from '../ingress/certificate.ts'
import type { ObjectRef } from '../program.ts'
import { serverAt, serversOf } from './endpoints.ts'
import { type Building, normalize, type PortService, type Server } from './model.ts'
import { type Objects, watched } from './objects.ts'

const PROVIDER = '@kubernetescrd'

interface Crd {
  readonly objects: Objects
  readonly options: NonNullable<TraefikSettings['crd']>
  readonly out: Building
}

type PortRoute = IngressRouteTCP | IngressRouteUDP

export function crdPortsProvider(cluster: Cluster, objects: Objects, options: Crd['options'], out: Building): void {
  const crd: Crd = { objects, options, out }
  for (const each of list(cluster, 'IngressRouteTCP')) if (isOwn(options, each)) ingressRouteTcp(crd, each)
  for (const each of list(cluster, 'IngressRouteUDP')) if (isOwn(options, each)) ingressRouteUdp(crd, each)
}

/** The same as for IngressRoutes. */
export function isOwn({ namespaces, ingressClass }: Pick<Crd['options'], 'namespaces' | 'ingressClass'>, { metadata }: PortRoute): boolean {
  const annotation = metadata.annotations?.[INGRESS_CLASS_ANNOTATION] ?? ''
  return watched(namespaces, metadata.namespace) && (annotation === ingressClass || (ingressClass === '' && annotation === 'traefik'))
}

const refOf = ({ kind, metadata }: PortRoute, field: string): ObjectRef => ({
  kind,
  namespace: metadata.namespace ?? 'default',
  name: metadata.name,
  field,
})

function ingressRouteTcp(crd: Crd, each: IngressRouteTCP): void {
  const { out, objects } = crd
  const { namespace = 'default', name } = each.metadata
  const { tls, entryPoints = [] } = each.spec
  if (tls?.secretName && !tls.passthrough) {
    const secret = objects.secret(namespace, tls.secretName)
    const certificate = secret && certificateOf(secret)
    if (certificate?.ok) out.certificates.set(`${namespace}-${tls.secretName}`, certificate.value)
    else
      out.error(
        `Error configuring TLS: ${certificate ? certificate.error : `secret ${namespace}/${tls.secretName} does not exist`}`,
        refOf(each, 'spec.tls'),
      )
  }
  each.spec.routes.forEach(({ match, priority, services = [] }, i) => {
    const object = refOf(each, `spec.routes[${i}]`)
    if (match === '') return out.error('Empty match rule', object)
    out.tcpRouters.push({
      name: `${normalize(`${namespace}-${name}-${sha256Hex(match, 20)}`)}${PROVIDER}`,
      rule: match,
      ...(priority && { priority }),
      entryPoints,
      tls: tls !== undefined,
      passthrough: tls?.passthrough === true,
      services: services.flatMap((ref) => portService(crd, namespace, ref, 'TCP', object) ?? []),
      object,
    })
    return undefined
  })
}

function ingressRouteUdp(crd: Crd, each: IngressRouteUDP): void {
  const { namespace = 'default', name } = each.metadata
  each.spec.routes.forEach(({ services = [] }, i) => {
    const object = refOf(each, `spec.routes[${i}]`)
    crd.out.udpRouters.push({
      name: `${normalize(`${namespace}-${name}-${i}`)}${PROVIDER}`,
      entryPoints: each.spec.entryPoints ?? [],
      services: services.flatMap((ref) => portService(crd, namespace, ref, 'UDP', object) ?? []),
      object,
    })
  })
}

/** Undefined, and said, where there is nobody behind it: the other services of the route stay. */
function portService(
  { objects, options, out }: Crd,
  parent: string,
  { name, namespace = parent, port: wanted, weight = 1, nativeLB, proxyProtocol }: TraefikPortServiceRef,
  protocol: 'TCP' | 'UDP',
  object: ObjectRef,
): PortService | undefined {
  const refuse = (text: string): undefined => {
    out.error(text, object)
  }
  if (namespace !== parent && !options.allowCrossNamespace)
    return refuse(`${protocol.toLowerCase()} service ${namespace}/${name} is not in the parent resource namespace ${parent}`)
  const service = objects.service(namespace, name)
  if (!service) return refuse('service not found')
  const outside = service.spec.type === 'ExternalName'
  if (outside && !options.allowExternalNameServices) return refuse(`externalName services not allowed: ${namespace}/${name}`)
  const port = (service.spec.ports ?? []).find(
    (each) => (each.port === Number(wanted) || each.name === wanted) && (each.protocol ?? 'TCP') === protocol,
  )
  if (!port) return refuse(`service port not found: ${wanted}`)
  const scheme = protocol.toLowerCase()
  const servers: readonly Server[] = nativeLB
    ? [serverAt(service.spec.clusterIP ?? '', port.port, scheme)]
    : outside
      ? [serverAt(service.spec.externalName ?? '', port.port, scheme)]
      : serversOf(objects.slices(namespace, name), port, scheme, 'ready')
  if (servers.length === 0 && !options.allowEmptyServices) return refuse('no servers found')
  const proxyHeader = proxyProtocol && (proxyProtocol.version === 1 ? 1 : 2)
  return { name: `${namespace}-${name}-${wanted}`, weight, servers, ...(proxyHeader && { proxyHeader }) }
}
