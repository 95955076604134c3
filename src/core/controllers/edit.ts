/**
 * What a person does to objects that are there: change, delete, move. Deleting goes the way of the API server and its controllers: dependents go with their
 * owner (foreground deletion), pods with their node (pkg/controller/podgc) and everything with its namespace; whoever still wants a pod makes another one.
 */
import { type ApiObject, CLUSTER_SCOPED, type Kind } from '../api/object.ts'
import type { ManifestFile } from '../api/manifest.ts'
import type { Pod } from '../api/pod.ts'
import type { Problem } from '../api/problem.ts'
import { type Change, type Cluster, get, list, namespaceOf, transact } from '../cluster/cluster.ts'
import { diff } from '../cluster/diff.ts'
import { withNodes } from '../cluster/nodes.ts'
import { type ObjectChange, storeManifests } from '../cluster/store.ts'
import { controllerOf } from './pods.ts'
import { settle } from './settle.ts'

export type Edit =
  | { readonly op: 'apply'; readonly files: readonly ManifestFile[] }
  | { readonly op: 'delete'; readonly kind: Kind; readonly namespace: string; readonly name: string }
  /** There is no such request in Kubernetes: the pod is deleted, and one like it made while no other node takes pods. */
  | { readonly op: 'move'; readonly namespace: string; readonly name: string; readonly node: string }

export interface EditChange {
  readonly ref: ObjectChange['ref']
  readonly op: ObjectChange['op'] | 'deleted'
}

export interface Edited {
  /** Settled; the cluster that came in when any problem is an error. */
  readonly cluster: Cluster
  readonly problems: readonly Problem[]
  /** What was asked for, and the dependents that went with it; not what controllers made since. */
  readonly changes: readonly EditChange[]
  /** To be given to the next edit. */
  readonly gone: readonly Pod[]
}

export interface EditOptions {
  /** How many nodes to make where there are none. */
  readonly nodes?: number
  /**
   * Pods that earlier edits removed, the last ones last. Names are random in Kubernetes and host-local goes on after the last address that it gave; both
   * are lowest-free here, so these stand in their place while controllers look for something free.
   */
  readonly gone?: readonly Pod[]
}

/** Addresses that are not given out again; far fewer than any node has. */
const REMEMBERED = 32

/** All or nothing, in order; each edit sees what the controllers made of those before it. */
export function editCluster(cluster: Cluster, edits: readonly Edit[], options: EditOptions = {}): Edited {
  const before = options.gone ?? []
  let state: Edited = { cluster, problems: [], changes: [], gone: before }
  for (const edit of edits) {
    const next = one(state.cluster, edit, { ...options, gone: state.gone })
    const problems = [...state.problems, ...next.problems]
    if (next.problems.some(({ severity }) => severity === 'error')) return { cluster, problems, changes: [], gone: before }
    state = { ...next, problems, changes: [...state.changes, ...next.changes] }
  }
  return state
}

function one(cluster: Cluster, edit: Edit, options: EditOptions): Edited {
  switch (edit.op) {
    case 'apply': {
      const { cluster: stored, problems, changes } = storeManifests(cluster, edit.files)
      return finish(cluster, withNodes(stored, options.nodes ?? 0), { problems, changes }, options)
    }
    case 'delete':
      return remove(cluster, edit, options)
    case 'move':
      return move(cluster, edit, options)
  }
}

type Said = Pick<Edited, 'problems' | 'changes'>

function refused(cluster: Cluster, message: string, options: EditOptions): Edited {
  const problem: Problem = { severity: 'error', code: 'edit', message, file: '', line: 0, column: 0 }
  return { cluster, problems: [problem], changes: [], gone: options.gone ?? [] }
}

/** Lets controllers act on `changed`, where pods that are leaving or left keep their names and addresses until all is settled. */
function finish(before: Cluster, changed: Cluster, said: Said, options: EditOptions): Edited {
  const gone = remembered([...(options.gone ?? []), ...lost(before, changed)])
  const settled = settleBeside(changed, gone)
  return { ...said, cluster: settled, gone: remembered([...gone, ...lost(changed, settled)]) }
}

const remembered = (gone: readonly Pod[]): readonly Pod[] =>
  [...new Map(gone.map((pod) => [`${namespaceOf(pod)}/${pod.metadata.name}`, pod])).values()].slice(-REMEMBERED)

const lost = (before: Cluster, after: Cluster): readonly Pod[] =>
  diff(before, after).flatMap((change) => {
    const pod = change.op === 'delete' && change.kind === 'Pod' ? get(before, 'Pod', change.namespace, change.name) : undefined
    return pod ? [ghost(pod)] : []
  })

/** A name that a StatefulSet or a person gives is given again, only the address is another one; no pod can have a name with this ending. */
function ghost({ metadata, spec, status }: Pod): Pod {
  const owner = controllerOf({ metadata, spec, status } as Pod)
  const reused = owner === undefined || owner.kind === 'StatefulSet'
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: reused ? `${metadata.name}/gone` : metadata.name, namespace: metadata.namespace ?? '', deletionTimestamp: 'gone' },
    spec: { containers: [], ...(spec.nodeName !== undefined && { nodeName: spec.nodeName }) },
    status: { phase: 'Running', ...(status.podIP !== undefined && !spec.hostNetwork && { podIP: status.podIP }) },
  }
}

