/**
 * k3s' ServiceLB (pkg/cloudprovider/servicelb.go): a DaemonSet for each Service of type LoadBalancer, whose pods take the Service's ports as host ports and
 * forward them with iptables of their own. The nodes that run one are the addresses of the balancer. A port that another pod has already leaves
 * the pod waiting, and with it the Service pending.
 */
import { ipFamily } from '../api/format.ts'
import type { Node } from '../api/node.ts'
import type { Container, Pod } from '../api/pod.ts'
import { podSpec } from '../api/defaults.ts'
import { SERVICE_NAME_LABEL } from '../api/endpointslice.ts'
import { type Service, type ServicePort, sourceRangesOf } from '../api/service.ts'
import type { DaemonSet } from '../api/workload.ts'
import { type Change, type Cluster, get, list } from '../cluster/cluster.ts'
import { loadBalancerOf } from '../cluster/config.ts'
import { equal } from '../cluster/equal.ts'
import { isOurUid, uidOf } from '../cluster/uid.ts'
import type { Controller } from './controller.ts'
import { fulfilled, isWanted, wantedServices } from './load-balancer.ts'
import { isReady, podsIn, podsWithLabels } from './pods.ts'

const NAMESPACE = 'kube-system'
const IMAGE = 'rancher/klipper-lb:v0.4.9'
const LABEL = 'svccontroller.k3s.cattle.io/'
const SVC_NAME = `${LABEL}svcname`
const SVC_NAMESPACE = `${LABEL}svcnamespace`
const NODE_SELECTOR = `${LABEL}nodeselector`
const ENABLE_LB = `${LABEL}enablelb`
const LB_POOL = `${LABEL}lbpool`

export const serviceLb: Controller = {
  name: 'service-lb',
  reads: ['Service', 'DaemonSet', 'Node'],
  scope: 'cluster',
  reconcile: (cluster) => {
    const nodes = [...list(cluster, 'Node')]
    const changes: Change[] = []
    for (const service of wantedServices(cluster, 'service-lb')) {
      const wanted = daemonSetOf(service, nodes)
      const current = get(cluster, 'DaemonSet', NAMESPACE, wanted.metadata.name)
      if (!current || (isOurUid(current.metadata.uid) && !equal(current, wanted))) changes.push({ op: 'put', object: wanted })
    }
    return [...changes, ...leftovers(cluster)]
  },
}

/** Of Services that are gone or want none any more. */
function leftovers(cluster: Cluster): readonly Change[] {
  const active = loadBalancerOf(cluster.config).kind === 'service-lb'
  return [...(cluster.objects.DaemonSet.get(NAMESPACE)?.values() ?? [])].flatMap(({ metadata }): readonly Change[] => {
    const { [SVC_NAME]: name, [SVC_NAMESPACE]: namespace } = metadata.labels ?? {}
    if (name === undefined || namespace === undefined || !isOurUid(metadata.uid)) return []
    const service = get(cluster, 'Service', namespace, name)
    if (active && service && isWanted(service) && daemonSetName(service) === metadata.name) return []
    return [{ op: 'delete', kind: 'DaemonSet', namespace: NAMESPACE, name: metadata.name }]
  })
}

/** The addresses of the nodes whose pod is ready; with externalTrafficPolicy Local only of those with a ready endpoint. */
export const serviceLbStatus: Controller = {
  name: 'service-lb-status',
  reads: ['Service', 'Pod', 'Node', 'EndpointSlice'],
  scope: 'cluster',
  reconcile: (cluster) =>
    [...wantedServices(cluster, 'service-lb')].flatMap((service) =>
      fulfilled(
        service,
        addresses(cluster, service).map((ip) => ({ ip, ipMode: 'VIP' })),
      ),
    ),
}

export const isSvclbPod = ({ metadata }: Pod): boolean => metadata.namespace === NAMESPACE && metadata.labels?.[SVC_NAME] !== undefined

/** The pods that forward for a Service, wherever they are. */
export const svclbPods = (cluster: Cluster, { metadata }: Service): readonly Pod[] =>
  podsWithLabels(podsIn(cluster, NAMESPACE), { [SVC_NAME]: metadata.name, [SVC_NAMESPACE]: metadata.namespace ?? '' })

function addresses(cluster: Cluster, service: Service): readonly string[] {
  const local = isLocal(service) ? nodesWithEndpoint(cluster, service) : undefined
  const nodes = svclbPods(cluster, service).flatMap((pod) => {
    const node = isReady(pod) && pod.status.podIP ? get(cluster, 'Node', '', pod.spec.nodeName ?? '') : undefined
    return node && (local?.has(node.metadata.name) ?? true) ? [node] : []
  })
  const external = addressesOf(nodes, 'ExternalIP')
  const found = [...new Set(external.length > 0 ? external : addressesOf(nodes, 'InternalIP'))].sort()
  return (service.spec.ipFamilies ?? ['IPv4']).flatMap((family) => found.filter((ip) => ipFamily(ip) === family))
}

