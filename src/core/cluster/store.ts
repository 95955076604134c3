/**
 * Manifests into a cluster's store, all or nothing, before any controller has seen them. What the controllers wrote into an object since (addresses, ports, status) stays when its manifest is applied
 * again, as it does with kubectl apply.
 */
import { type ManifestDocument, type ManifestFile, fieldMessage, parseManifests } from '../api/manifest.ts'
import type { EndpointSlice } from '../api/endpointslice.ts'
import { type ApiObject, CLUSTER_SCOPED } from '../api/object.ts'
import type { Problem } from '../api/problem.ts'
import { type FieldProblem, printPath } from '../api/schema.ts'
import { type Change, type Cluster, get, list, namespaceOf, transact } from './cluster.ts'
import type { ClusterConfig } from './config.ts'
import { equal } from './equal.ts'
import { familyProblems, withFamiliesOf } from './ip-families.ts'
import { updated } from './update.ts'
import { poolProblems, type Pools, poolsOf } from './pools.ts'
import { withDefaultClass } from './ingress-class.ts'
import { uidOf } from './uid.ts'

export interface Stored {
  /** The cluster as it was when any problem is an error. Not settled: controllers/settle.ts does that. */
  readonly cluster: Cluster
  readonly problems: readonly Problem[]
  readonly changes: readonly ObjectChange[]
}

export interface ObjectChange {
  readonly ref: { readonly kind: ApiObject['kind']; readonly namespace: string; readonly name: string }
  readonly op: 'created' | 'configured' | 'unchanged'
}

export function storeManifests(cluster: Cluster, files: readonly ManifestFile[]): Stored {
  const { documents, problems: parsed } = parseManifests(files)
  const problems = [...parsed]
  const changes: ObjectChange[] = []
  const { puts, namespaces } = prepare(cluster, documents, problems, changes)
  if (problems.some(({ severity }) => severity === 'error')) return { cluster, problems, changes: [] }
  return { cluster: transact(cluster, [...namespaces, ...puts]), problems, changes }
}

function prepare(
  cluster: Cluster,
  documents: readonly ManifestDocument[],
  problems: Problem[],
  changes: ObjectChange[],
): { puts: Change[]; namespaces: Change[] } {
  const pools = poolsOf(cluster)
  const podNames = new Set(
    documents.filter(({ object }) => object.kind === 'Pod').map(({ object }) => `${namespaceOf(object)}/${object.metadata.name}`),
  )
  const seen = new Map<string, ManifestDocument>()
  const puts: Change[] = []
  for (const document of documents) {
    const enabled = withoutDisabledFields(cluster.config, document.object)
    if (enabled.kind === 'Service') for (const each of familyProblems(cluster.config, enabled)) problems.push(fieldProblem(document, each))
    const object = stored(cluster, podNames, enabled)
    const key = `${object.kind}/${namespaceOf(object)}/${object.metadata.name}`
    const earlier = seen.get(key)
    if (earlier) problems.push(givenTwice(document, earlier))
    const current = earlier?.object ?? get(cluster, object.kind, namespaceOf(object), object.metadata.name)
    const next = current ? updated(current, object) : { object: withUid(admitted(cluster, seen, object)), problems: [] }
    for (const each of next.problems) problems.push(fieldProblem(document, each))
    for (const each of conflicts(pools, next.object)) problems.push(fieldProblem(document, each))
    const same = current !== undefined && equal(current, next.object)
    seen.set(key, { ...document, object: same ? current : next.object })
    changes.push({
      ref: { kind: object.kind, namespace: namespaceOf(object), name: object.metadata.name },
      op: same ? 'unchanged' : current ? 'configured' : 'created',
    })
    if (!same) puts.push({ op: 'put', object: next.object })
  }
  return { puts, namespaces: missingNamespaces(cluster, seen, problems) }
}

function stored(cluster: Cluster, podNames: ReadonlySet<string>, object: ApiObject): ApiObject {
  if (object.kind === 'EndpointSlice') return unmanaged(cluster, podNames, object)
  return object.kind === 'Service' ? withFamiliesOf(cluster.config, object) : object
}

/** What the admission plugin DefaultIngressClass does to an Ingress that is new: classes that were there before it, in the cluster or in what is applied with it, count. */
function admitted(cluster: Cluster, seen: ReadonlyMap<string, ManifestDocument>, object: ApiObject): ApiObject {
  if (object.kind !== 'Ingress') return object
  const given = [...seen.values()].flatMap((each) => (each.object.kind === 'IngressClass' ? [each.object] : []))
  const names = new Set(given.map(({ metadata }) => metadata.name))
  return withDefaultClass([...list(cluster, 'IngressClass')].filter(({ metadata }) => !names.has(metadata.name)).concat(given), object)
}

