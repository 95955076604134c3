/** Programs that decide where requests go: who they are, what they have read, and what a change does to it. */
import type { Configured, LogLine, MatchRow, MatchTable, ObjectRef, Place } from '../core/apps/program.ts'
import { type Cluster, get, list } from '../core/cluster/cluster.ts'
import { TRAEFIK_IMAGE, traefikSettings } from '../core/cluster/traefik.ts'
import { controllerNamed, processOf } from '../core/engine.ts'
import { directoryOf, ownersIn } from './places.ts'
import { endpointKeys, rolesOf } from './program-roles.ts'
import { type BoardCell, type BoardColumn, type BoardWire, type ProgramBoard, ROLES, type Role } from '../scene/program-board.ts'
import type { NamedObject, ProgramFound, ProgramLine, ProgramReport, ProgramRow, ProgramTable } from './protocol/programs.ts'
import { idOf, idOfRef } from './tree.ts'

interface Found extends ProgramFound {
  readonly place: Place
}

/** By the pods that they are found among: what runs where changes with them alone, or with the site. */
const known = new WeakMap<Cluster['objects']['Pod'], { readonly cluster: Cluster; readonly found: readonly Found[] }>()

export function programsIn(cluster: Cluster): readonly Found[] {
  const last = known.get(cluster.objects.Pod)
  if (last && last.cluster.config.site === cluster.config.site && last.cluster.objects.Service === cluster.objects.Service)
    return last.found
  const places: Place[] = cluster.config.site.hosts.map((host) => ({ kind: 'host', host }))
  for (const pod of list(cluster, 'Pod')) if (pod.spec.nodeName !== undefined) places.push({ kind: 'pod', pod })
  const found = places.flatMap((place): readonly Found[] => {
    const name = controllerNamed({ cluster, place })
    return name === undefined ? [] : [{ id: idOfPlace(place), name, place }]
  })
  known.set(cluster.objects.Pod, { cluster, found })
  return found
}

const idOfPlace = (place: Place): string => (place.kind === 'pod' ? idOf(place.pod) : `external/${place.host.name}`)

export const programsFound = (cluster: Cluster): readonly ProgramFound[] => programsIn(cluster).map(({ id, name }) => ({ id, name }))

/** Where `id` is that of a place with a program. */
function placeNamed(cluster: Cluster, id: string): Found | undefined {
  const [kind, first = '', second = ''] = id.split('/')
  const pod = kind === 'pod' ? get(cluster, 'Pod', first, second) : undefined
  const host = kind === 'external' ? cluster.config.site.hosts.find((each) => each.name === first) : undefined
  const place: Place | undefined = pod?.spec.nodeName !== undefined ? { kind: 'pod', pod } : host && { kind: 'host', host }
  const name = place && controllerNamed({ cluster, place })
  return place && name !== undefined ? { id, name, place } : undefined
}

/** Rows of one table that cross to the page. */
const ROWS = 5_000

export function programReport(cluster: Cluster, target: string): ProgramReport | undefined {
  const found = placeNamed(cluster, target)
  if (!found) return undefined
  const { id, name, place } = found
  const { configured } = processOf({ cluster, place }).running
  const { files, tables, listeners, log } = configured
  const roles = rolesOf(tables)
  const shown = tables.map((table): ProgramTable => {
    const rows = table.rows.slice(0, ROWS).map(rowOf)
    return { id: table.id, role: roles.get(table.id) ?? 'routes', columns: table.columns, rows, total: table.rows.length }
  })
  const text = JSON.stringify(
    shown.flatMap(({ rows }) => rows.flatMap(({ cells }) => cells.flatMap((cell) => cell.split(/[^\da-fA-F.:]+/)))),
  )
  const dashboard = dashboardOf(place, configured)
  return {
    id,
    name,
    files,
    tables: shown,
    listeners,
    log: log.map(lineOf),
    owners: ownersIn(withoutPorts(text), directoryOf(cluster), id),
    ...(dashboard && { dashboard }),
  }
}

/** `10.244.1.5:8080` is an address with a port. */
const withoutPorts = (text: string): string => text.replace(/(\d+\.\d+\.\d+\.\d+):\d+/g, '$1')

const rowOf = ({ id, cells, at, object, next }: MatchRow): ProgramRow => ({
  id,
  cells,
  ...(at && { at }),
  ...(object && { object: objectOf(object) }),
  ...(next && { next }),
})

export const objectOf = ({ kind, namespace = '', name, field }: ObjectRef): NamedObject => ({
  id: idOfRef({ kind, namespace, name }),
  ...(field !== undefined && { field }),
})

export const lineOf = ({ level, text, object }: LogLine): ProgramLine => ({ level, text, ...(object && { object: objectOf(object) }) })

