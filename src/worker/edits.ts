import { parseManifests } from '../core/api/manifest.ts'
import { printYaml } from '../core/api/print-yaml.ts'
import type { Kind, OfKind } from '../core/api/object.ts'
import type { Cluster } from '../core/cluster/cluster.ts'
import { diff } from '../core/cluster/diff.ts'
import { configWith, settingProblem } from '../core/cluster/setting.ts'
import { configure, type Edit, edit, type Simulation } from '../core/control-plane.ts'
import type { ClusterEdit, Deed, FieldPath, ManifestFile, ObjectEdit, PageEdit, PinEdit, Problem, Setting } from './protocol.ts'
import type { Pins } from '../scene/pins.ts'
import type { Point } from '../scene/scene.ts'
import { idOf, objectById } from './tree.ts'

export interface Done {
  readonly simulation: Simulation
  readonly problems: readonly Problem[]
}

/** All or nothing; with an error among the problems the simulation is the one that came in. */
export function editObjects(simulation: Simulation, edits: readonly ClusterEdit[], nodes: number): Done {
  let current = simulation
  const problems: Problem[] = []
  for (const each of edits.flatMap((one) => [one, ...dropped(simulation.cluster, one)])) {
    const done = editObject(current, each, nodes)
    for (const problem of done.problems) problems.push(problem)
    if (done.problems.some(({ severity }) => severity === 'error')) return { simulation, problems }
    current = done.simulation
  }
  return { simulation: current, problems }
}

function editObject(simulation: Simulation, wanted: ClusterEdit, nodes: number): Done {
  if (wanted.op === 'configure') return withSetting(simulation, wanted.setting)
  const made = coreEdit(simulation.cluster, wanted)
  return typeof made === 'string' ? { simulation, problems: [refusal(made)] } : edit(simulation, [made], { nodes })
}

function withSetting(simulation: Simulation, setting: Setting): Done {
  const { cluster } = simulation
  const refused = settingProblem(cluster, setting)
  if (refused !== undefined) return { simulation, problems: [refusal(refused)] }
  return { simulation: configure(simulation, configWith(cluster.config, setting)), problems: [] }
}

/** Deletions of what a new version of a file no longer holds. A version that cannot be read drops nothing: it will be refused. */
function dropped(cluster: Cluster, edit: ClusterEdit): readonly ClusterEdit[] {
  if (edit.op !== 'apply' || !edit.instead) return []
  const idsIn = (files: readonly ManifestFile[]): readonly string[] => parseManifests(files).documents.map(({ object }) => idOf(object))
  const kept = new Set(idsIn(edit.files))
  return idsIn(edit.instead).flatMap((object) => (!kept.has(object) && objectById(cluster, object) ? [{ op: 'delete', object }] : []))
}

const refusal = (message: string): Problem => ({ severity: 'error', code: 'edit', message, file: '', line: 0, column: 0 })

/** An edit of the core, or why there is none. Changed fields go the way of a manifest, so that they are validated as one. */
function coreEdit(cluster: Cluster, wanted: Exclude<ClusterEdit, { op: 'configure' }>): Edit | string {
  if (wanted.op === 'apply') return wanted
  const object = objectById(cluster, wanted.object)
  if (!object) return `${wanted.object}: not found`
  const { kind } = object
  const { name, namespace = '' } = object.metadata
  switch (wanted.op) {
    case 'delete':
      return { op: 'delete', kind, namespace, name }
    case 'move':
      return kind === 'Pod' ? { op: 'move', namespace, name, node: wanted.node } : `${kind} "${name}" runs on no node`
    case 'scale':
      return scalable(object)
        ? changed({ ...object, spec: { ...object.spec, replicas: wanted.replicas } })
        : `${kind} "${name}" has no replicas`
    case 'cordon':
      return kind === 'Node'
        ? changed({ ...object, spec: { ...object.spec, unschedulable: wanted.on } } as OfKind<'Node'>)
        : `${kind} "${name}" is no node`
    case 'set': {
      const next = withField(object, wanted.path, wanted.value)
      return next === undefined ? `${kind} "${name}" has no ${fieldText(wanted.path)}` : changed(next as OfKind<Kind>)
    }
  }
}

type Value = string | number | boolean | undefined

/** A copy with another value at this place, or without it; undefined where there is no such place. Objects on the way are made where there are none. */
function withField(of: unknown, path: FieldPath, value: Value): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (typeof key === 'number') {
    if (!Array.isArray(of) || key >= of.length) return undefined
    const items: readonly unknown[] = of
    const next = withField(items[key], rest, value)
    return next === undefined && value !== undefined
      ? undefined
      : items.flatMap((each, index) => (index !== key ? [each] : next === undefined ? [] : [next]))
  }
  if (Array.isArray(of) || (of !== undefined && (typeof of !== 'object' || of === null))) return undefined
  const { [key]: before, ...others } = (of ?? {}) as Readonly<Record<string, unknown>>
  const next = withField(before, rest, value)
  if (next === undefined && value !== undefined) return undefined
  return next === undefined ? others : { ...(of as object | undefined), [key]: next }
}

