/**
 * Files that a container sees: keys of ConfigMaps and Secrets that are mounted, and files of its node. No object of Kubernetes says what lies on a node's disk; here a ConfigMap with the annotation
 * `kubehop/host-path` does: its keys are files in that directory, of every node or of those that `kubehop/nodes` names. Left out: volumes whose content nobody can know (claims, CSI, NFS), and what
 * an image brings along.
 */
import { latin1 } from '../api/base64.ts'
import type { Container, KeyFiles, Pod, Volume } from '../api/pod.ts'
import { secretBytes } from '../api/secret.ts'
import type { ConfigMap } from '../api/workload.ts'
import { type Cluster, get, list } from './cluster.ts'

export const HOST_PATH_ANNOTATION = 'kubehop/host-path'
export const NODES_ANNOTATION = 'kubehop/nodes'

export type FileSeen =
  | {
      readonly kind: 'text'
      readonly text: string
      readonly object: { readonly kind: string; readonly namespace: string; readonly name: string }
    }
  /** The place is known, and there is no such file. `where` is a node's path or an object. */
  | { readonly kind: 'absent'; readonly where: string }
  /** Nobody can tell: the image, or a volume of another kind. */
  | { readonly kind: 'unknown' }

/** What a container finds under an absolute path. */
export function fileSeen(cluster: Cluster, pod: Pod, { volumeMounts = [] }: Container, path: string): FileSeen {
  const [mount] = volumeMounts
    .filter(({ mountPath }) => path === trimmed(mountPath) || path.startsWith(`${trimmed(mountPath)}/`))
    .toSorted((a, b) => b.mountPath.length - a.mountPath.length)
  const volume = mount && (pod.spec.volumes ?? []).find(({ name }) => name === mount.name)
  if (!mount || !volume) return { kind: 'unknown' }
  const inside = [mount.subPath ?? '', path.slice(trimmed(mount.mountPath).length)].map(bare).filter((part) => part !== '')
  return inVolume(cluster, pod, volume, inside.join('/'))
}

/** Whether a path is one of those that ConfigMaps, Secrets or nodes may fill. */
export const isMounted = ({ volumeMounts = [] }: Container, path: string): boolean =>
  volumeMounts.some(({ mountPath }) => path.startsWith(`${trimmed(mountPath)}/`) || path === trimmed(mountPath))

const trimmed = (path: string): string => path.replace(/\/+$/, '')
const bare = (path: string): string => path.replace(/^\/+|\/+$/g, '')

function inVolume(cluster: Cluster, pod: Pod, { configMap, secret, hostPath, projected }: Volume, path: string): FileSeen {
  const namespace = pod.metadata.namespace ?? 'default'
  if (configMap) return inConfigMap(cluster, namespace, configMap.name ?? '', configMap, path)
  if (secret) return inSecret(cluster, namespace, secret.secretName ?? '', secret, path)
  if (hostPath) return onNode(cluster, pod.spec.nodeName ?? '', `${trimmed(hostPath.path)}${path === '' ? '' : `/${path}`}`)
  for (const source of projected?.sources ?? []) {
    const found = source.configMap
      ? inConfigMap(cluster, namespace, source.configMap.name ?? '', source.configMap, path)
      : source.secret && inSecret(cluster, namespace, source.secret.name ?? '', source.secret, path)
    if (found?.kind === 'text') return found
  }
  return projected ? { kind: 'absent', where: 'projected volume' } : { kind: 'unknown' }
}

const keyAt = ({ items }: KeyFiles, path: string): string | undefined =>
  items ? items.find((each) => bare(each.path) === path)?.key : path

function inConfigMap(cluster: Cluster, namespace: string, name: string, files: KeyFiles, path: string): FileSeen {
  const found = get(cluster, 'ConfigMap', namespace, name)
  const key = keyAt(files, path)
  const text = key !== undefined && found ? valueOf(found, key) : undefined
  return text === undefined
    ? { kind: 'absent', where: `ConfigMap ${namespace}/${name}` }
    : { kind: 'text', text, object: { kind: 'ConfigMap', namespace, name } }
}

function inSecret(cluster: Cluster, namespace: string, name: string, files: KeyFiles, path: string): FileSeen {
  const found = get(cluster, 'Secret', namespace, name)
  const key = keyAt(files, path)
  const bytes = key !== undefined && found ? secretBytes(found, key) : undefined
  return bytes === undefined
    ? { kind: 'absent', where: `Secret ${namespace}/${name}` }
    : { kind: 'text', text: latin1(bytes), object: { kind: 'Secret', namespace, name } }
}

const valueOf = ({ data = {} }: ConfigMap, key: string): string | undefined => (Object.hasOwn(data, key) ? data[key] : undefined)

/** A file of a node; what is said of this node alone comes before what is said of all. */
function onNode(cluster: Cluster, node: string, path: string): FileSeen {
  const cut = path.lastIndexOf('/')
  const [directory, file] = [path.slice(0, cut), path.slice(cut + 1)]
  const holders = nodeFiles(cluster).filter(({ metadata }) => trimmed(metadata.annotations?.[HOST_PATH_ANNOTATION] ?? '') === directory)
  const named = holders.filter((each) => nodesOf(each)?.includes(node))
  for (const holder of [...named, ...holders.filter((each) => nodesOf(each) === undefined)]) {
    const text = valueOf(holder, file)
    const { namespace = 'default', name } = holder.metadata
    if (text !== undefined) return { kind: 'text', text, object: { kind: 'ConfigMap', namespace, name } }
  }
  return { kind: 'absent', where: `${node}:${path}` }
}

const nodesOf = ({ metadata }: ConfigMap): readonly string[] | undefined =>
  metadata.annotations?.[NODES_ANNOTATION]?.split(',').map((each) => each.trim())

const holding = new WeakMap<object, readonly ConfigMap[]>()

/** ConfigMaps that stand for files on nodes. The same list as long as ConfigMaps stay. */
export function nodeFiles(cluster: Cluster): readonly ConfigMap[] {
  const key = cluster.objects.ConfigMap
  let found = holding.get(key)
  if (!found)
    holding.set(
      key,
      (found = [...list(cluster, 'ConfigMap')].filter(({ metadata }) => metadata.annotations?.[HOST_PATH_ANNOTATION] !== undefined)),
    )
  return found
}
