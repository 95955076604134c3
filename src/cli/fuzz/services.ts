/** Random Services over the pods of a cluster, with every feature that changes rules, and the objects that go with them. */
import type { Endpoint, Endpoints, EndpointSlice } from '../../core/api/endpointslice.ts'
import type { Pod } from '../../core/api/pod.ts'
import type { Service, ServicePort, ServiceSpec } from '../../core/api/service.ts'
import { SERVICE_CIDR } from '../../core/cluster/config.ts'
import { contains, parseCidr } from '../../core/net/cidr.ts'
import { type Draw, fresh } from './draw.ts'
import { type App, type Machines, nodeIP } from './machines.ts'

export interface Services {
  readonly services: readonly Service[]
  readonly endpoints: readonly Endpoints[]
  readonly slices: readonly EndpointSlice[]
  /** LoadBalancer or external IP to the node that attracts it. Not every one is attracted. */
  readonly lb: Readonly<Record<string, string>>
}

type Type = 'ClusterIP' | 'NodePort' | 'LoadBalancer'

/** What must not be handed out twice. */
interface Taken {
  readonly clusterIPs: Set<string>
  readonly nodePorts: Set<number>
  readonly addresses: Set<string>
}

export function servicesOf(draw: Draw, ground: Machines): Services {
  const taken: Taken = { clusterIPs: new Set(), nodePorts: new Set(), addresses: new Set() }
  const services = ground.apps.flatMap((app) =>
    Array.from({ length: draw.integer(1, 2) }, (_, index) => service(draw, ground, taken, app, index === 0 ? app.name : `${app.name}-alt`)),
  )
  const manual = draw.chance(0.5) ? [manualService(draw, ground, taken)] : []
  const all = [...services, ...manual.map(({ service }) => service)]
  return {
    services: all,
    endpoints: manual.map(({ endpoints }) => endpoints),
    slices: services.flatMap((each) => (draw.chance(0.15) ? slicesOf(draw, ground, each) : [])),
    lb: attractions(draw, ground, all),
  }
}

function service(draw: Draw, ground: Machines, taken: Taken, app: App, name: string): Service {
  const kind = draw.weighted([
    [5, 'ClusterIP'],
    [5, 'NodePort'],
    [5, 'LoadBalancer'],
    [1, 'headless'],
    [1, 'ExternalName'],
  ] as const)
  const metadata = {
    name,
    namespace: app.namespace,
    ...(draw.chance(0.2) && { annotations: { 'service.kubernetes.io/topology-mode': 'Auto' } }),
  }
  if (kind === 'ExternalName') return { apiVersion: 'v1', kind: 'Service', metadata, spec: { type: kind, externalName: 'db.example.com' } }
  const type: Type = kind === 'headless' ? 'ClusterIP' : kind
  // A selector that no pod has: the commonest mistake there is.
  const selector = { app: draw.chance(0.1) ? `${app.name}s` : app.name }
  const ports = portsOf(draw, taken, app, type)
  const clusterIP = kind === 'headless' ? 'None' : clusterIPOf(draw, ground, taken)
  const spec: ServiceSpec = {
    ...common(draw, type, clusterIP),
    selector,
    ports,
    ...(kind === 'headless' ? {} : exposure(draw, ground, taken, type)),
  }
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec,
    status: { loadBalancer: type === 'LoadBalancer' ? balancer(draw, taken) : {} },
  }
}

function common(draw: Draw, type: Type, clusterIP: string): ServiceSpec {
  const affine = draw.chance(0.25)
  return {
    type,
    clusterIP,
    clusterIPs: [clusterIP],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    internalTrafficPolicy: draw.chance(0.2) ? 'Local' : 'Cluster',
    sessionAffinity: affine ? 'ClientIP' : 'None',
    ...(affine && { sessionAffinityConfig: { clientIP: { timeoutSeconds: draw.pick([60, 3600, 10800]) } } }),
    ...(draw.chance(0.1) && { publishNotReadyAddresses: true }),
  }
}

