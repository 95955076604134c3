/** Findings for the page: by text, by object, and where they stand. The core remembers them per cluster; everything here is made of that list. */
import { SERVICE_NAME } from './tree.ts'
import { type Cluster, list } from '../core/cluster/cluster.ts'
import { type Finding, findings } from '../core/engine.ts'
import type { FindingKind, Severity } from '../core/findings/finding.ts'
import { mendsOf } from './mends.ts'
import type { FindingsFound, FoundWrong, MarksFound, ObjectMark } from './protocol/findings.ts'
import type { Ask } from './protocol.ts'
import { idOfRef } from './tree.ts'

export function findingsFound(cluster: Cluster, ask: Extract<Ask, { kind: 'findings' }>): FindingsFound {
  const words = ask.find.toLowerCase().split(/\s+/).filter(Boolean)
  const all = findings(cluster)
  const matching = all.filter((each) => (ask.severity === undefined || each.severity === ask.severity) && holds(each, words))
  return {
    counts: countsOf(all),
    findings: matching.slice(0, ask.limit).map((each, index) => found(cluster, each, index)),
    total: matching.length,
  }
}

/** Its own first, then those of others that it has part in. */
export function findingsOf(cluster: Cluster, target: string): readonly FoundWrong[] {
  const own: Finding[] = []
  const others: Finding[] = []
  for (const each of findings(cluster)) {
    if (each.object && idOfRef(each.object) === target) own.push(each)
    else if (each.related.some((ref) => idOfRef(ref) === target)) others.push(each)
  }
  return [...own, ...others].map((each, index) => found(cluster, each, index))
}

/** So many subjects are named on the map before they are only counted. */
const NAMED = 20
/** More subjects than this at one object say no more. */
const SUBJECTS = 3

export function marksOf(cluster: Cluster): MarksFound {
  const all = findings(cluster)
  const marks = new Map<string, { severity: ObjectMark['severity']; of: string[] }>()
  const answering = endpointIds(cluster, all)
  const gravest = new Map<string, Finding>()
  for (const each of all) {
    const { severity, object, related } = each
    if (severity === 'info') continue
    const subject = object ? idOfRef(object) : ''
    if (!gravest.has(subject)) gravest.set(subject, each)
    if (subject === '') continue
    const there = AT_PODS.has(each.kind) ? (answering.get(subject) ?? []) : HOLDERS.has(each.kind) ? [] : related.map(idOfRef)
    for (const id of [subject, ...there]) {
      const known = marks.get(id)
      if (!known) marks.set(id, { severity, of: [subject] })
      else if (known.of.length < SUBJECTS && !known.of.includes(subject)) known.of.push(subject)
    }
  }
  return {
    counts: countsOf(all),
    marks: [...marks].map(([id, mark]) => ({ id, ...mark })),
    subjects: gravest.size,
    gravest: [...gravest.values()].slice(0, NAMED).map((each, index) => found(cluster, each, index)),
  }
}

function countsOf(all: readonly Finding[]): Record<Severity, number> {
  const counts: Record<Severity, number> = { error: 0, warning: 0, info: 0 }
  for (const { severity } of all) counts[severity] += 1
  return counts
}

function holds({ kind, severity, object, params }: Finding, words: readonly string[]): boolean {
  if (words.length === 0) return true
  const text = `${severity} ${kind} ${object ? idOfRef(object) : ''} ${Object.values(params).join(' ')}`.toLowerCase()
  return words.every((word) => text.includes(word))
}

function found(cluster: Cluster, finding: Finding, index: number): FoundWrong {
  const subject = finding.object ? idOfRef(finding.object) : ''
  return {
    key: `${finding.kind} ${subject} ${finding.field ?? ''} ${index}`,
    finding,
    subject,
    related: finding.related.map(idOfRef),
    mends: mendsOf(cluster, finding),
  }
}

/** What pods have part in although the finding names none: it is they who do not listen. */
const AT_PODS: ReadonlySet<FindingKind> = new Set<FindingKind>(['target-port-unnamed', 'target-port-protocol', 'target-port-unopened'])

/** Those that they name hold what is wanted, and nothing is wrong with them. */
const HOLDERS: ReadonlySet<FindingKind> = new Set<FindingKind>([
  'load-balancer-port-taken',
  'node-port-taken',
  'host-port-unschedulable',
  'host-port-shadowed',
  'ingress-path-taken',
  'ingress-path-unreached',
])

/** A Service stands nowhere on the map; of the pods that answer for it these many do. */
const SHOWN_AT = 5

/** Pods behind the Services whose findings they have part in, the first of each; found in one pass over the slices. */
function endpointIds(cluster: Cluster, all: readonly Finding[]): ReadonlyMap<string, readonly string[]> {
  const pods = new Map<string, string[]>()
  for (const { kind, object } of all) if (object && AT_PODS.has(kind)) pods.set(idOfRef(object), [])
  if (pods.size === 0) return pods
  for (const { metadata, endpoints = [] } of list(cluster, 'EndpointSlice')) {
    const namespace = metadata.namespace ?? ''
    const known = pods.get(`service/${namespace}/${metadata.labels?.[SERVICE_NAME] ?? ''}`)
    if (!known) continue
    for (const { targetRef } of endpoints)
      if (known.length < SHOWN_AT && targetRef?.kind === 'Pod') known.push(`pod/${targetRef.namespace ?? namespace}/${targetRef.name}`)
  }
  return pods
}