/** `spec.ports[0].targetPort`, as findings call it. */
export const fieldText = (path: FieldPath): string =>
  path.map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`)).join('')

const changed = (object: OfKind<Kind>): Edit => ({
  op: 'apply',
  files: [{ name: `${object.metadata.name}.json`, text: JSON.stringify(object) }],
})

const scalable = (object: OfKind<Kind>): object is OfKind<'Deployment' | 'ReplicaSet' | 'StatefulSet'> =>
  object.kind === 'Deployment' || object.kind === 'ReplicaSet' || object.kind === 'StatefulSet'

/** What the list of things done calls these edits. */
export function deedOf(edits: readonly PageEdit[]): Deed {
  const [first] = edits
  const others = edits.length - 1
  if (!first) return { kind: 'apply', what: '', others: 0 }
  if (first.op === 'apply') return applyDeed(first.files.map(({ name }) => name))
  if (first.op === 'configure') return settingDeed(first.setting)
  const what = first.object.slice(first.object.lastIndexOf('/') + 1)
  switch (first.op) {
    case 'scale':
      return { kind: 'scale', what, others, to: String(first.replicas) }
    case 'move':
      return { kind: 'move', what, others, to: first.node }
    case 'cordon':
      return { kind: first.on ? 'cordon' : 'uncordon', what, others }
    case 'delete':
      return { kind: 'delete', what, others }
    case 'set':
      return first.value === undefined
        ? { kind: 'unset', what, others, to: fieldText(first.path) }
        : { kind: 'set', what, others, to: `${fieldText(first.path)}: ${first.value}` }
    case 'pin':
      return pinDeed(first, what)
  }
}

function settingDeed(setting: Setting): Deed {
  switch (setting.name) {
    case 'mode':
      return { kind: 'mode', what: '', others: 0, to: setting.value }
    case 'nodeMode':
      return { kind: setting.value === 'cluster' ? 'nodeModeBack' : 'nodeMode', what: setting.node, others: 0, to: setting.value }
    default:
      return { kind: 'setting', what: setting.name, others: 0, to: String(setting.value) || '[]' }
  }
}

const pinDeed = ({ places }: PinEdit, what: string): Deed =>
  places.length > 1
    ? { kind: 'pinGroup', what, others: 0, to: String(places.length - 1) }
    : { kind: places[0]?.at ? 'pin' : 'unpin', what, others: 0 }

export const isPin = (edit: PageEdit): edit is PinEdit => edit.op === 'pin'
export const isOfCluster = (edit: PageEdit): edit is ClusterEdit => edit.op !== 'pin'

/** Where things stand after these edits. */
export function pinsAfter(pins: Pins, edits: readonly PageEdit[]): Pins {
  const moved = edits.filter(isPin).flatMap(({ places }) => places)
  if (moved.length === 0) return pins
  const next: Record<string, Point> = { ...pins }
  for (const { id, at } of moved) {
    if (at) next[id] = at
    else delete next[id]
  }
  return next
}

/** More than anybody reads, and as many as may cross to the page without holding it up. */
const MOST_PROBLEMS = 5000

export function gravest(problems: readonly Problem[]): readonly Problem[] {
  if (problems.length <= MOST_PROBLEMS) return problems
  const errors = problems.filter(({ severity }) => severity === 'error')
  return [...errors, ...problems.filter(({ severity }) => severity !== 'error')].slice(0, MOST_PROBLEMS)
}

export const applyDeed = (files: readonly string[]): Deed => ({
  kind: 'apply',
  what: files[0] ?? '',
  others: Math.max(0, files.length - 1),
})

/** More lines than these help nobody; the totals tell the rest. */
const SHOWN = 200

/** Every object that differs, also those that controllers made, changed or removed. */
export function differences(before: Cluster, after: Cluster): { readonly changes: readonly ObjectEdit[]; readonly total: number } {
  const all = diff(before, after)
  const changes = all.slice(0, SHOWN).map((change): ObjectEdit => {
    if (change.op === 'delete') return { object: nameOf(change.kind, change.namespace, change.name), op: 'deleted' }
    const { kind, metadata } = change.object
    const { namespace = '', name } = metadata
    return { object: nameOf(kind, namespace, name), op: before.objects[kind].get(namespace)?.has(name) ? 'configured' : 'created' }
  })
  return { changes, total: all.length }
}

const nameOf = (kind: Kind, namespace: string, name: string): string => `${kind}/${namespace}/${name}`

/** An object as a person would write it: without what the cluster reports about it or gave it. */
export function manifestOf(cluster: Cluster, id: string): { readonly name: string; readonly text: string } | undefined {
  const object = objectById(cluster, id)
  if (!object) return undefined
  const { uid: _, creationTimestamp: __, ...metadata } = object.metadata
  const { status: ___, apiVersion, kind, metadata: ____, ...rest } = object as OfKind<'Node'>
  return {
    name: `${kind.toLowerCase()}-${metadata.name}.yaml`,
    text: printYaml({ apiVersion, kind, metadata, ...rest }),
  }
}
