/**
 * What the controllers of clouds' layer 7 balancers write back: addresses into the status of Ingresses, and names of what they made into annotations. They run beside the API server (GKE)
 * or as pods; what they program is in cluster/cloud, and what that does with requests in apps/cloud.
 */
import { unreachable } from '../base/assert.ts'
import { sha256Hex } from '../base/sha256.ts'
import type { Ingress } from '../api/ingress.ts'
import type { Service } from '../api/service.ts'
import { type Change, type Cluster, get, list } from '../cluster/cluster.ts'
import { appGateway } from '../cluster/cloud/agic.ts'
import { albGroups } from '../cluster/cloud/alb.ts'
import { balancerHost, frontendAddresses, Frontends, frontendsOf, hostnameOf, isFrontend } from '../cluster/cloud/frontends.ts'
import { backendsOf, type GceBalancer, gceBalancers, gceScope } from '../cluster/cloud/gce.ts'
import { type GceBackend, healthState } from '../cluster/cloud/gce-backend.ts'
import { certificateName, frontendName } from '../cluster/cloud/gce-names.ts'
import { equal } from '../cluster/equal.ts'
import { ingressControllers } from '../cluster/ingress-controller.ts'
import type { Controller } from './controller.ts'
import { isReady } from './pods.ts'

export const cloudIngress: Controller = {
  name: 'cloud-ingress',
  reads: ['Ingress', 'IngressClass', 'Service', 'EndpointSlice', 'Pod', 'Node', 'Secret', 'BackendConfig', 'FrontendConfig'],
  scope: 'cluster',
  reconcile: (cluster) => {
    const { cloud } = cluster.config.site
    if (cloud === undefined) return []
    switch (cloud) {
      case 'gce':
        return gceChanges(cluster)
      case 'aws':
        return albChanges(cluster)
      case 'azure':
        return appGatewayChanges(cluster)
      default:
        return unreachable(cloud)
    }
  },
}

function gceChanges(cluster: Cluster): readonly Change[] {
  const frontends = new Frontends(cluster)
  const balancers = gceBalancers(cluster)
  const given = balancers.filter(({ errors }) => errors.length === 0).flatMap((balancer) => gceIngress(cluster, balancer, frontends))
  const left = [...list(cluster, 'Ingress')].filter((ingress) => !gceScope(ingress)).flatMap((ingress) => released(cluster, ingress))
  return [...given, ...left, ...negStatuses(cluster, balancers)]
}

function gceIngress(cluster: Cluster, balancer: GceBalancer, frontends: Frontends): readonly Change[] {
  const { ingress, scope } = balancer
  const host = balancerHost(cluster.config.site, scope)
  if (!host) return []
  const ip = frontendAddresses(ingress).find((each) => isFrontend(host, each)) ?? frontends.next(host)
  const annotations = { ...withoutOurs(ingress.metadata.annotations), ...gceAnnotations(balancer) }
  return changed(ingress, {
    ...ingress,
    metadata: { ...ingress.metadata, annotations },
    status: statusWith(ingress, ip === undefined ? [] : [{ ip }]),
  })
}

/** One balancer for each group, named in the status of all its members. Without a controller that runs, what stands is left as it is. */
function albChanges(cluster: Cluster): readonly Change[] {
  const controller = ingressControllers(cluster).find(({ implementation, pod }) => implementation === 'alb' && isReady(pod))
  if (!controller) return []
  const frontends = new Frontends(cluster)
  const groups = albGroups(cluster)
  const given = groups.flatMap(({ error, scope, members, name }): readonly Change[] => {
    const host = balancerHost(cluster.config.site, scope)
    if (error !== undefined || !host) return []
    const address = members.flatMap(frontendAddresses).find((each) => isFrontend(host, each)) ?? frontends.next(host)
    if (!address) return []
    const hostname = hostnameOf(name, scope, address)
    return members.flatMap((ingress) => changed(ingress, { ...ingress, status: statusWith(ingress, [{ hostname }]) }))
  })
  const taken = new Set(groups.flatMap(({ members }) => members))
  const left = [...list(cluster, 'Ingress')].filter((ingress) => !taken.has(ingress)).flatMap((ingress) => released(cluster, ingress))
  return [...given, ...left]
}

/** The gateway has one address, which is all Ingresses'. */
function appGatewayChanges(cluster: Cluster): readonly Change[] {
  const controller = ingressControllers(cluster).find(({ implementation, pod }) => implementation === 'agic' && isReady(pod))
  const host = balancerHost(cluster.config.site, 'external')
  if (!controller || !host) return []
  const { ingresses } = appGateway(cluster)
  const ip = frontendsOf(cluster, host)[0] ?? new Frontends(cluster).next(host)
  const given = ingresses.flatMap((ingress) =>
    changed(ingress, { ...ingress, status: statusWith(ingress, ip === undefined ? [] : [{ ip }]) }),
  )
  const taken = new Set(ingresses)
  return [
    ...given,
    ...[...list(cluster, 'Ingress')].filter((ingress) => !taken.has(ingress)).flatMap((ingress) => released(cluster, ingress)),
  ]
}

