import { joinHostPort } from '../core/net/ip.ts'
import { isIcmp } from '../core/net/packet.ts'
import type { Service } from '../core/api/service.ts'
import { type Cluster, list } from '../core/cluster/cluster.ts'
import type { Ask, Completion, SendOrder } from './protocol.ts'

/**
 * Names that complete what a person typed. Every word typed must occur in the value or its detail, so `web 30` finds a NodePort of web; values
 * that begin with the text come first.
 */
export function complete(cluster: Cluster, ask: Extract<Ask, { kind: 'complete' }>): readonly Completion[] {
  const words = ask.text.toLowerCase().split(/\s+/).filter(Boolean)
  const start: Completion[] = []
  const rest: Completion[] = []
  const source = ask.field === 'from' ? senders(cluster) : targets(cluster, ask.protocol)
  for (const option of source) {
    const hay = `${option.value} ${option.detail}`.toLowerCase()
    if (!words.every((word) => hay.includes(word))) continue
    const first = words[0]
    const bucket = first !== undefined && lastPart(option.value).startsWith(first) ? start : rest
    bucket.push(option)
    if (start.length >= ask.limit) break
  }
  return [...start, ...rest].slice(0, ask.limit)
}

const lastPart = (value: string): string => value.slice(value.lastIndexOf('/') + 1).toLowerCase()

function* senders(cluster: Cluster): Generator<Completion> {
  for (const pod of list(cluster, 'Pod')) {
    if (pod.status.podIP !== undefined)
      yield { value: `pod/${pod.metadata.namespace ?? ''}/${pod.metadata.name}`, detail: pod.status.podIP, kind: 'pod' }
  }
  for (const node of list(cluster, 'Node'))
    yield { value: `node/${node.metadata.name}`, detail: internalIP(node.status.addresses), kind: 'node' }
  for (const host of cluster.config.site.hosts)
    yield { value: `external/${host.name}`, detail: host.interfaces[0]?.address.split('/')[0] ?? '', kind: 'external' }
}

function* targets(cluster: Cluster, protocol: SendOrder['protocol']): Generator<Completion> {
  const node = [...list(cluster, 'Node')].map((n) => internalIP(n.status.addresses)).find((ip) => ip !== '')
  for (const service of list(cluster, 'Service')) yield* serviceTargets(service, protocol, node)
  for (const pod of list(cluster, 'Pod')) {
    const ip = pod.status.podIP
    if (ip === undefined) continue
    const name = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`
    if (isIcmp(protocol)) yield { value: ip, detail: name, kind: 'pod' }
    else
      for (const port of ports(
        pod.spec.containers.flatMap((c) => c.ports ?? []),
        protocol,
      ))
        yield { value: joinHostPort(ip, port.containerPort), detail: name, kind: 'pod' }
  }
  for (const n of isIcmp(protocol) ? list(cluster, 'Node') : [])
    yield { value: internalIP(n.status.addresses), detail: n.metadata.name, kind: 'node' }
  for (const host of cluster.config.site.hosts) {
    const ip = host.interfaces.at(-1)?.address.split('/')[0] ?? ''
    if (isIcmp(protocol)) yield { value: ip, detail: host.name, kind: 'external' }
    else
      for (const port of host.listens.filter((l) => l.protocol === protocol))
        yield { value: joinHostPort(ip, port.port), detail: host.name, kind: 'external' }
  }
  yield* longerTargets(cluster, protocol, node)
}

/** What else resolves or answers, after all that is shorter: full names, and node ports on every other node. */
function* longerTargets(cluster: Cluster, protocol: SendOrder['protocol'], first: string | undefined): Generator<Completion> {
  for (const service of list(cluster, 'Service')) {
    for (const option of serviceTargets(service, protocol, undefined, SERVICE_DOMAIN))
      if (option.value.includes(SERVICE_DOMAIN)) yield option
    if (isIcmp(protocol)) continue
    for (const { nodePort } of ports(service.spec.ports ?? [], protocol)) {
      if (nodePort === undefined) continue
      for (const node of list(cluster, 'Node')) {
        const ip = internalIP(node.status.addresses)
        const detail = `NodePort ${service.metadata.name}.${service.metadata.namespace ?? 'default'} ${node.metadata.name}`
        if (ip !== '' && ip !== first) yield { value: joinHostPort(ip, nodePort), detail, kind: 'service' }
      }
    }
  }
}

/** Where cluster DNS has Services. */
const SERVICE_DOMAIN = '.svc.cluster.local'

function* serviceTargets(service: Service, protocol: SendOrder['protocol'], node: string | undefined, domain = ''): Generator<Completion> {
  const { spec, metadata } = service
  if (spec.type === 'ExternalName') return
  const host = `${metadata.name}.${metadata.namespace ?? 'default'}${domain}`
  const detail = spec.clusterIP === 'None' ? 'headless' : (spec.clusterIP ?? '')
  if (isIcmp(protocol)) {
    yield { value: host, detail, kind: 'service' }
    return
  }
  for (const port of ports(spec.ports ?? [], protocol)) {
    const value = protocol === 'udp' ? `${host}:${port.port}` : port.port === 80 ? `http://${host}/` : `http://${host}:${port.port}/`
    yield { value, detail, kind: 'service' }
    if (port.nodePort !== undefined && node !== undefined)
      yield { value: joinHostPort(node, port.nodePort), detail: `NodePort ${host}`, kind: 'service' }
  }
  for (const ip of [...(spec.externalIPs ?? []), ...(service.status?.loadBalancer?.ingress ?? []).flatMap((i) => i.ip ?? [])]) {
    for (const port of ports(spec.ports ?? [], protocol)) yield { value: joinHostPort(ip, port.port), detail: host, kind: 'address' }
  }
}

const ports = <P extends { readonly protocol?: string }>(all: readonly P[], protocol: 'tcp' | 'udp'): readonly P[] =>
  all.filter((p) => (p.protocol ?? 'TCP').toLowerCase() === protocol)

const internalIP = (addresses: readonly { readonly type: string; readonly address: string }[] | undefined): string =>
  addresses?.find((a) => a.type === 'InternalIP')?.address ?? ''