function settleBeside(cluster: Cluster, gone: readonly Pod[]): Cluster {
  const used = new Set<string>()
  if (gone.length > 0) for (const { status } of list(cluster, 'Pod')) if (status.podIP !== undefined) used.add(status.podIP)
  const beside = gone.filter((pod) => !used.has(pod.status.podIP ?? '') && !get(cluster, 'Pod', namespaceOf(pod), pod.metadata.name))
  const settled = settle(
    transact(
      cluster,
      beside.map((object) => ({ op: 'put', object })),
    ),
  )
  return settle(transact(settled, beside.map(deletion)))
}

const deletion = (object: ApiObject): Change => ({
  op: 'delete',
  kind: object.kind,
  namespace: namespaceOf(object),
  name: object.metadata.name,
})

function remove(cluster: Cluster, edit: Extract<Edit, { op: 'delete' }>, options: EditOptions): Edited {
  const object: ApiObject | undefined = get(cluster, edit.kind, edit.namespace, edit.name)
  if (!object) return refused(cluster, `Error from server (NotFound): ${edit.kind} "${edit.name}" not found`, options)
  const leaving = [object, ...withIt(cluster, object)]
  const changes = leaving.map(
    ({ kind, metadata }): EditChange => ({
      ref: { kind, namespace: metadata.namespace ?? '', name: metadata.name },
      op: 'deleted',
    }),
  )
  return finish(cluster, transact(cluster, leaving.map(deletion)), { problems: [], changes }, options)
}

const DEPENDENTS: readonly Kind[] = ['ReplicaSet', 'Pod', 'EndpointSlice', 'Endpoints']

/** Everything that cannot stay without this object. */
function withIt(cluster: Cluster, object: ApiObject): readonly ApiObject[] {
  if (object.kind === 'Node') return [...list(cluster, 'Pod')].filter(({ spec }) => spec.nodeName === object.metadata.name)
  if (object.kind === 'Namespace') return contents(cluster, object.metadata.name)
  const direct = DEPENDENTS.flatMap((kind) => inNamespace(cluster, kind, namespaceOf(object))).filter(({ metadata, kind }) =>
    object.kind === 'Service' && kind === 'Endpoints'
      ? metadata.name === object.metadata.name
      : metadata.ownerReferences?.some(
          ({ uid, name, kind: owner }) => uid === object.metadata.uid && name === object.metadata.name && owner === object.kind,
        ),
  )
  return direct.flatMap((each) => [each, ...withIt(cluster, each)])
}

const inNamespace = (cluster: Cluster, kind: Kind, namespace: string): readonly ApiObject[] => {
  const shard: ReadonlyMap<string, ApiObject> | undefined = cluster.objects[kind].get(namespace)
  return [...(shard?.values() ?? [])]
}

const contents = (cluster: Cluster, namespace: string): readonly ApiObject[] =>
  (Object.keys(cluster.objects) as Kind[])
    .filter((kind) => !CLUSTER_SCOPED.has(kind))
    .flatMap((kind) => inNamespace(cluster, kind, namespace))

function move(cluster: Cluster, { namespace, name, node }: Extract<Edit, { op: 'move' }>, options: EditOptions): Edited {
  const pod = get(cluster, 'Pod', namespace, name)
  if (!pod) return refused(cluster, `Error from server (NotFound): pods "${name}" not found`, options)
  const target = get(cluster, 'Node', '', node)
  if (!target) return refused(cluster, `Error from server (NotFound): nodes "${node}" not found`, options)
  const owner = controllerOf(pod)
  if (owner?.kind === 'DaemonSet')
    return refused(cluster, `pod "${name}" belongs to DaemonSet "${owner.name}", which has one on every node: it cannot move`, options)
  if (!owner) return moveBare(cluster, pod, node, options)
  const held = [...list(cluster, 'Node')].filter((each) => each.metadata.name !== node && !each.spec.unschedulable)
  const narrowed = transact(
    cluster,
    held.map((each) => ({ op: 'put', object: { ...each, spec: { ...each.spec, unschedulable: true } } })),
  )
  const moved = remove(narrowed, { op: 'delete', kind: 'Pod', namespace, name }, options)
  const before = new Set(inNamespace(cluster, 'Pod', namespace).map(({ metadata }) => metadata.uid))
  const made = [...(moved.cluster.objects.Pod.get(namespace)?.values() ?? [])].find(
    (each) =>
      controllerOf(each)?.uid === owner.uid &&
      each.spec.nodeName === node &&
      (each.metadata.name === name || !before.has(each.metadata.uid)),
  )
  if (!made) return refused(cluster, `the scheduler places no pod of ${owner.kind} "${owner.name}" on node "${node}"`, options)
  const widened = transact(
    moved.cluster,
    held.map((object) => ({ op: 'put', object })),
  )
  return { ...moved, cluster: settleBeside(widened, moved.gone), changes: [...moved.changes, created(namespace, made.metadata.name)] }
}

const created = (namespace: string, name: string): EditChange => ({ ref: { kind: 'Pod', namespace, name }, op: 'created' })

/** Nobody makes it again but the one who moves it: deleted, then applied with the node's name. */
function moveBare(cluster: Cluster, pod: Pod, node: string, options: EditOptions): Edited {
  const { name, namespace = '', labels, annotations } = pod.metadata
  const removed = remove(cluster, { op: 'delete', kind: 'Pod', namespace, name }, options)
  const metadata = { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) }
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { ...pod.spec, nodeName: node } })
  const again = one(removed.cluster, { op: 'apply', files: [{ name: `${name}.json`, text }] }, { ...options, gone: removed.gone })
  return { ...again, changes: [...removed.changes, ...again.changes] }
}