/** Fields behind a gate that is closed: the API server drops them without a word. */
function withoutDisabledFields({ featureGates }: ClusterConfig, object: ApiObject): ApiObject {
  if (object.kind !== 'Service' || featureGates?.ServiceTrafficDistribution !== false) return object
  const { trafficDistribution, ...spec } = object.spec
  return trafficDistribution === undefined ? object : { ...object, spec }
}

const conflicts = (pools: Pools, object: ApiObject): readonly FieldProblem[] =>
  object.kind === 'Service' ? poolProblems(pools, object) : []

const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'

/**
 * A dump may hold slices without the pods that they were made from. Here no controller could keep them up, so they lose the label that says one does, and
 * with it count as written by hand.
 */
function unmanaged(cluster: Cluster, podNames: ReadonlySet<string>, slice: EndpointSlice): EndpointSlice {
  const { [MANAGED_BY]: manager, ...labels } = slice.metadata.labels ?? {}
  if (manager === undefined) return slice
  const exists = (namespace: string, name: string): boolean =>
    podNames.has(`${namespace}/${name}`) || get(cluster, 'Pod', namespace, name) !== undefined
  const kept = slice.endpoints?.some(
    ({ targetRef }) => targetRef?.kind === 'Pod' && exists(targetRef.namespace ?? namespaceOf(slice), targetRef.name),
  )
  return kept ? slice : { ...slice, metadata: { ...slice.metadata, labels } }
}

const withUid = (object: ApiObject): ApiObject => ({
  ...object,
  metadata: { ...object.metadata, uid: object.metadata.uid ?? uidOf(object.kind, namespaceOf(object), object.metadata.name) },
})

/** Namespaces that every cluster has from the start. */
const INITIAL_NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

/** kubectl would refuse an object whose namespace nobody made; a simulator serves better by making it, and saying so. */
function missingNamespaces(cluster: Cluster, seen: ReadonlyMap<string, ManifestDocument>, problems: Problem[]): Change[] {
  const missing = new Map<string, ManifestDocument>()
  for (const document of seen.values()) {
    const namespace = namespaceOf(document.object)
    if (!CLUSTER_SCOPED.has(document.object.kind) && !missing.has(namespace) && !seen.has(`Namespace//${namespace}`))
      missing.set(namespace, document)
  }
  for (const name of INITIAL_NAMESPACES)
    if (seen.size > 0 && !missing.has(name) && !seen.has(`Namespace//${name}`)) missing.set(name, [...seen.values()][0] as ManifestDocument)
  const puts: Change[] = []
  for (const [name, document] of missing) {
    if (get(cluster, 'Namespace', '', name)) continue
    if (!INITIAL_NAMESPACES.includes(name)) problems.push(namespaceMade(name, document))
    puts.push({
      op: 'put',
      object: {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, labels: { 'kubernetes.io/metadata.name': name }, uid: uidOf('Namespace', '', name) },
      },
    })
  }
  return puts
}

const problemAt = (
  document: ManifestDocument,
  severity: Problem['severity'],
  code: string,
  message: string,
  path: FieldProblem['path'],
): Problem => ({
  severity,
  code,
  message,
  file: document.file,
  ...document.locate(path),
  object: `${document.object.kind}/${namespaceOf(document.object)}/${document.object.metadata.name}`,
  ...(path.length > 0 && { path: printPath(path) }),
})

const fieldProblem = (document: ManifestDocument, problem: FieldProblem): Problem =>
  problemAt(document, problem.severity, problem.code, fieldMessage(document.object, document.object.metadata.name, problem), problem.path)

const namespaceMade = (name: string, document: ManifestDocument): Problem =>
  problemAt(document, 'warning', 'namespace-created', `namespaces "${name}" not found: created it, which kubectl apply would not`, [
    'metadata',
    'namespace',
  ])

const givenTwice = (document: ManifestDocument, earlier: ManifestDocument): Problem =>
  problemAt(
    document,
    'warning',
    'given-twice',
    `${document.object.kind} "${document.object.metadata.name}" is given twice (first at ${earlier.file}:${earlier.locate([]).line}); this one is applied over the other`,
    ['metadata', 'name'],
  )
