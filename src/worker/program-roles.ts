import type { MatchRow, MatchTable } from '../core/apps/program.ts'
import type { Role } from './protocol/programs.ts'

/** What each table of a program is to people. Programs may say it themselves; otherwise it is seen by where rows lead and by what columns there are. */
export function rolesOf(tables: readonly MatchTable[]): ReadonlyMap<string, Role> {
  const led = new Set(tables.flatMap(({ rows }) => rows.flatMap(({ next }) => next?.table ?? [])))
  return new Map(tables.map((table) => [table.id, table.role ?? roleOf(table, led)]))
}

const LISTENERS = /^(listeners|entrypoints|frontends)$/
/** Which of several configurations a name has, and what is done on the way. */
const ROUTES = /^(filter_chains|plugins|middlewares)$/
const UPSTREAMS = /^(upstreams|services|clusters|backends|backend_services|target_groups|backend_pools)$/

function roleOf({ id, columns, rows }: MatchTable, led: ReadonlySet<string>): Role {
  if (LISTENERS.test(id)) return 'listeners'
  if (ROUTES.test(id)) return 'routes'
  // Who answers is named by the object that it is.
  if (columns.includes('object')) return 'endpoints'
  if (UPSTREAMS.test(id) || (led.has(id) && rows.every(({ next }) => !next))) return 'upstreams'
  return 'routes'
}

/** What the endpoints of an upstream may have in their first cell: its name, or the service that it names (`default/web/80 (2)`). */
export const endpointKeys = ({ id, cells }: MatchRow): ReadonlySet<string> =>
  new Set([id, ...cells.map((cell) => cell.replace(/ \(\d+\)$/, ''))].filter(Boolean))
