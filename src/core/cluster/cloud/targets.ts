/**
 * What clouds' balancers send to, and whether it is well: pods by address, or the node port of every node. Health is judged from objects, as far as they say what would answer a check:
 * approximate, for the real ones send requests. Left out: thresholds and intervals, so a change is known at once; answers other than 200.
 */
import { type EndpointSlice, SERVICE_NAME_LABEL } from '../../api/endpointslice.ts'
import type { IngressServicePort } from '../../api/ingress.ts'
import type { Node } from '../../api/node.ts'
import type { Container, Pod } from '../../api/pod.ts'
import type { Service, ServicePort } from '../../api/service.ts'
import { type Ip, parseIpv4 } from '../../net/ip.ts'
import { type Cluster, get, list } from '../cluster.ts'
import { localEndpoints } from '../health-check.ts'

export interface Target {
  readonly address: Ip
  readonly port: number
  readonly object?: { readonly kind: string; readonly namespace?: string; readonly name: string }
  readonly zone: string
  readonly healthy: boolean
  /** Why it is not well: `not-ready`, `not-listening`, `no-endpoint`. */
  readonly why?: string
}

export const servicePort = ({ spec }: Service, { name, number }: IngressServicePort): ServicePort | undefined =>
  (spec.ports ?? []).find((port) => (name ? port.name === name : port.port === number))

const ZONE = 'topology.kubernetes.io/zone'
const zoneOf = (node: Node | undefined): string => node?.metadata.labels?.[ZONE] ?? ''

function* slicesOf(cluster: Cluster, { metadata }: Service): Generator<EndpointSlice> {
  for (const slice of cluster.objects.EndpointSlice.get(metadata.namespace ?? '')?.values() ?? [])
    if (slice.metadata.labels?.[SERVICE_NAME_LABEL] === metadata.name && slice.addressType === 'IPv4') yield slice
}

/** Ports of a slice that are the Service port's, by its name. */
const portsOf = (slice: EndpointSlice, port: ServicePort): readonly number[] =>
  (slice.ports ?? []).flatMap((each) =>
    (each.protocol ?? 'TCP') === 'TCP' && (each.name ?? '') === (port.name ?? '') ? (each.port ?? []) : [],
  )

export interface PodTargetOptions {
  /** Endpoints without a pod behind them, made by hand, count too. */
  readonly podless: boolean
  /** Those that are not ready are listed, as not healthy. */
  readonly unready: boolean
}

/** Pods of a Service's port by address, each once. */
export function podTargets(cluster: Cluster, service: Service, port: ServicePort, options: PodTargetOptions): readonly Target[] {
  const found = new Map<string, Target>()
  for (const slice of slicesOf(cluster, service))
    for (const number of portsOf(slice, port))
      for (const { addresses, conditions, nodeName, targetRef } of slice.endpoints ?? []) {
        const address = parseIpv4(addresses[0] ?? '')
        const pod = targetRef?.kind === 'Pod' ? get(cluster, 'Pod', targetRef.namespace ?? '', targetRef.name) : undefined
        const ready = conditions?.ready !== false
        if (!address || (!pod && !options.podless) || (!ready && !options.unready)) continue
        const why = ready ? (pod && !listens(pod, number) ? 'not-listening' : undefined) : 'not-ready'
        found.set(`${address}:${number}`, {
          address,
          port: number,
          zone: zoneOf(get(cluster, 'Node', '', nodeName ?? '')),
          healthy: why === undefined,
          ...(why !== undefined && { why }),
          ...(pod && { object: { kind: 'Pod', namespace: pod.metadata.namespace ?? 'default', name: pod.metadata.name } }),
        })
      }
  return [...found.values()]
}

/** A pod listens on its containers' ports, unless it says that it does not (`node/sockets.ts`). */
function listens({ metadata, spec }: Pod, port: number): boolean {
  const deaf = metadata.annotations?.['lab/no-listen'] ?? ''
  return deaf === '' && spec.containers.some(({ ports }) => ports?.some(({ containerPort }) => containerPort === port))
}

const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers'
const isReady = ({ status }: Node): boolean => status.conditions?.find(({ type }) => type === 'Ready')?.status !== 'False'

/**
 * The Service's node port on every ready node. Each is as well as what answers there: any endpoint, or with externalTrafficPolicy Local one of the node's own.
 * Undefined where the Service has no node port.
 */
export function nodeTargets(cluster: Cluster, service: Service, port: ServicePort): readonly Target[] | undefined {
  const { nodePort } = port
  if (!nodePort) return undefined
  const local = service.spec.externalTrafficPolicy === 'Local'
  const pods = podTargets(cluster, service, port, { podless: true, unready: false })
  const anywhere = pods.some(({ healthy }) => healthy)
  return [...list(cluster, 'Node')].flatMap((node): readonly Target[] => {
    const address = (node.status.addresses ?? []).flatMap((each) => (each.type === 'InternalIP' ? (parseIpv4(each.address) ?? []) : []))[0]
    if (!address || !isReady(node) || node.metadata.labels?.[EXCLUDED] !== undefined) return []
    const { name } = node.metadata
    const answered = local ? localEndpoints(cluster, service, name) > 0 : pods.length > 0
    const why = !answered ? 'no-endpoint' : anywhere ? undefined : 'not-listening'
    return [
      {
        address,
        port: nodePort,
        zone: zoneOf(node),
        object: { kind: 'Node', name },
        healthy: why === undefined,
        ...(why !== undefined && { why }),
      },
    ]
  })
}

/**
 * The path of the readiness probe of the container that a Service's port leads to, where it is an HTTP probe of that port (ingress-gce pkg/controller/translator getHTTPProbe; AGIC's probes alike). Of several
 * pods the first by name counts.
 */
export function probePath(cluster: Cluster, service: Service, port: ServicePort): string | undefined {
  const { selector } = service.spec
  if (!selector || Object.keys(selector).length === 0) return undefined
  const target = port.targetPort ?? port.port
  const pods = [...(cluster.objects.Pod.get(service.metadata.namespace ?? '')?.values() ?? [])].filter(({ metadata }) =>
    Object.entries(selector).every(([key, value]) => metadata.labels?.[key] === value),
  )
  for (const { spec } of pods.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)))
    for (const container of spec.containers) {
      const path = containerProbe(container, target)
      if (path !== undefined) return path
    }
  return undefined
}

function containerProbe({ ports = [], readinessProbe }: Container, target: string | number): string | undefined {
  const get = readinessProbe?.httpGet
  const port = ports.find(({ name, containerPort }) => target === containerPort || target === name)
  if (!get || !port || (get.port !== port.containerPort && get.port !== port.name)) return undefined
  const { path = '/' } = get
  return path.startsWith('/') ? path : `/${path}`
}
