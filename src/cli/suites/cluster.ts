import type { Endpoint } from '../../core/api/endpointslice.ts'
import type { Node } from '../../core/api/node.ts'
import type { Pod } from '../../core/api/pod.ts'
import type { Service } from '../../core/api/service.ts'
import { emptyCluster } from '../../core/cluster/cluster.ts'
import { defaultConfig } from '../../core/cluster/config.ts'
import { applyManifests } from '../../core/controllers/apply.ts'
import { endpointOf, portsOf, sliceLabels } from '../../core/controllers/endpoint-of-pod.ts'
import { exhausted, nextAddress } from '../../core/controllers/host-local.ts'
import { parseCidr } from '../../core/net/cidr.ts'
import { type Ip, parseIp } from '../../core/net/ip.ts'
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
  readonly sliceLabels?: readonly {
    readonly name: string
    readonly service: { readonly headless: boolean; readonly labels: Readonly<Record<string, string>> }
    readonly expected: Readonly<Record<string, string>>
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
    const labels = (found?.sliceLabels ?? []).map(({ name, service, expected }) =>
      outcome(`labels: ${name}`, () => difference(expected, sliceLabels(labelled(service), '<controller>'))),
    )
    return [...endpoints, ...ports, ...labels]
  },
}

const labelled = ({ headless, labels }: { readonly headless: boolean; readonly labels: Readonly<Record<string, string>> }): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'foo', namespace: 'bar', labels },
  spec: { clusterIP: headless ? 'None' : '10.96.0.1' },
})
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

/** Steps of one store, or the order in which addresses are tried. */
interface Sequence {
  readonly id: string
  readonly subnet: string
  readonly steps?: readonly { readonly op: 'alloc' | 'release'; readonly id: string; readonly expect?: string }[]
  readonly lastReserved?: string | null
  readonly candidates?: readonly string[]
}

/** The host-local IPAM plugin. */
export const HOST_LOCAL_SUITE: Suite = {
  folder: 'cni',
  run(cases) {
    const found = cases.json<{ readonly cases: readonly Allocation[]; readonly sequences?: readonly Sequence[] }>('cni/host_local.json')
    return [
      ...(found?.cases ?? []).map((each) => outcome(each.id, () => allocate(each))),
      ...(found?.sequences ?? []).map((each) => outcome(each.id, () => (each.candidates ? tried(each) : stepped(each)))),
    ]
  },
}

function tried({ subnet, lastReserved, candidates = [] }: Sequence): string | undefined {
  const ranges = [parseCidr(subnet)].flatMap((range) => range ?? [])
  const taken = new Set<string>()
  let last = lastReserved ? parseIp(lastReserved) : undefined
  const order = candidates.map(() => {
    last = nextAddress(ranges, (ip) => taken.has(ip), last)
    if (last !== undefined) taken.add(last)
    return last
  })
  return difference(candidates, order)
}

function stepped({ subnet, steps = [] }: Sequence): string | undefined {
  const ranges = [parseCidr(subnet)].flatMap((range) => range ?? [])
  const held = new Map<string, Ip>()
  let last: Ip | undefined
  for (const { op, id, expect } of steps) {
    if (op === 'release') held.delete(id)
    else {
      const given = nextAddress(ranges, (ip) => [...held.values()].includes(ip), last)
      if (given !== undefined) held.set(id, (last = given))
      const said = given === undefined ? 'error' : `${given}/${ranges[0]?.length ?? 0}`
      if (said !== expect) return `${id}: expected ${String(expect)}, got ${said}`
    }
  }
  return undefined
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
