/** Turns a difference found by `npm run verify:kernel` into a test: the one probe, its cluster, and what the kernel did. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { GoldenProbe, IpvsPick, Pick, ProbeInput, Scenario } from '../golden/format.ts'
import { type NodeDumps, type Recording, recordingOf } from '../golden/recording.ts'

const DUMPS: Readonly<Record<keyof NodeDumps, string>> = {
  save: 'iptables-save.txt',
  save6: 'ip6tables-save.txt',
  nft: 'nft-kube-proxy.txt',
  nft6: 'nft-kube-proxy6.txt',
  ipvs: 'ipvsadm-Ln.txt',
  sets: 'ipset-save.txt',
  routes: 'routes.json',
  routes6: 'routes6.json',
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
  if (pick.mechanism === 'ipvs') return ipvsChance(pick)
  const { node, table, hook, serviceChain, endpoint } = pick
  return { node, table, hook, serviceChain, endpoint }
}

/** A recorded pick says more: where the packet then went, which is not to be known. */
const ipvsChance = (pick: IpvsPick): IpvsPick => ({
  mechanism: 'ipvs',
  node: pick.node,
  hook: pick.hook,
  proto: pick.proto,
  client: pick.client,
  virtualServer: pick.virtualServer,
  endpoint: pick.endpoint,
  scheduledBefore: pick.scheduledBefore,
  existingConnection: pick.existingConnection,
  ...(pick.persistenceTemplateBefore && { persistenceTemplateBefore: pick.persistenceTemplateBefore }),
  realServersBefore: pick.realServersBefore.map(({ endpoint, weight, active, inactive }) => ({ endpoint, weight, active, inactive })),
})

function dumpsOf(folder: string): Map<string, NodeDumps> {
  if (!existsSync(folder)) return new Map()
  const text = (node: string, file: keyof NodeDumps) => readFileSync(join(folder, node, DUMPS[file]), 'utf8')
  const optional = (node: string, file: 'save' | 'save6' | 'nft' | 'nft6' | 'ipvs' | 'sets' | 'routes6') =>
    existsSync(join(folder, node, DUMPS[file])) ? { [file]: text(node, file) } : {}
  return new Map(
    readdirSync(folder)
      .sort()
      .map((node) => [
        node,
        {
          ...optional(node, 'save'),
          ...optional(node, 'save6'),
          ...optional(node, 'nft'),
          ...optional(node, 'nft6'),
          ...optional(node, 'ipvs'),
          ...optional(node, 'sets'),
          routes: text(node, 'routes'),
          ...optional(node, 'routes6'),
          fdb: text(node, 'fdb'),
          neigh: text(node, 'neigh'),
        },
      ]),
  )
}

const read = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T
