/** Selectors that match nothing, and the pods that they nearly match: most often one label differs, or the namespace. */
import type { Pod } from '../api/pod.ts'
import { labelOf, type Labels, matchesLabels } from '../api/selector.ts'
import type { Service } from '../api/service.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { isEndpoint } from '../controllers/endpoint-of-pod.ts'
import { podsIn, podsWithLabels } from '../controllers/pods.ts'
import { alikeIn, distance, isAlike, labelsOf, valuesOf } from './alike.ts'
import { type Finding, finding, type ObjectRef, refOf } from './finding.ts'

const RELATED = 5

export const selectorText = (selector: Labels): string =>
  Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')

/** One label of the selector, and what pods have instead that have all the others. */
interface Miss {
  readonly label: string
  readonly wants: string
  readonly has: string
  readonly pods: readonly Pod[]
  /** Small when it looks like a slip. */
  readonly distance: number
}

/** Why a Service with this selector has no pods. */
export function emptySelection(cluster: Cluster, service: Service): readonly Finding[] {
  const { selector = {} } = service.spec
  const namespace = service.metadata.namespace ?? ''
  const object = refOf(service)
  const text = selectorText(selector)
  const misses = nearMisses(podsIn(cluster, namespace), selector)
  const found: Finding[] = [
    finding('no-pods-selected', 'error', object, { selector: text, near: misses.length > 0 ? 1 : 0 }, { field: 'spec.selector' }),
  ]
  for (const { label, wants, has, pods } of misses.slice(0, 3)) {
    const params = { label, wants, has, pods: pods.length }
    const fix = has === '' ? undefined : { object, path: ['spec', 'selector', label], value: has }
    found.push(
      finding('selector-near-miss', 'warning', object, params, {
        field: `spec.selector.${label}`,
        related: refs(pods),
        ...(fix && { fix }),
      }),
    )
  }
  return [...found, ...elsewhere(cluster, service, text), ...idleWorkloads(cluster, service)]
}

const refs = (pods: readonly Pod[]): readonly ObjectRef[] => pods.slice(0, RELATED).map(refOf)

/** Pods that have all labels but one, by what they have in its place; the likeliest slip first. */
function nearMisses(shard: ReadonlyMap<string, Pod>, selector: Labels): readonly Miss[] {
  const wanted = Object.entries(selector)
  const [only, ...others] = wanted
  if (!only) return []
  const misses = others.length === 0 ? lookalikes(shard, only) : wanted.flatMap((pair) => missing(shard, selector, pair))
  return [...misses].sort((a, b) => a.distance - b.distance)
}

/** So many pods are looked at for a slip in one label of several. */
const LOOKED_AT = 500

/** More values than this in the place of one mean that the other labels say little. */
const FEW = 3

/** Of several labels each may be the wrong one: whoever has all others is near. */
function missing(shard: ReadonlyMap<string, Pod>, selector: Labels, [label, wants]: readonly [string, string]): readonly Miss[] {
  const { [label]: _, ...rest } = selector
  const found = grouped(podsWithLabels(shard, rest).slice(0, LOOKED_AT), label, wants)
  return found.length <= FEW ? found : found.filter(({ has }) => has !== '' && isAlike(has, wants))
}

/** With one label every pod misses by one, so it must look alike; else the value may stand under another name (`app` for `app.kubernetes.io/name`). */
function lookalikes(shard: ReadonlyMap<string, Pod>, [label, wants]: readonly [string, string]): readonly Miss[] {
  const { words, pods } = valuesOf(shard, label)
  const near = alikeIn(words, wants).flatMap((has) => pods.get(has) ?? [])
  if (near.length > 0) return grouped(near, label, wants)
  const renamed = [...labelsOf(shard).values()].flatMap((values) => values.pods.get(wants) ?? [])
  return grouped(
    [...new Set(renamed)].filter(({ metadata }) => labelOf(metadata.labels, label) === undefined),
    label,
    wants,
  )
}

function grouped(pods: readonly Pod[], label: string, wants: string): readonly Miss[] {
  const found = new Map<string, Pod[]>()
  for (const pod of pods) {
    if (!isEndpoint(pod)) continue
    const has = labelOf(pod.metadata.labels, label) ?? ''
    const known = found.get(has)
    if (known) known.push(pod)
    else found.set(has, [pod])
  }
  return [...found].map(([has, group]) => ({ label, wants, has, pods: group, distance: has === '' ? 0 : distance(wants, has) }))
}

function elsewhere(cluster: Cluster, service: Service, selector: string): readonly Finding[] {
  const own = service.metadata.namespace ?? ''
  const found: Finding[] = []
  for (const namespace of cluster.objects.Pod.keys()) {
    if (namespace === own) continue
    const pods = podsWithLabels(podsIn(cluster, namespace), service.spec.selector ?? {})
    if (pods.length === 0) continue
    const params = { selector, namespace, pods: pods.length }
    found.push(finding('selector-other-namespace', 'warning', refOf(service), params, { field: 'metadata.namespace', related: refs(pods) }))
  }
  return found
}

/** Workloads whose pods would match, if they had any. */
function idleWorkloads(cluster: Cluster, service: Service): readonly Finding[] {
  const namespace = service.metadata.namespace ?? ''
  const { selector = {} } = service.spec
  const workloads = [
    ...(cluster.objects.Deployment.get(namespace)?.values() ?? []),
    ...(cluster.objects.StatefulSet.get(namespace)?.values() ?? []),
    ...(cluster.objects.DaemonSet.get(namespace)?.values() ?? []),
  ]
  return workloads
    .filter(({ spec }) => matchesLabels(selector, spec.template.metadata?.labels))
    .map((workload) => {
      const params = {
        workload: `${workload.kind}/${workload.metadata.name}`,
        replicas: workload.kind === 'DaemonSet' ? 0 : (workload.spec.replicas ?? 1),
      }
      return finding('selected-workload-empty', 'warning', refOf(service), params, { related: [refOf(workload)] })
    })
}