/** What opens a Service to the outside. */
function exposure(draw: Draw, ground: Machines, taken: Taken, type: Type): ServiceSpec {
  const externalIPs = draw.chance(0.25) ? [address(draw, taken), ...(draw.chance(0.3) ? [address(draw, taken)] : [])] : []
  const outward = type !== 'ClusterIP' || externalIPs.length > 0
  const local = outward && draw.chance(0.35)
  return {
    ...(externalIPs.length > 0 && { externalIPs }),
    ...(outward && { externalTrafficPolicy: local ? 'Local' : 'Cluster' }),
    ...(type === 'LoadBalancer' && local && { healthCheckNodePort: nodePort(draw, taken) }),
    ...(type === 'LoadBalancer' && draw.chance(0.35) && { loadBalancerSourceRanges: sourceRanges(draw, ground) }),
  }
}

function sourceRanges(draw: Draw, { nodes, pods }: Machines): string[] {
  const choices = [
    '203.0.113.0/24',
    '192.168.1.100/32',
    '192.168.1.0/24',
    '0.0.0.0/0',
    '10.99.0.0/16',
    `${nodeIP(draw.pick(nodes))}/32`,
    `${draw.pick(pods).status.podIP ?? ''}/32`,
    draw.pick(nodes).spec.podCIDR ?? '10.99.0.0/16',
  ]
  return withoutCovered(draw.some(choices, draw.integer(1, 3)))
}

/** nft makes one range of several that lie in one, but lists a set that was given one range as that range: what was listed and restored would not be listed alike. */
function withoutCovered(ranges: string[]): string[] {
  const prefixes = ranges.flatMap((text) => parseCidr(text) ?? [])
  const around = prefixes.findIndex((wide) => prefixes.every(({ ip, length }) => length >= wide.length && contains(wide, ip)))
  return around < 0 ? ranges : ranges.slice(around, around + 1)
}

function portsOf(draw: Draw, taken: Taken, app: App, type: Type): ServicePort[] {
  const some = draw.some(app.ports, draw.integer(1, app.ports.length))
  const shared = draw.chance(0.3) ? nodePort(draw, taken) : undefined
  const used = { TCP: new Set<number>(), UDP: new Set<number>(), SCTP: new Set<number>() }
  return some.map(({ name, containerPort, protocol = 'TCP' }, index): ServicePort => {
    const port = fresh(used[protocol], () =>
      draw.weighted([[2, containerPort] as const, [1, 80 + index] as const, [1, draw.integer(1, 65535)] as const]),
    )
    const named = name !== undefined && draw.chance(0.4)
    // One node port number may serve both protocols.
    const number =
      shared !== undefined && some.findIndex((each) => (each.protocol ?? 'TCP') === protocol) === index ? shared : nodePort(draw, taken)
    return {
      ...((some.length > 1 || draw.chance(0.8)) && { name: `${name ?? 'port'}-${index}` }),
      protocol,
      port,
      targetPort: named ? name : draw.chance(0.08) ? 4 : containerPort,
      ...(type !== 'ClusterIP' && { nodePort: number }),
    }
  })
}

/** A Service without a selector, whose Endpoints a person wrote: hosts outside, nodes, pods. */
function manualService(draw: Draw, ground: Machines, taken: Taken): { service: Service; endpoints: Endpoints } {
  const type = draw.pick(['ClusterIP', 'NodePort'] as const)
  const metadata = { name: 'outside', namespace: draw.pick(['default', 'shop']) }
  const target = draw.pick([80, 8080, 5432])
  const choices = ['192.168.1.100', '203.0.113.10', ...ground.pods.map(({ status }) => status.podIP ?? '')]
  const [first = '', ...rest] = [...new Set(draw.some(choices, draw.integer(1, 4)))]
  const ready = rest.filter(() => draw.chance(0.7))
  const notReady = rest.filter((ip) => !ready.includes(ip))
  const clusterIP = clusterIPOf(draw, ground, taken)
  return {
    service: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        ...common(draw, type, clusterIP),
        ports: [
          {
            name: 'main',
            protocol: 'TCP',
            port: draw.integer(1, 65535),
            targetPort: target,
            ...(type === 'NodePort' && { nodePort: nodePort(draw, taken) }),
          },
        ],
        ...exposure(draw, ground, taken, type),
      },
      status: { loadBalancer: {} },
    },
    endpoints: {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata,
      subsets: [
        {
          addresses: [first, ...ready].map((ip) => ({ ip })),
          ...(notReady.length > 0 && { notReadyAddresses: notReady.map((ip) => ({ ip })) }),
          ports: [{ name: 'main', port: target, protocol: 'TCP' }],
        },
      ],
    },
  }
}

