import { type Cluster, get } from '../core/cluster/cluster.ts'
import type { Simulation } from '../core/engine.ts'
import type { NetnsId } from '../core/kernel/interface.ts'
import { netnsOfPod } from '../core/node/netns-of.ts'
import { network } from '../core/node/network.ts'
import { lookupRows } from '../core/walk/lookup-rows.ts'
import { directoryOf, ownersIn } from './places.ts'
import type { Ask, TableRow, TableRows } from './protocol.ts'

/** What a network namespace has to look things up in, at rest: the rows that hold the words. */
export function tableOf({ cluster, runtime }: Simulation, ask: Extract<Ask, { kind: 'table' }>): TableRows | undefined {
  const id = netnsNamed(cluster, ask.target)
  const netns = id && network(cluster).netns(id)
  if (!id || !netns) return undefined
  const words = ask.find.toLowerCase().split(/\s+/).filter(Boolean)
  const rows: TableRow[] = []
  let complete = true
  for (const row of lookupRows(ask.table, netns, network(cluster), runtime)) {
    if (!holds(row, words)) continue
    if (rows.length === ask.limit) {
      complete = false
      break
    }
    rows.push(row)
  }
  const text = rows.map(({ cells }) => cells.join(' ')).join('\n')
  return { netns: id, rows, complete, owners: ownersIn(text, directoryOf(cluster), ask.target) }
}

/** An id of the tree, or the name that a trace has for a namespace. */
export function netnsNamed(cluster: Cluster, target: string): NetnsId | undefined {
  const [kind, first = '', second = ''] = target.split('/')
  if (kind === 'pod') return netnsOfPod(cluster, first, second)
  if (kind === 'node') return get(cluster, 'Node', '', first) && (first as NetnsId)
  return (kind === 'external' ? first : target) as NetnsId
}

const holds = ({ cells }: TableRow, words: readonly string[]): boolean => {
  if (words.length === 0) return true
  const text = cells.join(' ').toLowerCase()
  return words.every((word) => text.includes(word))
}
