import type { ConfigFile, Configured } from '../core/apps/program.ts'
import type { Cluster } from '../core/cluster/cluster.ts'
import { processOf } from '../core/engine.ts'
import { lineOf, programsIn } from './programs.ts'
import type { ChangedFile, ProgramChange, ProgramChanges } from './protocol/programs.ts'

/** So many programs are told of; pods of one DaemonSet count as one as long as the same happens to them. */
const SHOWN = 8

/** What becomes of the programs' configurations between two clusters; of each its files that differ. */
export function programChanges(before: Cluster, after: Cluster): Omit<ProgramChanges, 'problems'> {
  const then = configuredIn(before)
  const now = configuredIn(after)
  const changes = new Map<string, ProgramChange>()
  for (const id of new Set([...then.keys(), ...now.keys()])) {
    const change = changeOf(id, then.get(id), now.get(id))
    if (!change) continue
    const key = JSON.stringify([change.name, change.how, change.files])
    const same = changes.get(key)
    changes.set(key, same ? { ...same, ids: [...same.ids, id] } : change)
  }
  return { changes: [...changes.values()].slice(0, SHOWN), total: changes.size }
}

interface Named {
  readonly name: string
  readonly configured: Configured
}

/** More programs than these are one DaemonSet: the others are like the first. */
const LOOKED_AT = 50

const configuredIn = (cluster: Cluster): ReadonlyMap<string, Named> =>
  new Map(
    programsIn(cluster)
      .slice(0, LOOKED_AT)
      .map(({ id, name, place }) => [id, { name, configured: processOf({ cluster, place }).running.configured }]),
  )

function changeOf(id: string, before: Named | undefined, after: Named | undefined): ProgramChange | undefined {
  const name = (after ?? before)?.name ?? ''
  if (before?.configured === after?.configured) return undefined
  const said = new Set(before?.configured.log.map(({ text }) => text))
  const log = (after?.configured.log ?? []).filter(({ text }) => !said.has(text)).map(lineOf)
  const pairs = pairsOf(before?.configured.files ?? [], after?.configured.files ?? [])
  if (pairs.length === 0 && log.length === 0) return undefined
  const files = pairs.map(({ was, is }): ChangedFile => ({ name: (is ?? was)?.name ?? '', before: was?.text ?? '', after: is?.text ?? '' }))
  return { name, ids: [id], how: !before ? 'start' : !after ? 'stop' : howOf(pairs), files, log }
}

interface Pair {
  readonly was: ConfigFile | undefined
  readonly is: ConfigFile | undefined
}

/** Files that the program reads and that differ. */
function pairsOf(before: readonly ConfigFile[], after: readonly ConfigFile[]): readonly Pair[] {
  const names = new Set([...after, ...before].filter(({ change }) => change !== undefined).map(({ name }) => name))
  return [...names]
    .map((name): Pair => ({ was: before.find((file) => file.name === name), is: after.find((file) => file.name === name) }))
    .filter(({ was, is }) => (was?.text ?? '') !== (is?.text ?? ''))
}

/** The hardest of what its files need. `endpoints`: a program that would otherwise reload takes this in as it runs. */
function howOf(pairs: readonly Pair[]): ProgramChange['how'] {
  const ways = pairs.map((pair) => wayOf(pair))
  return (
    ways.find((way) => way === 'restart') ?? ways.find((way) => way === 'reload') ?? ways.find((way) => way === 'endpoints') ?? 'update'
  )
}

function wayOf({ was, is }: Pair): 'reload' | 'update' | 'restart' | 'endpoints' {
  const { change = 'update', inPlace = [] } = is ?? was ?? {}
  if (change === 'update' || inPlace.length === 0 || !was || !is) return change
  const [then, now] = [was.text.split('\n'), is.text.split('\n')]
  const live = (line = ''): boolean => inPlace.some((start) => line.trimStart().startsWith(start))
  const same = then.length === now.length && now.every((line, i) => line === then[i] || (live(line) && live(then[i])))
  return same ? 'endpoints' : change
}