/** Slices as a controller with zone hints would publish them, or with some hints missing, or with an endpoint in two slices. */
function slicesOf(draw: Draw, { nodes, pods }: Machines, { metadata, spec }: Service): EndpointSlice[] {
  if (spec.type === 'ExternalName' || !spec.ports) return []
  const zones = new Map(nodes.map((node) => [node.metadata.name, node.metadata.labels?.['topology.kubernetes.io/zone']]))
  const chosen = pods.filter(
    (pod) => pod.metadata.namespace === metadata.namespace && pod.metadata.labels?.['app'] === spec.selector?.['app'],
  )
  const complete = draw.chance(0.6)
  const endpoints = chosen.map((pod) => endpointOf(pod, zones.get(pod.spec.nodeName ?? ''), complete || draw.chance(0.6)))
  const ports = spec.ports.map(({ name = '', targetPort, port, protocol = 'TCP' }) => ({
    name,
    port: numberOf(chosen, targetPort) ?? port,
    protocol,
  }))
  const slice = (suffix: string, some: readonly Endpoint[]): EndpointSlice => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metadata, name: `${metadata.name}-${suffix}`, labels: { 'kubernetes.io/service-name': metadata.name } },
    addressType: 'IPv4',
    ports,
    endpoints: some,
  })
  const half = Math.ceil(endpoints.length / 2)
  return draw.chance(0.4)
    ? [slice('a', endpoints.slice(0, half)), slice('b', endpoints.slice(Math.max(0, half - 1)))]
    : [slice('a', endpoints)]
}

/** What a target port is on the first pod that has it. */
function numberOf(pods: readonly Pod[], target: ServicePort['targetPort']): number | undefined {
  if (typeof target !== 'string') return target
  return pods.flatMap(({ spec }) => spec.containers.flatMap(({ ports = [] }) => ports)).find(({ name }) => name === target)?.containerPort
}

function endpointOf(pod: Pod, zone: string | undefined, hinted: boolean): Endpoint {
  const { name, namespace = 'default', deletionTimestamp } = pod.metadata
  const terminating = deletionTimestamp !== undefined
  const serving = pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
  return {
    addresses: [pod.status.podIP ?? ''],
    conditions: { ready: serving && !terminating, serving, terminating },
    ...(pod.spec.nodeName !== undefined && { nodeName: pod.spec.nodeName }),
    ...(zone !== undefined && { zone }),
    targetRef: { kind: 'Pod', namespace, name },
    ...(hinted && zone !== undefined && { hints: { forZones: [{ name: zone }] } }),
  }
}

const balancer = (draw: Draw, taken: Taken) => ({
  // Now and then nobody has given it an address yet.
  ingress: Array.from(
    {
      length: draw.weighted([
        [1, 0],
        [8, 1],
        [3, 2],
      ]),
    },
    () => ({
      ip: address(draw, taken),
      ...(draw.chance(0.2) && { ipMode: draw.pick(['VIP', 'Proxy'] as const) }),
    }),
  ),
})

/** Addresses of a provider's pool: beyond the router, or on the LAN itself. */
const address = (draw: Draw, { addresses }: Taken): string =>
  fresh(addresses, () => (draw.chance(0.8) ? `192.0.2.${draw.integer(1, 254)}` : `198.51.100.${draw.integer(1, 254)}`))

const nodePort = (draw: Draw, { nodePorts }: Taken): number => fresh(nodePorts, () => draw.integer(30000, 32767))

function clusterIPOf(draw: Draw, { profile }: Machines, { clusterIPs }: Taken): string {
  const [a, b] = SERVICE_CIDR[profile].split('.').map(Number)
  const second = profile === 'kubeadm' ? () => draw.integer(96, 111) : () => b
  return fresh(clusterIPs, () => `${a}.${second()}.${draw.integer(0, 255)}.${draw.integer(1, 254)}`)
}

function attractions(draw: Draw, { nodes }: Machines, services: readonly Service[]): Record<string, string> {
  const all = services.flatMap(({ spec, status }) => [
    ...(spec.externalIPs ?? []),
    ...(status?.loadBalancer?.ingress ?? []).map(({ ip = '' }) => ip),
  ])
  return Object.fromEntries(all.filter(() => draw.chance(0.9)).map((ip) => [ip, draw.pick(nodes).metadata.name]))
}
