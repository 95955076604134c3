import type { Endpoint } from '../../core/api/endpointslice.ts'
import type { Node } from '../../core/api/node.ts'
import type { Pod } from '../../core/api/pod.ts'
import type { Service } from '../../core/api/service.ts'
import { emptyCluster } from '../../core/cluster/cluster.ts'
import { defaultConfig } from '../../core/cluster/config.ts'
import { applyManifests } from '../../core/controllers/apply.ts'
import { endpointOf, portsOf } from '../../core/controllers/endpoint-of-pod.ts'
import { exhausted, nextAddress } from '../../core/controllers/host-local.ts'
import { parseCidr } from '../../core/net/cidr.ts'
import { parseIp } from '../../core/net/ip.ts'
import { withSource } from '../input.ts'
import { difference, outcome, type Outcome, type Suite } from './suite.ts'

/** Kubernetes' EndpointSlice controller: what a pod contributes to a Service. */
interface EndpointSliceCases {
  readonly podToEndpoint: readonly {
    readonly name: string
    readonly pod: Pod
    readonly node: Node | null
    readonly service: Service
    readonly addressType: 'IPv4' | 'IPv6'
    readonly expectedEndpoint: Endpoint
  }[]
  readonly endpointPorts: readonly {
    readonly name: string
    readonly servicePorts: Service['spec']['ports']
    readonly podPorts: Pod['spec']['containers'][number]['ports']
    readonly expected: unknown
  }[]
}

export const ENDPOINTSLICE_SUITE: Suite = {
  folder: 'endpointslice',
  run(cases) {
    const found = cases.json<EndpointSliceCases>('endpointslice/pod_to_endpoint.json')
    const endpoints = (found?.podToEndpoint ?? []).map((each) =>
      outcome(each.name, () =>
        difference(each.expectedEndpoint, plain(endpointOf(each.pod, each.node ?? undefined, each.service, each.addressType))),
      ),
    )
    const ports = (found?.endpointPorts ?? []).map((each) =>
      outcome(`ports: ${each.name}`, () => difference(each.expected, plain(portsOf(target(each), source(each))))),
    )
    return [...endpoints, ...ports]
  },
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown
const target = ({ servicePorts }: EndpointSliceCases['endpointPorts'][number]): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 's' },
  spec: { ports: servicePorts ?? [] },
})
const source = ({ podPorts }: EndpointSliceCases['endpointPorts'][number]): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'c', ports: podPorts ?? [] }] },
  status: {},
})

interface Allocation {
  readonly id: string
  readonly subnets: readonly string[]
  readonly reserved: readonly string[]
  readonly lastReservedIP: string
  readonly expected: { readonly ip?: string; readonly errorPrefix?: string }
}

/** The host-local IPAM plugin. */
export const HOST_LOCAL_SUITE: Suite = {
  folder: 'cni',
  run: (cases) =>
    (cases.json<{ readonly cases: readonly Allocation[] }>('cni/host_local.json')?.cases ?? []).map((each) =>
      outcome(each.id, () => allocate(each)),
    ),
}

function allocate({ subnets, reserved, lastReservedIP, expected }: Allocation): string | undefined {
  const ranges = subnets.flatMap((subnet) => parseCidr(subnet) ?? [])
  if (ranges.length < subnets.length) return `not all of ${subnets.join()} are ranges`
  const said = nextAddress(ranges, (ip) => reserved.includes(ip), parseIp(lastReservedIP)) ?? exhausted(ranges)
  const wanted = expected.ip ?? expected.errorPrefix ?? ''
  return (expected.ip === undefined ? said.startsWith(wanted) : said === wanted) ? undefined : `expected ${wanted}, got ${said}`
}

/** Manifests of other projects: they load without errors and settle. */
export const MANIFEST_SUITE: Suite = {
  folder: 'manifests',
  run: (cases) =>
    [...cases.list('manifests', '.yaml'), ...cases.list('manifests', '.yml')].map(
      (path): Outcome =>
        outcome(path, () => {
          const text = cases.text(path) ?? ''
          // A symbolic link that was stored as its target is a path, not a manifest.
          if (/^\.{0,2}\/?[\w./-]+$/.test(text.trim())) return undefined
          const { problems } = applyManifests(emptyCluster(defaultConfig('kubeadm')), [withSource({ name: path, text })], { nodes: 3 })
          const bad = problems.find(({ severity }) => severity === 'error')
          return bad && `${bad.line}:${bad.column}: ${bad.message}`
        }),
    ),
}
