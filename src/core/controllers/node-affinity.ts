/** Which nodes a pod accepts and which accept it (component-helpers/scheduling/corev1/nodeaffinity, scheduler plugins tainttoleration and nodeports). */
import type { Node } from '../api/node.ts'
import type { Pod, PodSpec } from '../api/pod.ts'
import { labelOf, type Labels, matchesLabels } from '../api/selector.ts'

interface Requirement {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}

interface Term {
  readonly matchExpressions?: readonly Requirement[]
  readonly matchFields?: readonly Requirement[]
}

/** Terms of the required node affinity; manifests have been checked against this shape. */
function requiredTerms(spec: PodSpec): readonly Term[] | undefined {
  const affinity = spec.affinity as
    | {
        readonly nodeAffinity?: {
          readonly requiredDuringSchedulingIgnoredDuringExecution?: { readonly nodeSelectorTerms: readonly Term[] }
        }
      }
    | undefined
  return affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
}

/** nodeSelector and required node affinity: terms are alternatives, a term's requirements all hold, an empty term matches no node. */
export function acceptsNode(spec: PodSpec, node: Node): boolean {
  if (spec.nodeSelector && !matchesLabels(spec.nodeSelector, node.metadata.labels)) return false
  const terms = requiredTerms(spec)
  return terms === undefined || terms.some((term) => matchesTerm(term, node))
}

function matchesTerm({ matchExpressions = [], matchFields = [] }: Term, { metadata }: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false
  const fields: Labels = { 'metadata.name': metadata.name }
  return matchExpressions.every((each) => holds(each, metadata.labels ?? {})) && matchFields.every((each) => holds(each, fields))
}

function holds({ key, operator, values = [] }: Requirement, labels: Labels): boolean {
  const value = labelOf(labels, key)
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0])
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0])
    default:
      return false
  }
}

type Taint = NonNullable<Node['spec']['taints']>[number]
type Toleration = NonNullable<PodSpec['tolerations']>[number]

/** The first taint that keeps the pod away. PreferNoSchedule only asks. */
export function untoleratedTaint(spec: PodSpec, node: Node): Taint | undefined {
  return node.spec.taints?.find((taint) => taint.effect !== 'PreferNoSchedule' && !spec.tolerations?.some((each) => tolerates(each, taint)))
}

export function tolerates(toleration: Toleration, { key, value = '', effect }: Taint): boolean {
  if (toleration.effect && toleration.effect !== effect) return false
  if (toleration.key && toleration.key !== key) return false
  return toleration.operator === 'Exists' || (toleration.key === key && (toleration.value ?? '') === value)
}

/** What `kubectl cordon` sets, which is also a taint of this name to those who tolerate it. */
export const toleratesUnschedulable = (spec: PodSpec): boolean =>
  spec.tolerations?.some((each) => tolerates(each, { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' })) ?? false

export interface HostPort {
  readonly protocol: string
  readonly ip: string
  readonly port: number
}

export const hostPortsOf = ({ spec }: Pod): readonly HostPort[] =>
  spec.containers.flatMap(
    ({ ports }) =>
      ports?.flatMap(({ hostPort, protocol = 'TCP', hostIP, containerPort }) => {
        const port = hostPort || (spec.hostNetwork ? containerPort : 0)
        return port ? [{ protocol, ip: hostIP || '0.0.0.0', port }] : []
      }) ?? [],
  )

/** 0.0.0.0 means all addresses, so it is in the way of each. */
export const portsClash = (a: HostPort, b: HostPort): boolean =>
  a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0')
