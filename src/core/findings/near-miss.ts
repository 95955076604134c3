/** Selectors that match nothing, and the pods that they nearly match: most often one label differs, or the namespace. */
import type { Pod } from '../api/pod.ts'
import { type Labels, matchesLabels } from '../api/selector.ts'
import type { Service } from '../api/service.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { isEndpoint } from '../controllers/endpoint-of-pod.ts'
import { podsIn, podsWithLabels } from '../controllers/pods.ts'
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
  const misses = nearMisses([...podsIn(cluster, namespace).values()].filter(isEndpoint), selector)
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
function nearMisses(pods: readonly Pod[], selector: Labels): readonly Miss[] {
  const wanted = Object.entries(selector)
  const found = new Map<string, { readonly label: string; readonly wants: string; readonly has: string; readonly pods: Pod[] }>()
  for (const pod of pods) {
    const labels = pod.metadata.labels ?? {}
    const wrong = wanted.filter(([key, value]) => labels[key] !== value)
    const [only, ...others] = wrong
    if (!only || others.length > 0) continue
    const [label, wants] = only
    const has = labels[label] ?? ''
    const known = found.get(`${label}=${has}`)
    if (known) known.pods.push(pod)
    else found.set(`${label}=${has}`, { label, wants, has, pods: [pod] })
  }
  const misses = [...found.values()].map((miss): Miss => ({ ...miss, distance: distance(miss.wants, miss.has) }))
  // With one label in the selector every other pod misses by one: only those that look alike are near.
  const near = wanted.length > 1 ? misses : misses.filter(({ has, wants, distance: apart }) => has !== '' && isAlike(has, wants, apart))
  const alike = near.sort((a, b) => a.distance - b.distance)
  return alike.length > 0 ? alike : sameValue(pods, wanted)
}

const isAlike = (has: string, wants: string, apart: number): boolean =>
  apart <= Math.max(1, Math.floor(wants.length / 3)) || has.startsWith(wants) || wants.startsWith(has)

/** The value under another name: `app` for `app.kubernetes.io/name`. */
function sameValue(pods: readonly Pod[], wanted: readonly (readonly [string, string])[]): readonly Miss[] {
  const [[label, wants] = ['', '']] = wanted
  if (wanted.length !== 1) return []
  const found = pods.filter(
    ({ metadata }) => metadata.labels?.[label] === undefined && Object.values(metadata.labels ?? {}).includes(wants),
  )
  return found.length > 0 ? [{ label, wants, has: '', pods: found, distance: 0 }] : []
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
      const params = { workload: `${workload.kind}/${workload.metadata.name}`, replicas: workload.kind === 'DaemonSet' ? 0 : (workload.spec.replicas ?? 1) }
      return finding('selected-workload-empty', 'warning', refOf(service), params, { related: [refOf(workload)] })
    })
}

/** Changes between two short words: letters put in, left out, changed or swapped with the next (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swapped ? (before[j - 2] ?? 0) + 1 : change))
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}