/** Some router must lead to it: without `api.insecure` none does but one that people wrote. */
function dashboardOf(place: Place, { tables, listeners }: Configured): ProgramReport['dashboard'] {
  const container = place.kind === 'pod' ? place.pod.spec.containers.find(({ image = '' }) => TRAEFIK_IMAGE.test(image)) : undefined
  if (!container) return undefined
  const routers = tables.find(({ id }) => id === 'routers')?.rows ?? []
  const shown = routers.some(({ id, cells, next }) => {
    if (next?.row === 'dashboard@internal') return true
    return next?.row === 'api@internal' && (!id.endsWith('@internal') || cells.some((cell) => cell.includes('/dashboard/')))
  })
  const port = listeners.find(({ purpose }) => purpose === 'dashboard')?.port ?? 8080
  return shown ? { version: traefikSettings(container).version, port } : undefined
}

/** The first rows of each kind; whoever looks closely opens the inspector. */
export function programBoard(cluster: Cluster, target: string, limit: number): ProgramBoard | undefined {
  const found = placeNamed(cluster, target)
  if (!found) return undefined
  const { id, name, place } = found
  const { tables, listeners } = processOf({ cluster, place }).running.configured
  const roles = rolesOf(tables)
  const rowsOf = (role: Role): readonly (readonly [MatchTable, MatchRow])[] => {
    const own = tables.filter((table) => roles.get(table.id) === role)
    // What only says which routes there are for a name, or what they do besides, leads nowhere itself.
    const leading = own.filter(({ rows }) => rows.some(({ next }) => next))
    const shown = role === 'routes' && leading.length > 0 ? leading : own
    return shown.flatMap((table) => table.rows.map((row) => [table, row] as const))
  }
  const columns = {} as Record<Role, BoardColumn>
  for (const role of ROLES) {
    const rows = rowsOf(role)
    columns[role] = { cells: rows.slice(0, limit).map(([table, row]) => cellOf(role, table, row)), total: rows.length }
  }
  if (columns.listeners.total === 0)
    columns.listeners = {
      cells: listeners.slice(0, limit).map(({ port, purpose }) => ({ table: '', row: purpose, text: `${purpose} :${port}` })),
      total: listeners.length,
    }
  return { id, name, columns, tables: Object.fromEntries(roles), wires: wiresOf(tables, columns) }
}

function cellOf(role: Role, table: MatchTable, { id, cells }: MatchRow): BoardCell {
  const column = (...names: readonly string[]): string => cells[table.columns.findIndex((each) => names.includes(each))] ?? ''
  return { table: table.id, row: id, text: textOf(role, cells, column) || id }
}

function textOf(role: Role, cells: readonly string[], column: (...names: readonly string[]) => string): string {
  switch (role) {
    case 'listeners':
      return `${column('name', 'listener', 'frontend', 'purpose')} ${portText(column('port', 'address'))}`.trim()
    case 'routes':
      return column('rule', 'conditions') || cells.slice(0, 2).filter(Boolean).join(' ')
    case 'upstreams':
      return cells[0] ?? ''
    case 'endpoints':
      return column('address', 'url', 'target').replace(/^\w+:\/\//, '')
  }
}

/** `80` and `53/udp` as they are after a colon; an address has one already. */
const portText = (port: string): string => (/^\d/.test(port) && !port.includes(':') ? `:${port}` : port)

function wiresOf(tables: readonly MatchTable[], columns: Readonly<Record<Role, BoardColumn>>): readonly BoardWire[] {
  const rows = new Map(tables.flatMap((table) => table.rows.map((row) => [`${table.id} ${row.id}`, row] as const)))
  const { routes, upstreams, endpoints } = columns
  const fromRoutes = routes.cells.flatMap((cell, index): readonly BoardWire[] => {
    const next = rows.get(`${cell.table} ${cell.row}`)?.next
    const to = next ? upstreams.cells.findIndex(({ table, row }) => table === next.table && row === next.row) : -1
    return to < 0 ? [] : [{ from: 'routes', cell: index, to: 'upstreams', next: to }]
  })
  const fromUpstreams = upstreams.cells.flatMap((cell, index): readonly BoardWire[] => {
    const row = rows.get(`${cell.table} ${cell.row}`)
    const keys = row ? endpointKeys(row) : new Set<string>()
    return endpoints.cells.flatMap((each, to): readonly BoardWire[] => {
      const owner = rows.get(`${each.table} ${each.row}`)?.cells[0] ?? ''
      return keys.has(owner) ? [{ from: 'upstreams', cell: index, to: 'endpoints', next: to }] : []
    })
  })
  return [...fromRoutes, ...fromUpstreams]
}
