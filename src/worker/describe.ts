import { printYaml } from '../core/api/print-yaml.ts'
import type { EndpointSlice } from '../core/api/endpointslice.ts'
import type { Node } from '../core/api/node.ts'
import type { Kind, OfKind } from '../core/api/object.ts'
import type { Pod } from '../core/api/pod.ts'
import type { Service } from '../core/api/service.ts'
import type { Cluster } from '../core/cluster/cluster.ts'
import { classFacts, ingressFacts, relationsOfClass, relationsOfIngress } from './ingress-relations.ts'
import { directoryOf, ownersIn } from './places.ts'
import type { Description, Fact, FactLabel, Relation } from './protocol.ts'
import { relationsOfSlice, servicesOfWorkload, workloadsOfService } from './service-relations.ts'
import { idOf, objectById, podReady, podsOnNode, slicesOf } from './tree.ts'

/** More relations than these are only counted: the inspector is no place for ten thousand lines. */
const RELATIONS = 50

/** All that the inspector shows of one object. Undefined when it is gone. */
export function describe(cluster: Cluster, id: string): Description | undefined {
  if (id.startsWith('external/')) return describeHost(cluster, id.slice('external/'.length))
  const object = objectById(cluster, id)
  if (!object) return undefined
  const address = addressOf(object)
  const facts = factsOf(object, cluster).filter((f) => f.value !== '')
  return {
    id,
    kind: object.kind,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    facts,
    owners: ownersIn(facts.map((f) => f.value).join('\n'), directoryOf(cluster), id),
    relations: relationsOf(object, cluster).slice(0, RELATIONS),
    yaml: printYaml(object),
    ...(address === undefined ? {} : { address }),
  }
}

function describeHost(cluster: Cluster, name: string): Description | undefined {
  const host = cluster.config.site.hosts.find((h) => h.name === name)
  if (!host) return undefined
  const address = host.interfaces[0]?.address.split('/')[0]
  return {
    id: `external/${name}`,
    kind: host.role,
    namespace: '',
    name,
    facts: [
      mono('interfaces', host.interfaces.map((i) => `${i.name} ${i.address}`).join('\n')),
      mono('routes', host.routes.join('\n')),
      mono('ports', host.listens.map((l) => `${l.port}/${l.protocol}`).join(', ')),
    ],
    relations: [],
    yaml: '',
    ...(address === undefined ? {} : { address: host.listens[0] ? `${address}:${host.listens[0].port}` : address }),
  }
}