const addressesOf = (nodes: readonly Node[], type: string): readonly string[] =>
  nodes.flatMap(({ status }) => (status.addresses ?? []).flatMap((each) => (each.type === type ? [each.address] : [])))

/** servicehelper.RequestsOnlyLocalTraffic */
const isLocal = ({ spec }: Service): boolean => spec.externalTrafficPolicy === 'Local'

function nodesWithEndpoint(cluster: Cluster, { metadata }: Service): ReadonlySet<string> {
  const slices = [...(cluster.objects.EndpointSlice.get(metadata.namespace ?? '')?.values() ?? [])]
  const own = slices.filter((slice) => slice.metadata.labels?.[SERVICE_NAME_LABEL] === metadata.name)
  const ready = own.flatMap(({ endpoints = [] }) =>
    endpoints.flatMap(({ targetRef, conditions, nodeName }) =>
      targetRef?.kind === 'Pod' && conditions?.ready === true && nodeName !== undefined ? [nodeName] : [],
    ),
  )
  return new Set(ready)
}

/** generateName: the Service's name, cut, and the first digits of its uid. */
function daemonSetName({ metadata }: Service): string {
  const name = metadata.name.slice(0, 48).replace(/-+$/, '')
  return `svclb-${name}-${(metadata.uid ?? '').slice(0, 8)}`
}

function daemonSetOf(service: Service, nodes: readonly Node[]): DaemonSet {
  const name = daemonSetName(service)
  const owner = { [SVC_NAME]: service.metadata.name, [SVC_NAMESPACE]: service.metadata.namespace ?? '' }
  const nodeSelector = selectorOf(service, nodes)
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: {
      name,
      namespace: NAMESPACE,
      uid: uidOf('DaemonSet', NAMESPACE, name),
      labels: { [NODE_SELECTOR]: String(nodeSelector !== undefined), ...owner },
    },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name, ...owner } },
        spec: podSpec({
          ...(nodeSelector && { nodeSelector }),
          containers: (service.spec.ports ?? []).map((port) => containerOf(service, port)),
          tolerations: [
            { key: 'node-role.kubernetes.io/master', operator: 'Exists', effect: 'NoSchedule' },
            { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' },
            { key: 'CriticalAddonsOnly', operator: 'Exists' },
          ],
          securityContext: { sysctls: (service.spec.ipFamilies ?? ['IPv4']).map((family) => FORWARDING[family]) },
        }),
      },
    },
  }
}

const FORWARDING = {
  IPv4: { name: 'net.ipv4.ip_forward', value: '1' },
  IPv6: { name: 'net.ipv6.conf.all.forwarding', value: '1' },
} as const

/** Once any node is labelled, only labelled nodes take part. */
function selectorOf({ metadata }: Service, nodes: readonly Node[]): Readonly<Record<string, string>> | undefined {
  if (!nodes.some((node) => node.metadata.labels?.[ENABLE_LB] !== undefined)) return undefined
  const pool = metadata.labels?.[LB_POOL]
  return { [ENABLE_LB]: 'true', ...(pool && { [LB_POOL]: pool }) }
}

/** With Local the pod sends to the node port of its own node, so that only local endpoints are used; else to the cluster IPs. */
function containerOf(service: Service, { port, nodePort, protocol = 'TCP' }: ServicePort): Container {
  const { spec } = service
  const name = `lb-${protocol.toLowerCase()}-${port}`
  const destination = isLocal(service)
    ? [
        { name: 'DEST_PORT', value: String(nodePort ?? 0) },
        { name: 'DEST_IPS', valueFrom: { fieldRef: { fieldPath: 'status.hostIPs' } } },
      ]
    : [
        { name: 'DEST_PORT', value: String(port) },
        { name: 'DEST_IPS', value: (spec.clusterIPs ?? []).join(',') },
      ]
  return {
    name,
    image: IMAGE,
    ports: [{ name, containerPort: port, hostPort: port, protocol }],
    env: [
      { name: 'SRC_PORT', value: String(port) },
      { name: 'SRC_RANGES', value: sourceRanges(service).join(',') },
      { name: 'DEST_PROTO', value: protocol },
      ...destination,
    ],
  }
}

function sourceRanges(service: Service): readonly string[] {
  const given = sourceRangesOf(service)
  if (given.length > 0) return given
  return service.spec.ipFamilies?.includes('IPv6') ? ['0.0.0.0/0', '::/0'] : ['0.0.0.0/0']
}
