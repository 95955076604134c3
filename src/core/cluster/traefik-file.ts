/**
 * Traefik's configuration file, found where its container sees it: what `--configFile` names, else where it looks by itself. v1 goes on without a file that is not there (staert); later ones end.
 * Left out: that it is read once, when the process starts; here a change counts at once, as if the pod had been deleted.
 */
import type { Container, Pod } from '../api/pod.ts'
import { Marks } from '../api/marks.ts'
import { readPlain } from '../api/plain-yaml.ts'
import { isTable, parseToml, type TomlTable, type TomlValue } from '../api/toml.ts'
import type { Cluster } from './cluster.ts'
import { fileSeen, type FileSeen, isMounted } from './files.ts'
import {
  configFileArgument,
  type Options,
  readSettings,
  type SeenFile,
  type TraefikNote,
  type TraefikSettings,
  traefikSettings,
} from './traefik.ts'

const USUAL = ['/etc/traefik/traefik.toml', '/etc/traefik/traefik.yaml', '/etc/traefik/traefik.yml']

/** Whether a file may have a say at all: then what this pod is depends on more than on the pod. */
export const mayReadFile = (container: Container): boolean =>
  configFileArgument(container) !== undefined || USUAL.some((path) => isMounted(container, path))

const settings = new WeakMap<Container, { readonly seen: string; readonly value: TraefikSettings }>()

/** Arguments and file together. The same value as long as both stay. */
export function traefikSettingsIn(cluster: Cluster, pod: Pod, container: Container): TraefikSettings {
  if (!mayReadFile(container)) return traefikSettings(container)
  const { path, file } = find(cluster, pod, container)
  const seen = `${path} ${file.kind} ${file.kind === 'text' ? file.text : file.kind === 'absent' ? file.where : ''}`
  const known = settings.get(container)
  if (known?.seen === seen) return known.value
  const value = withFile(container, path, file)
  settings.set(container, { seen, value })
  return value
}

function find(cluster: Cluster, pod: Pod, container: Container): { readonly path: string; readonly file: FileSeen } {
  const named = configFileArgument(container)
  const paths = [...(named === undefined ? [] : [named]), ...USUAL]
  const all = paths.map((path) => ({ path, file: fileSeen(cluster, pod, container, path) }))
  return all.find(({ file }) => file.kind === 'text') ?? all[0] ?? { path: '', file: { kind: 'unknown' } }
}

function withFile(container: Container, path: string, file: FileSeen): TraefikSettings {
  const asked = configFileArgument(container) !== undefined
  const noted = (seen: SeenFile | undefined, options: Options, notes: readonly TraefikNote[]): TraefikSettings => {
    const value = readSettings(container, seen, options)
    return { ...value, notes: [...notes, ...value.notes] }
  }
  if (file.kind === 'unknown')
    return noted(
      { path },
      new Map(),
      asked ? [{ level: 'warning', text: `${path} lies where no object shows it: what it says is not known` }] : [],
    )
  if (file.kind === 'absent')
    return noted(
      { path },
      new Map(),
      asked ? [{ level: 'warning', text: `${path}: no such file (${file.where}): only arguments count` }] : [],
    )
  const read = tableOf(path, file.text)
  const seen = { path, text: file.text, object: file.object }
  if (typeof read === 'string') {
    // The process ends with that, again and again.
    const value = noted(seen, new Map(), [{ level: 'error', text: `Error reading TOML config file ${path} : ${read}` }])
    return {
      ...value,
      entryPoints: [],
      ingress: undefined,
      crd: undefined,
      gateway: undefined,
      api: { insecure: false, dashboard: false },
      ping: undefined,
    }
  }
  const value = readSettings(container, { ...seen, table: read }, optionsOf(read))
  const text = value.version === 1 ? `Using TOML configuration file ${path}` : `Configuration loaded from file: ${path}`
  return { ...value, notes: [{ level: 'info', text }, ...value.notes] }
}

/** A text says what is wrong. */
function tableOf(path: string, text: string): TomlTable | string {
  if (/\.ya?ml$/.test(path)) {
    const read = readPlain(text, { start: 0, end: text.length }, new Marks())
    return read && isTable(read.value as TomlValue) ? (read.value as TomlTable) : 'not understood as YAML'
  }
  const done = parseToml(text)
  return done.ok ? done.value : `Near line ${done.error.line}: ${done.error.message}`
}

/** `{entryPoints: {http: {address: ':80'}}}` as `entrypoints.http.address`; a table that is empty says `true`. */
export function optionsOf(table: TomlTable): Options {
  const options = new Map<string, string>()
  const add = (prefix: string, value: TomlValue): void => {
    if (isTable(value)) {
      const entries = Object.entries(value)
      if (prefix !== '') options.set(prefix, 'true')
      for (const [key, inner] of entries) add(`${prefix === '' ? '' : `${prefix}.`}${key.toLowerCase()}`, inner)
    } else if (Array.isArray(value) && value.some(isTable)) value.forEach((each: TomlValue, i) => add(`${prefix}.${i}`, each))
    else options.set(prefix, Array.isArray(value) ? value.join(',') : String(value as string | number | boolean))
  }
  add('', table)
  return options
}
