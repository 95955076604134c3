import type { Container, Pod } from '../api/pod.ts'
import { isRecord } from '../api/schema.ts'
import { type Cluster, get } from './cluster.ts'

/** A file as a container finds it, where a ConfigMap that its pod mounts holds it (`volumeMounts`, `volumes[].configMap`); undefined for every other. `subPath` counts, projections do not. */
export function mountedFile(cluster: Cluster, pod: Pod, container: Container, path: string): string | undefined {
  const { volumeMounts } = container as { readonly volumeMounts?: unknown }
  const { volumes } = pod.spec as { readonly volumes?: unknown }
  for (const mount of records(volumeMounts)) {
    const at = textOf(mount, 'mountPath').replace(/\/+$/, '')
    const file = textOf(mount, 'subPath') !== '' && path === at ? textOf(mount, 'subPath') : below(path, at)
    const volume = records(volumes).find((each) => textOf(each, 'name') === textOf(mount, 'name'))
    if (file === undefined || !isRecord(volume?.['configMap'])) continue
    const { configMap } = volume
    const items = records(configMap['items'])
    const key = items.length === 0 ? file : textOf(items.find((each) => textOf(each, 'path') === file) ?? {}, 'key')
    const text = get(cluster, 'ConfigMap', pod.metadata.namespace ?? '', textOf(configMap, 'name'))?.data?.[key]
    if (text !== undefined) return text
  }
  return undefined
}

const below = (path: string, folder: string): string | undefined =>
  path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined

const records = (value: unknown): readonly Readonly<Record<string, unknown>>[] => (Array.isArray(value) ? value.filter(isRecord) : [])

function textOf(from: Readonly<Record<string, unknown>>, key: string): string {
  const value = from[key]
  return typeof value === 'string' ? value : ''
}
