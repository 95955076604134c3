/** What one click may do about a finding: where there is one change that is surely meant, or a choice that a person makes by clicking. */
import { type Cluster, get, list } from '../core/cluster/cluster.ts'
import { ingressControllers } from '../core/cluster/ingress-controller.ts'
import { settingProblem } from '../core/cluster/setting.ts'
import type { Finding } from '../core/engine.ts'
import type { Mend } from './protocol/findings.ts'
import type { ClusterEdit, FieldPath, Setting } from './protocol.ts'
import { fieldText } from './edits.ts'
import { idOfRef } from './tree.ts'

const NONE: readonly Mend[] = []

export function mendsOf(cluster: Cluster, finding: Finding): readonly Mend[] {
  const { fix } = finding
  if (fix) return [set(idOfRef(fix.object), fix.path, fix.value)]
  const subject = finding.object ? idOfRef(finding.object) : ''
  switch (finding.kind) {
    case 'external-name-ports':
      return [set(subject, ['spec', 'ports'])]
    case 'external-name-selector':
      return [set(subject, ['spec', 'selector'])]
    case 'headless-port-not-translated':
      return portOf(finding.field, (path) => set(subject, [...path, 'port'], finding.params.targetPort))
    case 'endpoints-port-name':
      return onlyName(finding.params.names, (name) => portOf(finding.field, (path) => set(subject, [...path, 'name'], name)))
    case 'load-balancer-no-node-ports':
      return [set(subject, ['spec', 'allocateLoadBalancerNodePorts'], true)]
    case 'selector-mixes-apps':
      return narrowed(subject, finding.params)
    case 'selected-workload-empty':
      return scaled(cluster, finding)
    case 'load-balancer-pending':
      return finding.params.why === 'no-provider' ? providers(cluster) : NONE
    case 'ingress-no-controller':
      return classes(cluster, subject)
    case 'proxy-mode-deprecated':
      return [otherMode(finding.params.node)]
    default:
      return NONE
  }
}

function set(object: string, path: FieldPath, value?: string | number | boolean): Mend {
  const field = fieldText(path)
  const edit: ClusterEdit = { op: 'set', object, path, ...(value !== undefined && { value }) }
  return { kind: value === undefined ? 'unset' : 'set', params: { field, value: String(value ?? ''), what: '' }, edit }
}

const configure = (kind: Mend['kind'], value: string, setting: Setting): Mend => ({
  kind,
  params: { field: '', value, what: '' },
  edit: { op: 'configure', setting },
})

/** A person chooses by clicking; a cloud needs a host outside that can balance. */
const providers = (cluster: Cluster): readonly Mend[] =>
  (['service-lb', 'cloud'] as const)
    .map((value) => configure('provider', value, { name: 'loadBalancer', value }))
    .filter(({ edit }) => edit.op === 'configure' && settingProblem(cluster, edit.setting) === undefined)

/** What takes the place of deprecated modes. */
const otherMode = (node: string): Mend =>
  configure('mode', 'nftables', node === '' ? { name: 'mode', value: 'nftables' } : { name: 'nodeMode', node, value: 'nftables' })

/** The port that a field belongs to: `spec.ports[1].name`. */
function portOf(field: string | undefined, mend: (path: FieldPath) => Mend): readonly Mend[] {
  const index = /^spec\.ports\[(\d+)\]/.exec(field ?? '')?.[1]
  return index === undefined ? NONE : [mend(['spec', 'ports', Number(index)])]
}

/** A class that a controller which runs here makes true: which, is the choice of a click. */
function classes(cluster: Cluster, ingress: string): readonly Mend[] {
  const running = ingressControllers(cluster)
  return [...list(cluster, 'IngressClass')]
    .filter(({ metadata, spec }) =>
      running.some(({ rules }) => rules.controllerName === spec.controller || rules.byName?.includes(metadata.name)),
    )
    .slice(0, CHOICES)
    .map(({ metadata }) => set(ingress, ['spec', 'ingressClassName'], metadata.name))
}

/** More applications than these, and a person had better write the selector anew. */
const CHOICES = 3

/** One of the applications: which, is the choice of a click. */
function narrowed(subject: string, { label, apps }: { readonly label: string; readonly apps: string }): readonly Mend[] {
  const each = apps.split(', ')
  return each.length > CHOICES ? NONE : each.map((app) => set(subject, ['spec', 'selector', label], app))
}

const onlyName = (names: string, mend: (name: string) => readonly Mend[]): readonly Mend[] =>
  names === '' || names.includes(', ') ? NONE : mend(names)

/** A workload that was scaled to nothing gets one pod; one that wants pods and gets none has another trouble. */
function scaled(cluster: Cluster, finding: Finding): readonly Mend[] {
  return finding.related.flatMap((ref) => {
    if (ref.kind !== 'Deployment' && ref.kind !== 'StatefulSet') return []
    const workload = get(cluster, ref.kind, ref.namespace, ref.name)
    if (workload?.spec.replicas !== 0) return []
    return [{ kind: 'scale', params: { field: '', value: '1', what: ref.name }, edit: { op: 'scale', object: idOfRef(ref), replicas: 1 } }]
  })
}
