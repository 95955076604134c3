/** Turns a difference found by `npm run verify:kernel` into a test: the one probe, its cluster, and what the kernel did. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { GoldenProbe, Pick, ProbeInput, Scenario } from '../golden/format.ts'
import { type NodeDumps, type Recording, recordingOf } from '../golden/recording.ts'

const DUMPS: Readonly<Record<keyof NodeDumps, string>> = {
  save: 'iptables-save.txt',
  nft: 'nft-kube-proxy.txt',
  routes: 'routes.json',
  fdb: 'fdb.json',
  neigh: 'neigh.json',
}

/** The compact recording of one recorded scenario (a folder in the format of the goldens), reduced to the probes of the given ids and what they build on. */
export function kept(folder: string, ids: readonly string[]): Recording {
  const { description: _, ...scenario } = read<Scenario & { description?: string }>(join(folder, 'scenario.json'))
  const probes = needed(scenario.probes, ids)
  const recorded = probes.map(({ id = '' }) =>
    read<GoldenProbe & { readonly picks?: readonly Pick[] }>(join(folder, 'probes', `${id}.json`)),
  )
  const picks = Object.fromEntries(recorded.map(({ probe, picks: made = [] }) => [probe, made.map(chance)]))
  return recordingOf({ ...scenario, probes: probes.map(asked) }, picks, recorded, dumpsOf(join(folder, 'nodes')))
}

/** A probe that keeps state needs the one before it. Source ports stay with their probes. */
function needed(probes: readonly ProbeInput[], ids: readonly string[]): readonly ProbeInput[] {
  const wanted = new Set<number>()
  for (const [index, { id = '' }] of probes.entries()) {
    if (ids.length > 0 && !ids.includes(id)) continue
    wanted.add(index)
    for (let at = index; (probes[at]?.keep ?? []).length > 0; at--) wanted.add(at - 1)
  }
  return probes.filter((_, index) => wanted.has(index))
}

/** Without what only the recorder reads. */
function asked(probe: ProbeInput & { readonly until?: unknown }): ProbeInput {
  const { until: _, ...rest } = probe
  return rest
}

const chance = (pick: Pick): Pick => {
  if (pick.mechanism === 'ipvs') return pick
  const { node, table, hook, serviceChain, endpoint } = pick
  return { node, table, hook, serviceChain, endpoint }
}

function dumpsOf(folder: string): Map<string, NodeDumps> {
  if (!existsSync(folder)) return new Map()
  const text = (node: string, file: keyof NodeDumps) => readFileSync(join(folder, node, DUMPS[file]), 'utf8')
  return new Map(
    readdirSync(folder)
      .sort()
      .map((node) => [
        node,
        {
          save: text(node, 'save'),
          ...(existsSync(join(folder, node, DUMPS.nft)) && { nft: text(node, 'nft') }),
          routes: text(node, 'routes'),
          fdb: text(node, 'fdb'),
          neigh: text(node, 'neigh'),
        },
      ]),
  )
}

const read = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T
