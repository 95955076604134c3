/**
 * The address that an ingress controller writes into the status of what it takes (ingress-nginx internal/ingress/status, haproxytech pkg/status): that of the Service in front of it, or those of
 * the nodes that its pods are on. Approximate: when a controller goes, its addresses stay, as they do when it is killed; one that is stopped orderly would take them away.
 */
import { unreachable } from '../base/assert.ts'
import type { Ingress, IngressAddress } from '../api/ingress.ts'
import type { Service } from '../api/service.ts'
import { type Change, type Cluster, get, list } from '../cluster/cluster.ts'
import { equal } from '../cluster/equal.ts'
import { type IngressController, ingressControllers, takes } from '../cluster/ingress-controller.ts'
import type { Controller } from './controller.ts'
import { ingressOf } from './load-balancer.ts'
import { isReady } from './pods.ts'

export const ingressStatus: Controller = {
  name: 'ingress-status',
  reads: ['Ingress', 'IngressClass', 'Service', 'Pod', 'Node'],
  scope: 'cluster',
  reconcile: (cluster) => {
    if (count(cluster) === 0) return []
    const running = ingressControllers(cluster).filter(({ pod }) => isReady(pod))
    if (running.length === 0) return []
    return [...list(cluster, 'Ingress')].flatMap((ingress) => statusOf(cluster, running, ingress))
  },
}

const count = ({ objects }: Cluster): number => [...objects.Ingress.values()].reduce((sum, shard) => sum + shard.size, 0)

function statusOf(cluster: Cluster, running: readonly IngressController[], ingress: Ingress): readonly Change[] {
  const controller = running.find((each) => takes(cluster, each, ingress) !== undefined)
  const addresses = controller && addressesOf(cluster, controller, running)
  if (!addresses || equal(ingress.status?.loadBalancer?.ingress ?? [], addresses)) return []
  const loadBalancer = addresses.length > 0 ? { ingress: addresses } : {}
  return [{ op: 'put', object: { ...ingress, status: { ...ingress.status, loadBalancer } } }]
}

/** Undefined where the controller writes none. */
function addressesOf(
  cluster: Cluster,
  controller: IngressController,
  running: readonly IngressController[],
): readonly IngressAddress[] | undefined {
  if (controller.flags.get('update-status') === 'false') return undefined
  const fixed = controller.publishAddress ?? controller.flags.get('publish-status-address')
  if (fixed) return fixed.split(',').map((each) => addressOf(each.trim()))
  if (controller.publishService !== undefined) {
    const [namespace = '', name = ''] = controller.publishService.split('/')
    const service = get(cluster, 'Service', namespace, name)
    // Contour copies the balancer's addresses and knows no others.
    if (controller.implementation === 'contour') return service && sorted(balancerAddresses(service))
    return service && sorted(addressesOfService(service))
  }
  if (controller.implementation !== 'ingress-nginx') return undefined
  const peers = running.filter(
    ({ implementation, rules }) => implementation === controller.implementation && equal(rules, controller.rules),
  )
  const internal = controller.flags.get('report-node-internal-ip-address') === 'true'
  return sorted([...new Set(peers.flatMap(({ pod }) => nodeAddress(cluster, pod.spec.nodeName ?? '', internal) ?? []))].map(addressOf))
}

const addressOf = (text: string): IngressAddress => (/^[\d.]+$|:/.test(text) ? { ip: text } : { hostname: text })

function addressesOfService(service: Service): readonly IngressAddress[] {
  const { type, clusterIP, externalIPs = [], externalName = '' } = service.spec
  const external = externalIPs.map((ip) => ({ ip }))
  switch (type) {
    case 'ExternalName':
      return [{ hostname: externalName }]
    case 'LoadBalancer': {
      return [...balancerAddresses(service), ...external]
    }
    case 'NodePort':
      return external.length > 0 ? external : own(clusterIP)
    case 'ClusterIP':
    case undefined:
      return own(clusterIP)
    default:
      return unreachable(type)
  }
}

const balancerAddresses = (service: Service): readonly IngressAddress[] =>
  ingressOf(service).map(({ ip, hostname }): IngressAddress => (ip !== undefined ? { ip } : { hostname: hostname ?? '' }))

const own = (clusterIP: string | undefined): readonly IngressAddress[] => (clusterIP && clusterIP !== 'None' ? [{ ip: clusterIP }] : [])

function nodeAddress(cluster: Cluster, name: string, internal: boolean): string | undefined {
  const addresses = get(cluster, 'Node', '', name)?.status.addresses ?? []
  const of = (type: string): string | undefined => addresses.find((each) => each.type === type)?.address
  return internal ? of('InternalIP') : (of('ExternalIP') ?? of('InternalIP'))
}

const key = ({ ip, hostname }: IngressAddress): string => ip ?? hostname ?? ''
const sorted = (addresses: readonly IngressAddress[]): readonly IngressAddress[] => addresses.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
