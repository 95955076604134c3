import type { ConfigFile, Configured, Listener, LogLine, MatchTable, ObjectRef, Place } from '../core/apps/program.ts'
import { type Cluster, get, list } from '../core/cluster/cluster.ts'
import { controllerNamed, processOf } from '../core/engine.ts'
import type { Owner } from '../core/node/netns-of.ts'
import { line } from './messages.ts'
import { UsageError, table } from './terminal.ts'

/** What a program has made of the cluster's objects: for people, and as data. */
export interface ProgramView {
  readonly text: string
  readonly data: unknown
}

export type ProgramViewer = (program: string, configured: Configured, file: string | undefined) => ProgramView

/** By the word that asks for them. */
export const PROGRAM_VIEWS: ReadonlyMap<string, ProgramViewer> = new Map([
  ['config', configView],
  ['log', logView],
  ['program', tablesView],
])

/** What programs call the table that has their listeners; Kong has none. */
const LISTENERS = /^(listeners|entrypoints|frontends)$/

/** Programs that are named where another was asked for; a DaemonSet may have one on each of thousands of nodes. */
const NAMED = 8

/** `view` of the program that runs in `owner`, or undefined where none decides about requests. Throws UsageError for a file that it has not. */
export function programView(cluster: Cluster, owner: Owner, view: ProgramViewer, file: string | undefined): ProgramView | undefined {
  const place = placeOfOwner(cluster, owner)
  const name = place && controllerNamed({ cluster, place })
  return place && name !== undefined ? view(name, processOf({ cluster, place }).running.configured, file) : undefined
}

/** That `name` has no program, and which places have. */
export function noProgram(cluster: Cluster, name: string): string {
  const found: string[] = []
  for (const place of placesIn(cluster))
    if (found.length <= NAMED && controllerNamed({ cluster, place }) !== undefined) found.push(nameOfPlace(place))
  if (found.length === 0) return line('state.no-program', { name })
  const programs = [...found.slice(0, NAMED), ...(found.length > NAMED ? ['…'] : [])].join(', ')
  return line('state.no-program-but', { name, programs })
}

function* placesIn(cluster: Cluster): Generator<Place> {
  for (const host of cluster.config.site.hosts) yield { kind: 'host', host }
  for (const pod of list(cluster, 'Pod')) if (pod.spec.nodeName !== undefined) yield { kind: 'pod', pod }
}

const nameOfPlace = (place: Place): string =>
  place.kind === 'host' ? `external/${place.host.name}` : `pod/${place.pod.metadata.namespace ?? 'default'}/${place.pod.metadata.name}`

function placeOfOwner(cluster: Cluster, owner: Owner): Place | undefined {
  if (owner.kind === 'node') return undefined
  if (owner.kind === 'host') {
    const host = cluster.config.site.hosts.find(({ name }) => name === owner.name)
    return host && { kind: 'host', host }
  }
  const pod = get(cluster, 'Pod', owner.namespace, owner.name)
  return pod && { kind: 'pod', pod }
}

function configView(program: string, { files }: Configured, name: string | undefined): ProgramView {
  if (name === undefined) return { text: files.map(underItsName).join('\n'), data: files }
  const file = files.find((each) => each.name === name)
  if (!file) throw new UsageError(line('error.config-file', { name, program, files: files.map((each) => each.name).join(', ') }))
  return { text: file.text, data: file }
}

/** As `head` and `tail` print several files. */
const underItsName = ({ name, text }: ConfigFile): string => `==> ${name} <==\n${text}${text === '' || text.endsWith('\n') ? '' : '\n'}`

function logView(_program: string, { log }: Configured): ProgramView {
  return { text: log.map(logText).join(''), data: log }
}

/** In the program's own words, which may leave open what it speaks of. */
function logText({ level, text, object }: LogLine): string {
  const of = object && !text.includes(object.name) ? ` # ${objectText(object)}` : ''
  return `${level} ${text}${of}\n`
}

function listenerText(listeners: readonly Listener[]): string {
  const rows = listeners.map(({ protocol, address = '*', port, purpose }) => [protocol, address, String(port), purpose])
  return `listeners\n${table(['PROTOCOL', 'ADDRESS', 'PORT', 'PURPOSE'], rows)}`
}

function tablesView(program: string, { tables, listeners }: Configured): ProgramView {
  const own = tables.some(({ id }) => LISTENERS.test(id)) ? [] : [listenerText(listeners)]
  const shown = tables.filter(({ rows }) => rows.length > 0).map(tableText)
  return { text: [`${program}\n`, ...own, ...shown].join('\n'), data: { program, listeners, tables } }
}

/** Under the program's own name for it; a last column tells which object a row comes from, where the table has none that does. */
function tableText({ id, columns, rows }: MatchTable): string {
  const withObject = !columns.includes('object') && rows.some(({ object }) => object)
  const cells = rows.map((row) => [...row.cells, ...(withObject ? [objectText(row.object)] : [])].map((cell) => cell || '<none>'))
  const headings = [...columns, ...(withObject ? ['object'] : [])].map((heading) => heading.toUpperCase())
  return `${id}\n${table(headings, cells)}`
}

const objectText = (object: ObjectRef | undefined): string =>
  object ? [object.kind, object.namespace, object.name].filter(Boolean).join('/') : ''
