/** What an Ingress and its class have to do with: who makes them true, where they lead, what they show. */
import { INGRESS_CLASS_ANNOTATION, type Ingress, type IngressBackend, type IngressClass, isDefaultClass } from '../core/api/ingress.ts'
import { type Cluster, get, list } from '../core/cluster/cluster.ts'
import { type IngressController, ingressControllers, takes } from '../core/cluster/ingress-controller.ts'
import type { Fact, FactLabel, Relation } from './protocol.ts'
import { idOf } from './tree.ts'

const fact = (label: FactLabel, value: string): Fact => ({ label, value, mono: true })

export function ingressFacts({ metadata, spec, status }: Ingress, cluster: Cluster): readonly Fact[] {
  const annotation = metadata.annotations?.[INGRESS_CLASS_ANNOTATION]
  const named = spec.ingressClassName ?? (annotation ? `${annotation} (${INGRESS_CLASS_ANNOTATION})` : '')
  const defaults = [...list(cluster, 'IngressClass')].filter(isDefaultClass).map((each) => each.metadata.name)
  const lines = (spec.rules ?? []).flatMap(({ host = '*', http }) =>
    (http?.paths ?? []).map(({ path = '', pathType, backend }) => `${host}${path} ${pathType} → ${backendText(backend)}`),
  )
  const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? '')
  return [
    fact('ingressClass', named || '–'),
    ...(named === '' ? [fact('defaultClass', defaults.join(', ') || '–')] : []),
    fact('address', addresses.join('\n') || '–'),
    fact('rules', [...lines, ...(spec.defaultBackend ? [`* → ${backendText(spec.defaultBackend)}`] : [])].join('\n')),
    fact('certificates', (spec.tls ?? []).map(({ hosts = [], secretName = '–' }) => `${secretName} ${hosts.join(', ')}`.trim()).join('\n')),
  ]
}

export const classFacts = (ingressClass: IngressClass): readonly Fact[] => [
  fact('classController', ingressClass.spec.controller),
  fact('defaultClass', String(isDefaultClass(ingressClass))),
]

function backendText({ service, resource }: IngressBackend): string {
  if (service) return `${service.name}:${service.port?.name ?? service.port?.number ?? ''}`
  return resource ? `${resource.kind} ${resource.name}` : ''
}

const podOf = ({ pod, implementation }: IngressController): Relation => ({
  label: 'controller',
  id: idOf(pod),
  text: `${implementation} ${pod.metadata.name}`,
})

export function relationsOfIngress(ingress: Ingress, cluster: Cluster): readonly Relation[] {
  const { spec, metadata } = ingress
  const namespace = metadata.namespace ?? ''
  const backends = [spec.defaultBackend, ...(spec.rules ?? []).flatMap(({ http }) => (http?.paths ?? []).map(({ backend }) => backend))]
  const services = new Set(backends.flatMap((backend) => backend?.service?.name ?? []))
  const secrets = new Set((spec.tls ?? []).flatMap(({ secretName }) => secretName ?? []))
  const found = spec.ingressClassName === undefined ? undefined : get(cluster, 'IngressClass', '', spec.ingressClassName)
  return [
    ...ingressControllers(cluster)
      .filter((each) => takes(cluster, each, ingress) !== undefined)
      .map(podOf),
    ...(found ? [{ label: 'class' as const, id: idOf(found), text: found.metadata.name }] : []),
    ...[...services].map((name): Relation => ({ label: 'backend', id: `service/${namespace}/${name}`, text: name })),
    ...[...secrets].map((name): Relation => ({ label: 'secret', id: `secret/${namespace}/${name}`, text: name })),
  ]
}

export const relationsOfClass = ({ metadata, spec }: IngressClass, cluster: Cluster): readonly Relation[] => [
  ...ingressControllers(cluster)
    .filter(({ rules }) => rules.controllerName === spec.controller || rules.byName?.includes(metadata.name))
    .map(podOf),
  ...[...list(cluster, 'Ingress')]
    .filter((each) => each.spec.ingressClassName === metadata.name)
    .map((each): Relation => ({ label: 'ingress', id: idOf(each), text: `${each.metadata.namespace ?? ''}/${each.metadata.name}` })),
]
