import type { EndpointSlice } from '../../core/api/endpointslice.ts'
import type { Service } from '../../core/api/service.ts'
import { categorize, endpointsOf } from '../../core/node/kube-proxy/endpoints.ts'
import { servicePorts } from '../../core/node/kube-proxy/service-port.ts'
import { difference, outcome, type Suite } from './suite.ts'

/** Which endpoints a node uses: kube-proxy's CategorizeEndpoints, as its own tests and those of others (the same function, elsewhere) see it. */
interface Case {
  readonly name: string
  readonly nodeLabels?: Readonly<Record<string, string>>
  readonly hintsAnnotation?: string
  readonly service: {
    readonly internalTrafficPolicy?: 'Cluster' | 'Local'
    readonly externalTrafficPolicy?: 'Cluster' | 'Local'
    readonly nodePort?: number
  }
  readonly endpoints: readonly {
    readonly ip: string
    readonly port: number
    readonly ready: boolean
    readonly serving: boolean
    readonly terminating: boolean
    readonly isLocal: boolean
    readonly zoneHints?: readonly string[] | null
  }[]
  readonly expected: {
    readonly clusterEndpoints: readonly string[] | null
    readonly localEndpoints: readonly string[] | null
    readonly allEndpoints: readonly string[] | null
    readonly hasAnyEndpoints?: boolean
  }
  readonly preferSameTrafficDistribution?: unknown
  readonly appliesToCurrent?: boolean
  readonly holdsInKubeProxy1303?: boolean
}

const HERE = 'here'
const ZONE = 'topology.kubernetes.io/zone'

export const TOPOLOGY_SUITE: Suite = {
  folder: 'topology',
  run: (cases) =>
    cases
      .list('topology', '.json')
      .flatMap((path) =>
        (cases.json<{ readonly cases: readonly Case[] }>(path)?.cases ?? [])
          .filter(isOfThisVersion)
          .map((each) => outcome(`${path}/${each.name}`, () => check(each))),
      ),
}

const isOfThisVersion = (each: Case): boolean =>
  each.appliesToCurrent !== false && each.holdsInKubeProxy1303 !== false && each.preferSameTrafficDistribution === undefined

function check(each: Case): string | undefined {
  const [port] = servicePorts(serviceOf(each))
  if (!port) return 'the Service has no port'
  const endpoints = endpointsOf(port, each.endpoints.map(sliceOf))
  const found = categorize(endpoints, port, { name: HERE, zone: each.nodeLabels?.[ZONE], ip: undefined })
  const names = (list: readonly { readonly address: string }[]): readonly string[] => list.map((e) => e.address).sort()
  const { expected } = each
  // Null means that this kind of endpoints is not used by the Service; ours is empty then.
  const wanted = [expected.clusterEndpoints ?? [], expected.localEndpoints ?? [], expected.allEndpoints ?? []].map((list) =>
    [...list].sort(),
  )
  const any = expected.hasAnyEndpoints === undefined ? [] : [expected.hasAnyEndpoints]
  return difference([...wanted, ...any], [names(found.cluster), names(found.local), names(found.reachable), ...any.map(() => found.any)])
}

function serviceOf({ service, hintsAnnotation, endpoints }: Case): Service {
  const nodePort = service.nodePort ?? 0
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 's',
      namespace: 'ns',
      ...(hintsAnnotation !== undefined && { annotations: { 'service.kubernetes.io/topology-mode': hintsAnnotation } }),
    },
    spec: {
      type: nodePort > 0 ? 'NodePort' : 'ClusterIP',
      clusterIP: '10.96.0.1',
      ...(service.internalTrafficPolicy && { internalTrafficPolicy: service.internalTrafficPolicy }),
      ...(service.externalTrafficPolicy && { externalTrafficPolicy: service.externalTrafficPolicy }),
      ports: [{ port: endpoints[0]?.port ?? 80, protocol: 'TCP', ...(nodePort > 0 && { nodePort }) }],
    },
  }
}

function sliceOf(each: Case['endpoints'][number], index: number): EndpointSlice {
  const { ip, port, ready, serving, terminating, isLocal, zoneHints } = each
  const hints = zoneHints && zoneHints.length > 0 ? { hints: { forZones: zoneHints.map((name) => ({ name })) } } : {}
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `s-${index}`, namespace: 'ns' },
    addressType: 'IPv4',
    ports: [{ port, protocol: 'TCP' }],
    endpoints: [{ addresses: [ip], conditions: { ready, serving, terminating }, nodeName: isLocal ? HERE : 'elsewhere', ...hints }],
  }
}
