/** What tables of clouds' balancers have in common: rows that know their line, and the endpoints of every upstream. */
import type { Target } from '../../cluster/cloud/targets.ts'
import { joinHostPort } from '../../net/ip.ts'
import type { ConfigText } from '../ingress/config-text.ts'
import { stateOf, type Words } from './draw.ts'
import type { ConfigLine, Matched, MatchRow, MatchTable } from '../program.ts'

/** Where a row stands in the configuration. */
export type Place = (table: string, id: string) => Matched

/** Keys of `ConfigText.place` are `table row`. */
export function placesIn(files: Iterable<readonly [name: string, text: ConfigText]>): Place {
  const places = new Map<string, ConfigLine>()
  for (const [file, text] of files) for (const [key, line] of text.places) places.set(key, { file, line })
  return (table, id) => {
    const at = places.get(`${table} ${id}`)
    return { table, row: id, ...(at && { at }) }
  }
}

export type Row = (table: string, id: string, cells: readonly string[], more?: Pick<MatchRow, 'object' | 'next'>) => MatchRow

export const rowsAt =
  (place: Place): Row =>
  (table, id, cells, more = {}) => {
    const { at } = place(table, id)
    return { id, cells, ...more, ...(at && { at }) }
  }

export const endpointId = (upstream: string, { address, port }: Pick<Target, 'address' | 'port'>): string =>
  `${upstream} ${joinHostPort(address, port)}`

/** Health in the cloud's own words. */
export const endpointsTable = (
  upstream: string,
  all: readonly { readonly name: string; readonly targets: readonly Target[] }[],
  words: Words,
  row: Row,
): MatchTable => ({
  id: 'endpoints',
  columns: [upstream, 'address', 'object', 'health'],
  rows: all.flatMap(({ name, targets }) =>
    targets.map((target) => {
      const { address, port, object } = target
      return row(
        'endpoints',
        endpointId(name, target),
        [name, joinHostPort(address, port), object?.name ?? '', stateOf(target, words)],
        object ? { object } : {},
      )
    }),
  ),
})