const plain = (label: FactLabel, value: string | number | undefined): Fact => ({ label, value: value === undefined ? '' : String(value) })
const mono = (label: FactLabel, value: string | undefined): Fact => ({ label, value: value ?? '', mono: true })
const pairs = (record: Readonly<Record<string, string>> | undefined): string =>
  Object.entries(record ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')

function factsOf(object: OfKind<Kind>, cluster: Cluster): readonly Fact[] {
  switch (object.kind) {
    case 'Pod':
      return podFacts(object)
    case 'Node':
      return nodeFacts(object, cluster)
    case 'Service':
      return serviceFacts(object, cluster)
    case 'EndpointSlice':
      return [mono('ports', slicePorts(object)), mono('endpoints', endpointLines(object).join('\n'))]
    case 'Deployment':
    case 'ReplicaSet':
    case 'StatefulSet':
      return [
        plain('replicas', object.spec.replicas ?? 1),
        mono('selector', pairs(object.spec.selector.matchLabels)),
        mono('labels', pairs(object.metadata.labels)),
      ]
    case 'Ingress':
      return ingressFacts(object, cluster)
    case 'IngressClass':
      return classFacts(object)
    case 'DaemonSet':
      return [mono('selector', pairs(object.spec.selector.matchLabels)), mono('labels', pairs(object.metadata.labels))]
    default:
      return [mono('labels', pairs(object.metadata.labels))]
  }
}

function podFacts(pod: Pod): readonly Fact[] {
  const waiting = pod.status.conditions?.find((c) => c.status !== 'True' && c.message !== undefined)
  return [
    plain('phase', pod.status.phase),
    plain('ready', podReady(pod) ? 'True' : 'False'),
    plain('message', waiting?.message),
    mono('podIP', pod.status.podIP),
    mono('hostIP', pod.status.hostIP),
    plain('node', pod.spec.nodeName),
    mono(
      'ports',
      pod.spec.containers
        .flatMap((c) => (c.ports ?? []).map((p) => `${p.containerPort}/${p.protocol ?? 'TCP'}${p.name === undefined ? '' : ` ${p.name}`}`))
        .join('\n'),
    ),
    mono('containers', pod.spec.containers.map((c) => `${c.name}${c.image === undefined ? '' : ` ${c.image}`}`).join('\n')),
    mono('labels', pairs(pod.metadata.labels)),
  ]
}

function nodeFacts(node: Node, cluster: Cluster): readonly Fact[] {
  const roles = Object.keys(node.metadata.labels ?? {})
    .filter((l) => l.startsWith('node-role.kubernetes.io/'))
    .map((l) => l.slice('node-role.kubernetes.io/'.length))
  return [
    mono('internalIP', node.status.addresses?.find((a) => a.type === 'InternalIP')?.address),
    mono('podCIDR', node.spec.podCIDR),
    plain('roles', roles.join(', ')),
    plain('pods', podsOnNode(cluster, node.metadata.name).length),
    mono('labels', pairs(node.metadata.labels)),
  ]
}

function serviceFacts(service: Service, cluster: Cluster): readonly Fact[] {
  const { spec, metadata } = service
  const endpoints = [...slicesOf(cluster, metadata.namespace ?? '', metadata.name)].flatMap(endpointLines)
  return [
    plain('type', spec.type ?? 'ClusterIP'),
    mono('clusterIP', spec.clusterIP),
    mono(
      'ports',
      (spec.ports ?? [])
        .map((p) => `${p.port}/${p.protocol ?? 'TCP'} → ${p.targetPort ?? p.port}${p.name === undefined ? '' : ` ${p.name}`}`)
        .join('\n'),
    ),
    mono(
      'nodePorts',
      (spec.ports ?? []).flatMap((p) => (p.nodePort === undefined ? [] : [`${p.nodePort}/${p.protocol ?? 'TCP'}`])).join('\n'),
    ),
    mono('externalIPs', spec.externalIPs?.join('\n')),
    mono('selector', pairs(spec.selector)),
    mono('endpoints', endpoints.join('\n')),
    plain('sessionAffinity', spec.sessionAffinity === 'ClientIP' ? 'ClientIP' : ''),
    plain('externalTrafficPolicy', spec.externalTrafficPolicy),
    plain('internalTrafficPolicy', spec.internalTrafficPolicy === 'Local' ? 'Local' : ''),
  ]
}

const slicePorts = (slice: EndpointSlice): string =>
  (slice.ports ?? [])
    .map((p) => `${p.port ?? ''}/${p.protocol ?? 'TCP'}${p.name === undefined || p.name === '' ? '' : ` ${p.name}`}`)
    .join('\n')

function endpointLines(slice: EndpointSlice): readonly string[] {
  return (slice.endpoints ?? []).map(
    (e) => `${e.addresses.join(',')}${e.conditions?.ready === false ? ' not ready' : ''}${e.targetRef ? ` ${e.targetRef.name}` : ''}`,
  )
}

function relationsOf(object: OfKind<Kind>, cluster: Cluster): readonly Relation[] {
  const owners = (object.metadata.ownerReferences ?? []).map((owner): Relation => {
    const id =
      object.metadata.namespace === undefined
        ? `${owner.kind.toLowerCase()}/${owner.name}`
        : `${owner.kind.toLowerCase()}/${object.metadata.namespace}/${owner.name}`
    return { label: 'owner', id, text: `${owner.kind} ${owner.name}` }
  })
  if (object.kind === 'Pod') return [...owners, ...nodeRelation(object), ...servicesOfPod(object, cluster)]
  if (object.kind === 'Service') return [...owners, ...workloadsOfService(object, cluster), ...endpointsOfService(object, cluster)]
  if (object.kind === 'Ingress') return relationsOfIngress(object, cluster)
  if (object.kind === 'IngressClass') return relationsOfClass(object, cluster)
  if (object.kind === 'EndpointSlice') return [...owners, ...relationsOfSlice(object)]
  if (object.kind === 'Node')
    return podsOnNode(cluster, object.metadata.name).map(
      (pod): Relation => ({ label: 'pod', id: idOf(pod), text: `${pod.metadata.name} ${pod.status.podIP ?? ''}` }),
    )
  return [...owners, ...servicesOfWorkload(object, cluster), ...ownedPods(object, cluster)]
}

const nodeRelation = (pod: Pod): readonly Relation[] =>
  pod.spec.nodeName === undefined ? [] : [{ label: 'node', id: `node/${pod.spec.nodeName}`, text: pod.spec.nodeName }]

/** Services whose slices name this pod: what kube-proxy believes, not what selectors intend. */
function servicesOfPod(pod: Pod, cluster: Cluster): readonly Relation[] {
  const namespace = pod.metadata.namespace ?? ''
  const found = new Set<string>()
  for (const slice of cluster.objects.EndpointSlice.get(namespace)?.values() ?? []) {
    const service = slice.metadata.labels?.['kubernetes.io/service-name']
    if (service !== undefined && slice.endpoints?.some((e) => e.targetRef?.kind === 'Pod' && e.targetRef.name === pod.metadata.name))
      found.add(service)
  }
  return [...found].map((name) => ({ label: 'service', id: `service/${namespace}/${name}`, text: name }))
}

function endpointsOfService(service: Service, cluster: Cluster): readonly Relation[] {
  const namespace = service.metadata.namespace ?? ''
  const slices = [...slicesOf(cluster, namespace, service.metadata.name)]
  const pods = slices.flatMap((slice) =>
    (slice.endpoints ?? []).flatMap((e): Relation[] =>
      e.targetRef?.kind === 'Pod'
        ? [{ label: 'endpoint', id: `pod/${namespace}/${e.targetRef.name}`, text: `${e.targetRef.name} ${e.addresses[0] ?? ''}` }]
        : [],
    ),
  )
  return [...pods, ...slices.map((slice): Relation => ({ label: 'slice', id: idOf(slice), text: slice.metadata.name }))]
}

/** Pods that this object owns, directly or through a ReplicaSet. */
function ownedPods(object: OfKind<Kind>, cluster: Cluster): readonly Relation[] {
  const namespace = object.metadata.namespace ?? ''
  const sets = new Set(
    [...(cluster.objects.ReplicaSet.get(namespace)?.values() ?? [])]
      .filter((set) => owned(set, object.kind, object.metadata.name))
      .map((set) => set.metadata.name),
  )
  const pods = [...(cluster.objects.Pod.get(namespace)?.values() ?? [])].filter(
    (pod) =>
      owned(pod, object.kind, object.metadata.name) ||
      pod.metadata.ownerReferences?.some((o) => o.kind === 'ReplicaSet' && sets.has(o.name)),
  )
  return pods.map((pod): Relation => ({ label: 'pod', id: idOf(pod), text: `${pod.metadata.name} ${pod.status.podIP ?? ''}` }))
}

const owned = (child: OfKind<Kind>, kind: string, name: string): boolean =>
  child.metadata.ownerReferences?.some((o) => o.kind === kind && o.name === name) ?? false

/** What a person would type to reach it: a Service by name and port, a pod by address and first port. */
function addressOf(object: OfKind<Kind>): string | undefined {
  if (object.kind === 'Service') return serviceAddress(object)
  if (object.kind === 'Node') return object.status.addresses?.find((a) => a.type === 'InternalIP')?.address
  if (object.kind !== 'Pod' || object.status.podIP === undefined) return undefined
  const port = object.spec.containers.flatMap((c) => c.ports ?? [])[0]
  return port ? `${object.status.podIP}:${port.containerPort}` : object.status.podIP
}

function serviceAddress(service: Service): string | undefined {
  const port = service.spec.ports?.[0]
  if (service.spec.type === 'ExternalName' || !port) return undefined
  const host = `${service.metadata.name}.${service.metadata.namespace ?? 'default'}`
  if (port.protocol === 'UDP') return `${host}:${port.port}`
  return port.port === 80 ? `http://${host}/` : `http://${host}:${port.port}/`
}