type Addresses = NonNullable<NonNullable<NonNullable<Ingress['status']>['loadBalancer']>['ingress']>

function statusWith({ status }: Ingress, addresses: Addresses): NonNullable<Ingress['status']> {
  return { ...status, loadBalancer: addresses.length > 0 ? { ingress: addresses } : {} }
}

const changed = (before: Ingress, object: Ingress): readonly Change[] => (equal(before, object) ? [] : [{ op: 'put', object }])

const PREFIX = 'ingress.kubernetes.io/'
const OURS = new Set(
  [
    'backends',
    'url-map',
    'redirect-url-map',
    'forwarding-rule',
    'https-forwarding-rule',
    'target-proxy',
    'https-target-proxy',
    'ssl-cert',
  ].map((each) => PREFIX + each),
)

const withoutOurs = (annotations: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(annotations).filter(([key]) => !OURS.has(key)))

/** pkg/loadbalancers GetLBAnnotations. */
function gceAnnotations(balancer: GceBalancer): Readonly<Record<string, string>> {
  const { ingress, http, secrets, preShared, redirect } = balancer
  const { namespace = '', name } = ingress.metadata
  const named = (kind: Parameters<typeof frontendName>[0]): string => frontendName(kind, namespace, name)
  const certificates = [...preShared, ...secrets.map((each) => certificateName(namespace, name, sha256Hex(each, 16)))]
  const backends = backendsOf(balancer).map((backend) => [backend.name, healthState(backend)] as const)
  const own: Readonly<Record<string, string | undefined>> = {
    backends: JSON.stringify(Object.fromEntries(backends.toSorted(([a], [b]) => (a < b ? -1 : 1)))),
    'url-map': named('um'),
    'redirect-url-map': redirect === undefined ? undefined : named('rm'),
    'forwarding-rule': http ? named('fr') : undefined,
    'target-proxy': http ? named('tp') : undefined,
    'https-forwarding-rule': certificates.length > 0 ? named('fs') : undefined,
    'https-target-proxy': certificates.length > 0 ? named('ts') : undefined,
    'ssl-cert': certificates.length > 0 ? certificates.join(',') : undefined,
  }
  return Object.fromEntries(Object.entries(own).flatMap(([key, value]) => (value === undefined ? [] : [[PREFIX + key, value]])))
}

/** An Ingress that is no longer the cloud's loses the address that the cloud gave, and the names. */
function released({ config }: Cluster, ingress: Ingress): readonly Change[] {
  const theirs = config.site.hosts.filter(({ balances }) => balances)
  if (!frontendAddresses(ingress).some((ip) => theirs.some((host) => isFrontend(host, ip)))) return []
  return changed(ingress, {
    ...ingress,
    metadata: { ...ingress.metadata, annotations: withoutOurs(ingress.metadata.annotations) },
    status: statusWith(ingress, []),
  })
}

const NEG = 'cloud.google.com/neg'
const NEG_STATUS = 'cloud.google.com/neg-status'

/** pkg/neg: the groups of a Service's ports that Ingresses send to, and where they are. */
function negStatuses(cluster: Cluster, balancers: readonly GceBalancer[]): readonly Change[] {
  const groups = new Map<string, GceBackend[]>()
  for (const backend of balancers.flatMap(backendsOf)) {
    const key = `${backend.service.namespace}/${backend.service.name}`
    const own = groups.get(key) ?? []
    if (backend.neg && !own.some(({ name }) => name === backend.name)) groups.set(key, [...own, backend])
  }
  const zones = [
    ...new Set([...list(cluster, 'Node')].map(({ metadata }) => metadata.labels?.['topology.kubernetes.io/zone'] ?? ZONE)),
  ].toSorted()
  const changes: Change[] = []
  for (const [key, backends] of groups) {
    const [namespace = '', name = ''] = key.split('/')
    const service = get(cluster, 'Service', namespace, name)
    const network_endpoint_groups = Object.fromEntries(backends.map(({ port, name: neg }) => [port, neg]))
    if (service) changes.push(...annotated(service, JSON.stringify({ network_endpoint_groups, zones })))
  }
  for (const service of list(cluster, 'Service')) {
    const { namespace = '', name, annotations = {} } = service.metadata
    // Groups that are exposed for themselves are somebody else's.
    if (annotations[NEG_STATUS] === undefined || annotations[NEG]?.includes('exposed_ports') || groups.has(`${namespace}/${name}`)) continue
    const { [NEG_STATUS]: _, ...rest } = annotations
    changes.push({ op: 'put', object: { ...service, metadata: { ...service.metadata, annotations: rest } } })
  }
  return changes
}

/** Where nodes say nothing of theirs. */
const ZONE = 'us-central1-a'

function annotated(service: Service, status: string): readonly Change[] {
  const { annotations = {} } = service.metadata
  if (annotations[NEG_STATUS] === status) return []
  return [{ op: 'put', object: { ...service, metadata: { ...service.metadata, annotations: { ...annotations, [NEG_STATUS]: status } } } }]
}
